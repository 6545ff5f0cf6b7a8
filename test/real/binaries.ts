/**
 * Finds real step-ca and step for the tests in this folder: in STEP_CA_DIR, else in .cache/real, else it installs them
 * there with Go (about two minutes each the first time). What cannot be had is said in one line, and skipped by the tests
 * that need it, never failed.
 */
import { spawnSync } from "node:child_process";
import { accessSync, constants, mkdirSync, mkdtempSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { TestProject } from "vitest/node";

/** Real step-ca, by version. The last one hides its version, as a build without linker flags does. */
export const caVersions = ["v0.26.1", "v0.26.2", "v0.30.2"] as const;
export type CaVersion = (typeof caVersions)[number] | "v0.30.2-na";
export type BinaryName = `step-ca-${CaVersion}` | "step-v0.30.6";
export type Binaries = { readonly [name in BinaryName]?: string };

declare module "vitest" {
  interface ProvidedContext {
    binaries: Binaries;
  }
}

const certificates = "github.com/smallstep/certificates/cmd/step-ca";
const sources: Record<BinaryName, { module: string; version: string; says: string | null }> = {
  "step-ca-v0.26.1": { module: certificates, version: "v0.26.1", says: "v0.26.1" },
  "step-ca-v0.26.2": { module: certificates, version: "v0.26.2", says: "v0.26.2" },
  "step-ca-v0.30.2": { module: certificates, version: "v0.30.2", says: "v0.30.2" },
  "step-ca-v0.30.2-na": { module: certificates, version: "v0.30.2", says: null },
  "step-v0.30.6": { module: "github.com/smallstep/cli/cmd/step", version: "v0.30.6", says: "v0.30.6" },
};
const names = Object.keys(sources) as BinaryName[];

const cache = fileURLToPath(new URL("../../.cache/real/", import.meta.url));

/** Called by vitest before any test of this folder. */
export function setup(project: TestProject): void {
  project.provide("binaries", findBinaries(names));
}

/** Says in one line what cannot be had. */
export function findBinaries(wanted: readonly BinaryName[]): Binaries {
  const found: { [name in BinaryName]?: string } = {};
  const missing: BinaryName[] = [];
  for (const name of wanted) {
    const path = find(name);
    if (path === undefined) missing.push(name);
    else found[name] = path;
  }
  if (missing.length > 0 && !hasGo()) {
    console.error(`left out, as there is no Go to install it with and STEP_CA_DIR has none: ${missing.join(", ")}`);
  } else {
    for (const name of missing) {
      const path = install(name);
      if (path !== undefined) found[name] = path;
    }
  }
  return found;
}

function find(name: BinaryName): string | undefined {
  const folders = [process.env["STEP_CA_DIR"], cache].filter((folder) => folder !== undefined && folder !== "");
  return folders.map((folder) => join(folder as string, name)).find(isExecutable);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

function hasGo(): boolean {
  return spawnSync("go", ["version"]).status === 0;
}

/** Into a folder of its own first, as two versions have one file name, and a run that is cut leaves nothing half done. */
function install(name: BinaryName): string | undefined {
  const { module, version, says } = sources[name];
  const started = Date.now();
  mkdirSync(cache, { recursive: true });
  const folder = mkdtempSync(join(cache, "install-"));
  try {
    const flags = ["-s", "-w", "-checklinkname=0", ...(says === null ? [] : [`-X 'main.Version=${says}'`])];
    const go = spawnSync("go", ["install", `-ldflags=${flags.join(" ")}`, `${module}@${version}`], {
      env: { ...process.env, CGO_ENABLED: "0", GOBIN: folder },
      encoding: "utf8",
    });
    if (go.status !== 0) {
      console.error(`left out, as go install failed: ${name}: ${go.stderr.trim().split("\n").at(-1)}`);
      return undefined;
    }
    const path = join(cache, name);
    renameSync(join(folder, module.slice(module.lastIndexOf("/") + 1)), path);
    console.error(`installed ${name} in ${Math.round((Date.now() - started) / 1000)} s`);
    return path;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
