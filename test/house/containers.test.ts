/** The examples for containers are what they say: YAML that Kubernetes knows the fields of, with commands that renew takes. */
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { posix, resolve } from "node:path";
import { describe, expect, test } from "vitest";
import { parseDocument } from "yaml";
import { words as renew } from "../../src/cli/commands/renew.ts";
import { isLasting, paceOf } from "../../src/cli/daemon-policy.ts";
import { parseFlags } from "../../src/cli/flags.ts";
import { policyOf } from "../../src/cli/policy.ts";
import { splitWords } from "../../src/renewal/command-line.ts";
import { testWorld } from "../support/world.ts";

const root = resolve(import.meta.dirname, "../..");
const text = (file: string) => readFileSync(resolve(root, "docs", file), "utf8");
const manifest = JSON.parse(readFileSync(resolve(root, "package.json"), "utf8"));

interface Container {
  name: string;
  image: string;
  args: string[];
  env?: { name: string; value: string }[];
  securityContext?: Record<string, unknown>;
  volumeMounts: { name: string; mountPath: string; readOnly?: boolean; subPath?: string }[];
}
interface Pod {
  restartPolicy?: string;
  shareProcessNamespace?: boolean;
  securityContext: Record<string, unknown>;
  containers: Container[];
  volumes: ({ name: string } & Record<string, unknown>)[];
}

function read(file: string) {
  const document = parseDocument(text(file), { strict: true, uniqueKeys: true });
  expect([...document.errors, ...document.warnings]).toEqual([]);
  return document.toJS();
}

function policyFor(args: readonly string[], env: Record<string, string>) {
  const parsed = parseFlags(renew, args, testWorld({ env }));
  if (!("said" in parsed)) throw new Error("help was asked for");
  const isStaying = isLasting(parsed.said, "renew-period", "renew");
  paceOf(parsed.said, "renew-period");
  return { policy: policyOf(parsed.said, "renew"), isStaying };
}

const sidecar = read("containers/sidecar.yaml");
const cronJob = read("containers/cronjob.yaml");

describe.each<[string, Pod]>([
  ["sidecar", sidecar.spec.template.spec],
  ["cronjob", cronJob.spec.jobTemplate.spec.template.spec],
])("%s.yaml", (name, pod) => {
  const own = pod.containers.find((one) => one.name === "renew");
  if (own === undefined) throw new Error("no container runs renew");
  const env = Object.fromEntries((own.env ?? []).map((one) => [one.name, one.value]));
  const { policy, isStaying } = policyFor(own.args, env);

  test("renew understands its words and its environment", () => {
    expect(isStaying).toBe(name === "sidecar");
    expect(policy.ca.href).toBe("https://ca.internal:9000");
    expect(isStaying || policy.window !== null).toBe(true);
  });

  test("every mount has its volume, and every volume is mounted", () => {
    const mounted = new Set(pod.containers.flatMap((one) => one.volumeMounts.map((mount) => mount.name)));
    expect([...mounted].sort()).toEqual(pod.volumes.map((volume) => volume.name).sort());
  });

  test("the pair lies in a folder that is mounted whole and can be written, and all else that renew reads is mounted", () => {
    const mountOf = (file: string) => own.volumeMounts.find(({ mountPath }) => posix.dirname(file) === mountPath);
    for (const file of [policy.paths.certificate, policy.paths.key]) {
      expect(mountOf(file)).toMatchObject({ name: "certs" });
      expect(mountOf(file)).not.toHaveProperty("subPath");
      expect(mountOf(file)?.readOnly).not.toBe(true);
    }
    expect(mountOf(policy.root.value)).toMatchObject({ readOnly: true });
    if (policy.hooks?.pidFile) expect(mountOf(policy.hooks.pidFile)).toBeDefined();
  });

  test("it has no rights", () => {
    expect(own.securityContext).toEqual({
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ["ALL"] },
    });
    expect(pod.securityContext).toMatchObject({ runAsNonRoot: true, seccompProfile: { type: "RuntimeDefault" } });
  });
});

