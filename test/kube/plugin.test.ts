/** `renew kubectl-credential`: what kubectl gets, when it is renewed first, and what goes on without a CA. */
import { readFileSync, writeFileSync } from "node:fs";
import { afterEach, describe, expect, test } from "vitest";
import { quickAnswer } from "../../src/cli/quick.ts";
import { realFileSystem } from "../../src/files/system.ts";
import { type Scene, scene } from "../support/scene.ts";
import { exported } from "../support/user-files.ts";

let current: Scene | undefined;
afterEach(() => current?.end());

const plugin = "kubectl-credential dave.crt dave.key --ca-url CA --root root.crt";
const asks = (apiVersion: string, interactive = false) => ({
  KUBERNETES_EXEC_INFO: JSON.stringify({ kind: "ExecCredential", apiVersion, spec: { interactive } }),
});
const v1 = asks("client.authentication.k8s.io/v1");

interface Credential {
  kind: string;
  apiVersion: string;
  status: { expirationTimestamp: string; clientCertificateData: string; clientKeyData: string };
}

async function stage(hours: { from?: number; to?: number } = {}, ca = true): Promise<Scene> {
  const s = await scene({ intermediate: true });
  current = s;
  await s.issue("dave", { subject: "dave", organization: "system:masters", ...hours });
  if (ca) await s.ca();
  return s;
}

const file = (name: string) => readFileSync(name, "utf8");
const hour = 3_600_000;
const inHours = (s: Scene, hours: number) => `${new Date(s.base.getTime() + hours * hour).toISOString().slice(0, 19)}Z`;

describe("what kubectl gets", () => {
  test.each([
    ["v1", v1, "client.authentication.k8s.io/v1"],
    ["v1beta1", asks("client.authentication.k8s.io/v1beta1"), "client.authentication.k8s.io/v1beta1"],
    ["nothing said: by hand", {}, "client.authentication.k8s.io/v1"],
  ])("%s", async (_, env, apiVersion) => {
    const s = await stage({ from: -1, to: 23 }, false);
    const { exit, stdout, stderr } = await s.renew(plugin, { env });
    const { kind, apiVersion: version, status } = JSON.parse(stdout) as Credential;
    expect([exit, stderr, kind, version]).toEqual([0, "", "ExecCredential", apiVersion]);
    expect([status.clientCertificateData, status.clientKeyData]).toEqual([file("dave.crt"), file("dave.key")]);
    // Asked again when it is due, at two thirds of its lifetime: from -1 on, 24 hours.
    expect(Date.parse(status.expirationTimestamp)).toBeGreaterThan(Date.parse(inHours(s, 14)));
    expect(Date.parse(status.expirationTimestamp)).toBeLessThan(Date.parse(inHours(s, 15)));
  });

  test("the answer from files alone is the same, to the byte", async () => {
    const s = await stage({ from: -1, to: 23 }, false);
    const env = { HOME: "/nonexistent", ...v1 };
    const argv = [
      "kubectl-credential",
      "--ca-url",
      "https://localhost:1",
      "--root",
      "root.crt",
      "dave.crt",
      "dave.key",
    ];
    const quick = quickAnswer(argv, { env, now: s.base, fs: realFileSystem });
    const { stdout } = await s.renew(plugin, { env });
    expect(quick).toEqual({ exit: 0, stderr: "", stdout });
  });

  test.each<[string, { argv?: string[]; env?: Record<string, string>; hours?: number; set?: () => void }]>([
    ["due", { hours: 20 }],
    ["expired", { hours: 30 }],
    ["not valid yet", { hours: -3 }],
    ["another key", { set: () => writeFileSync("dave.key", exported(file("root.key"), "pkcs8", "pem")) }],
    ["a lock beside it", { set: () => realFileSystem.symlink("{}", ".dave.crt.renew-lock") }],
    ["a flag from the environment", { env: { STEP_EXPIRES_IN: "1h" } }],
    ["a version that is not known", { env: asks("client.authentication.k8s.io/v1alpha1") }],
    ["no JSON", { env: { KUBERNETES_EXEC_INFO: "{" } }],
    ["--install", { argv: ["--install"] }],
    ["no CA", { argv: [] }],
    ["a key that is DER", { set: () => writeFileSync("dave.key", exported(file("dave.key"), "pkcs8", "der")) }],
    [
      "an encrypted key",
      { set: () => writeFileSync("dave.key", exported(file("dave.key"), "pkcs8", "pem", "a phrase 1")) },
    ],
  ])("the whole program answers: %s", async (name, { argv = [], env = v1, hours = 0, set }) => {
    const s = await stage({ from: -1, to: 23 }, false);
    await s.issue("root");
    set?.();
    const url = name === "no CA" ? [] : ["--ca-url", "ca.internal"];
    const words = ["kubectl-credential", ...url, ...argv, "dave.crt", "dave.key"];
    const now = new Date(s.base.getTime() + hours * hour);
    expect(quickAnswer(words, { env: { HOME: "/nonexistent", ...env }, now, fs: realFileSystem })).toBeNull();
  });

  test("a key in another form is handed out in the clear, in PEM", async () => {
    const s = await stage({ from: -1, to: 23 }, false);
    s.write("phrase", "a phrase 1\n");
    for (const [format, phrase] of [
      ["der", undefined],
      ["pem", "a phrase 1"],
    ] as const) {
      const key = file("dave.key");
      writeFileSync("dave.key", exported(key, "pkcs8", format, phrase));
      const { exit, stdout, screen } = await s.renew(`${plugin} --password-file phrase`, { env: v1 });
      expect(exit, screen).toBe(0);
      expect((JSON.parse(stdout) as Credential).status.clientKeyData).toBe(key);
      writeFileSync("dave.key", key);
    }
  });

  test("a passphrase is asked for once, and only where kubectl lends its terminal", async () => {
    const s = await stage({ from: -1, to: 23 }, false);
    writeFileSync("dave.key", exported(file("dave.key"), "pkcs8", "pem", "a phrase 1"));
    const env = asks("client.authentication.k8s.io/v1", true);
    const asked = await s.renew(plugin, { env, answers: ["a phrase 1"] });
    expect([asked.exit, asked.stderr]).toEqual([0, "passphrase for dave.key: \n"]);
    const refused = await s.renew(plugin, { env: v1, answers: ["a phrase 1"] });
    expect([refused.exit, refused.stdout]).toEqual([65, ""]);
  });
});

