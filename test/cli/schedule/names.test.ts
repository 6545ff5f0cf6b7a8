/** Names of units are those that systemd-escape makes. */
import { spawnSync } from "node:child_process";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { baseOf, escapeName, escapePath, unitOf } from "../../../src/cli/schedule/names.ts";
import { Failure } from "../../../src/failure/failure.ts";

const texts = ["web", "web.internal", ".hidden", "a b", "a-b", "ü\\%$'\"", "a/b", "web@1", "a:b_c", "~", "#x"];
const paths = ["/", "/etc/ssl/web", "/etc//ssl/web/", "/srv/my certs/ü-1.crt", "/.hidden/.x", "/a/b..c"];

test.each([
  ["web.internal", "web.internal"],
  [".web", "\\x2eweb"],
  ["my-web 1", "my\\x2dweb\\x201"],
  ["a/b", "a-b"],
])("%s becomes %s", (text, name) => expect(escapeName(text)).toBe(name));

test.each([
  ["/", "-"],
  ["/etc/ssl/my-web", "etc-ssl-my\\x2dweb"],
])("the path %s becomes %s", (file, name) => expect(escapePath(file)).toBe(name));

const has = spawnSync("systemd-escape", ["--version"]).status === 0;
describe.skipIf(!has)("the same as systemd-escape's", () => {
  const real = (...words: string[]) => {
    const { status, stdout, stderr } = spawnSync("systemd-escape", words, { encoding: "utf8" });
    if (status !== 0) throw new Error(stderr);
    return stdout.slice(0, -1);
  };

  test("of texts", () => expect(real("--", ...texts)).toBe(texts.map(escapeName).join(" ")));
  test("of paths", () => expect(real("--path", "--", ...paths)).toBe(paths.map(escapePath).join(" ")));

  test("of any", () => {
    const any = fc.string({ unit: "grapheme", minLength: 1, maxLength: 30 }).filter((text) => !text.includes("\0"));
    const many = fc.sample(any, { numRuns: 300, seed: 7 });
    expect(real("--", ...many).split(" ")).toEqual(many.map(escapeName));
  });
});

describe("names that are given", () => {
  test.each([
    ["nginx", "nginx.service"],
    ["nginx.service", "nginx.service"],
    ["haproxy@web", "haproxy@web.service"],
    ["my\\x20unit.socket", "my\\x20unit.socket"],
  ])("--reload %s is %s", (name, unit) => expect(unitOf(name, "--reload")).toBe(unit));

  test.each([
    ["web", "web"],
    ["web@.service", "web"],
    ["web.timer", "web"],
  ])("--name %s is %s", (name, base) => expect(baseOf(name, "--name")).toBe(base));

  test.each(["", "my unit", "a/b", "ü", "a%b", "@", ".service", "x".repeat(250), "$(id)", "a\nb"])("not %j", (name) => {
    for (const make of [unitOf, baseOf]) {
      if (name === "@" && make === unitOf) continue; // an instance of nothing is systemctl's to refuse
      expect(() => make(name, "--name")).toThrow(Failure);
    }
  });
});
