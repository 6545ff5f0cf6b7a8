/** Where a value comes from when no flag says it: flag, then environment, then defaults.json. */
import { describe, expect, test } from "vitest";
import { words } from "../../src/cli/commands/renew.ts";
import { parseFlags } from "../../src/cli/flags.ts";
import { policyOf } from "../../src/cli/policy.ts";
import { isFailure } from "../../src/failure/failure.ts";
import { MemoryDisk, systemError } from "../support/disk.ts";
import { odd, recorded } from "../support/faults.ts";
import { testWorld } from "../support/world.ts";

interface Around {
  env?: Record<string, string>;
  defaults?: string | undefined;
}

function outcome(flags: string, { env = {}, defaults }: Around = {}) {
  const disk = new MemoryDisk().put("/step/certs/root_ca.crt", "");
  const { fs, calls } = recorded(defaults === undefined ? disk : disk.put("/step/config/defaults.json", defaults));
  const world = testWorld({ fs, env: { STEPPATH: "/step", ...env } });
  try {
    const parsed = parseFlags(words, ["web.crt", "web.key", ...flags.split(" ").filter(Boolean)], world);
    if (!("said" in parsed)) throw new Error("help");
    const { ca, ...policy } = policyOf(parsed.said, "renew");
    return {
      ...policy,
      ca: ca.href,
      reads: calls.length,
      passedOver: parsed.said.passedOver().map((remark) => ("failure" in remark ? remark.failure.code : remark.kind)),
    };
  } catch (error) {
    if (isFailure(error)) return { code: error.code, ...error.facts };
    throw error;
  }
}

const env = { STEP_CA_URL: "env.internal", STEP_ROOT: "env.crt" };
const defaults = JSON.stringify({
  "ca-url": "https://file.internal",
  root: "file.crt",
  fingerprint: "00",
  "expires-in": "2h",
});

test("said again, the files are read anew; flags and environment keep their precedence", () => {
  const disk = new MemoryDisk().put("/step/certs/root_ca.crt", "").put("/step/config/defaults.json", defaults);
  const world = testWorld({ fs: disk, env: { STEPPATH: "/step", STEP_ROOT: "env.crt" } });
  const parsed = parseFlags(words, ["web.crt", "web.key", "--timeout", "5s"], world);
  if (!("said" in parsed)) throw new Error("help");
  const { said } = parsed;
  expect(policyOf(said, "renew").ca.host).toBe("file.internal");
  disk.put("/step/config/defaults.json", '{"ca-url":"new.internal","root":"new.crt","timeout":"9s"}');
  expect(policyOf(said, "renew").ca.host).toBe("file.internal");
  expect(policyOf(said.again(), "renew")).toMatchObject({
    ca: { host: "new.internal" },
    root: { value: "env.crt", from: "STEP_ROOT" },
    timeoutMs: 5000,
    window: null,
  });
  disk.put("/step/config/defaults.json", "{");
  expect(() => policyOf(said.again(), "renew")).toThrow("BAD_CONFIGURATION");
});

