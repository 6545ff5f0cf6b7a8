/** Exit 78: the file of many certificates, of `renew run`. */
import type { Facts } from "../facts.ts";
import type { FileUse, RunPlace } from "../run-config.ts";
import type { Family, Line } from "./explanation.ts";
import { evidenceOf, helpFor, smallest, whatIsWrong, whyOf } from "./run-config.ts";

export const many: Family<"NO_RUN_CONFIG" | "BAD_RUN_CONFIG" | "SAME_FILE_TWICE"> = {
  NO_RUN_CONFIG: {
    exit: 78,
    retry: "after-fix",
    title: "there is no file that lists the certificates",
    about: `\`renew run\` keeps what one file lists: --config FILE, else renew.json in $STEPPATH, else /etc/renew/renew.json. The smallest one is ${smallest}; \`renew run --help\` has all keys.`,
    what: (f) => {
      if (f.named !== null) return `${f.looked.join(", ")} does not exist`;
      return f.command === "status"
        ? "no certificate was named, and no file lists any"
        : "no file lists the certificates to renew";
    },
    why: (f) => {
      if (f.named !== null) return `${f.named} names it as the file that lists the certificates.`;
      return f.command === "status"
        ? "Without CRT it tells of those that the list of `renew run` names, and there is none in either place."
        : "`renew run` keeps what one file lists, and there is none in either place.";
    },
    evidence: (f) => [
      ...(f.named === null ? f.looked.map((place) => ["looked at", place] as const) : []),
      ...(f.similar.length === 0 ? [] : [["nearly so", f.similar.join(", ")] as const]),
    ],
    help: (f) => {
      const check = "check the path after `--config`";
      if (f.command === "status")
        return f.named === null
          ? ["name the certificates: `renew status CRT...`", "or the list: `renew status --config FILE`"]
          : [check];
      const write = `write one, the smallest is ${smallest}`;
      return [write, f.named === null ? "or name yours: `renew run --config FILE`" : `or ${check}`];
    },
  },
  BAD_RUN_CONFIG: {
    exit: 78,
    retry: "after-fix",
    title: "the file that lists the certificates cannot be used",
    about:
      "The file of `renew run` is JSON, where comments and trailing commas are allowed, or YAML by its ending (.yaml, .yml). It is read and checked as a whole before any other file is opened and before any request; a key that is not known is refused, since it may be a mistyped one. Where a single entry is wrong the others are renewed only with --keep-going, and by --daemon. The JSON Schema x5c-renew/run.schema.json finds most of it in an editor.",
    what: (f) => `${placeOf(f)}: ${whatIsWrong(f.problem)}`,
    why: (f) => whyOf(f.problem, f),
    evidence: (f) => [
      ...entryLine(f),
      ...evidenceOf(f.problem),
      ...(f.others ? [["also wrong", counted(f.others, "entry", "entries")] as const] : []),
    ],
    help: (f) => [
      ...helpFor(f.problem, f),
      ...(f.others === undefined
        ? []
        : ["or renew the others all the same: `renew run --keep-going`, which tells of every broken one"]),
    ],
  },
  SAME_FILE_TWICE: {
    exit: 78,
    retry: "after-fix",
    title: "two entries would write the same file, or one would write what another needs",
    about:
      "Each certificate has files of its own. Where two entries of the file of `renew run` write one file, each would undo what the other has done; where one writes a key, a passphrase's file, a root, a hook, a pid file or the list itself, that would be lost; and a new file in a folder that is included would be read as a list. Links are followed, so that two names of one file are found too. It is always refused as a whole.",
    what: (f) => {
      const [first, second] = f.uses;
      if (!isWritten(first) || !isWritten(second)) {
        const [writer, other] = isWritten(first) ? [first, second] : [second, first];
        const owner = other.place.entry === undefined ? "" : ` of ${whoIs(other)}`;
        return `${whoIs(writer)} would write ${f.file}, ${roles[other.role]}${owner}`;
      }
      return isOne(f.uses) ? `one entry would write ${f.file} twice` : `two entries would write ${f.file}`;
    },
    why: (f) =>
      f.uses.some(({ role }) => role === "include")
        ? "What lies in a folder of `include` with such a name is a list, and a certificate is none. Nothing was renewed, whatever else is well."
        : f.uses.every(isWritten)
          ? `${isOne(f.uses) ? "One form would undo the other" : "Each would undo what the other has done"}. Nothing was renewed, whatever else is well.`
          : "What is in it would be lost. Nothing was renewed, whatever else is well.",
    evidence: (f) => f.uses.map(useLine),
    help: (f) => {
      const written = f.uses.filter(isWritten);
      return written.length === 2 && f.uses.every(({ role }) => role === "crt")
        ? ["take one of the two entries out"]
        : written.length === 2 && isOne(f.uses)
          ? ["give one of the two a file of its own, or take it out"]
          : written.length === 2
            ? [`give one of them a file of its own as \`${nameKey(f.uses)}\`, or take the entry out`]
            : [`correct the one that names it by mistake, or write elsewhere with \`${nameKey(written)}\``];
    },
  },
};

const roles: Record<FileUse["role"], string> = {
  crt: "the certificate",
  out: "the output",
  also: "another form",
  key: "the private key",
  root: "the root certificate",
  config: "the list of certificates",
  include: "which would be a list",
  "password-file": "the passphrase's file",
  exec: "the hook",
  "pid-file": "the pid file",
};

const isWritten = ({ role, place }: FileUse) =>
  role === "out" || role === "also" || (role === "crt" && place.entry !== undefined);

/** Whether they are of one entry. */
const isOne = ([{ place }, other]: Facts["SAME_FILE_TWICE"]["uses"]) =>
  place.file === other.place.file && place.entry === other.place.entry;

/** With which key one of them would name another file; a form is named by its own. */
const nameKey = (uses: readonly FileUse[]) => (uses.some(({ role }) => role === "also") ? "also" : "out");

const whoIs = ({ place }: FileUse) => (place.entry === undefined ? placeOf(place) : `entry ${place.entry}`);

function useLine({ place, role, named }: FileUse): Line {
  const entry = place.entry === undefined ? "" : `, entry ${place.entry}`;
  return [role === "config" ? "read" : role, `${named} (${placeOf(place)}${entry})`];
}

/** `renew.json:12:3`, as editors and compilers have it. */
function placeOf({ file, line, column }: RunPlace): string {
  return [file, line, column].filter((part) => part !== undefined).join(":");
}

function entryLine({ entry, crt }: RunPlace): Line[] {
  if (entry === undefined || entry === 0) return [];
  return [["entry", crt === undefined ? String(entry) : `${entry}, ${crt}`]];
}

const counted = (count: number, one: string, more: string) => `${count} more ${count === 1 ? one : more}`;
