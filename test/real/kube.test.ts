/** A real Kubernetes API server whose client CA a real step-ca signs with, as k3s has it: who somebody is, before and after. */
import { spawnSync } from "node:child_process";
import { X509Certificate } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { createAuthority, type Usage } from "../../src/dev-ca/authority.ts";
import { realFileSystem } from "../../src/files/system.ts";
import { halvesOf } from "../../src/kube/credentials.ts";
import { installPlugin } from "../../src/kube/install.ts";
import { stanzaOf } from "../../src/kube/stanza.ts";
import { choose } from "../../src/kube/which.ts";
import { type KubeServer, kubeBinaries, startKube } from "../support/kube-server.ts";
import { run } from "../support/program.ts";
import { realBinary, type StepCa, startStepCa } from "../support/step-ca.ts";
import { testWorld } from "../support/world.ts";

const second = 1000;
const hour = 3600 * second;

/** Before v0.26.2 a token is taken from certificates for servers alone. */
const rows: readonly { version: "v0.26.1" | "v0.30.2"; usages: Usage[] }[] = [
  { version: "v0.26.1", usages: ["clientAuth", "serverAuth"] },
  { version: "v0.30.2", usages: ["clientAuth"] },
];
const isThere = ({ version }: (typeof rows)[number]) =>
  kubeBinaries() !== null && realBinary(`step-ca-${version}`) !== undefined;

interface Who {
  username: string;
  groups: string[];
  /** Changes with each certificate. */
  credential: string;
}

