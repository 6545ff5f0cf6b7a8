/** A watch that lasts: what it knows from one event to the next, and whom it tells. */
import { type Failure, failureOf } from "../failure/failure.ts";
import { same } from "../pki/certificate.ts";
import { type DaemonEvent, keep, type Task } from "../renewal/daemon.ts";
import { preflight } from "../renewal/preflight.ts";
import { type Policy, renewOnce } from "../renewal/renew.ts";
import { nothingDue } from "../renewal/schedule.ts";
import type { World } from "../world.ts";
import { chainPem, factsOf } from "./certificate-facts.ts";
import type { Account } from "./told.ts";
import type { CertificateFacts } from "./types.ts";
import type { Watch, WatchFailure, WatchHandlers, WatchOptions } from "./watch-types.ts";
import { WatchedFiles } from "./watched-files.ts";

export interface Plan {
  readonly policy: Policy;
  readonly options: WatchOptions;
  readonly handlers: WatchHandlers;
  readonly world: World;
  /** The end of `world`, which is ours to call. */
  readonly end: AbortController;
  /** Lets go of what else ends it. */
  unlisten(): void;
  readonly account: Account;
}

/** Until a watch that a mistake of ours has ended begins anew. */
const restMs = 60_000;

export class Watcher implements Watch {
  readonly stopped: Promise<void>;
  readonly #plan: Plan;
  readonly #files: WatchedFiles;
  readonly #world: World;
  readonly #started: Promise<void>;
  #hasEnded: () => void = () => undefined;
  #hasStarted: () => void = () => undefined;
  #isStarted = false;
  #hasRenewed = false;
  #told: Uint8Array | null = null;
  #next: Date;
  #ring: () => void = () => undefined;

  constructor(plan: Plan) {
    const { policy, options, world } = plan;
    this.#plan = plan;
    this.#next = world.now();
    this.stopped = new Promise((resolve) => {
      this.#hasEnded = resolve;
    });
    this.#started = new Promise((resolve) => {
      this.#hasStarted = resolve;
    });
    this.#world = {
      ...world,
      asked: () => null,
      onSignal: (name, handler) => {
        if (name === "SIGHUP") this.#ring = handler;
        return () => undefined;
      },
    };
    this.#files = new WatchedFiles(policy, options.server ?? null, this.#world);
  }

  get certificate(): CertificateFacts {
    return factsOf(this.#files.chain[0]);
  }

  get next(): Date {
    return this.#next;
  }

  renewNow(): void {
    this.#ring();
  }

  stop(): Promise<void> {
    this.#plan.end.abort("SIGTERM");
    return this.stopped;
  }

  /** Resolves when it keeps watch. Throws what keeps it from starting. */
  async start(): Promise<void> {
    const { policy, unlisten } = this.#plan;
    preflight(policy, [policy.out ?? policy.paths.certificate], this.#world);
    const last = this.#last().finally(() => {
      unlisten();
      this.#hasEnded();
    });
    await Promise.race([this.#started, last]);
  }

  async #last(): Promise<void> {
    const task: Task = {
      read: () => this.#orBug(() => this.#look()),
      run: (what) => this.#orBug(() => this.#renew(what)),
      cadence: () => ({ window: this.#plan.policy.window, periodMs: null }),
    };
    for (let count = 1; ; count++) {
      try {
        return await keep(task, this.#world, (event) => this.#hear(event));
      } catch (error) {
        if (!this.#isStarted) throw error;
        this.#next = new Date(this.#world.now().getTime() + restMs);
        this.#fail(failureOf(error), { next: this.#next, count, isNews: count === 1 });
        await this.#world.sleep(restMs);
      }
    }
  }

  /** What is no failure of ours is told and tried again like one: a server goes on serving. */
  async #orBug<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      throw failureOf(error);
    }
  }

  async #look() {
    const leaf = await this.#files.look();
    this.#plan.account.about(this.#files.file, leaf);
    return leaf;
  }

  async #renew(what: "renew" | "settle"): Promise<void> {
    const { policy, account } = this.#plan;
    const certificate = this.#files.file;
    const window = what === "renew" ? null : nothingDue;
    const paths = { ...policy.paths, certificate };
    await renewOnce({ ...policy, paths, window }, this.#world, account.progress(certificate));
  }

  #hear(event: DaemonEvent): void {
    if (event.event === "renewed") {
      this.#hasRenewed = true; // told with what comes right after it, which knows what is next
      return;
    }
    if ("next" in event) this.#next = event.next;
    if (event.event !== "stopped") this.#tellNew();
    if (event.event === "failed") this.#fail(event.failure, event);
    this.#isStarted = true;
    this.#hasStarted();
  }

  /** The first one is no news, unless it was renewed at once. */
  #tellNew(): void {
    const { chain } = this.#files;
    const before = this.#told;
    this.#told = chain[0].der;
    const by = this.#hasRenewed ? "watch" : "other";
    this.#hasRenewed = false;
    if (before === null ? by === "other" : same(before, chain[0].der)) return;
    const renewal = { certificate: factsOf(chain[0]), chain: chainPem(chain), by, next: this.#next } as const;
    queueMicrotask(() => this.#plan.handlers.onRenewed?.(renewal));
  }

  #fail(failure: Failure, { next, count, isNews }: WatchFailure): void {
    const { handlers, account } = this.#plan;
    const { onFailure } = handlers;
    if (onFailure === undefined) return;
    void account
      .errorOf(failure, this.#world)
      .then((error) => queueMicrotask(() => onFailure(error, { next, count, isNews })));
  }
}