test("the sidecar is a Deployment that finds its own pods, and may signal its neighbour", () => {
  expect(sidecar).toMatchObject({ apiVersion: "apps/v1", kind: "Deployment" });
  expect(sidecar.spec.template.metadata.labels).toEqual(sidecar.spec.selector.matchLabels);
  expect(sidecar.spec.template.spec.shareProcessNamespace).toBe(true);
  const [nginx, own] = sidecar.spec.template.spec.containers as [Container, Container];
  const pidFile = /pid (\S+);/.exec(nginx.args.join(" "))?.[1];
  expect(own.args).toContain(`--pid-file=${pidFile}`);
});

test("the CronJob runs one at a time, hourly at most, and keeps what failed", () => {
  expect(cronJob).toMatchObject({ apiVersion: "batch/v1", kind: "CronJob", spec: { concurrencyPolicy: "Forbid" } });
  expect(cronJob.spec.schedule).toMatch(/^[1-5]?\d \* \* \* \*$/);
  expect(cronJob.spec.jobTemplate.spec.template.spec.restartPolicy).toBe("Never");
});

describe("the Containerfile", () => {
  const lines = text("containers/Containerfile")
    .split("\n")
    .filter((line) => /^[A-Z]+ /.test(line));
  test("has a Node that the package takes, and starts its program", () => {
    const wanted = Number(/>=(\d+)/.exec(manifest.engines.node)?.[1]);
    const nodes = lines.flatMap((line) => /^FROM \S+node:(\d+)/.exec(line)?.[1] ?? []).map(Number);
    expect(nodes.length).toBe(2);
    expect(nodes.every((version) => version >= wanted)).toBe(true);
    const [start = ""] = lines.filter((line) => line.startsWith("ENTRYPOINT "));
    expect(Object.keys(manifest.bin)).toEqual(JSON.parse(start.slice("ENTRYPOINT ".length)));
    expect(lines.filter((line) => /^USER (?!0)/.test(line))).toHaveLength(1);
  });

  test("is made of what the build needs: no key, no history, nothing of another machine goes with it", () => {
    const left = readFileSync(resolve(root, ".dockerignore"), "utf8").split("\n");
    for (const name of [".git", "node_modules", "dist", ".cache", "*.key"]) expect(left).toContain(name);
    for (const name of ["src", "bin", "package.json", "package-lock.json"]) expect(left).not.toContain(name);
  });

  const builder = ["podman", "buildah", "docker"].find(
    (name) => spawnSync(name, ["info"], { timeout: 5000 }).status === 0,
  );
  if (builder === undefined) console.info("no podman, buildah or docker works here: the Containerfile is not built");
  test.skipIf(builder === undefined)("builds, and its image runs", { timeout: 600_000 }, () => {
    const build = ["build", "-f", "docs/containers/Containerfile", "-t", "localhost/renew:test", "."];
    expect(spawnSync(builder ?? "", build, { cwd: root, encoding: "utf8" })).toMatchObject({ status: 0 });
    if (builder === "buildah") return; // it builds only
    const ran = spawnSync(builder ?? "", ["run", "--rm", "localhost/renew:test", "--version"], { encoding: "utf8" });
    expect(ran).toMatchObject({ status: 0, stdout: `renew ${manifest.version}\n` });
  });
});

test("the commands of the page parse", () => {
  const blocks = [...text("containers.md").matchAll(/^```sh\n([\s\S]*?)^```$/gm)].map(([, block = ""]) => block);
  const commands = blocks.flatMap((block) => block.trim().split("\n"));
  expect(commands.map(splitWords).every((found) => found !== null)).toBe(true);
  const runs = commands.flatMap((command) => / renew (--force .*)$/.exec(command)?.[1] ?? []);
  expect(runs).toHaveLength(1);
  for (const one of runs) expect(policyFor(splitWords(one) ?? [], {}).policy.force).toBe(true);
});
