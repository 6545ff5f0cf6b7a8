/** A daemon in words: a line for each event on stderr, or a document on one line of stdout. */
import { Failure } from "../failure/failure.ts";
import { instant, relative } from "../failure/time.ts";
import { type Certificate, whom } from "../pki/certificate.ts";
import { type DaemonEvent, keep, type Task } from "../renewal/daemon.ts";
import { readCertificateOf } from "../renewal/load.ts";
import { preflight, type Settings } from "../renewal/preflight.ts";
import type { World } from "../world.ts";
import type { Pace } from "./daemon-policy.ts";
import { atNextStart, eventLine } from "./print/event.ts";
import { plain } from "./print/plain.ts";
import type { Reporter } from "./report.ts";

/** What the flags, the environment and step's configuration make of it at one moment. */
export interface Lasting {
  pace: Pace;
  /** The file whose time counts: where the new chain goes, once it is there. */
  file: string;
  /** Where the certificate is until then. */
  firstFile: string;
  /** What can be known to be wrong before anything is due: of these settings, and of these places. */
  settings: Settings;
  written: readonly string[];
  /** `force`: what is due is due; settle: nothing is. */
  run(what: "renew" | "settle", file: string, world: World): Promise<unknown>;
}

/** Resolves with 0 when it is asked to end. `look` is called for each renewal, and throws what is wrong with the settings then. */
export async function last(look: () => Lasting, given: World, reporter: Reporter): Promise<number> {
  let lasting = look();
  const world = { ...given, ask: remembering(given.ask), asked: () => null };
  const current = () => (isThere(lasting.file, world) ? lasting.file : lasting.firstFile);
  const task: Task = {
    read: async () => {
      reporter.forget();
      const leaf = readCertificateOf(current(), world);
      reporter.about(current(), leaf);
      return leaf;
    },
    run: async (what) => {
      lasting = look();
      await lasting.run(what, current(), world);
    },
    cadence: () => lasting.pace,
  };
  refuseLongPeriod(await task.read(), lasting.pace);
  preflight(lasting.settings, lasting.written, world);
  await keep(task, world, (event) => tell(event, { file: current(), world, reporter }));
  return 0;
}

/** A passphrase is asked for once. */
function remembering(ask: World["ask"]): World["ask"] {
  const known = new Map<string, string | null>();
  return async (question, kind) => {
    if (kind !== "secret") return ask(question, kind);
    const answer = known.get(question) ?? (await ask(question, kind));
    known.set(question, answer);
    return answer;
  };
}

function isThere(file: string, { fs }: World): boolean {
  try {
    return fs.stat(file).isFile();
  } catch {
    return false; // reading the other one says what is wrong
  }
}

/** step's own rule: a period as long as the lifetime would come after the end. */
function refuseLongPeriod({ notBefore, notAfter }: Certificate, { periodMs, period }: Pace): void {
  const lifetime = notAfter.getTime() - notBefore.getTime();
  if (periodMs === null || period === null || periodMs < lifetime) return;
  throw new Failure("BAD_DURATION", { flag: period.from, value: period.value, limit: lifetime });
}

interface Teller {
  file: string;
  world: World;
  reporter: Reporter;
}

function tell(event: DaemonEvent, { file, world, reporter }: Teller): void {
  const { json, quiet } = reporter.manner;
  if (event.event === "failed" && !event.isNews) return; // the same again: counted, and told by SIGUSR1
  if (json)
    world.stdout.write(
      eventLine(event, { file, now: world.now(), isEnding: world.signal.aborted, ...reporter.asData() }),
    );
  else if (event.event === "failed") tellFailure(event, { world, reporter });
  else if (!quiet || event.event === "state")
    world.stderr.write(
      `${plain(lineOf(event, { file, now: world.now(), did: reporter.manner.command === "rekey" ? "rekeyed" : "renewed" }))}\n`,
    );
}

/** In full where it is news, and with what comes next. */
function tellFailure(
  event: Extract<DaemonEvent, { event: "failed" }>,
  { world, reporter }: Omit<Teller, "file">,
): void {
  const { failure, next } = event;
  const now = world.now();
  const { rendered } = reporter.describe(failure);
  const when = world.signal.aborted ? atNextStart : `it is tried again ${relative(next, now)}`;
  world.stderr.write(`${stamp(now)}\n${rendered}  next: ${when}\n`);
}

interface Spoken {
  file: string;
  now: Date;
  did: "renewed" | "rekeyed";
}

const stamp = (now: Date) => instant(now);

function lineOf(event: Exclude<DaemonEvent, { event: "failed" }>, { file, now, did }: Spoken): string {
  const start = `${stamp(now)} ${file}`;
  switch (event.event) {
    case "started":
    case "waiting":
      return `${start}: for ${whom(event.leaf)}, good until ${instant(event.leaf.notAfter)}; next ${did === "rekeyed" ? "rekey" : "renewal"} ${event.next <= now ? "now" : relative(event.next, now)}`;
    case "renewed":
      return `${start}: ${did}, serial ${event.leaf.serial}`;
    case "state": {
      const { leaf, next, failure, count } = event;
      const until = leaf === null ? "" : ` good until ${instant(leaf.notAfter)} (${relative(leaf.notAfter, now)});`;
      const trouble =
        failure === null ? "" : ` failed ${count === 1 ? "once" : `${count} times`} with ${failure.code};`;
      return `${start}:${until}${trouble} next try ${relative(next, now)}`;
    }
    case "stopped":
      return `${start}: stopped`;
  }
}
