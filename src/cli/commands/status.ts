/** `renew status`: how certificates stand, for people, for scripts and for Prometheus. */
import { basename } from "node:path";
import { parseCaUrl } from "../../ca/url.ts";
import { Failure, isFailure } from "../../failure/failure.ts";
import { shellFile } from "../../failure/shell.ts";
import { formFiles } from "../../renewal/also/form.ts";
import type { Broken, Entry } from "../../renewal/many/plan.ts";
import type { Window } from "../../renewal/schedule.ts";
import { brokenStanding, type Listed, needsAttention, type Standing, standingOf } from "../../renewal/status.ts";
import { filesIn, type RootSource } from "../../renewal/trust.ts";
import type { World } from "../../world.ts";
import { findConfig } from "../config/find.ts";
import { isList } from "../config/include.ts";
import { readPlan } from "../config/read.ts";
import { within } from "../config/within.ts";
import { emptyWord } from "../empty-word.ts";
import type { CommandWords, Said } from "../flags.ts";
import { refuseName, standardOutput, type Used, writeMetrics } from "../metrics-file.ts";
import { expiresInFlag, manners, refuseManners, windowOf } from "../policy.ts";
import { metricsText } from "../print/metrics.ts";
import { jsonText, plain } from "../print/plain.ts";
import { attentionText, detailText, statusDocument, statusTable } from "../print/status.ts";
import type { Reporter } from "../report.ts";

export { blank } from "../print/status.ts";

export const words: CommandWords = {
  name: "status",
  summary:
    "How certificates stand: whose, until when, when due, by which way, and what is left undone. From files alone; nothing is changed and nobody is asked.",
  arguments: "[CRT...]",
  flags: [
    {
      names: ["config"],
      value: "FILE",
      bare: true,
      own: true,
      text: "those of a list of `renew run` (default, without CRT: as for `renew run`)",
    },
    expiresInFlag("when a CRT is due: less than DURATION is left, or PERCENT of the lifetime used (default: 66%)"),
    {
      names: ["prometheus"],
      value: "FILE",
      bare: true,
      text: "write metrics to FILE (*.prom) for the node exporter's textfile collector; -: to standard output, in place of the table",
    },
    ...manners,
  ],
  after: `EXAMPLES
  Those that a list keeps (renew.json), and a list elsewhere:
    $ renew status
    $ renew status --config site.yaml

  Some files:
    $ renew status /etc/ssl/web.crt /etc/ssl/mail.crt

  In a script, and as data:
    $ renew status -q || mail -s certificates ops@example.com
    $ renew status --json web.crt

  For Prometheus, from a timer every minute:
    $ renew status -q --prometheus \\
        /var/lib/prometheus/node-exporter/renew.prom

STATE
  fine            not due yet
  due             its next run renews it
  overdue         half of the time between due and the end has passed
  expired         it is good no longer
  too early       it is not good yet
  unusable        it cannot be read
  owes            a hook of an earlier run has not succeeded yet
  half-way        a run has died: the next one finishes what it has begun
  at work         a run is at it

EXIT STATUS
  0 all are fine, or due   1 one needs attention (all other states, but at work)
  64 usage   73 the metrics cannot be written   78 the list
`,
};

const attention = 1;

/** Runs it. */
export async function run(said: Said, world: World, reporter: Reporter): Promise<number> {
  refuseManners(said);
  const metrics = said.given("prometheus");
  if (metrics !== undefined) refuseName(metrics, world);
  if (metrics === standardOutput && reporter.manner.json) {
    const because = "Both go to standard output.";
    throw new Failure("FLAG_CONFLICT", { flags: ["--json", "--prometheus -"], because });
  }
  if (said.operands.includes("")) throw emptyWord("CRT", "status");
  if (said.operands.length > 0 && said.given("config") !== undefined) {
    const because = "A list names its certificates itself.";
    throw new Failure("FLAG_CONFLICT", { flags: ["CRT", "--config"], because });
  }
  if (said.operands.length === 0 && said.given("expires-in") !== undefined) {
    const because = "Each certificate of a list is due when the list says so.";
    const flags = ["--expires-in", said.given("config") === undefined ? "a list" : "--config"] as const;
    throw new Failure("FLAG_CONFLICT", { flags, because });
  }
  const { standings, used } = said.operands.length > 0 ? ofFiles(said, world) : await ofList(said, world);
  const now = world.now();
  const isPiped = metrics === standardOutput;
  if (isPiped) world.stdout.write(metricsText(standings, now));
  else if (metrics !== undefined) writeMetrics(metrics, metricsText(standings, now), used, world);
  tell(standings, now, { world, reporter, hasTable: !isPiped });
  return standings.some(needsAttention) ? attention : 0;
}