describe("when it is due", () => {
  test("it is renewed first", async () => {
    const s = await stage({ from: -20, to: 4 });
    const before = file("dave.crt");
    const { exit, stdout, stderr } = await s.renew(plugin, { env: v1 });
    const { status } = JSON.parse(stdout) as Credential;
    expect([exit, stderr, file("dave.crt") === before]).toEqual([0, "", false]);
    expect([status.clientCertificateData, status.clientKeyData]).toEqual([file("dave.crt"), file("dave.key")]);
  });

  test("a window of one's own", async () => {
    const s = await stage({ from: -1, to: 23 });
    const before = file("dave.crt");
    await s.renew(`${plugin} --expires-in 12h`, { env: v1 });
    expect(file("dave.crt")).toBe(before);
    await s.renew(`${plugin} --expires-in 24h`, { env: v1 });
    expect(file("dave.crt")).not.toBe(before);
  });

  test("by token once it has expired", async () => {
    const s = await stage({ from: -30, to: -6 });
    const { exit, stdout } = await s.renew(plugin, { env: v1 });
    expect([exit, (JSON.parse(stdout) as Credential).status.clientCertificateData]).toEqual([0, file("dave.crt")]);
  });

  test("it goes on with what is good, says so, and asks again in a minute", async () => {
    const s = await stage({ from: -20, to: 4 }, false);
    const { exit, stdout, stderr } = await s.renew(plugin, { env: v1 });
    const { status } = JSON.parse(stdout) as Credential;
    expect([exit, status.clientCertificateData]).toEqual([0, file("dave.crt")]);
    expect(status.expirationTimestamp).toBe(`${new Date(s.base.getTime() + 60_000).toISOString().slice(0, 19)}Z`);
    expect(stderr).toMatch(
      /^renew: dave\.crt is due and was not renewed, kubectl takes it as it is until .*error\[CA_UNREACHABLE\]/,
    );
    expect(stderr.trim().split("\n").length).toBe(1);
  });

  test("without a CA's address it goes on as well, but not with a wrong flag", async () => {
    const s = await stage({ from: -20, to: 4 }, false);
    const { exit, stderr } = await s.renew("kubectl-credential dave.crt dave.key", { env: v1 });
    expect([exit, stderr]).toEqual([0, expect.stringContaining("error[CA_URL_MISSING]")]);
    const wrong = await s.renew(`${plugin} --nonsense`, { env: v1 });
    expect([wrong.exit, wrong.stdout]).toEqual([64, ""]);
  });

  test("what has expired and cannot be renewed is not printed", async () => {
    const s = await stage({ from: -30, to: -6 }, false);
    const { exit, stdout, stderr } = await s.renew(plugin, { env: v1 });
    expect([exit, stdout]).toEqual([75, ""]);
    expect(stderr).toContain("error[CA_UNREACHABLE]");
  });

  test("nor a pair that is none", async () => {
    const s = await stage({ from: -1, to: 23 }, false);
    await s.issue("other");
    const { exit, stdout } = await s.renew(plugin.replace("dave.key", "other.key"), { env: v1 });
    expect([exit, stdout]).toEqual([65, ""]);
  });
});