describe.each(rows.filter(isThere))("step-ca $version", ({ version, usages }) => {
  const folder = mkdtempSync(join(tmpdir(), "renew-kube-user-"));
  const config = join(folder, "config");
  let ca: StepCa;
  let kube: KubeServer;

  beforeAll(async () => {
    ca = await startStepCa({
      version,
      authority: await createAuthority({ notBefore: new Date(Date.now() - 100 * hour) }),
    });
    kube = await startKube(ca.rootFile);
  }, 90_000);
  afterAll(async () => {
    await Promise.all([kube?.close(), ca?.close()]);
    rmSync(folder, { recursive: true, force: true });
  });
  beforeEach(async () => ca.restart()); // one of the tests stops it

  const at = (name: string) => join(folder, name);
  const reach = () => ["--ca-url", ca.url, "--root", ca.rootFile];
  const renew = (...words: string[]) => run(words, { cwd: folder, env: { KUBECONFIG: config } });

  /** A pair in files, and a kubeconfig around the user, which kubectl writes. Times from now, in ms. */
  async function enrol(from: number, to: number): Promise<void> {
    const validity = { notBefore: new Date(Date.now() + from), notAfter: new Date(Date.now() + to) };
    const subject = { subject: "dave", organization: "system:masters", provisioner: { name: "after-expiry" } };
    const { chain, key } = await ca.authority.issue({ ...subject, usages, ...validity });
    writeFileSync(at("dave.crt"), chain);
    writeFileSync(at("dave.key"), key, { mode: 0o600 });
    rmSync(config, { force: true });
    for (const words of [
      ["set-cluster", "k3s", "--server", kube.url, "--insecure-skip-tls-verify"],
      [
        "set-credentials",
        "dave",
        "--client-certificate",
        at("dave.crt"),
        "--client-key",
        at("dave.key"),
        "--embed-certs",
      ],
      ["set-context", "k3s", "--cluster", "k3s", "--user", "dave"],
      ["use-context", "k3s"],
    ])
      expect(await kubectl("config", ...words)).toMatchObject({ exit: 0 });
  }

  const kubectl = (...words: string[]) => kube.kubectl(words, { KUBECONFIG: config, HOME: folder });

  /** What the API server says; its refusal where it says nothing. */
  async function whoami(): Promise<Who | string> {
    const { exit, stdout, stderr } = await kubectl("auth", "whoami", "-o", "json");
    if (exit !== 0) return stderr;
    const { status } = JSON.parse(stdout) as {
      status: { userInfo: { username: string; groups: string[]; extra: Record<string, string[]> } };
    };
    const { username, groups, extra } = status.userInfo;
    return { username, groups, credential: extra["authentication.kubernetes.io/credential-id"]?.[0] ?? "" };
  }

  const dave = (leaf: X509Certificate): Who => ({
    username: "dave",
    groups: ["system:masters", "system:authenticated"],
    credential: `X509SHA256=${leaf.fingerprint256.replaceAll(":", "").toLowerCase()}`,
  });
  const inFile = () => new X509Certificate(readFileSync(at("dave.crt")));
  const inConfig = () => {
    const [, data = ""] = /client-certificate-data: (\S+)/.exec(readFileSync(config, "utf8")) ?? [];
    return new X509Certificate(Buffer.from(data, "base64"));
  };
  const renewals = () =>
    ca.log().filter((line) => line.includes('"path":"/renew"') && line.includes('"status":201')).length;

  /** As kubectl sees it. */
  async function untilRefused(): Promise<string> {
    for (const end = Date.now() + 20 * second; Date.now() < end; ) {
      const who = await whoami();
      if (typeof who === "string") return who;
    }
    throw new Error("the API server still takes it");
  }

  test("before, at and after the expiry the same user, through the kubeconfig", async () => {
    await enrol(-23 * hour, 6 * second);
    const old = inConfig();
    expect(await whoami()).toEqual(dave(old));
    expect(await untilRefused()).toMatch(/Unauthorized|must be logged in/);
    const after = await renew("kubeconfig", "--force", ...reach());
    expect(after, after.stderr).toMatchObject({ exit: 0, stderr: expect.stringContaining(" by token: ") });
    const renewed = inConfig();
    expect(renewed.fingerprint256).not.toBe(old.fingerprint256);
    expect(await whoami()).toEqual(dave(renewed));
    const again = await renew("kubeconfig", "--force", ...reach());
    expect(again, again.stderr).toMatchObject({ exit: 0, stderr: expect.stringContaining(" over mTLS: ") });
    expect(inConfig().fingerprint256).not.toBe(renewed.fingerprint256);
    expect(await whoami()).toEqual(dave(inConfig()));
    const rekeyed = await renew("kubeconfig", "--force", "--rekey", ...reach());
    expect(rekeyed, rekeyed.stderr).toMatchObject({ exit: 0 });
    expect(inConfig().publicKey.equals(old.publicKey)).toBe(false);
    expect(await whoami()).toEqual(dave(inConfig()));
  });

  test("a kubeconfig that names files", async () => {
    await enrol(-1 * hour, 23 * hour);
    const pair = ["--client-certificate", "dave.crt", "--client-key", "dave.key", "--embed-certs=false"];
    expect(await kubectl("config", "unset", "users.dave")).toMatchObject({ exit: 0 });
    expect(
      await kube.kubectl(
        ["config", "set-credentials", "dave", ...pair.map((word) => (/\.(crt|key)$/.test(word) ? at(word) : word))],
        { KUBECONFIG: config },
      ),
    ).toMatchObject({ exit: 0 });
    const old = inFile();
    expect(await whoami()).toEqual(dave(old));
    expect(await renew("kubeconfig", "--force", ...reach())).toMatchObject({ exit: 0 });
    expect(inFile().fingerprint256).not.toBe(old.fingerprint256);
    expect(await whoami()).toEqual(dave(inFile()));
  });

  test("before, near and after the expiry the same user, through the plugin", async () => {
    await enrol(-1 * hour, 23 * hour);
    const install = [
      "kubectl-credential",
      "--install",
      "--force",
      "--user",
      "dave",
      ...reach(),
      "dave.crt",
      "dave.key",
    ];
    expect(await renew(...install)).toMatchObject({ exit: 0 });
    expect(readFileSync(config, "utf8")).not.toContain("client-key-data");
    const fresh = inFile();
    const before = renewals();
    expect(await whoami()).toEqual(dave(fresh));
    expect([inFile().fingerprint256, renewals()]).toEqual([fresh.fingerprint256, before]);
    for (const [from, to] of [
      [-20 * hour, 4 * hour],
      [-25 * hour, -1 * hour],
    ] as const) {
      const validity = { notBefore: new Date(Date.now() + from), notAfter: new Date(Date.now() + to) };
      const subject = { subject: "dave", organization: "system:masters", provisioner: { name: "after-expiry" } };
      const { chain, key } = await ca.authority.issue({ ...subject, usages, ...validity });
      writeFileSync(at("dave.crt"), chain);
      writeFileSync(at("dave.key"), key);
      const old = inFile();
      expect(await whoami()).toEqual(dave(inFile()));
      expect(inFile().fingerprint256).not.toBe(old.fingerprint256);
    }
  });

  test("of 20 kubectl at once near the expiry one renews, and all take the new certificate", async () => {
    await enrol(-20 * hour, 4 * hour);
    const install = [
      "kubectl-credential",
      "--install",
      "--force",
      "--user",
      "dave",
      ...reach(),
      "dave.crt",
      "dave.key",
    ];
    expect(await renew(...install)).toMatchObject({ exit: 0 });
    const [old, before] = [inFile(), renewals()];
    const who = await Promise.all(Array.from({ length: 20 }, whoami));
    expect(inFile().fingerprint256).not.toBe(old.fingerprint256);
    expect(who).toEqual(Array.from({ length: 20 }, () => dave(inFile())));
    expect(renewals() - before).toBe(1);
  });

  test("without its CA kubectl goes on while the certificate is good, and says why it ends", async () => {
    await enrol(-20 * hour, 4 * hour);
    const install = [
      "kubectl-credential",
      "--install",
      "--force",
      "--user",
      "dave",
      ...reach(),
      "dave.crt",
      "dave.key",
    ];
    expect(await renew(...install)).toMatchObject({ exit: 0 });
    await ca.stop();
    const words = await kubectl("auth", "whoami");
    expect(words).toMatchObject({
      exit: 0,
      stderr: expect.stringContaining("renew: "),
      stdout: expect.stringContaining("dave"),
    });
    expect(words.stderr).toContain("error[CA_UNREACHABLE]");
    await enrol(-25 * hour, -1 * hour);
    expect(await renew(...install)).toMatchObject({ exit: 0 });
    const ended = await kubectl("auth", "whoami");
    expect(ended.exit).not.toBe(0);
    expect(ended.stderr).toContain("error[CA_UNREACHABLE]");
  });
});

