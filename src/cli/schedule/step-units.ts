/** step's own units, as its documentation has them: `cert-renewer@.service` and its timer, and which certificate each renews. */
import { join, resolve } from "node:path";
import { splitWords } from "../../renewal/command-line.ts";
import type { World } from "../../world.ts";
import { realOf } from "./job.ts";
import { namesIn } from "./neighbours.ts";

export interface StepUnits {
  /** The folder that its templates lie in. */
  readonly folder: string;
  /** That start with the machine, by what they say of the certificate: `cert-renewer@web.timer`. */
  readonly enabled: {
    readonly ofThis: readonly string[];
    readonly ofOthers: readonly string[];
    readonly untold: readonly string[];
  };
}

type Fs = World["fs"];

const ofStep = /^cert-renewer@(.*)\.(service|timer)$/;

/** Null where step has none here. */
export function stepUnits(folders: readonly string[], certificate: string, fs: Fs): StepUnits | null {
  const folder = folders.find((one) => namesIn(one, fs).some((name) => ofStep.test(name)));
  if (folder === undefined) return null;
  const names = folders.flatMap((one) =>
    namesIn(one, fs)
      .filter((name) => name.endsWith(".wants"))
      .flatMap((wants) => namesIn(join(one, wants), fs))
      .filter((name) => ofStep.test(name)),
  );
  const enabled = [...new Set(names)].sort().map((name) => ({ name, is: aboutOf(name, { folders, certificate, fs }) }));
  const those = (is: About) => enabled.filter((one) => one.is === is).map(({ name }) => name);
  return { folder, enabled: { ofThis: those("this"), ofOthers: those("other"), untold: those("untold") } };
}

type About = "this" | "other" | "untold";

/** By the words of its command, into which the unit's own CERT_LOCATION is put; a drop-in may have another one. */
function aboutOf(
  name: string,
  { folders, certificate, fs }: { folders: readonly string[]; certificate: string; fs: Fs },
): About {
  const [, instance = ""] = ofStep.exec(name) ?? [];
  const { environment, commands, workingFolder } = settingsOf(instance, folders, fs);
  const said = commands.flat().map((word) => word.replace(/\$\{?(\w+)\}?/g, (whole, one) => environment[one] ?? whole));
  // A shell's line is one word with others in it.
  const words = said.flatMap((word) => [word, ...word.split(/\s+/)]);
  const own = environment["CERT_LOCATION"];
  const paths = [...words, ...(own === undefined ? [] : [own])]
    .filter((word) => !word.startsWith("-") && !/[$%]/.test(word))
    .map((word) => resolve(workingFolder, word));
  if (paths.some((path) => path === certificate || realOf(path, fs) === realOf(certificate, fs))) return "this";
  const isWhole = words.length > 0 && words.every((word) => !/[$%]/.test(word)) && !/[$%]/.test(own ?? "");
  return isWhole ? "other" : "untold";
}

interface Settings {
  readonly environment: Readonly<Record<string, string>>;
  /** Each in its words. */
  readonly commands: readonly (readonly string[])[];
  readonly workingFolder: string;
}

/** Of the service that an instance starts. An empty value takes back what was said before (systemd.service(5)). */
function settingsOf(instance: string, folders: readonly string[], fs: Fs): Settings {
  const environment: Record<string, string> = {};
  let commands: (readonly string[])[] = [];
  let workingFolder = "/";
  for (const text of textsOf(instance, folders, fs))
    for (const [, key, value = ""] of text
      .replace(/\\\r?\n/g, " ")
      .matchAll(/^[ \t]*(\w+)[ \t]*=[ \t]*(.*?)[ \t\r]*$/gm)) {
      const words = (splitWords(value) ?? []).map((word) => specified(word, instance));
      if (key === "Environment")
        for (const word of words) {
          const [, variable, said = ""] = /^(\w+)=(.*)$/s.exec(word) ?? [];
          if (variable !== undefined) environment[variable] = said;
        }
      // What a file holds that may be another one by then is not known here.
      if (key === "EnvironmentFile" && words.length > 0) environment["CERT_LOCATION"] = "$";
      if (key === "WorkingDirectory") workingFolder = specified(value, instance) || "/";
      if (key === "ExecStart") commands = value === "" ? [] : [...commands, words];
    }
  return { environment, commands, workingFolder };
}

/** The unit itself, then its drop-ins by their names; of a name the first folder's counts. */
function textsOf(instance: string, folders: readonly string[], fs: Fs): string[] {
  const own = `cert-renewer@${instance}.service`;
  const units = [own, "cert-renewer@.service"].flatMap((name) => folders.map((folder) => join(folder, name)));
  const unit = units.flatMap((file) => textAt(file, fs)).slice(0, 1);
  const dropIns = new Map<string, string>();
  for (const where of [`${own}.d`, "cert-renewer@.service.d"])
    for (const folder of folders)
      for (const name of namesIn(join(folder, where), fs))
        if (name.endsWith(".conf") && !dropIns.has(name)) dropIns.set(name, join(folder, where, name));
  const sorted = [...dropIns].sort(([one], [other]) => (one < other ? -1 : 1));
  return [...unit, ...sorted.flatMap(([, file]) => textAt(file, fs))];
}

function textAt(file: string, fs: Fs): string[] {
  try {
    return [fs.read(file, 1024 * 1024).toString("utf8")];
  } catch {
    return []; // it is not there, or not for us to read: then it says nothing
  }
}

/** Others than the instance stay as they are, and are not known here. */
function specified(word: string, instance: string): string {
  const plain = Buffer.from(
    instance
      .replaceAll("-", "/")
      .replace(/\\x([0-9a-f]{2})/g, (_, hex) => String.fromCharCode(Number.parseInt(hex, 16))),
    "latin1",
  ).toString("utf8");
  return word.replaceAll("%i", instance).replaceAll("%I", plain);
}
