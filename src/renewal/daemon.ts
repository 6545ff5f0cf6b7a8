/**
 * Keeps one certificate renewed. Everything is read again in each round, so that what somebody else has replaced is used. It
 * waits by the wall clock in short slices: timers stop while a machine sleeps, and clocks are set.
 */
import { tell as explanationOf } from "../failure/catalogue/catalogue.ts";
import { type Failure, isFailure } from "../failure/failure.ts";
import type { Certificate } from "../pki/certificate.ts";
import type { World } from "../world.ts";
import { type Cadence, nextRenewal, retryDelay, wishOf } from "./cadence.ts";
import { notifier, watchdogMs } from "./notify.ts";

export interface Task {
  /** The certificate as it is now. Throws a failure. */
  read(): Promise<Certificate>;
  /** Renews it, or, with nothing due, makes good what is owed. Throws a failure. */
  run(what: "renew" | "settle"): Promise<void>;
  /** As it was said last. */
  cadence(): Cadence;
}

export type DaemonEvent =
  | { event: "started" | "waiting"; leaf: Certificate; next: Date }
  | { event: "renewed"; leaf: Certificate }
  | { event: "failed"; failure: Failure; next: Date; isNews: boolean; count: number }
  | { event: "state"; leaf: Certificate | null; next: Date; failure: Failure | null; count: number }
  | { event: "stopped"; leaf: Certificate | null; count: number };

/** A slice of waiting, at most. */
const sliceMs = 60_000;

/** What is known from one round to the next; the files know the rest. */
interface State {
  started: Date;
  renewed: Date | null;
  leaf: Certificate | null;
  count: number;
  failure: Failure | null;
  next: Date;
}

/** Resolves when somebody asks it to end. Throws what keeps it from starting. */
export async function keep(task: Task, world: World, tell: (event: DaemonEvent) => void): Promise<void> {
  const bell = new Bell();
  const started = world.now();
  const state: State = { started, renewed: null, leaf: await task.read(), count: 0, failure: null, next: started };
  const releases = [
    world.onSignal("SIGHUP", () => bell.ring("renew")),
    world.onSignal("SIGUSR1", () => bell.ring("state")),
  ];
  try {
    await settleFirst(task, state, world, tell);
    if (state.leaf !== null && state.failure === null) {
      state.next = nextRenewal(state.leaf, task.cadence(), state);
      tell({ event: "started", leaf: state.leaf, next: state.next });
    }
    const notify = notifier(world);
    await notify(["--ready"]);
    while (!world.signal.aborted) await round({ task, world, tell, bell, state, notify });
    tell({ event: "stopped", leaf: state.leaf, count: state.count });
  } finally {
    for (const release of releases) release();
  }
}

interface Round {
  task: Task;
  world: World;
  tell: (event: DaemonEvent) => void;
  bell: Bell;
  state: State;
  notify: ReturnType<typeof notifier>;
}

/** Waits for the moment, looks at the file again after each slice, and acts. */
async function round({ task, world, tell, bell, state, notify }: Round): Promise<void> {
  const heard = await wait(state, world, bell, notify);
  if (world.signal.aborted) return;
  if (heard === "state") {
    const { leaf, next, failure, count } = state;
    return tell({ event: "state", leaf, next, failure, count });
  }
  if (heard === "slice" && state.failure !== null) return;
  try {
    const leaf = await task.read();
    const isForeign = state.leaf === null || !isSame(state.leaf, leaf);
    state.leaf = leaf;
    const due = nextRenewal(leaf, task.cadence(), state);
    const isOwed = state.failure?.code === "HOOK_FAILED";
    const isTried = state.failure !== null && !isOwed && heard === "moment";
    const isDue = heard === "renew" || due <= world.now() || isTried;
    if (isForeign && !isDue && !isOwed) return expect(state, due, leaf, tell); // somebody else has renewed it
    if (heard === "slice" && !isDue) return;
    await task.run(isDue ? "renew" : "settle");
    if (isDue) state.renewed = world.now();
    state.leaf = await task.read();
    if (isDue) tell({ event: "renewed", leaf: state.leaf });
    state.count = 0;
    state.failure = null;
    expect(state, nextRenewal(state.leaf, task.cadence(), state), state.leaf, tell);
  } catch (error) {
    if (isFailure(error, "HOOK_FAILED") && error.facts.isNew) {
      state.leaf = await task.read();
      state.renewed = world.now();
      state.count = 0;
      tell({ event: "renewed", leaf: state.leaf });
    }
    failed(error, state, { world, tell, isAsked: heard === "renew" });
  }
}

