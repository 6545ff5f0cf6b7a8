/** A daemon over many certificates, on a clock of its own. */
import { beforeAll, describe, expect, test } from "vitest";
import { parseCaUrl } from "../../../src/ca/url.ts";
import { type Authority, createAuthority } from "../../../src/dev-ca/authority.ts";
import { Failure } from "../../../src/failure/failure.ts";
import type { FileSystem } from "../../../src/files/system.ts";
import type { Certificate } from "../../../src/pki/certificate.ts";
import { nextRenewal } from "../../../src/renewal/cadence.ts";
import type { Hooks } from "../../../src/renewal/hooks.ts";
import { keepMany, type ManyEvent } from "../../../src/renewal/many/keep.ts";
import type { Entry, Plan } from "../../../src/renewal/many/plan.ts";
import type { Outcome, renewOnce } from "../../../src/renewal/renew.ts";
import type { Notice, RunSpec } from "../../../src/world.ts";
import { certificatesIn } from "../../support/issued.ts";
import { hook, usual } from "../../support/many.ts";
import { Clock, FlatDisk } from "../../support/virtual.ts";
import { byChance, testWorld } from "../../support/world.ts";

const minute = 60_000;
const hour = 60 * minute;
const base = Date.parse("2026-03-02T12:00:00Z");

let authority: Authority;
/** Generations of one certificate, each valid for a day from 14 hours after the one before it. */
const generations: { chain: string; leaf: Certificate }[] = [];
beforeAll(async () => {
  authority = await createAuthority({ notBefore: new Date(base - hour), notAfter: new Date(base + 1000 * hour) });
  for (let index = 0; index < 4; index++) {
    const from = base + index * 14 * hour;
    const { chain } = await authority.issue({
      names: ["web"],
      notBefore: new Date(from),
      notAfter: new Date(from + 24 * hour),
    });
    generations.push({ chain, leaf: certificatesIn(chain)[0] });
  }
});

function generationOf(number: number) {
  const found = generations[number];
  if (found === undefined) throw new Error("it was renewed too often");
  return found;
}

const down = (): Failure =>
  new Failure("CA_UNREACHABLE", { url: "https://ca", host: "ca", said: "refused", errno: "ECONNREFUSED" });

class Stage {
  readonly clock: Clock;
  readonly #from: number;
  readonly disk = new FlatDisk();
  readonly events: ManyEvent[] = [];
  readonly hooks: RunSpec[] = [];
  readonly requests: number[] = [];
  readonly handlers = new Map<Notice, () => void>();
  readonly end = new AbortController();
  plan: Plan | Failure;
  underWay = 0;
  mostAtOnce = 0;
  hookStatus = 0;
  /** What the CA does; null: it renews. */
  answer: (entry: string) => Failure | null = () => null;
  readonly #generation = new Map<string, number>();

