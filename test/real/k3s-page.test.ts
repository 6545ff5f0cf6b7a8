/** docs/k3s.md, from its first command to its last, on a real API server, real step-ca and real step. */
import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { createAuthority } from "../../src/dev-ca/authority.ts";
import { kubeBinaries, startKube } from "../support/kube-server.ts";
import { bin, root } from "../support/program.ts";
import { freePort, realBinary } from "../support/step-ca.ts";

const [ca, step] = [realBinary("step-ca-v0.30.2"), realBinary("step-v0.30.6")];
const page = readFileSync(resolve(root, "docs/k3s.md"), "utf8");
const commands = [...page.matchAll(/^```sh\n([\s\S]*?)^```$/gm)].map(([, text = ""]) => text);

describe.skipIf(ca === undefined || step === undefined || kubeBinaries() === null)("docs/k3s.md", () => {
  const folder = mkdtempSync(join(tmpdir(), "renew-k3s-"));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  test("every command does what the page says", async () => {
    const authority = await createAuthority();
    const [tls, programs, work] = ["tls", "bin", "work"].map((name) => join(folder, name)) as [string, string, string];
    for (const one of [tls, programs, work]) mkdirSync(one);
    writeFileSync(join(tls, "client-ca.crt"), authority.root);
    writeFileSync(join(tls, "client-ca.key"), authority.rootKey, { mode: 0o600 });
    const kube = await startKube(join(tls, "client-ca.crt"));
    const found = { step: step ?? "", "step-ca": ca ?? "", kubectl: kube.bin, renew: bin, node: process.execPath };
    for (const [name, path] of Object.entries(found)) symlinkSync(path, join(programs, name));
    const k3s = join(folder, "k3s.yaml");
    writeFileSync(
      k3s,
      `apiVersion: v1
kind: Config
clusters:
- cluster: {server: "${kube.url}", insecure-skip-tls-verify: true}
  name: default
contexts:
- context: {cluster: default, user: default}
  name: default
current-context: default
users:
- name: default
  user: {token: nobody}
`,
    );
    mkdirSync(join(work, ".kube"));
    writeFileSync(join(work, ".kube/config"), "mine\n");
    const env = {
      PATH: `${programs}:${process.env["PATH"] ?? ""}`,
      HOME: work,
      STEPPATH: join(work, ".step"),
      K3S_TLS: tls,
      K3S_YAML: k3s,
      CA_ADDRESS: `127.0.0.1:${await freePort()}`,
      TZ: "UTC",
    };
    try {
      const { exit, said } = await shell(["set -eux", ...commands, "echo all is done"].join("\n"), { cwd: work, env });
      expect(exit, said).toBe(0);
      expect(said).toContain("all is done");
      const who = [...said.matchAll(/^Username\s+(\S+)$/gm)].map(([, name]) => name);
      expect(who, said).toEqual(["dave", "dave", "dave"]);
      const credentials = [...said.matchAll(/X509SHA256=([0-9a-f]{64})/g)].map(([, sha]) => sha);
      expect(new Set(credentials).size, "the one in the kubeconfig, renewed, and the one in the file").toBe(2);
      expect(said).toMatch(/^renewed .*\.kube\/k3s\.yaml for dave over mTLS: /m);
      expect(readFileSync(join(work, ".kube/k3s.yaml"), "utf8")).toContain("kubectl-credential");
      expect(readFileSync(join(work, ".kube/config"), "utf8"), "what was there stays").toBe("mine\n");
      expect(said).toMatch(/^ {2}ok +plugin +kubectl gets the pair from$/m);
    } finally {
      await kube.close();
    }
  }, 120_000);
});

test("the page has commands", () => expect(commands.length).toBeGreaterThan(8));

/** What a shell and all that it has started say; those that are left when it ends are ended. */
function shell(
  script: string,
  options: { cwd: string; env: Record<string, string> },
): Promise<{ exit: number | null; said: string }> {
  return new Promise((done, fail) => {
    const child = spawn("sh", ["-c", script], { ...options, detached: true, stdio: ["ignore", "pipe", "pipe"] });
    let said = "";
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding("utf8").on("data", (text: string) => {
        said += text;
      });
    child.once("error", fail);
    child.once("exit", (exit) => {
      try {
        process.kill(-(child.pid ?? 0), "SIGKILL");
      } catch {
        // nothing is left
      }
      child.once("close", () => done({ exit, said }));
    });
  });
}
