/** `renew rollback CRT KEY`: back to what a renewal has replaced, and the list of what is kept. */
import { Failure } from "../../failure/failure.ts";
import { shell, shellFile } from "../../failure/shell.ts";
import { instant, relative } from "../../failure/time.ts";
import { type Certificate, whom } from "../../pki/certificate.ts";
import { type AlsoFile, formFiles } from "../../renewal/also/form.ts";
import type { Backup } from "../../renewal/kept.ts";
import { readCertificateOf } from "../../renewal/load.ts";
import { type RollbackPolicy, type RolledBack, rollBack } from "../../renewal/rollback.ts";
import { listBackups } from "../../renewal/way-back.ts";
import type { World } from "../../world.ts";
import { alsoFlags, alsoOf, alsoWritten } from "../also-policy.ts";
import type { CommandWords, Said } from "../flags.ts";
import { hookFlags, hooksOf } from "../hook-policy.ts";
import {
  filesOf,
  lockFlag,
  lockTimeoutOf,
  manners,
  placeFlags,
  refusePairs,
  refuseUnbuilt,
  rootOf,
} from "../policy.ts";
import { backupLines, type RollbackDocument, rollbackDocument } from "../print/backups.ts";
import { jsonText } from "../print/plain.ts";
import type { Reporter } from "../report.ts";
import { turnWords } from "../turn-words.ts";
import { rollbackHelp } from "./rollback-help.ts";

export const words: CommandWords = {
  name: "rollback",
  summary:
    "Go back to a certificate, with its key, that a renewal with --backup has replaced. Both are put in place as one, and what they replace is kept. No CA is asked.",
  arguments: "CRT KEY",
  flags: [
    { names: ["to"], value: "N|SERIAL", bare: true, text: "to this one (default: the newest)", check: checkName },
    { names: ["list"], bare: true, text: "show what is kept, and change nothing" },
    { names: ["dry-run"], bare: true, text: "check everything, say what would be done, and change nothing" },
    { names: ["force"], short: "f", text: "replace both without asking; also by one that has expired" },
    { names: ["password-file"], value: "FILE", text: "the passphrase of an encrypted KEY" },
    ...alsoFlags,
    { names: ["root"], value: "FILE[,FILE...]|DIR", text: "the roots of --also root=FILE, as for `renew`" },
    ...hookFlags,
    ...placeFlags,
    lockFlag,
    ...manners,
  ],
  after: rollbackHelp,
};

/** What a failed run's document has besides what all have. */
export const blank = { backups: [], stale: [] };

/** Runs it. Failures are thrown; the reporter has learnt by then which certificate they are about. */
export async function run(said: Said, world: World, reporter: Reporter): Promise<number> {
  const policy = policyOf(said);
  reporter.passedOver(said.passedOver());
  const { paths } = policy;
  if (said.isOn("list")) {
    const backups = await listBackups(paths, world);
    const there = certificateAt(paths.certificate, world);
    const nothing = { forms: [], stale: [] };
    if (reporter.manner.json)
      return print({ outcome: "listed", certificate: there, backups, policy, ...nothing }, world);
    const options = { now: world.now(), keyFile: paths.key, isLong: reporter.manner.verbose };
    for (const line of backupLines(backups, paths.certificate, options)) world.stdout.write(`${line}\n`);
    return 0;
  }
  world.endOnHangup();
  const outcome = await rollBack(policy, world, {
    ...turnWords(reporter),
    loaded: (leaf) => reporter.about(paths.certificate, leaf),
    chose: ({ file, number }) => reporter.detail(`backup ${number}, in ${file}, can be gone back to`),
    installed: (leaf) =>
      reporter.installed(paths.certificate, leaf, paths.key, policy.also ? formFiles({ also: policy.also.forms }) : []),
    stale: (held) => reporter.warned(staleText(held, true)),
  });
  if (reporter.manner.json) {
    const backups = await listBackups(paths, world);
    const { leaf: certificate, forms, stale } = outcome;
    return print({ outcome: outcome.outcome, certificate, backups, policy, forms, stale }, world);
  }
  reporter.told(...textOf(outcome, policy, world.now()));
  return 0;
}