  constructor(count: number, wish: { hooks?: Hooks; concurrency?: number; fromHour?: number } = {}) {
    this.#from = wish.fromHour ?? 0;
    this.clock = new Clock(base + this.#from * hour);
    const entries = Array.from({ length: count }, (_, index) => this.entry(index, wish.hooks ?? null));
    this.plan = { entries, broken: [], concurrency: wish.concurrency ?? 4 };
  }

  entry(index: number, hooks: Hooks | null = null): Entry {
    this.put(`/d/c${index}.crt`, 0);
    const paths = { certificate: `/d/c${index}.crt`, key: `/d/c${index}.key` };
    const limits = { timeoutMs: 1000, connectTimeoutMs: 1000, lockTimeoutMs: 1000 };
    const ca = parseCaUrl("https://ca", "url");
    const policy = {
      paths,
      force: true,
      mtls: true,
      window: null,
      ca,
      root: { value: "/root", from: "root" },
      hooks,
      ...limits,
    };
    return { origin: { file: "renew.json", line: index + 2, entry: index + 1 }, method: "auto", policy };
  }

  put(file: string, generation: number): void {
    this.#generation.set(file, generation);
    this.disk.put(file, generationOf(generation).chain);
  }

  /** In place of a renewal: 50 ms, and the next generation. */
  readonly renew: typeof renewOnce = async ({ paths, window }, _world, _progress, sharing): Promise<Outcome> => {
    const { certificate: file } = paths;
    const number = this.#generation.get(file) ?? 0;
    const { leaf } = generationOf(number);
    if (window !== null)
      return { outcome: "not-due", leaf, chain: [leaf], due: { due: false, because: "fresh", from: leaf.notAfter } };
    this.requests.push(this.clock.now);
    this.mostAtOnce = Math.max(this.mostAtOnce, ++this.underWay);
    await this.clock.sleep(50);
    this.underWay--;
    const failure = this.answer(file);
    if (failure !== null) throw failure;
    this.put(file, number + 1);
    const { leaf: next } = generationOf(number + 1);
    const hooked = { hooks: hook("reload"), certificateFile: file, keyFile: paths.key };
    const { serial } = next;
    sharing?.hooks?.(hooked, { serial, previousSerial: leaf.serial, method: "mtls", names: [], notAfter: "" });
    const choice = { method: "mtls", because: "valid" } as const;
    return { outcome: "renewed", leaf: next, chain: [next], previous: leaf, choice, file, how: "renamed", tookMs: 50 };
  };

  /** Runs it until that many hours are over; what the test wants to do comes before. */
  async run(hours: number, at: readonly (readonly [hours: number, work: () => void])[] = []): Promise<void> {
    const world = {
      ...testWorld({
        now: () => new Date(this.clock.now),
        signal: this.end.signal,
        random: byChance,
        fs: this.disk as unknown as FileSystem,
      }),
      run: async (spec: RunSpec) => {
        this.hooks.push(spec);
        return { how: "exit" as const, status: this.hookStatus };
      },
      sleep: (ms: number, wake?: AbortSignal) => this.clock.sleep(ms, [this.end.signal, ...(wake ? [wake] : [])]),
      onSignal: (name: Notice, handler: () => void) => {
        this.handlers.set(name, handler);
        return () => void this.handlers.delete(name);
      },
    };
    for (const [when, work] of at) void this.clock.sleep((when - this.#from) * hour).then(work);
    void this.clock.sleep((hours - this.#from) * hour).then(() => this.end.abort("SIGTERM"));
    const look = () => {
      if (this.plan instanceof Failure) throw this.plan;
      return this.plan;
    };
    await this.clock.drive(
      keepMany(look, { ...usual, concurrency: null }, world, (event) => this.events.push(event), this.renew),
    );
  }

  told<E extends ManyEvent["event"]>(event: E): Extract<ManyEvent, { event: E }>[] {
    return this.events.filter((one): one is Extract<ManyEvent, { event: E }> => one.event === event);
  }
}

const hoursOf = (time: number) => (time - base) / hour;

test("each is renewed at its moment, and told of", async () => {
  const stage = new Stage(6);
  await stage.run(34);
  expect(stage.told("renewed").length).toBe(12);
  expect(stage.requests.length).toBe(12);
  for (const time of stage.requests.slice(0, 6)) {
    expect(hoursOf(time)).toBeGreaterThan(14.7);
    expect(hoursOf(time)).toBeLessThan(16.1);
  }
  expect(stage.events[0]).toMatchObject({ event: "started", entries: 6 });
  expect(stage.events.at(-1)).toMatchObject({ event: "stopped", entries: 6 });
});

describe("a CA that is back after an outage", () => {
  test("meets no more at once than it was to, and all are renewed", async () => {
    const count = 10_000;
    const { leaf } = generationOf(0);
    const due = nextRenewal(leaf, { window: null, periodMs: null }, { started: new Date(base), renewed: null });
    const from = hoursOf(due.getTime()) - 1 / 60;
    const back = from + 0.5;
    const stage = new Stage(count, { concurrency: 8, fromHour: from });
    let isDown = true;
    stage.answer = () => (isDown ? down() : null);
    const mend = () => {
      isDown = false;
    };
    await stage.run(back + 0.25, [[back, mend]]);
    const [before, after] = [
      stage.requests.filter((time) => hoursOf(time) < back),
      stage.requests.filter((time) => hoursOf(time) >= back),
    ];
    expect(stage.told("renewed").length).toBe(count);
    expect(stage.mostAtOnce).toBe(8);
    // All were due at one moment, and nobody asked ten thousand times in vain: until then some hundred tries.
    expect(before.length).toBeGreaterThan(20);
    expect(before.length).toBeLessThan(400);
    // 8 at once, 50 ms each: no second has more than 160, however many had waited.
    const perSecond = new Map<number, number>();
    for (const time of after) perSecond.set(Math.floor(time / 1000), (perSecond.get(Math.floor(time / 1000)) ?? 0) + 1);
    expect(Math.max(...perSecond.values())).toBeLessThanOrEqual(160 + 8);
    expect(stage.told("outage").length).toBeLessThan(100);
    expect(stage.told("failed").filter(({ isNews }) => isNews).length).toBeLessThan(200);
  }, 60_000);

  test("is asked by few until then, and a refusal keeps no other back", async () => {
    const stage = new Stage(50);
    stage.answer = (file) => (file === "/d/c7.crt" ? refused() : null);
    await stage.run(17);
    expect(stage.told("renewed").length).toBe(49);
    expect(stage.told("failed").map(({ entry }) => entry.policy.paths.certificate)[0]).toBe("/d/c7.crt");
    expect(stage.told("failed").filter(({ isNews }) => isNews).length).toBe(1);
    expect(stage.told("outage")).toEqual([]);
  });
});

const refused = () =>
  new Failure("LOCKED", {
    file: "x",
    lock: "x",
    pid: 1,
    host: "h",
    since: "2026-03-02T12:00:00Z",
    isSeen: true,
    command: null,
    waitedMs: 1,
  });

describe("files that change", () => {
  test("somebody else's renewal counts, and is noticed within a minute or so", async () => {
    const stage = new Stage(3);
    await stage.run(17, [[1, () => stage.put("/d/c1.crt", 1)]]);
    expect(stage.told("waiting").map(({ entry }) => entry.policy.paths.certificate)).toEqual(["/d/c1.crt"]);
    expect(
      stage
        .told("renewed")
        .map(({ entry }) => entry.policy.paths.certificate)
        .sort(),
    ).toEqual(["/d/c0.crt", "/d/c2.crt"]);
  });

  test("one that is gone is told once, and taken up when it is back, without a renewal", async () => {
    const stage = new Stage(2);
    stage.disk.remove("/d/c1.crt");
    await stage.run(5, [[2, () => stage.put("/d/c1.crt", 0)]]);
    expect(stage.told("failed").map(({ failure, isNews }) => [failure.code, isNews])[0]).toEqual([
      "FILE_MISSING",
      true,
    ]);
    expect(stage.told("failed").filter(({ isNews }) => isNews).length).toBe(1);
    expect(stage.told("waiting").length).toBe(1);
    expect(stage.requests).toEqual([]);
  });

  test("ten thousand cost one look each in a minute, and no reading", async () => {
    const stage = new Stage(10_000);
    await stage.run(1);
    const { stat, read, list } = stage.disk.calls;
    expect(read).toBe(10_000);
    expect(list).toBe(1);
    // At the start what lies beside certificate and key, and then one look a minute.
    expect(stat / 10_000).toBeLessThan(60 + 6);
    expect(stage.requests).toEqual([]);
  }, 60_000);
});

describe("hooks that several share", () => {
  test("run once for what was due together", async () => {
    const stage = new Stage(20, { hooks: hook("reload") });
    await stage.run(17);
    expect(stage.told("renewed").length).toBe(20);
    const counts = stage.hooks.map(({ env }) => Number(env["RENEW_COUNT"]));
    expect(counts.reduce((sum, one) => sum + one, 0)).toBe(20);
    expect(counts.length).toBe(1);
  });

  test("that fail are told once, and run again", async () => {
    const stage = new Stage(3, { hooks: hook("reload") });
    stage.hookStatus = 1;
    await stage.run(17);
    const told = stage.told("hooks-failed");
    expect(told.map(({ isNews }) => isNews)[0]).toBe(true);
    expect(told[0]).toMatchObject({ failure: { code: "HOOK_FAILED", facts: { others: 2 } }, count: 1 });
    expect(stage.told("renewed").length).toBe(3);
  });
});

describe("signals", () => {
  test("SIGHUP reads the plan again: what is the same keeps its moment, what is new is taken up", async () => {
    const stage = new Stage(3);
    const more = stage.entry(3);
    await stage.run(17, [
      [
        1,
        () => {
          const { entries, ...rest } = stage.plan as Plan;
          stage.plan = { ...rest, entries: [...entries.slice(1), more] };
          stage.handlers.get("SIGHUP")?.();
        },
      ],
    ]);
    expect(stage.told("reloaded")).toEqual([{ event: "reloaded", entries: 3, added: 1, gone: 1 }]);
    expect(stage.requests.every((time) => hoursOf(time) > 14)).toBe(true);
    expect(
      stage
        .told("renewed")
        .map(({ entry }) => entry.policy.paths.certificate)
        .sort(),
    ).toEqual(["/d/c1.crt", "/d/c2.crt", "/d/c3.crt"]);
  });

  test("SIGHUP with a plan that cannot be read: told, and the old one stays", async () => {
    const stage = new Stage(2);
    await stage.run(17, [
      [
        1,
        () => {
          stage.plan = new Failure("BAD_CONFIGURATION", { file: "renew.json", problem: "broken" });
          stage.handlers.get("SIGHUP")?.();
        },
      ],
    ]);
    expect(stage.told("not-reloaded")).toMatchObject([{ failure: { code: "BAD_CONFIGURATION" } }]);
    expect(stage.told("renewed").length).toBe(2);
  });

  test("SIGHUP tries at once what has failed", async () => {
    const stage = new Stage(2);
    let isMended = false;
    stage.answer = () => (isMended ? null : refused());
    await stage.run(18, [
      [
        17.5,
        () => {
          isMended = true;
          stage.requests.length = 0;
          stage.handlers.get("SIGHUP")?.();
        },
      ],
    ]);
    expect(stage.requests.map(hoursOf)).toEqual([17.5, 17.5]);
    expect(stage.told("renewed").length).toBe(2);
  });

  test("SIGUSR1 tells the state", async () => {
    const stage = new Stage(2);
    stage.disk.remove("/d/c1.crt");
    await stage.run(2, [[1, () => stage.handlers.get("SIGUSR1")?.()]]);
    const [state] = stage.told("state");
    expect(state).toMatchObject({ entries: 2, underWay: 0, failing: [{ failure: { code: "FILE_MISSING" } }] });
    expect(state?.next?.getTime()).toBeGreaterThan(base + hour);
  });
});