interface Telling {
  readonly world: World;
  readonly reporter: Reporter;
  readonly hasTable: boolean;
}

function tell(standings: readonly Standing[], now: Date, { world, reporter, hasTable }: Telling): void {
  const { json, quiet, verbose } = reporter.manner;
  if (json) {
    const document = statusDocument(standings, (failure) => reporter.describe(failure).document);
    world.stdout.write(`${jsonText(document, 2)}\n`);
    return;
  }
  if (!quiet && hasTable) world.stdout.write(statusTable(standings, now, world.stdout));
  if (verbose) for (const line of standings.flatMap(detailText)) world.stderr.write(`${line}\n`);
  const lines = standings.flatMap((one) => [...attentionText(one, now), ...listText(one)]);
  for (const line of lines) world.stderr.write(`${line}\n`);
}

/** Whoever keeps certificates in a list may name it in their place. */
function listText({ file, failure, listed }: Standing): string[] {
  if (failure === null || listed !== undefined || !isList(basename(file))) return [];
  return [`if ${plain(file)} is a list of certificates: \`renew status --config ${shellFile(file)}\``];
}

/** As for `renew run` and needs-renewal. */
const usual: Window = { kind: "percent", used: 66 };

interface Found {
  readonly standings: readonly Standing[];
  /** No metrics may be written over these. */
  readonly used: readonly Used[];
}

function ofFiles(said: Said, world: World): Found {
  const { value, from } = said.setting("expires-in") ?? { value: "", from: "" };
  const window = windowOf(value, from) ?? usual;
  const standings = said.operands.map((file) => standingOf({ file, window, mtls: true }, world));
  return { standings, used: said.operands.map((file) => ({ what: "CRT", file })) };
}

async function ofList(said: Said, world: World): Promise<Found> {
  const file = findConfig(said.given("config"), world, "status");
  // Whom to ask is of no matter here, so a list that leaves it to flags is as good.
  const nobody = parseCaUrl("https://ca.invalid", "--ca-url");
  const unnamed: RootSource = { value: said.place().root, from: "the default" };
  const around = { fs: world.fs, ca: () => nobody, root: () => unnamed };
  const { entries, broken } = await readPlan(file, { ...around, method: null });
  const looked = entries.map((entry) => ({ entry, standing: standingIn(entry, world) }));
  const isHeldUp = broken.length > 0 || looked.some(({ standing }) => standing.failure !== null);
  const standings = [
    ...broken.map((one) => brokenStanding(namedIn(one), one.failure)),
    ...looked.map(({ entry: { policy, method }, standing }) => {
      const { paths, ca, root, hooks } = policy;
      const listed: Listed = {
        key: paths.key,
        ca: ca === nobody ? null : ca.href,
        root: root === unnamed ? null : root.value,
        hasHook: hooks !== null,
        list: said.given("config") ?? null,
        isMtlsAlone: method === "mtls",
        isHeldUp,
      };
      return { ...standing, listed };
    }),
  ];
  const lists = [file, ...[...broken, ...entries].map(({ origin }) => origin.file)];
  const used = [...lists.map((list) => ({ what: "--config", file: list })), ...entries.flatMap(usedBy)];
  return { standings, used };
}

/** Where the new one goes, once it is there. */
function standingIn({ policy: { paths, out, window, mtls }, method }: Entry, world: World): Standing {
  const asked = { window: window ?? usual, mtls, ...(method === "mtls" && { only: method }) };
  const there = out === undefined ? null : standingOf({ file: out, ...asked }, world);
  return there !== null && there.written !== null ? there : standingOf({ file: paths.certificate, ...asked }, world);
}

/** By its certificate, where as much can be read; else by its place, which others may have on the same line. */
function namedIn({ origin: { file, line, entry }, failure }: Broken): string {
  const crt = isFailure(failure, "BAD_RUN_CONFIG") ? failure.facts.crt : undefined;
  if (crt !== undefined) return within(file)(crt);
  return `${file}:${line}${entry === 0 ? "" : `, entry ${entry}`}`;
}

/** All that an entry names. */
function usedBy({ policy }: Entry): Used[] {
  const { paths, out, also, root } = policy;
  const { certificate, key, passphraseFile } = paths;
  const named = {
    crt: [certificate],
    key: [key],
    out: [out],
    also: formFiles(policy),
    root: root.files ?? filesIn(root.value),
    "password-file": [passphraseFile],
    "p12-password-file": [also?.passwordFile],
  };
  return Object.entries(named).flatMap(([what, files]) =>
    files.flatMap((file) => (file === undefined ? [] : [{ what: `'${what}' in the list`, file }])),
  );
}