/** Throws the failures of family 64. */
function policyOf(said: Said): RollbackPolicy {
  const paths = filesOf(said, words.name);
  refusePairs(said);
  refuseUnbuilt(said, paths);
  const isDry = said.isOn("dry-run");
  const to = said.value("to") ?? null;
  if (said.isOn("list") && (isDry || to !== null)) {
    const because = "The one shows what is kept, the other is about going back.";
    throw new Failure("FLAG_CONFLICT", { flags: ["--list", isDry ? "--dry-run" : "--to"], because });
  }
  const passphraseFile = said.value("password-file");
  const reserved = [
    ...(passphraseFile === undefined ? [] : [{ what: "--password-file", file: passphraseFile }]),
    { what: "KEY", file: paths.key },
    { what: "CRT", file: paths.certificate },
  ];
  const forms = alsoOf(said, "rollback", reserved);
  if (said.given("root") !== undefined && !forms?.files.some(({ form }) => form === "root"))
    throw new Failure("BAD_FLAG", {
      said: "--root is of no use without --also root=FILE",
      because: "No CA is asked, so that no root is needed to trust it.",
      command: words.name,
    });
  return {
    paths: { ...paths, ...(passphraseFile !== undefined && { passphraseFile }) },
    to,
    force: said.isOn("force"),
    isDry,
    lockTimeoutMs: lockTimeoutOf(said),
    hooks: hooksOf(said, words.name),
    ...(forms !== null && { also: { forms, root: rootOf(said) } }),
  };
}

function checkName(text: string, from: string, command: string): void {
  const isNumber = /^[1-9]\d?$/.test(text);
  const isSerial = /^\d{3,60}$|^(0x)?[0-9a-f]{2}(:?[0-9a-f]{2})*$/i.test(text);
  if (isNumber || isSerial) return;
  throw new Failure("BAD_FLAG", { said: `${from} is neither a number from 1 to 99 nor a serial: '${text}'`, command });
}

interface Told {
  outcome: RollbackDocument["outcome"];
  certificate: Certificate | null;
  backups: readonly Backup[];
  policy: RollbackPolicy;
  forms: readonly string[];
  stale: readonly AlsoFile[];
}

function print({ policy: { paths }, ...told }: Told, world: World): number {
  const document = rollbackDocument({
    ...told,
    stale: told.stale.map(({ file }) => file),
    paths,
    now: world.now(),
  });
  world.stdout.write(`${jsonText(document, 2)}\n`);
  return 0;
}

/** Null where none can be read: then what is kept is all there is. */
function certificateAt(file: string, world: World): Certificate | null {
  try {
    return readCertificateOf(file, world);
  } catch {
    return null;
  }
}

function textOf(outcome: RolledBack, { paths, force }: RollbackPolicy, now: Date): [string, readonly string[]] {
  const { leaf, previous, isKeyReplaced, forms, stale } = outcome;
  const { certificate, key } = paths;
  const what = isKeyReplaced ? `${certificate} and ${key}` : certificate;
  const end = leaf.notAfter >= now ? "good until" : "which expired";
  const whose = `to serial ${leaf.serial} for ${whom(leaf)}, ${end} ${instant(leaf.notAfter)} (${relative(leaf.notAfter, now)})`;
  const keeps = isKeyReplaced ? "" : `; ${key} is its key, and stays`;
  if (outcome.outcome === "would-roll-back") {
    const consent = force ? "" : "; without a terminal this takes --force";
    const also = forms.length === 0 ? "" : `; also writes ${forms.join(", ")}`;
    return [`would roll back ${what} ${whose}${keeps}${also}${consent}`, staleText(stale, false)];
  }
  const note =
    previous === null
      ? "what was there was no pair that worked, and is not kept"
      : `what was there is kept: \`renew rollback ${shellFile(certificate, "CRT")} ${shellFile(key, "KEY")}\` takes this back`;
  return [`rolled back ${what} ${whose}${keeps}${alsoWritten(forms)}`, [note]];
}

/** Whoever goes back wants no service to go on with what is replaced. */
function staleText(stale: RolledBack["stale"], isDone: boolean): string[] {
  return stale.slice(0, mostTold).map((one) => {
    const flag = `\`--also ${one.form}=${shell(one.file, "FILE")}\``;
    return isDone
      ? `${one.file} holds what was replaced: its next renewal with ${flag} writes it anew, also when nothing is due`
      : `${one.file} would hold what is replaced: with ${flag} it is written anew`;
  });
}

/** Of files that hold the same; --json names all. */
const mostTold = 5;
