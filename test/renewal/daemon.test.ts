/** A daemon on a clock that stands still but for its sleeps: months in a moment. */
import { describe, expect, test } from "vitest";
import { Failure } from "../../src/failure/failure.ts";
import type { Certificate } from "../../src/pki/certificate.ts";
import type { Cadence } from "../../src/renewal/cadence.ts";
import { type DaemonEvent, keep, type Task } from "../../src/renewal/daemon.ts";
import type { Notice } from "../../src/world.ts";
import { testWorld } from "../support/world.ts";

const minute = 60_000;
const hour = 60 * minute;
const base = Date.parse("2026-03-02T12:00:00Z");
const plain: Cadence = { window: null, periodMs: null };

const unreachable = () =>
  new Failure("CA_UNREACHABLE", { url: "https://ca", host: "ca", said: "refused", errno: "ECONNREFUSED" });
const busy = (retryAfter: string) =>
  new Failure("CA_BUSY", { url: "https://ca", status: 503, said: "busy", shape: "status", retryAfter });
const hookFailed = (isNew: boolean) =>
  new Failure("HOOK_FAILED", {
    file: "web.crt",
    isNew,
    did: "renewed",
    problems: [{ kind: "hook", what: "hook x", said: "exit status 1" }],
  });

/** What happens to a daemon, told by the test. */
class Stage {
  now = base;
  serial = 0;
  leaf: Certificate;
  cadence = plain;
  readonly lifetimeMs: number;
  readonly events: DaemonEvent[] = [];
  readonly renewals: number[] = [];
  readonly settlements: number[] = [];
  readonly sleeps: number[] = [];
  readonly handlers = new Map<Notice, () => void>();
  readonly end = new AbortController();
  /** Called before each sleep. */
  during: (stage: Stage) => void = () => undefined;
  /** What a renewal ends with. */
  outcome: (stage: Stage) => Failure | null = () => null;

  constructor(lifetimeMs = 24 * hour) {
    this.lifetimeMs = lifetimeMs;
    this.leaf = this.issue();
  }

  issue(lifetimeMs = this.lifetimeMs): Certificate {
    const serial = String(++this.serial);
    const [notBefore, notAfter] = [new Date(this.now), new Date(this.now + lifetimeMs)];
    return {
      serial,
      notBefore,
      notAfter,
      der: Buffer.from(serial),
      names: [],
      commonName: "web",
    } as unknown as Certificate;
  }

  /** Runs it until so many sleeps are over, or the test ends it. */
  async run(most: number, cadence = plain): Promise<void> {
    this.cadence = cadence;
    const world = {
      ...testWorld({ now: () => new Date(this.now), signal: this.end.signal }),
      sleep: async (ms: number, wake?: AbortSignal) => {
        this.sleeps.push(ms);
        this.during(this);
        if (this.sleeps.length >= most) this.end.abort("SIGTERM");
        if (!wake?.aborted) this.now += ms;
      },
      onSignal: (name: Notice, handler: () => void) => {
        this.handlers.set(name, handler);
        return () => void this.handlers.delete(name);
      },
    };
    const task: Task = {
      read: async () => this.leaf,
      run: async (what) => {
        if (what === "settle") return void this.settlements.push(this.now);
        const failure = this.outcome(this);
        this.renewals.push(this.now);
        if (failure === null || failure.code === "HOOK_FAILED") this.leaf = this.issue();
        if (failure !== null) throw failure;
      },
      cadence: () => this.cadence,
    };
    await keep(task, world, (event) => this.events.push(event));
  }

  kinds(): string[] {
    return this.events.map(({ event }) => event);
  }
}

