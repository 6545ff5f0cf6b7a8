/** `renew status`: how certificates stand, for people, for scripts and for Prometheus. */
import { resolve } from "node:path";
import { parseCaUrl } from "../../ca/url.ts";
import { errnoOf, Failure } from "../../failure/failure.ts";
import { follow } from "../../files/target.ts";
import { removeIfThere, syncFolder, unfinishedOf, writeNew } from "../../files/whole.ts";
import type { Window } from "../../renewal/schedule.ts";
import { brokenStanding, nearestFolder, needsAttention, type Standing, standingOf } from "../../renewal/status.ts";
import type { World } from "../../world.ts";
import { findConfig } from "../config/find.ts";
import { readPlan } from "../config/read.ts";
import type { CommandWords, Said } from "../flags.ts";
import { expiresInFlag, manners, refuseManners, windowOf } from "../policy.ts";
import { metricsText } from "../print/metrics.ts";
import { jsonText } from "../print/plain.ts";
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
      text: "write metrics to FILE (*.prom) for the node exporter's textfile collector",
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
  if (metrics === "") throw bad("--prometheus is an empty word: is a variable not set?");
  if (said.operands.includes("")) throw bad("CRT is an empty word: is a variable not set?");
  if (said.operands.length > 0 && said.given("config") !== undefined) {
    const because = "A list names its certificates itself.";
    throw new Failure("FLAG_CONFLICT", { flags: ["CRT", "--config"], because });
  }
  const standings = said.operands.length > 0 ? ofFiles(said, world) : await ofList(said, world);
  const now = world.now();
  if (metrics !== undefined) writeMetrics(metrics, metricsText(standings, now), world);
  tell(standings, now, world, reporter);
  return standings.some(needsAttention) ? attention : 0;
}

function tell(standings: readonly Standing[], now: Date, world: World, reporter: Reporter): void {
  const { json, quiet, verbose } = reporter.manner;
  if (json) {
    const document = statusDocument(standings, (failure) => reporter.describe(failure).document);
    world.stdout.write(`${jsonText(document, 2)}\n`);
    return;
  }
  if (!quiet) world.stdout.write(statusTable(standings, now));
  if (verbose) for (const line of standings.flatMap(detailText)) world.stderr.write(`${line}\n`);
  for (const line of standings.flatMap((one) => attentionText(one, now))) world.stderr.write(`${line}\n`);
}

/** As for `renew run` and needs-renewal. */
const usual: Window = { kind: "percent", used: 66 };

function ofFiles(said: Said, world: World): Standing[] {
  const { value, from } = said.setting("expires-in") ?? { value: "", from: "" };
  const window = windowOf(value, from) ?? usual;
  return said.operands.map((file) => standingOf({ file, window, mtls: true }, world));
}

async function ofList(said: Said, world: World): Promise<Standing[]> {
  const file = findConfig(said.given("config"), world);
  // Whom to ask is of no matter here, so a list that leaves it to flags is as good.
  const nobody = parseCaUrl("https://ca.invalid", "--ca-url");
  const around = { fs: world.fs, ca: () => nobody, root: () => ({ value: said.place().root, from: "the default" }) };
  const { entries, broken } = await readPlan(file, { ...around, method: null });
  return [
    ...broken.map(({ origin, failure }) => brokenStanding(`${origin.file}:${origin.line}`, failure)),
    ...entries.map(({ policy: { paths, out, window, mtls } }) => {
      const isThere = out !== undefined && standingOf({ file: out, window: usual, mtls }, world).written !== null;
      return standingOf({ file: isThere ? out : paths.certificate, window: window ?? usual, mtls }, world);
    }),
  ];
}

/** Everybody may read it: the node exporter is another user. */
const metricsMode = 0o644;

/** Whole or not at all; the collector reads no file that is called otherwise. Throws CANNOT_WRITE_METRICS. */
function writeMetrics(named: string, text: string, world: World): void {
  const { fs } = world;
  let folder = resolve(named, "..");
  try {
    const path = follow(named, fs);
    folder = resolve(path, "..");
    if (isFolder(path, world)) throw Object.assign(new Error("it is a folder"), { code: "EISDIR" });
    const unfinished = unfinishedOf(path);
    removeIfThere(unfinished, fs);
    writeNew(unfinished, Buffer.from(text), fs, (handle) => fs.chmod(handle, metricsMode));
    try {
      fs.rename(unfinished, path);
    } catch (error) {
      removeIfThere(unfinished, fs);
      throw error;
    }
    syncFolder(folder, fs);
  } catch (error) {
    const errno = errnoOf(error);
    if (errno === "") throw error;
    const there = nearestFolder(folder, world);
    throw new Failure("CANNOT_WRITE_METRICS", { file: named, folder, errno, nearest: there }, error);
  }
}

function isFolder(path: string, { fs }: World): boolean {
  try {
    return fs.stat(path).isDirectory();
  } catch (error) {
    if (errnoOf(error) === "ENOENT") return false;
    throw error;
  }
}

function bad(words: string): Failure {
  return new Failure("BAD_FLAG", { said: words, command: "status" });
}
