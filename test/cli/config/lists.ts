/** A folder with files of many certificates, and what reading one of them gives. */
import { mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { parseCaUrl } from "../../../src/ca/url.ts";
import type { Around } from "../../../src/cli/config/entry.ts";
import { readPlan } from "../../../src/cli/config/read.ts";
import { realFileSystem } from "../../../src/files/system.ts";
import type { Plan } from "../../../src/renewal/many/plan.ts";

export const around: Around = {
  fs: realFileSystem,
  ca: () => null,
  root: () => ({ value: "/step/certs/root_ca.crt", from: "the default" }),
  method: null,
};

export const known = { ca: () => parseCaUrl("https://flag.internal", "--ca-url") };

/** The files by their names; a value that is no text is written as JSON. Returns their folder. */
export function folderWith(files: Readonly<Record<string, unknown>>): string {
  const folder = mkdtempSync(join(tmpdir(), "renew-lists-"));
  for (const [name, contents] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    const isText = typeof contents === "string" || Buffer.isBuffer(contents);
    writeFileSync(join(folder, name), isText ? contents : JSON.stringify(contents, null, 2));
  }
  return folder;
}

/** Of `renew.json`, or another. */
export function planOf(folder: string, file = "renew.json", more: Partial<Around> = known): Promise<Plan> {
  return readPlan(join(folder, file), { ...around, ...more });
}

export const pair = (name: string, more: object = {}) => ({ crt: `${name}.crt`, key: `${name}.key`, ...more });