describe("in time", () => {
  test("10,000 renewals, each in its window, and nothing grows", async () => {
    const stage = new Stage(hour);
    stage.during = ({ renewals, end }) => void (renewals.length >= 10_000 && end.abort("SIGTERM"));
    await stage.run(Number.POSITIVE_INFINITY);
    const gaps = stage.renewals.map((at, index) => at - (stage.renewals[index - 1] ?? base));
    expect(gaps.filter((gap) => gap < 37 * minute - 1 || gap > 40 * minute + 1)).toEqual([]);
    expect(stage.sleeps.filter((ms) => ms > minute)).toEqual([]);
    expect(stage.handlers.size).toBe(0);
    expect(stage.settlements.length).toBe(1);
  }, 60_000);

  test("a clock that jumps forward over the moment: at the next slice", async () => {
    const stage = new Stage();
    stage.during = ({ sleeps }) => {
      if (sleeps.length === 3) stage.now += 20 * hour;
    };
    await stage.run(6);
    expect(stage.renewals.length).toBe(1);
    expect((stage.renewals[0] ?? 0) - base).toBeLessThanOrEqual(20 * hour + 3 * minute);
  });

  test("a clock that jumps back: it waits on, and does not spin", async () => {
    const stage = new Stage();
    stage.during = ({ sleeps }) => {
      if (sleeps.length === 3) stage.now -= 1000 * hour;
    };
    await stage.run(200);
    expect(stage.renewals).toEqual([]);
    expect(Math.min(...stage.sleeps)).toBe(minute);
  });

  test("a window as long as the lifetime renews once, not hundreds of times", async () => {
    const stage = new Stage(10 * minute);
    await stage.run(3, { window: { kind: "duration", ms: hour }, periodMs: null });
    expect(stage.renewals.length).toBeLessThanOrEqual(3);
  });

  test("a cadence that is said anew counts from the next look on", async () => {
    const stage = new Stage();
    stage.during = ({ sleeps }) => {
      if (sleeps.length === 10) stage.cadence = { window: { kind: "percent", used: 10 }, periodMs: null };
    };
    await stage.run(200);
    expect(stage.renewals.length).toBe(1);
    expect((stage.renewals[0] ?? 0) - base).toBeLessThanOrEqual(2.4 * hour + minute);
  });

  test("what somebody else has renewed is used, and not renewed again", async () => {
    const stage = new Stage();
    stage.during = ({ sleeps }) => {
      if (sleeps.length === 600) stage.leaf = stage.issue();
    };
    await stage.run(900);
    expect(stage.renewals).toEqual([]);
    expect(stage.kinds()).toEqual(["started", "waiting", "stopped"]);
  });

  test("a shorter one that is put there is seen within a minute", async () => {
    const stage = new Stage(1000 * hour);
    stage.during = ({ sleeps }) => {
      if (sleeps.length === 5) stage.leaf = stage.issue(30 * minute);
    };
    await stage.run(40);
    expect(stage.renewals.length).toBeGreaterThan(0);
    expect((stage.renewals[0] ?? 0) - base).toBeLessThan(30 * minute);
  });
});

