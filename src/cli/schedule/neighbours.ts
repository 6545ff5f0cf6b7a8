/** What systemd has already: the unit that is to be reloaded, and units of step's that renew the same. */
import { join } from "node:path";
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

export interface StepUnits {
  /** The folder that its templates lie in. */
  readonly folder: string;
  /** That start with the machine: `cert-renewer@web.timer`. */
  readonly enabled: readonly string[];
}

/** step's own, as its documentation has them: `cert-renewer@.service` and its timer. */
export function stepUnits(folders: readonly string[], { fs }: Pick<World, "fs">): StepUnits | null {
  const ofStep = /^cert-renewer@.*\.(service|timer)$/;
  const folder = folders.find((one) => namesIn(one, fs).some((name) => ofStep.test(name)));
  if (folder === undefined) return null;
  const enabled = folders.flatMap((one) =>
    namesIn(one, fs)
      .filter((name) => name.endsWith(".wants"))
      .flatMap((wants) => namesIn(join(one, wants), fs))
      .filter((name) => ofStep.test(name)),
  );
  return { folder, enabled: [...new Set(enabled)].sort() };
}

function namesIn(folder: string, fs: World["fs"]): string[] {
  try {
    return fs.list(folder);
  } catch {
    return []; // not every system has all of them
  }
}
