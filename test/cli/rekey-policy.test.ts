/** Every word of `renew rekey` is judged before the first file is opened. */
import { describe, expect, test } from "vitest";
import { words } from "../../src/cli/commands/rekey.ts";
import { parseFlags } from "../../src/cli/flags.ts";
import { rekeyPolicyOf } from "../../src/cli/rekey-policy.ts";
import { isFailure } from "../../src/failure/failure.ts";
import { MemoryDisk } from "../support/disk.ts";
import { recorded } from "../support/faults.ts";
import { testWorld } from "../support/world.ts";

function parsed(line: string, env: Record<string, string> = {}) {
  const { fs, calls } = recorded(new MemoryDisk());
  const world = testWorld({ fs, env });
  const argv = `${line} web.crt web.key --ca-url ca.internal --root root.crt`.trim().split(" ");
  try {
    const found = parseFlags(words, argv, world);
    if ("help" in found) throw new Error("help");
    return rekeyPolicyOf(found.said);
  } catch (error) {
    if (!isFailure(error)) throw error;
    return { code: error.code, ...error.facts };
  } finally {
    // defaults.json alone is looked for: no flag says everything.
    expect(calls.filter((call) => call !== "read")).toEqual([]);
  }
}

describe("the new key", () => {
  test.each<[string, unknown]>([
    ["", null],
    ["--kty EC", { type: "EC" }],
    ["--kty EC --curve P-384", { type: "EC", curve: "P-384" }],
    ["--kty=EC --crv=P-521", { type: "EC", curve: "P-521" }],
    ["-kty EC -crv P-256", { type: "EC", curve: "P-256" }],
    ["--kty OKP", { type: "OKP" }],
    ["--kty OKP --curve Ed25519", { type: "OKP" }],
    ["--kty RSA", { type: "RSA" }],
    ["--kty RSA --size 2048", { type: "RSA", bits: 2048 }],
    ["--kty RSA --size 8192", { type: "RSA", bits: 8192 }],
  ])("%s", (line, kind) => {
    expect(parsed(line)).toMatchObject({ kind });
  });

  test("from the environment, as step reads it", () => {
    expect(parsed("", { STEP_KTY: "EC", STEP_CRV: "P-384" })).toMatchObject({ kind: { type: "EC", curve: "P-384" } });
  });

  test.each<[string, Record<string, unknown>]>([
    ["--curve P-384", { code: "BAD_FLAG", nearest: "--kty EC" }],
    ["--curve Ed25519", { code: "BAD_FLAG", nearest: "--kty OKP" }],
    ["--size 4096", { code: "BAD_FLAG", nearest: "--kty RSA" }],
    ["--kty rsa", { code: "BAD_FLAG", nearest: "--kty RSA" }],
    ["--kty ecdsa", { code: "BAD_FLAG", nearest: "--kty EC" }],
    ["--kty ed25519", { code: "BAD_FLAG", nearest: "--kty OKP" }],
    ["--kty DSA", { code: "BAD_FLAG" }],
    ["--kty EC --curve P384", { code: "BAD_FLAG", nearest: "--curve P-384" }],
    ["--kty EC --curve secp256k1", { code: "BAD_FLAG" }],
    ["--kty OKP --curve X25519", { code: "BAD_FLAG", nearest: "--curve Ed25519" }],
    ["--kty RSA --size 1024", { code: "BAD_FLAG", nearest: "--size 2048" }],
    ["--kty RSA --size 16384", { code: "BAD_FLAG", nearest: "--size 8192" }],
    ["--kty RSA --size 2048.5", { code: "BAD_FLAG" }],
    ["--kty RSA --size -2048", { code: "BAD_FLAG" }],
    ["--kty RSA --curve P-256", { code: "FLAG_CONFLICT", flags: ["--curve", "--kty RSA"] }],
    ["--kty EC --size 2048", { code: "FLAG_CONFLICT", flags: ["--size", "--kty EC"] }],
    ["--kty OKP --size 2048", { code: "FLAG_CONFLICT", flags: ["--size", "--kty OKP"] }],
    ["--kty EC --curve Ed25519", { code: "FLAG_CONFLICT", flags: ["--curve Ed25519", "--kty EC"] }],
    ["--kty OKP --curve P-256", { code: "FLAG_CONFLICT", flags: ["--curve P-256", "--kty OKP"] }],
    ["--out-cert= --force", { code: "BAD_FLAG" }],
    ["--out-key=", { code: "BAD_FLAG" }],
    ["--private-key=", { code: "BAD_FLAG" }],
    ["third.crt", { code: "BAD_FLAG" }],
    ["-q -v", { code: "FLAG_CONFLICT" }],
    ["--expires-in soon", { code: "BAD_DURATION" }],
  ])("%s is refused", (line, failure) => {
    expect(parsed(line)).toMatchObject(failure);
  });
});

test("where the pair goes", () => {
  expect(parsed("--out-cert n.crt --out-key n.key --private-key mine.key --force")).toMatchObject({
    paths: { certificate: "web.crt", key: "web.key" },
    outCertificate: "n.crt",
    outKey: "n.key",
    privateKey: "mine.key",
    force: true,
  });
});