describe("after a failure", () => {
  test("tries again, ten times at least before the end, and says it once", async () => {
    const stage = new Stage();
    stage.outcome = unreachable;
    stage.during = ({ now, end }) => void (now > base + 24 * hour && end.abort("SIGTERM"));
    await stage.run(100_000);
    expect(stage.renewals.filter((at) => at < base + 24 * hour).length).toBeGreaterThan(10);
    const failures = stage.events.filter((one) => one.event === "failed");
    expect(failures.filter(({ isNews }) => isNews).length).toBe(1);
    const waits = failures.map(({ next }, index) => next.getTime() - (stage.renewals[index] ?? 0));
    expect(waits[0]).toBeLessThanOrEqual(5000);
    expect(Math.min(...waits.filter((_, index) => (stage.renewals[index] ?? 0) < base + 23 * hour))).toBeGreaterThan(
      3000,
    );
  });

  test("goes on after the end, and is well again when the CA is", async () => {
    const stage = new Stage();
    stage.outcome = ({ now }) => (now < base + 30 * hour ? unreachable() : null);
    stage.during = ({ renewals, now, end }) =>
      void (renewals.length > 0 && now > base + 32 * hour && end.abort("SIGTERM"));
    await stage.run(100_000);
    expect(stage.kinds().filter((kind) => kind === "renewed").length).toBe(1);
    expect(stage.leaf.notAfter.getTime()).toBeGreaterThan(base + 50 * hour);
  });

  test("another failure is news, the same one is none", async () => {
    const stage = new Stage();
    stage.outcome = ({ renewals: { length } }) => (length < 3 ? unreachable() : length < 6 ? busy("1") : unreachable());
    stage.during = ({ renewals, end }) => void (renewals.length >= 9 && end.abort("SIGTERM"));
    await stage.run(100_000);
    const news = stage.events.flatMap((one) => (one.event === "failed" && one.isNews ? [one.failure.code] : []));
    expect(news).toEqual(["CA_UNREACHABLE", "CA_BUSY", "CA_UNREACHABLE"]);
  });

  test("settings that were changed are tried again as what somebody mends, within minutes", async () => {
    const stage = new Stage();
    stage.outcome = () => new Failure("BAD_URL", { from: "ca-url in defaults.json", value: "x y", problem: "no" });
    stage.during = ({ renewals, end }) => void (renewals.length >= 3 && end.abort("SIGTERM"));
    await stage.run(100_000);
    const [first = 0, second = 0, third = 0] = stage.renewals;
    expect(second - first).toBeLessThanOrEqual(minute);
    expect(third - second).toBeLessThanOrEqual(2 * minute);
    expect(stage.events.filter((one) => one.event === "failed" && one.isNews).length).toBe(1);
  });

  test("waits as long as the CA asks", async () => {
    const stage = new Stage();
    stage.outcome = () => busy("1200");
    stage.during = ({ renewals, end }) => void (renewals.length >= 2 && end.abort("SIGTERM"));
    await stage.run(100_000);
    expect((stage.renewals[1] ?? 0) - (stage.renewals[0] ?? 0)).toBe(1_200_000);
  });

  test("a hook that failed is tried again without another renewal", async () => {
    const stage = new Stage();
    stage.outcome = ({ renewals: { length } }) => (length === 0 ? hookFailed(true) : null);
    stage.during = ({ settlements, end }) => void (settlements.length >= 2 && end.abort("SIGTERM"));
    await stage.run(100_000);
    expect(stage.renewals.length).toBe(1);
    expect(stage.kinds().slice(0, 3)).toEqual(["started", "renewed", "failed"]);
    expect((stage.settlements[1] ?? 0) - (stage.renewals[0] ?? 0)).toBeLessThanOrEqual(minute);
  });

  test("what is no failure of ours ends it", async () => {
    const stage = new Stage();
    stage.outcome = () => {
      throw new TypeError("a mistake");
    };
    await expect(stage.run(100_000)).rejects.toThrow("a mistake");
    expect(stage.handlers.size).toBe(0);
  });
});

describe("signals", () => {
  test("who asks for it is told of a failure each time", async () => {
    const stage = new Stage();
    stage.outcome = unreachable;
    stage.during = ({ sleeps, handlers }) => {
      if (sleeps.length < 4) handlers.get("SIGHUP")?.();
    };
    await stage.run(4);
    expect(stage.events.filter((one) => one.event === "failed" && one.isNews).length).toBe(3);
  });

  test("SIGHUP renews now, each time; SIGUSR1 only says how it stands", async () => {
    const stage = new Stage();
    stage.during = ({ sleeps, handlers }) => {
      if ([2, 5].includes(sleeps.length)) handlers.get("SIGHUP")?.();
      if (sleeps.length === 8) handlers.get("SIGUSR1")?.();
    };
    await stage.run(10);
    expect(stage.renewals.length).toBe(2);
    expect(stage.kinds()).toEqual(["started", "renewed", "waiting", "renewed", "waiting", "state", "stopped"]);
  });

  test("the end ends it, before anything else is done", async () => {
    const stage = new Stage();
    stage.end.abort("SIGTERM");
    await stage.run(10);
    expect(stage.kinds()).toEqual(["started", "stopped"]);
  });
});
