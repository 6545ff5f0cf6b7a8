/** A user who may write files and not into their folder: root may write everywhere, and has to become somebody else. */
import { spawnSync } from "node:child_process";
import { chmodSync, chownSync, readdirSync } from "node:fs";
import { join } from "node:path";

const isRoot = process.getuid?.() === 0;
const [uid, gid] = [1234, 1235];

/** What goes before a command; null where nobody else can be had. */
export const asOwner: readonly string[] | null = !isRoot
  ? []
  : spawnSync("setpriv", ["--version"]).status === 0
    ? ["setpriv", `--reuid=${uid}`, `--regid=${gid}`, "--clear-groups"]
    : null;

export function giveFilesAlone(folder: string): void {
  for (const name of readdirSync(folder)) if (isRoot) chownSync(join(folder, name), uid, gid);
  chmodSync(folder, 0o555);
}

export function giveBack(folder: string): void {
  chmodSync(folder, 0o755);
}
