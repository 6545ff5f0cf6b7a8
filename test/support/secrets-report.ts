/** For the whole run: how much was looked at for secrets, said in one line at its end. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestProject } from "vitest/node";
import type { Count } from "./secrets.ts";

declare module "vitest" {
  interface ProvidedContext {
    secretCounts: string;
  }
}

export function setup(project: TestProject): () => void {
  const folder = mkdtempSync(join(tmpdir(), "renew-secrets-"));
  const file = join(folder, "counts");
  writeFileSync(file, "");
  project.provide("secretCounts", file);
  return () => {
    const counts = readFileSync(file, "utf8")
      .split("\n")
      .filter(Boolean)
      .map((line) => JSON.parse(line) as Count & { tookMs: number });
    rmSync(folder, { recursive: true });
    const sum = (name: keyof Count | "tookMs") => counts.reduce((all, one) => all + one[name], 0);
    console.log(
      `looked for ${sum("secrets")} secrets in ${sum("screen")} screens, ${sum("failure")} failures, ${sum("child")} child environments and ${sum("file")} files, in ${Math.round(sum("tookMs"))} ms`,
    );
    if (counts.length > 0 && sum("screen") > 0 && sum("secrets") === 0)
      throw new Error("screens were looked at, and no secret was known: the search is broken");
  };
}
