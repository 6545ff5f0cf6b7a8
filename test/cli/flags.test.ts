import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { words } from "../../src/cli/commands/renew.ts";
import { parseFlags, type Said } from "../../src/cli/flags.ts";
import { policyOf } from "../../src/cli/policy.ts";
import { isFailure } from "../../src/failure/failure.ts";
import { MemoryDisk } from "../support/disk.ts";
import { recorded } from "../support/faults.ts";
import { testWorld } from "../support/world.ts";

interface Around {
  env?: Record<string, string>;
  /** What /step/config/defaults.json holds. */
  defaults?: string;
}

function worldOf({ env = {}, defaults }: Around = {}) {
  const disk = new MemoryDisk().put("/step/certs/root_ca.crt", "");
  const { fs, calls } = recorded(defaults === undefined ? disk : disk.put("/step/config/defaults.json", defaults));
  return { world: testWorld({ fs, env: { STEPPATH: "/step", ...env } }), calls };
}

function said(line: string | readonly string[], around?: Around): Said {
  const parsed = parseFlags(words, typeof line === "string" ? line.split(" ") : line, worldOf(around).world);
  if ("help" in parsed) throw new Error("help");
  return parsed.said;
}

const policy = (line: string | readonly string[], around?: Around) => policyOf(said(line, around), "renew");

function refusal(work: () => unknown) {
  try {
    return work();
  } catch (error) {
    if (isFailure(error)) return { code: error.code, ...error.facts };
    throw error;
  }
}

const files = "web.crt web.key";
const everything = "--ca-url ca.internal --root r.crt";

describe("flags and files may stand in any order", () => {
  const parts = [
    "web.crt",
    "web.key",
    "--force",
    "--mtls=false",
    "--out=new.crt",
    "--expires-in",
    "--ca-url",
    "--root",
    "-v",
  ];
  const values: Record<string, string> = { "--expires-in": "8h", "--ca-url": "ca.internal", "--root": "r.crt" };

  test("every order says the same", () => {
    const order = fc.shuffledSubarray(parts, { minLength: parts.length });
    fc.assert(
      fc.property(order, (shuffled) => {
        const argv = shuffled.flatMap((part) => (part in values ? [part, values[part] ?? ""] : [part]));
        const swapped = argv.indexOf("web.key") < argv.indexOf("web.crt");
        const [certificate, key] = swapped ? ["web.key", "web.crt"] : ["web.crt", "web.key"];
        expect(policy(argv)).toMatchObject({
          paths: { certificate, key },
          force: true,
          mtls: false,
          out: "new.crt",
          window: { kind: "duration", ms: 28_800_000 },
          ca: { host: "ca.internal" },
          root: { value: "r.crt", from: "--root" },
        });
      }),
      { seed: 1 },
    );
  });
});

describe("a switch is said in Go's ways", () => {
  test.each([
    ["nothing", files, false, true],
    ["-f", `-f ${files}`, true, true],
    ["--force", `${files} --force`, true, true],
    ["-force, one dash", `-force ${files}`, true, true],
    ["--f, two dashes", `--f ${files}`, true, true],
    ["--force=true", `--force=true ${files}`, true, true],
    ["--force=1", `--force=1 ${files}`, true, true],
    ["--force=T", `--force=T ${files}`, true, true],
    ["--force=false", `--force=false ${files}`, false, true],
    ["--force=0", `--force=0 ${files}`, false, true],
    ["--force, then a file", `--force ${files}`, true, true],
    ["--no-force", `--no-force ${files}`, false, true],
    ["the last one counts", `--force --force=false ${files}`, false, true],
    ["--mtls", `--mtls ${files}`, false, true],
    ["--mtls=false", `--mtls=false ${files}`, false, false],
    ["-mtls=false", `-mtls=false ${files}`, false, false],
    ["--mtls false, with a space", `--mtls false ${files}`, false, false],
    ["--mtls FALSE", `${files} --mtls FALSE`, false, false],
    ["--no-mtls", `--no-mtls ${files}`, false, false],
  ])("%s", (_, line, force, mtls) => {
    const { operands, isOn } = said(line);
    expect([operands, isOn("force"), isOn("mtls")]).toEqual([["web.crt", "web.key"], force, mtls]);
  });

  test.each(["--force=maybe", "--force=", "--mtls=yes"])("%s is neither true nor false", (flag) => {
    expect(refusal(() => policy(`${flag} ${files} ${everything}`))).toMatchObject({ code: "BAD_FLAG" });
  });
});