describe("precedence", () => {
  test.each([
    [
      "a flag wins over all",
      "--ca-url flag.internal --root flag.crt",
      { env, defaults },
      "https://flag.internal",
      "flag.crt",
      "--root",
    ],
    ["the environment wins over the file", "", { env, defaults }, "https://env.internal", "env.crt", "STEP_ROOT"],
    [
      "an empty variable is none",
      "",
      { env: { STEP_CA_URL: "", STEP_ROOT: "" }, defaults },
      "https://file.internal",
      "file.crt",
      "root in defaults.json",
    ],
    ["the file is last", "", { defaults }, "https://file.internal", "file.crt", "root in defaults.json"],
    [
      "the root has a place of its own",
      "--ca-url flag.internal",
      {},
      "https://flag.internal",
      "/step/certs/root_ca.crt",
      "the default",
    ],
  ])("%s", (_, flags, around, ca, value, from) => {
    expect(outcome(flags, around)).toMatchObject({ ca, root: { value, from } });
  });

  test.each([
    ["STEP_FORCE=true", { STEP_FORCE: "true" }, "", { force: true }],
    ["STEP_F=1, as step calls it", { STEP_F: "1" }, "", { force: true }],
    ["STEP_FORCE=false", { STEP_FORCE: "false" }, "", { force: false }],
    ["--force=false beats STEP_FORCE", { STEP_FORCE: "true" }, "--force=false", { force: false }],
    ["STEP_MTLS=false", { STEP_MTLS: "false" }, "", { mtls: false }],
    ["--mtls=true beats STEP_MTLS", { STEP_MTLS: "false" }, "--mtls=true", { mtls: true }],
    ["--mtls beats STEP_MTLS", { STEP_MTLS: "false" }, "--mtls", { mtls: true }],
    ["STEP_EXPIRES_IN", { STEP_EXPIRES_IN: "66%" }, "", { window: { kind: "percent", used: 66 } }],
    ["STEP_TIMEOUT", { STEP_TIMEOUT: "5s" }, "", { timeoutMs: 5000 }],
    ["STEP_PASSWORD_FILE", { STEP_PASSWORD_FILE: "pw" }, "", { paths: { passphraseFile: "pw" } }],
    ["STEP_OUT", { STEP_OUT: "new.crt" }, "", { out: "new.crt" }],
    ["STEP_OUTPUT_FILE", { STEP_OUTPUT_FILE: "new.crt" }, "", { out: "new.crt" }],
    [
      "STEP_JSON is no flag of step's",
      { STEP_JSON: "maybe", STEP_QUIET: "maybe", STEP_V: "maybe" },
      "",
      { force: false },
    ],
  ])("%s", (_, more, flags, expected) => {
    expect(outcome(flags, { env: { ...env, ...more } })).toMatchObject(expected);
  });

  test.each([
    ["STEP_FORCE=maybe", { STEP_FORCE: "maybe" }, { code: "BAD_FLAG" }],
    ["STEP_TIMEOUT=soon", { STEP_TIMEOUT: "soon" }, { code: "BAD_DURATION", flag: "STEP_TIMEOUT" }],
    ["STEP_EXPIRES_IN=soon", { STEP_EXPIRES_IN: "soon" }, { code: "BAD_DURATION", flag: "STEP_EXPIRES_IN" }],
    ["STEP_CA_URL=http://x", { STEP_CA_URL: "http://x" }, { code: "BAD_URL", from: "STEP_CA_URL" }],
  ])("%s is refused by its own name", (_, more, expected) => {
    expect(outcome("", { env: { ...env, ...more } })).toMatchObject(expected);
  });

  const forms = (...files: [form: string, file: string][]) => ({
    also: { files: files.map(([form, file]) => ({ form, file })) },
  });
  test.each<[string, Around, string, object]>([
    ["STEP_ALSO", { env: { STEP_ALSO: "der=a,leaf=b" } }, "", forms(["der", "a"], ["leaf", "b"])],
    ["a list in the file", { defaults: '{"also":["der=a","leaf=b,c"]}' }, "", forms(["der", "a"], ["leaf", "b,c"])],
    ["forms and files", { defaults: '{"also":{"der":"a","leaf":"b"}}' }, "", forms(["der", "a"], ["leaf", "b"])],
    ["one text in the file", { defaults: '{"also":"leaf=b,c"}' }, "", forms(["leaf", "b,c"])],
    ["a flag wins, whole", { env: { STEP_ALSO: "der=a" } }, "--also leaf=b", forms(["leaf", "b"])],
    [
      "the environment wins over the file",
      { env: { STEP_ALSO: "der=a" }, defaults: '{"also":["leaf=b"]}' },
      "",
      forms(["der", "a"]),
    ],
  ])("a flag that may stand several times: %s", (_, around, flags, expected) => {
    const found = outcome(flags, { ...around, env: { ...env, ...around.env } });
    expect(found).toMatchObject(expected);
  });

  test("a flag that may stand several times: an empty list is none", () => {
    expect(outcome("", { env, defaults: '{"also":[]}' })).not.toHaveProperty("also");
  });

  test.each<[Around, string]>([
    [{ env: { STEP_ALSO: "pfx=a" } }, "STEP_ALSO knows no form 'pfx'"],
    [{ env: { STEP_ALSO: "der=a,b" } }, "STEP_ALSO names no file: 'b'"],
    [{ defaults: '{"also":["der"]}' }, "also in defaults.json names no file: 'der'"],
    [{ defaults: '{"also":[1]}' }, "also in defaults.json is neither a text nor a list of texts"],
    [{ defaults: '{"also":{"der":["a"]}}' }, "also in defaults.json is neither a text nor a list of texts"],
    [{ defaults: '{"exec":["systemctl","reload"]}' }, "exec in defaults.json is a list, and takes one value"],
    [{ defaults: '{"timeout":{"a":1}}' }, "timeout in defaults.json is no text, number or truth value"],
  ])("what is written where it cannot be used is refused: %j", (around, said) => {
    expect(outcome("", { ...around, env: { ...env, ...around.env } })).toMatchObject({ code: "BAD_FLAG", said });
  });

  test("no address anywhere", () => {
    expect(outcome("")).toMatchObject({
      code: "CA_URL_MISSING",
      looked: ["--ca-url", "STEP_CA_URL", "/step/config/defaults.json"],
    });
  });
});

