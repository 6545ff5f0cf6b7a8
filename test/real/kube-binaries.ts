/**
 * Finds kube-apiserver, kubectl and etcd for the tests in this folder: the first two in RENEW_KUBE_DIR, else in
 * .cache/real/kube, else it builds them there with Go (about four minutes the first time); etcd on the PATH, as Debian's
 * etcd-server has it. What cannot be had is said in one line, and skipped by the tests that need it, never failed.
 */
import { spawnSync } from "node:child_process";
import { accessSync, constants, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { TestProject } from "vitest/node";

export interface KubeBinaries {
  readonly apiserver: string;
  readonly kubectl: string;
  readonly etcd: string;
}

declare module "vitest" {
  interface ProvidedContext {
    /** Null where one of them is missing. */
    kube: KubeBinaries | null;
  }
}

const version = "1.34.2";
const cache = fileURLToPath(new URL("../../.cache/real/kube/", import.meta.url));

/** Called by vitest before any test of this folder. */
export function setup(project: TestProject): void {
  project.provide("kube", findKube());
}

/** Says in one line what cannot be had. */
export function findKube(): KubeBinaries | null {
  const etcd = onPath("etcd");
  if (etcd === undefined) return leftOut("there is no etcd on the PATH (Debian: etcd-server)");
  const folders = [process.env["RENEW_KUBE_DIR"] ?? "", cache].filter((folder) => folder !== "");
  const found = folders.find((folder) => names.every((name) => isExecutable(join(folder, name))));
  const folder = found ?? build();
  if (folder === undefined) return null;
  return { apiserver: join(folder, "kube-apiserver"), kubectl: join(folder, "kubectl"), etcd };
}

const names = ["kube-apiserver", "kubectl"] as const;

function leftOut(because: string): null {
  console.error(`left out, a real Kubernetes API server: ${because}`);
  return null;
}

function onPath(name: string): string | undefined {
  const folders = (process.env["PATH"] ?? "").split(delimiter).filter((folder) => folder !== "");
  return folders.map((folder) => join(folder, name)).find(isExecutable);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** What k8s.io/kubernetes takes from its own tree. */
const staging =
  "api apiextensions-apiserver apimachinery apiserver cli-runtime client-go cloud-provider cluster-bootstrap " +
  "code-generator component-base component-helpers controller-manager cri-api cri-client csi-translation-lib " +
  "dynamic-resource-allocation endpointslice externaljwt kms kube-aggregator kube-controller-manager kube-proxy " +
  "kube-scheduler kubectl kubelet metrics mount-utils pod-security-admission sample-apiserver";

/** Into a folder of its own first, as a run that is cut must leave nothing half done. Undefined where it cannot be done. */
function build(): string | undefined {
  if (spawnSync("go", ["version"]).status !== 0) {
    leftOut("there is no Go to build it with, and RENEW_KUBE_DIR has none");
    return undefined;
  }
  const started = Date.now();
  mkdirSync(cache, { recursive: true });
  const folder = mkdtempSync(join(cache, "build-"));
  try {
    const replaced = staging.split(" ").map((name) => `\tk8s.io/${name} => k8s.io/${name} v0${version.slice(1)}`);
    const module = ["module kube", "", "go 1.25", "", `require k8s.io/kubernetes v${version}`, ""];
    writeFileSync(join(folder, "go.mod"), [...module, "replace (", ...replaced, ")", ""].join("\n"));
    const imports = names.map((name) => `\t_ "k8s.io/kubernetes/cmd/${name}"`);
    writeFileSync(
      join(folder, "tools.go"),
      ["//go:build tools", "", "package kube", "", "import (", ...imports, ")", ""].join("\n"),
    );
    const packages = names.map((name) => `k8s.io/kubernetes/cmd/${name}`);
    for (const words of [
      ["mod", "tidy"],
      ["build", "-o", `${folder}/`, ...packages],
    ]) {
      const go = spawnSync("go", words, { cwd: folder, env: { ...process.env, CGO_ENABLED: "0" }, encoding: "utf8" });
      if (go.status === 0) continue;
      leftOut(`go ${words.slice(0, 2).join(" ")} failed: ${go.stderr.trim().split("\n").at(-1)}`);
      return undefined;
    }
    for (const name of names) renameSync(join(folder, name), join(cache, name));
    console.error(`built Kubernetes ${version} in ${Math.round((Date.now() - started) / 1000)} s`);
    return cache;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