function expect(state: State, next: Date, leaf: Certificate, tell: Round["tell"]): void {
  state.next = next;
  tell({ event: "waiting", leaf, next });
}

/** What an earlier run owes does not wait for the next renewal. Files that are wrong keep it from starting; a CA does not. */
async function settleFirst(task: Task, state: State, world: World, tell: Round["tell"]): Promise<void> {
  const before = state.leaf;
  try {
    await task.run("settle");
    state.leaf = await task.read();
    if (before === null || isSame(before, state.leaf)) return;
    state.renewed = world.now();
    tell({ event: "renewed", leaf: state.leaf }); // it had expired
  } catch (error) {
    const isOurs = isFailure(error) && [64, 65, 66, 78].includes(explanationOf(error).exit);
    if (isOurs || !isFailure(error)) throw error;
    failed(error, state, { world, tell, isAsked: false });
  }
}

/** A failure in full where it is news; the same one again is counted and not told. */
function failed(
  error: unknown,
  state: State,
  { world, tell, isAsked }: Pick<Round, "world" | "tell"> & { isAsked: boolean },
): void {
  if (!isFailure(error)) throw error;
  if (world.signal.aborted && error.code !== "HOOK_FAILED") return; // the end was asked for: that is no news
  const now = world.now();
  const { leaf, failure: before } = state;
  state.count++;
  state.failure = error;
  const wish = "retryAfter" in error.facts ? error.facts.retryAfter : undefined;
  const { exit, retry } = explanationOf(error);
  const delay = retryDelay({
    // Its words were good when it started: the settings were changed since, and may be mended.
    verdict: exit === 64 ? "after-fix" : retry,
    count: state.count,
    leftMs: leaf === null ? 0 : leaf.notAfter.getTime() - now.getTime(),
    lifetimeMs: leaf === null ? 0 : leaf.notAfter.getTime() - leaf.notBefore.getTime(),
    chance: Number.parseInt(world.random(4), 16) / 2 ** 32,
    wishMs: wishOf(wish, now),
  });
  state.next = new Date(now.getTime() + delay);
  tell({
    event: "failed",
    failure: error,
    next: state.next,
    isNews: isAsked || newsOf(error) !== newsOf(before),
    count: state.count,
  });
}

/** What makes two failures the same for whoever reads a log. */
export function newsOf(failure: Failure | null): string {
  if (failure === null) return "";
  const diagnosis = "diagnosis" in failure.facts ? failure.facts.diagnosis : undefined;
  return `${failure.code} ${diagnosis?.causes[0]?.id ?? ""}`;
}

function isSame(a: Certificate, b: Certificate): boolean {
  return Buffer.compare(a.der, b.der) === 0;
}

/** Until the moment comes, by the wall clock, a slice has passed, the bell rings, or the end is asked for. */
async function wait(
  state: State,
  world: World,
  bell: Bell,
  notify: Round["notify"],
): Promise<Wish | "moment" | "slice"> {
  const watchdog = watchdogMs(world.env);
  const leftMs = () => state.next.getTime() - world.now().getTime();
  const wish = bell.take();
  if (wish !== null) return wish;
  if (leftMs() > 0) await world.sleep(Math.min(leftMs(), sliceMs, watchdog), bell.signal);
  if (Number.isFinite(watchdog)) await notify(["WATCHDOG=1"]);
  return bell.take() ?? (leftMs() <= 0 ? "moment" : "slice");
}

type Wish = "renew" | "state";

/** A signal from outside, heard while waiting and remembered while something is done. */
class Bell {
  readonly #wishes = new Set<Wish>();
  #controller = new AbortController();

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  ring(wish: Wish): void {
    this.#wishes.add(wish);
    this.#controller.abort();
  }

  take(): Wish | null {
    const [wish] = this.#wishes;
    if (wish === undefined) return null;
    this.#wishes.delete(wish);
    if (this.#wishes.size === 0) this.#controller = new AbortController();
    return wish;
  }
}