describe("defaults.json", () => {
  test.each([
    ["with a byte order mark", `\ufeff${defaults}`],
    ["with Windows line ends", defaults.replaceAll(",", ",\r\n")],
    [
      "with things of step's that are not ours",
      defaults.replace("{", '{"min-password-length": 8, "nested": {"a": []}, "none": null,'),
    ],
  ])("%s", (_, text) => {
    expect(outcome("", { defaults: text })).toMatchObject({
      ca: "https://file.internal",
      window: { kind: "duration" },
    });
  });

  test("numbers and truth values are taken as words", () => {
    expect(outcome("", { defaults: defaults.replace("{", '{"force": true, "mtls": false,') })).toMatchObject({
      force: true,
      mtls: false,
    });
  });

  const broken = [
    ["not JSON", "{"],
    ["empty", ""],
    ["a list", "[]"],
    ["a word", '"https://ca"'],
  ] as const;

  test.each(broken)("%s: matters only when the address or the root is needed from it", (_, text) => {
    expect(outcome("--ca-url flag.internal --root flag.crt", { defaults: text })).toMatchObject({
      ca: "https://flag.internal",
      passedOver: ["BAD_CONFIGURATION"],
    });
    expect(outcome("", { env, defaults: text })).toMatchObject({ ca: "https://env.internal" });
    expect(outcome("--ca-url flag.internal", { defaults: text })).toMatchObject({ code: "BAD_CONFIGURATION" });
    expect(outcome("--root flag.crt", { defaults: text })).toMatchObject({ code: "BAD_CONFIGURATION" });
  });

  test("one that may not be read is as good as broken", () => {
    const fs = odd(new MemoryDisk(), {
      read: () => {
        throw systemError("EACCES");
      },
    });
    const world = testWorld({ fs, env: { STEPPATH: "/step" } });
    const parsed = parseFlags(words, ["web.crt", "web.key"], world);
    expect(() => "said" in parsed && policyOf(parsed.said, "renew")).toThrow("BAD_CONFIGURATION");
  });

  test("is read once at most, after looking for contexts once", () => {
    expect(outcome("", { defaults })).toMatchObject({ reads: 3 });
  });

  test("lies in STEPPATH, else in the home folder", () => {
    const home = new MemoryDisk().put("/home/dave/.step/config/defaults.json", defaults);
    const world = testWorld({ fs: home, env: { HOME: "/home/dave" } });
    const parsed = parseFlags(words, ["web.crt", "web.key"], world);
    expect("said" in parsed && policyOf(parsed.said, "renew").ca.href).toBe("https://file.internal");
  });
});
