/** What systemd has already, and where. */
import type { World } from "../../world.ts";

const usualFolders = [
  "/etc/systemd/system",
  "/run/systemd/system",
  "/usr/local/lib/systemd/system",
  "/usr/lib/systemd/system",
  "/lib/systemd/system",
];

/** As systemd has it: SYSTEMD_UNIT_PATH takes their place, and an empty part at its end stands for them. */
export function unitFolders({ env }: Pick<World, "env">): readonly string[] {
  const said = env["SYSTEMD_UNIT_PATH"];
  if (!said) return usualFolders;
  const parts = said.split(":");
  return [...parts.filter(Boolean), ...(parts.at(-1) === "" ? usualFolders : [])];
}

/** A unit of a template is there where its template is. */
export function isKnown(unit: string, folders: readonly string[], { fs }: Pick<World, "fs">): boolean {
  const template = unit.replace(/@[^.]*(?=\.\w+$)/, "@");
  return folders.some((folder) => {
    const names = namesIn(folder, fs);
    return names.includes(unit) || names.includes(template);
  });
}

/** None where the folder is not there. */
export function namesIn(folder: string, fs: World["fs"]): string[] {
  try {
    return fs.list(folder);
  } catch {
    return []; // not every system has all of them
  }
}
