/**
 * Keeps many certificates renewed. Each has its own moment, spread by a chance that is its own; what is due together is renewed a
 * few at once, and hooks that several share follow it. It waits by the wall clock in short slices, and looks now and then whether
 * somebody else has replaced a file. Whatever fails, the others go on.
 */
import { isFailure } from "../../failure/failure.ts";
import type { World } from "../../world.ts";
import { notifier, watchdogMs } from "../notify.ts";
import { renewOnce } from "../renew.ts";
import { Attendance } from "./attendance.ts";
import type { ManyEvent } from "./event.ts";
import { inLanes } from "./lanes.ts";
import { NamesBeside } from "./look.ts";
import type { Run } from "./one.ts";
import { Outages } from "./outages.ts";
import type { Origin, Plan, RunOptions } from "./plan.ts";
import { Rota } from "./rota.ts";
import { concurrencyOf } from "./run.ts";
import { SharedHooks } from "./shared-hooks.ts";
import { fileOf, stampOf } from "./slot.ts";
import { type SharedWorld, sharedWorld, Together } from "./together.ts";
import { Unpaid } from "./unpaid.ts";
import { whileWatched } from "./watched.ts";
import { keptFrom } from "./whole-list.ts";

export type { ManyEvent } from "./event.ts";

/** A slice of waiting, at most; as long lies between two looks at all files. */
const sliceMs = 60_000;

/** Signals are heard between two turns of the event loop. */
const looksOfOneTurn = 256;

/** How long a CA that does not answer is left alone: five seconds, and twice as long each time, up to five minutes. */
const pauseMs = (outages: number) => Math.min(5000 * 2 ** Math.min(outages - 1, 10), 300_000);

/**
 * Resolves when somebody asks it to end. `look` reads the plan, and SIGHUP has it read again: what is new is taken up, what failed
 * is tried at once, and what is the same keeps its moment; a plan that cannot be read is told, and the one before it stays. Of the
 * options only the concurrency counts. Throws what `look` throws at first. `renew` is how one is renewed.
 */
export async function keepMany(
  look: () => Promise<Plan> | Plan,
  options: RunOptions,
  given: World,
  tell: (event: ManyEvent) => void,
  renew: typeof renewOnce = renewOnce,
): Promise<void> {
  const world = sharedWorld({ ...given, asked: () => null });
  const keeping = new Keeping(world, { options, tell, renew });
  const releases = [
    world.onSignal("SIGHUP", () => keeping.askToReload()),
    world.onSignal("SIGUSR1", () => keeping.tellState()),
  ];
  try {
    await keeping.take(await look());
    keeping.tellStart();
    const notify = notifier(world);
    await notify(["--ready"]);
    while (!world.signal.aborted) {
      await keeping.wait();
      if (Number.isFinite(watchdogMs(world.env))) await notify(["WATCHDOG=1"]);
      await whileWatched(world, notify, () => keeping.round(look));
    }
    keeping.tellEnd();
  } finally {
    for (const release of releases) release();
  }
}

interface Terms {
  options: RunOptions;
  tell(event: ManyEvent): void;
  renew: typeof renewOnce;
}

/** The state of the daemon. */
class Keeping {
  readonly #world: SharedWorld;
  readonly #options: RunOptions;
  readonly #tell: (event: ManyEvent) => void;
  readonly #renew: typeof renewOnce;
  readonly #rota = new Rota();
  readonly #outages = new Outages(pauseMs);
  readonly #attendance: Attendance;
  readonly #unpaid: Unpaid;
  #hooks = new SharedHooks([]);
  #most = 1;
  #underWay = 0;
  #lookedAt = 0;
  #isToReload = false;
  #wake = new AbortController();