describe("a value follows its flag, whatever it looks like", () => {
  test.each([
    ["after a space", `--out new.crt ${files}`, "out", "new.crt"],
    ["after =", `--out=new.crt ${files}`, "out", "new.crt"],
    ["with = in it", `--out=a=b ${files}`, "out", "a=b"],
    ["its alias", `--output-file new.crt ${files}`, "out", "new.crt"],
    ["the last one counts, alias or not", `--out a.crt --output-file=b.crt ${files}`, "out", "b.crt"],
    ["one dash", `-out new.crt ${files}`, "out", "new.crt"],
    ["a negative duration", `--expires-in -1h ${files}`, "expires-in", "-1h"],
    ["a name like a flag", `--out --force ${files}`, "out", "--force"],
    ["a dash", `--password-file - ${files}`, "password-file", "-"],
  ])("%s", (_, line, flag, value) => {
    const parsed = said(line);
    expect([parsed.operands, parsed.value(flag)]).toEqual([["web.crt", "web.key"], value]);
  });

  test("after -- everything is a file", () => {
    expect(said("--force -- --odd.crt -v").operands).toEqual(["--odd.crt", "-v"]);
  });
});

describe("what is not understood is said before any file is opened", () => {
  test.each([
    ["an unknown flag", `--forse ${files}`, { code: "BAD_FLAG", nearest: "--force" }],
    ["another", `--rooot x ${files}`, { code: "BAD_FLAG", nearest: "--root" }],
    ["one like nothing", `--zzzzzzzz ${files}`, { code: "BAD_FLAG" }],
    ["an unknown short one", `-z ${files}`, { code: "BAD_FLAG" }],
    ["in capitals", `--FORCE ${files}`, { code: "BAD_FLAG" }],
    ["a missing value", `${files} --ca-url`, { code: "BAD_FLAG" }],
    ["no file", "--force", { code: "BAD_FLAG" }],
    ["one file", "web.crt", { code: "BAD_FLAG" }],
    ["three files", `${files} third`, { code: "BAD_FLAG" }],
    ["an empty file name", ["", "web.key"], { code: "BAD_FLAG" }],
    ["an empty key name", ["web.crt", ""], { code: "BAD_FLAG" }],
    ["an empty output", ["--out", "", "web.crt", "web.key"], { code: "BAD_FLAG" }],
    ["quiet and verbose", `-q -v ${files} ${everything}`, { code: "FLAG_CONFLICT" }],
    ["a bad duration", `--expires-in soon ${files} ${everything}`, { code: "BAD_DURATION", flag: "--expires-in" }],
    ["a percentage of time", `--timeout 75% ${files} ${everything}`, { code: "BAD_DURATION", flag: "--timeout" }],
    ["no time at all", `--timeout 0 ${files} ${everything}`, { code: "BAD_DURATION", flag: "--timeout" }],
    ["less than no time", `--timeout -1s ${files} ${everything}`, { code: "BAD_DURATION", flag: "--timeout" }],
    ["a bad address", `--ca-url http://ca ${files} --root r`, { code: "BAD_URL", from: "--ca-url" }],
  ])("%s", (_, line, expected) => {
    const { world, calls } = worldOf();
    const argv = typeof line === "string" ? line.split(" ") : line;
    const refused = refusal(() => {
      const parsed = parseFlags(words, argv, world);
      return "said" in parsed && policyOf(parsed.said, "renew");
    });
    expect(refused).toMatchObject(expected);
    expect([...new Set(calls)].filter((call) => call !== "read")).toEqual([]);
  });

  test("a timeout longer than a timer can be is as long as that", () => {
    expect(policy(`--timeout 1000h ${files} ${everything}`).timeoutMs).toBe(2 ** 31 - 1);
  });
});