describe.skipIf(kubeBinaries() === null)("kubectl finds the same user", () => {
  const folder = mkdtempSync(join(tmpdir(), "renew-kube-which-"));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  const users = (...names: string[]) =>
    `users:\n${names.map((name) => `- {name: ${name}, user: {client-certificate: ${name}.crt, client-key: ${name}.key}}\n`).join("")}`;
  const contexts = (...pairs: [string, string][]) =>
    `contexts:\n${pairs.map(([name, user]) => `- {name: ${name}, context: {user: ${user}}}\n`).join("")}`;
  const current = (name: string) => `current-context: ${name}\n`;

  test.each<[string, Record<string, string>, string]>([
    ["one file", { a: users("x", "ann") + contexts(["c", "ann"]) + current("c") }, "a"],
    [
      "context and user in different files",
      { a: current("c"), b: contexts(["c", "ann"]), c: users("x", "ann") },
      "a:b:c",
    ],
    [
      "the first current context",
      { a: users("x", "ann") + contexts(["c", "x"], ["d", "ann"]) + current("d"), b: current("c") },
      "a:b",
    ],
    [
      "the first context of a name",
      { a: users("x", "ann") + contexts(["c", "x"]), b: contexts(["c", "ann"]) + current("c") },
      "a:b",
    ],
    [
      "the first user of a name",
      {
        a: "users: [{name: x, user: {client-certificate: sub/first.crt, client-key: first.key}}]\n",
        b: users("x") + contexts(["c", "x"]) + current("c"),
      },
      "a:b",
    ],
    ["files that are not there", { b: users("x") + contexts(["c", "x"]) + current("c") }, "nope:b:neither"],
    ["an empty file", { a: "", b: users("x") + contexts(["c", "x"]) + current("c") }, "a:b"],
    ["a file twice", { a: users("x") + contexts(["c", "x"]) + current("c") }, "a:a"],
    [
      "an empty current context",
      { a: 'current-context: ""\n', b: users("x") + contexts(["c", "x"]) + current("c") },
      "a:b",
    ],
    ["a null list", { a: "users: null\ncontexts:\n", b: users("x") + contexts(["c", "x"]) + current("c") }, "a:b"],
    [
      "JSON",
      {
        a: JSON.stringify({
          users: [{ name: "x", user: { "client-certificate": "x.crt", "client-key": "x.key" } }],
          contexts: [{ name: "c", context: { user: "x" } }],
          "current-context": "c",
        }),
      },
      "a",
    ],
  ])("%s", async (_, files, list) => {
    for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
    const KUBECONFIG = list
      .split(":")
      .map((name) => join(folder, name))
      .join(":");
    const env = { ...process.env, KUBECONFIG, HOME: folder };
    const asked = spawnSync(kubeBinaries()?.kubectl ?? "", ["config", "view", "--minify", "--raw", "-o", "json"], {
      env,
      encoding: "utf8",
    });
    const { users: found } = JSON.parse(asked.stdout) as { users: { name: string; user: Record<string, string> }[] };
    const chosen = choose(
      { file: undefined, user: undefined },
      { env: { KUBECONFIG, HOME: folder }, fs: realFileSystem },
    );
    const { certificate } = halvesOf(chosen);
    const user = found[0]?.user ?? {};
    const theirs =
      user["client-certificate-data"] === undefined ? resolve(folder, user["client-certificate"] ?? "") : "inline";
    expect([chosen.user.name, certificate.in === "file" ? certificate.file : "inline"]).toEqual([
      found[0]?.name,
      theirs,
    ]);
    for (const name of Object.keys(files)) rmSync(join(folder, name));
  });

  test.each(["certificate", "key"])("neither takes a user with the %s inline and by a path", (half) => {
    const both = users("x").replace(`client-${half}:`, `client-${half}-data: QUJD, client-${half}:`);
    const cluster = "clusters: [{name: l, cluster: {server: 'https://127.0.0.1:1'}}]\n";
    const text = `${cluster}${both}contexts: [{name: c, context: {user: x, cluster: l}}]\n${current("c")}`;
    writeFileSync(join(folder, "both"), text);
    const env = { KUBECONFIG: join(folder, "both"), HOME: folder };
    const { status, stderr } = spawnSync(kubeBinaries()?.kubectl ?? "", ["get", "pods"], { env, encoding: "utf8" });
    expect([status, stderr]).toEqual([1, expect.stringMatching(/are both specified for x/)]);
    const chosen = choose({ file: undefined, user: undefined }, { env, fs: realFileSystem });
    expect(() => halvesOf(chosen)).toThrow("KUBECONFIG_BROKEN");
    rmSync(join(folder, "both"));
  });

  test("a new user goes into the first file of KUBECONFIG that is there", async () => {
    for (const name of ["second", "third"]) writeFileSync(join(folder, name), "apiVersion: v1\nkind: Config\n");
    const KUBECONFIG = ["first", "second", "third"].map((name) => join(folder, name)).join(":");
    const words = ["config", "set-credentials", "theirs", "--token", "abc"];
    spawnSync(kubeBinaries()?.kubectl ?? "", words, { env: { KUBECONFIG, HOME: folder } });
    const stanza = stanzaOf(["/usr/bin/renew"], ["a.crt", "a.key"]);
    const pair = { keyFile: "a.key", spki: Buffer.alloc(0) };
    const world = testWorld({ env: { KUBECONFIG, HOME: folder } });
    const plan = { file: undefined, user: "ours", stanza, pair, force: false, lockTimeoutMs: 0 };
    expect(await installPlugin(plan, world, {})).toMatchObject({ file: join(folder, "second"), did: "new-user" });
    const found = ["second", "third"].map((name) => readFileSync(join(folder, name), "utf8").match(/theirs|ours/g));
    expect(found).toEqual([["theirs", "ours"], null]);
    for (const name of ["second", "third"]) rmSync(join(folder, name));
  });
});

describe.skipIf(!rows.every(isThere))("the real thing is there", () => {
  test("in every version", () => expect(rows.every(isThere)).toBe(true));
});