  constructor(world: SharedWorld, { options, tell, renew }: Terms) {
    this.#world = world;
    this.#options = options;
    this.#tell = tell;
    this.#renew = renew;
    const of = { world, tell, rota: this.#rota, outages: this.#outages, started: world.now() };
    this.#attendance = new Attendance(of);
    this.#unpaid = new Unpaid(of);
  }

  askToReload(): void {
    this.#isToReload = true;
    this.#wake.abort();
  }

  /** Until the next moment, or a slice of it. */
  async wait(): Promise<void> {
    const { env, now, sleep } = this.#world;
    const next = Math.min(this.#rota.first?.next ?? Number.POSITIVE_INFINITY, this.#unpaid.next);
    const leftMs = next - now().getTime();
    if (leftMs > 0 && !this.#isToReload) await sleep(Math.min(leftMs, sliceMs, watchdogMs(env)), this.#wake.signal);
  }

  /** What there is to do now. */
  async round(look: () => Promise<Plan> | Plan): Promise<void> {
    if (this.#world.signal.aborted) return;
    if (this.#isToReload) await this.#reload(look);
    await this.#lookForChanges();
    await this.#serveDue();
  }

  /** A plan is taken up: what is new is read, what failed has its moment now. */
  async take(plan: Plan): Promise<Omit<Extract<ManyEvent, { event: "reloaded" }>, "event" | "entries">> {
    const { now, sleep, fs } = this.#world;
    const kept = keptFrom(this.#rota.slots, plan);
    const isKept = ({ file }: Origin) => kept.some(({ origin }) => origin.file === file);
    for (const { origin, failure } of plan.broken)
      this.#tell({ event: "broken", origin, failure, isKept: isKept(origin) });
    const entries = [...plan.entries, ...kept];
    this.#most = concurrencyOf(plan, this.#options);
    this.#hooks = new SharedHooks(entries);
    const { begun, changed, gone } = this.#rota.change(entries, now());
    for (const slot of this.#rota.slots) {
      slot.isLeft ||= slot.entry.policy.also !== undefined; // only a whole renewal can tell whether they are up to date
      if (slot.failure !== null || slot.isLeft) this.#rota.put(slot, now().getTime());
    }
    const names = new NamesBeside(fs);
    for (const [index, slot] of begun.entries()) {
      if (index % looksOfOneTurn === looksOfOneTurn - 1) await sleep(0);
      const { paths, out = paths.certificate } = slot.entry.policy;
      slot.isLeft ||= [paths.certificate, paths.key, out].some((file) => names.has(file));
      this.#attendance.begin(slot);
    }
    this.#unpaid.change(this.#hooks);
    this.#lookedAt = now().getTime();
    return { added: begun.length - changed, changed, gone, kept: kept.length };
  }

  async #reload(look: () => Promise<Plan> | Plan): Promise<void> {
    this.#isToReload = false;
    this.#wake = new AbortController();
    try {
      const taken = await this.take(await look());
      this.#tell({ event: "reloaded", entries: this.#rota.size, ...taken });
    } catch (error) {
      if (!isFailure(error)) throw error;
      this.#tell({ event: "not-reloaded", failure: error });
    }
  }

  /** By `stat` alone; what is another file now is read. */
  async #lookForChanges(): Promise<void> {
    const { now, sleep, fs, signal } = this.#world;
    const at = now().getTime();
    if (Math.abs(at - this.#lookedAt) < sliceMs) return;
    this.#lookedAt = at;
    let index = 0;
    for (const slot of this.#rota.slots) {
      if (++index % looksOfOneTurn === 0) await sleep(0);
      if (signal.aborted) return;
      const stamp = stampOf(fileOf(slot.entry, fs), fs);
      if (stamp === slot.stamp) continue;
      slot.stamp = stamp;
      slot.isChanged = true;
      this.#rota.put(slot, at);
    }
  }

  /** Everything whose moment has come by now, and what follows it. */
  async #serveDue(): Promise<void> {
    const world = this.#world;
    const now = world.now().getTime();
    const slots = [...this.#rota.due(now)].filter((slot) => !this.#attendance.isPutOff(slot));
    if (slots.length === 0 && this.#unpaid.next > now) return;
    const run: Run = {
      world,
      together: new Together(world, this.#most),
      progress: {
        about: (entry) => ({ settled: () => this.#tell({ event: "hooks-settled", entries: [entry] }) }),
      },
      outages: this.#outages,
      hooks: this.#hooks,
      renew: this.#renew,
      outage: (entry, { failure, until }) => this.#tell({ event: "outage", entry, failure, until: new Date(until) }),
    };
    run.together.expect(slots.length);
    world.fs.forget();
    world.fs.learnAttributes(slots.map(({ entry }) => fileOf(entry, world.fs)));
    try {
      await inLanes(slots, { most: this.#most, isOver: () => world.signal.aborted }, async (slot) => {
        this.#underWay++;
        await this.#attendance.serve(slot, run);
        this.#underWay--;
      });
      await this.#unpaid.settle(this.#hooks);
    } finally {
      run.together.close();
    }
  }

  tellStart(): void {
    this.#tell({ event: "started", entries: this.#rota.size, ...this.#first() });
  }

  tellState(): void {
    const own = [...this.#rota.slots].flatMap(({ entry, failure, count, next }) =>
      failure === null ? [] : [{ entry, failure, count, next: new Date(next), others: 0 }],
    );
    const failing = [...own, ...this.#unpaid.failing];
    const underWay = this.#underWay;
    this.#tell({ event: "state", entries: this.#rota.size, ...this.#first(), underWay, failing });
  }

  tellEnd(): void {
    this.#tell({ event: "stopped", entries: this.#rota.size });
  }

  #first() {
    const { first } = this.#rota;
    return { first: first?.entry ?? null, next: first && new Date(first.next) };
  }
}
