/** The words of `renew`, completed in the shells themselves. One that a machine lacks is left out, and its line says so. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { commandNames } from "../../src/cli/command-names.ts";
import { commandWords, main } from "../../src/cli/main.ts";
import { isThere, offered, type Shell } from "../support/shells.ts";
import { testWorld } from "../support/world.ts";

const folder = mkdtempSync(join(tmpdir(), "renew-completion-"));
const shells: readonly Shell[] = ["bash", "zsh", "fish"];
const there = shells.filter(isThere);
const absent = shells.filter((shell) => !there.includes(shell));

const scriptOf = (shell: Shell) => join(folder, `completion.${shell}`);

beforeAll(async () => {
  for (const file of ["web.crt", "web.key", "two words.crt"]) writeFileSync(join(folder, file), "");
  mkdirSync(join(folder, "webroots"));
  for (const shell of shells) {
    const world = testWorld();
    expect(await main(["completion", shell], world)).toBe(0);
    writeFileSync(scriptOf(shell), world.out.text);
  }
});
afterAll(() => rmSync(folder, { recursive: true }));

if (absent.length > 0) test.skip(`not here, and so not tried: ${absent.join(", ")}`, () => undefined);

/** What is typed, what has to be among the offers, and what must not. */
const lines: readonly (readonly [line: string, offers: readonly string[], not: readonly string[]])[] = [
  ["", commandNames.filter((name) => name !== "renew"), ["--root"]],
  ["re", ["rekey"], ["doctor", "web.crt"]],
  ["--exec-t", ["--exec-timeout"], ["--exec-shell", "--bundle"]],
  ["rekey --out-", ["--out-cert", "--out-key"], ["--output-file"]],
  ["rekey --kty ", ["EC", "OKP", "RSA"], ["web.crt", "--force"]],
  ["rekey --kty R", ["RSA"], ["EC"]],
  ["web.crt web.key --signal U", ["USR1", "USR2"], ["HUP"]],
  ["run --method ", ["auto", "mtls", "token"], ["web.crt"]],
  ["--root web", ["web.crt", "webroots"], ["--root"]],
  ["doctor we", ["web.crt", "web.key"], ["doctor"]],
  ["--timeout w", [], ["web.crt", "web.key"]],
  ["explain CA_RE", ["CA_REFUSED"], ["web.crt"]],
  ["explain we", [], ["web.crt"]],
  ["dev-ca --dir we", ["webroots"], ["web.crt"]],
  ["help rol", ["rollback"], ["run", "web.crt"]],
  ["completion ", ["bash", "zsh", "fish"], ["web.crt"]],
  ["web.crt web.key --exec fals", ["false"], []],
  ["web.crt web.key --also ", ["leaf=", "combined=", "p12="], ["web.crt", "leaf"]],
  ["web.crt web.key --also com", ["combined="], ["leaf="]],
  ["rekey web.crt web.key --also=com", ["combined="], ["leaf=", "web.crt"]],
  ["web.crt web.key --also combined=w", ["web.crt", "web.key"], ["combined=", "two words.crt"]],
  ["web.crt web.key --also=combined=w", ["web.crt", "web.key"], ["combined="]],
  ["web.crt web.key --also combined=", ["web.crt", "web.key"], ["combined=", "leaf="]],
  ["web.crt web.key --also leaf=a --also combined=w", ["web.crt", "web.key"], ["combined="]],
  ["web.crt web.key --mtls=", ["true", "false"], ["web.crt"]],
  ["web.crt web.key --mtls=f", ["false"], ["true"]],
  ["web.crt web.key --no", ["--no-color"], ["--color"]],
];

describe.each(there)("%s", (shell) => {
  test.each(lines)("renew %s", async (line, offers, not) => {
    const said = await offered(shell, scriptOf(shell), line, folder);
    // A folder may bear its slash, and a value the flag that it is for.
    const words = said.map((word) =>
      word
        .replace(/\/$/, "")
        .replace(/^--[a-z-]+=/, "")
        .replace(/^[a-z0-9]+=(?=.)/, ""),
    );
    for (const word of offers) expect(words, word).toContain(word);
    for (const word of not) expect(words, word).not.toContain(word);
  });

  test("each flag of each command is offered", async () => {
    for (const { name, flags } of await commandWords()) {
      const said = (await offered(shell, scriptOf(shell), `${name === "renew" ? "" : `${name} `}--`, folder)).join(" ");
      for (const { names } of flags) expect(said, `${name} --${names[0]}`).toContain(`--${names[0]}`);
    }
  });
});

test.runIf(there.includes("bash"))("bash: a value behind =, and a name with a blank in it", async () => {
  expect(await offered("bash", scriptOf("bash"), "rekey --kty=", folder)).toEqual(["EC", "OKP", "RSA"]);
  expect(await offered("bash", scriptOf("bash"), "rekey --kty=O", folder)).toEqual(["OKP"]);
  expect(await offered("bash", scriptOf("bash"), "--root=two", folder)).toEqual(["two words.crt"]);
  expect(await offered("bash", scriptOf("bash"), "--also leaf=two", folder)).toEqual(["two words.crt"]);
});

test.each([
  [[], /no shell was given/],
  [["tcsh"], /no completion for 'tcsh'/],
  [["/bin/zsh"], /did you mean `renew completion zsh`/],
  [["bash", "zsh"], /one shell at a time/],
])("renew completion %s", async (words, said) => {
  const world = testWorld();
  expect(await main(["completion", ...words], world)).toBe(64);
  expect(world.err.text).toMatch(said);
});