describe("an unknown flag is told by its own name, with the nearest, or why there is none", () => {
  test.each([
    ["-forse", { said: expect.stringContaining("'-forse'"), nearest: "--force" }],
    ["-rooot=x", { said: expect.stringContaining("'-rooot"), nearest: "--root" }],
    ["--contxt one", { said: expect.stringContaining("'--contxt'"), nearest: "--context" }],
    ["--provisioner admin", { because: expect.stringContaining("proves itself by the certificate") }],
    ["--token x", { because: expect.stringContaining("proves itself by the certificate") }],
    ["-token=x", { because: expect.stringContaining("proves itself by the certificate") }],
    ["--not-after 24h", { because: expect.stringContaining("repeats the certificate") }],
    ["--san web", { because: expect.stringContaining("repeats the certificate") }],
    ["--kty RSA", { because: expect.stringContaining("renew rekey") }],
    ["--fingerprint x", { because: expect.stringContaining("root certificate") }],
    ["--bundle", { because: expect.stringContaining("renew needs-renewal") }],
  ])("%s", (flag, expected) => {
    const refused = refusal(() => said(`${files} ${flag}`));
    expect(refused).toMatchObject({ code: "BAD_FLAG", ...expected });
    expect("because" in expected ? Object.keys(refused as object) : []).not.toContain("nearest");
  });
});

describe("a wrong value is found before anything at all is read", () => {
  test.each([
    "--expires-in soon",
    "--timeout soon",
    "--timeout 0",
    "--ca-url http://ca",
    "--force=maybe",
    "--mtls=yes",
    "--context one --config FILE",
    "-q -v",
  ])("%s", (flags) => {
    const { world, calls } = worldOf();
    const refused = refusal(() => {
      const parsed = parseFlags(words, `${files} ${flags}`.split(" "), world);
      return "said" in parsed && policyOf(parsed.said, "renew");
    });
    expect(refused).toHaveProperty("code");
    expect(calls).toEqual([]);
  });

  test.each([`--expires-in= ${files}`, `${files} --expires-in=`])(
    "an empty window is none, as for step: %s",
    (line) => {
      expect(policy(`${line} ${everything}`)).toMatchObject({ window: null });
    },
  );
});

describe("what only step does is said before anything is read", () => {
  test.each([
    ["--offline", {}, { flag: "--offline", from: "--offline" }],
    ["--offline --ca-config ca.json", {}, { flag: "--offline", from: "--offline" }],
    ["--kms pkcs11:x", {}, { flag: "--kms", from: "--kms" }],
    ["", { env: { STEP_OFFLINE: "true" } }, { flag: "--offline", from: "STEP_OFFLINE" }],
    ["", { env: { STEP_KMS: "tpmkms:" } }, { flag: "--kms", from: "STEP_KMS" }],
    ["", { defaults: '{"kms":"tpmkms:"}' }, { flag: "--kms", from: "kms in defaults.json" }],
  ])("%s %o", (flags, around, expected) => {
    const line = `${files} ${everything} ${flags}`.trim();
    expect(refusal(() => policy(line, around))).toMatchObject({ code: "FLAG_NOT_BUILT", ...expected });
  });

  test("a key that is a URI of a key manager", () => {
    const refused = refusal(() => policy(`web.crt yubikey:slot-id=9a ${everything}`));
    expect(refused).toMatchObject({ code: "FLAG_NOT_BUILT", flag: "--kms", from: "yubikey:slot-id=9a" });
  });

  test.each(["--offline=false", "--ca-config ca.json", "--kms="])("%s asks for nothing", (flags) => {
    expect(policy(`${files} ${everything} ${flags}`)).toMatchObject({ ca: { host: "ca.internal" } });
  });
});

test("`--mtls false` is taken as meant, with a hint", () => {
  expect(said(`--mtls false ${files}`).hints).toEqual([{ kind: "spaced-switch", flag: "--mtls", value: "false" }]);
  expect(said(`--mtls=false ${files}`).hints).toEqual([]);
});

test.each(["--help", "-h", `${files} --help`])("%s is help", (line) => {
  expect(parseFlags(words, line.split(" "), worldOf().world)).toHaveProperty("help");
});
