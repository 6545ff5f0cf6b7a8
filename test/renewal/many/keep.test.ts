/** A daemon over many certificates, on a clock of its own. */
import { beforeAll, describe, expect, test } from "vitest";
import { parseCaUrl } from "../../../src/ca/url.ts";
import { type Authority, createAuthority } from "../../../src/dev-ca/authority.ts";
import { Failure } from "../../../src/failure/failure.ts";
import { noteOf } from "../../../src/files/owed.ts";
import type { FileSystem } from "../../../src/files/system.ts";
import type { Certificate } from "../../../src/pki/certificate.ts";
import { nextRenewal } from "../../../src/renewal/cadence.ts";
import { follow, type Hooks, settleDebt } from "../../../src/renewal/hooks.ts";
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
  readonly hooksAt: number[] = [];
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

  /** As a run that ended before its hook. */
  owe(file: string, serial = generationOf(0).leaf.serial): void {
    const note = { version: 1, serial, previousSerial: "", method: "mtls" };
    this.disk.put(noteOf(file), JSON.stringify(note));
  }

  isOwed(file: string): boolean {
    return this.disk.has(noteOf(file));
  }

  /** The plan is another one from now on. */
  reload(change: (entries: readonly Entry[]) => readonly Entry[]): void {
    const { entries, ...rest } = this.plan as Plan;
    this.plan = { ...rest, entries: change(entries.map((entry) => ({ ...entry }))) };
    this.handlers.get("SIGHUP")?.();
  }

  /** In place of a renewal: 50 ms, and the next generation. Hooks that are its own are run as a renewal does. */
  readonly renew: typeof renewOnce = async (policy, world, progress, sharing): Promise<Outcome> => {
    const { paths, window, hooks } = policy;
    const { certificate: file } = paths;
    const hooked = hooks && { hooks, certificateFile: file, keyFile: paths.key };
    const number = this.#generation.get(file) ?? 0;
    const { leaf } = generationOf(number);
    if (sharing?.hooks === undefined) {
      const debt = await settleDebt(hooked, world);
      if (debt.was === "settled") progress?.settled?.(debt.left);
      if (debt.was === "unsettled" && window !== null) throw debt.failure;
    }
    if (window !== null)
      return {
        outcome: "not-due",
        leaf,
        chain: [leaf],
        forms: [],
        due: { due: false, because: "fresh", from: leaf.notAfter },
      };
    this.requests.push(this.clock.now);
    this.mostAtOnce = Math.max(this.mostAtOnce, ++this.underWay);
    await this.clock.sleep(50);
    this.underWay--;
    const failure = this.answer(file);
    if (failure !== null) throw failure;
    this.put(`${file}.new`, number + 1);
    this.#generation.set(file, number + 1);
    world.fs.rename(`${file}.new`, file);
    const { leaf: next } = generationOf(number + 1);
    if (hooked !== null) {
      const { serial } = next;
      const renewed = { serial, previousSerial: leaf.serial, method: "mtls", names: [], notAfter: "" };
      this.owe(file, serial);
      if (sharing?.hooks) sharing.hooks(hooked, renewed);
      else await follow(hooked, renewed, "renewed", world);
    }
    const choice = { method: "mtls", because: "valid" } as const;
    return {
      outcome: "renewed",
      leaf: next,
      chain: [next],
      previous: leaf,
      choice,
      file,
      forms: [],
      how: "renamed",
      tookMs: 50,
    };
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
        this.hooksAt.push(this.clock.now);
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
    expect(told[0]).toMatchObject({ failure: { code: "HOOK_FAILED", facts: { files: { length: 3 } } }, count: 1 });
    expect(stage.told("renewed").length).toBe(3);
  });

  /** An hour from the start, and long before any is due. */
  const soon = { fromHour: 1, hooks: hook("reload") };

  test("that fail wait for their time, longer each time, whoever else is attended to", async () => {
    const stage = new Stage(4, soon);
    for (const file of ["/d/c0.crt", "/d/c1.crt"]) stage.owe(file);
    stage.disk.remove("/d/c3.crt"); // its moment comes every minute or so
    stage.hookStatus = 1;
    await stage.run(5);
    const told = stage.told("hooks-failed");
    expect(stage.told("failed").length).toBeGreaterThan(5);
    expect(told.map(({ count }) => count)).toEqual(told.map((_, index) => index + 1));
    expect(stage.hooksAt.length).toBe(told.length);
    // A minute, two, four … and an hour at last: each is waited for.
    expect(stage.hooksAt.slice(1)).toEqual(told.slice(0, -1).map(({ next }) => expect.closeTo(next.getTime(), -3)));
    expect(told.length).toBeLessThan(12);
    expect(told.filter(({ isNews }) => isNews).length).toBe(1);
  });

  test("that fail have each their own time and count", async () => {
    const stage = new Stage(2, { hooks: hook("reload"), fromHour: 14 });
    const others = [stage.entry(2, hook("other")), stage.entry(3, hook("other"))];
    stage.plan = { ...(stage.plan as Plan), entries: [...others, ...(stage.plan as Plan).entries] };
    for (const file of ["/d/c0.crt", "/d/c1.crt"]) stage.put(file, 1); // good for long, and owed from before
    stage.owe("/d/c0.crt", generationOf(1).leaf.serial);
    stage.hookStatus = 1;
    await stage.run(20);
    for (const [of, word] of [
      ["/d/c0.crt", "reload"],
      ["/d/c2.crt", "other"],
    ]) {
      const told = stage.told("hooks-failed").filter(({ entries: [first] }) => first?.policy.paths.certificate === of);
      const times = stage.hooksAt.filter((_, index) => stage.hooks[index]?.words.includes(word ?? ""));
      expect(told.length).toBeGreaterThan(3);
      expect(told.map(({ count }) => count)).toEqual(told.map((_, index) => index + 1));
      expect(times.length).toBe(told.length);
      expect(times.slice(1)).toEqual(told.slice(0, -1).map(({ next }) => expect.closeTo(next.getTime(), -3)));
      expect(told.map(({ isNews }) => isNews).indexOf(true, 1)).toBe(-1);
    }
  });

  test("that fail are run at once for the next renewal, with all that is owed", async () => {
    const stage = new Stage(2, { hooks: hook("reload"), fromHour: 14 });
    const late = stage.entry(2, hook("reload"));
    stage.put("/d/c2.crt", 1);
    stage.plan = { ...(stage.plan as Plan), entries: [...(stage.plan as Plan).entries, late] };
    stage.owe("/d/c2.crt", generationOf(1).leaf.serial);
    stage.hookStatus = 1;
    await stage.run(17);
    const [first] = stage.requests;
    const told = stage.told("hooks-failed");
    const last = told.at(-1);
    expect(first).toBeDefined();
    expect(stage.hooksAt.some((time) => time > (first ?? 0) && time < (first ?? 0) + 1000)).toBe(true);
    expect(last?.entries.length).toBe(3);
    expect(last?.count).toBe(told.length);
  });

  test("that are shared no more after SIGHUP are run for the one that is left", async () => {
    for (const status of [0, 1]) {
      const stage = new Stage(2, soon);
      for (const file of ["/d/c0.crt", "/d/c1.crt"]) stage.owe(file);
      stage.hookStatus = 1;
      const alone = () => {
        stage.hookStatus = status;
        stage.hooks.length = 0;
        stage.hooksAt.length = 0;
        stage.reload((entries) => entries.slice(0, 1));
      };
      const mend = () => {
        stage.hookStatus = 0;
      };
      await stage.run(6, [
        [2, alone],
        [4, mend],
      ]);
      expect(stage.hooks[0]).toMatchObject({ env: { RENEW_CERT: "/d/c0.crt" } });
      expect(hoursOf(stage.hooksAt[0] ?? 0)).toBe(2);
      expect(stage.hooks.length > 1).toBe(status === 1);
      expect(["/d/c0.crt", "/d/c1.crt"].map((file) => stage.isOwed(file))).toEqual([false, true]);
      expect(stage.told("renewed")).toEqual([]);
    }
  });

  test("that were one's own before SIGHUP are not forgotten when it shares them", async () => {
    const stage = new Stage(1, soon);
    const second = stage.entry(1, hook("reload"));
    stage.owe("/d/c0.crt");
    stage.hookStatus = 1;
    const share = () => {
      stage.hooks.length = 0;
      stage.reload((entries) => [...entries, second]);
    };
    const mend = () => {
      stage.hookStatus = 0;
    };
    await stage.run(6, [
      [2, share],
      [4, mend],
    ]);
    expect(stage.hooks[0]?.env).toMatchObject({ RENEW_CERT: "/d/c0.crt", RENEW_COUNT: "1" });
    expect(stage.isOwed("/d/c0.crt")).toBe(false);
    expect(stage.told("hooks-failed")[0]).toMatchObject({ isNews: false });
  });

  test("that have failed are run at once after SIGHUP, and no more once they have succeeded", async () => {
    const stage = new Stage(3, soon);
    stage.owe("/d/c1.crt");
    stage.hookStatus = 1;
    const mend = () => {
      stage.hookStatus = 0;
      stage.hooksAt.length = 0;
      stage.reload((entries) => entries);
    };
    await stage.run(6, [[3.9, mend]]);
    expect(stage.hooksAt.map(hoursOf)).toEqual([3.9]);
    expect(stage.isOwed("/d/c1.crt")).toBe(false);
  });

  test("that fail are part of the state, and it is told once they have succeeded", async () => {
    const stage = new Stage(3, soon);
    for (const file of ["/d/c0.crt", "/d/c2.crt"]) stage.owe(file);
    stage.hookStatus = 1;
    const ask = () => stage.handlers.get("SIGUSR1")?.();
    const mend = () => {
      stage.hookStatus = 0;
    };
    await stage.run(6, [
      [2, ask],
      [2.5, mend],
      [5, ask],
    ]);
    const [before, after] = stage.told("state");
    const until = stage.events.slice(
      0,
      stage.events.findIndex(({ event }) => event === "state"),
    );
    const tries = until.filter(({ event }) => event === "hooks-failed").length;
    expect(before?.failing.map(({ entry, failure, others }) => [entry, failure.code, others])).toEqual([
      [(stage.plan as Plan).entries[0], "HOOK_FAILED", 1],
    ]);
    expect(tries).toBeGreaterThan(1);
    expect(before?.failing[0]?.count).toBe(tries);
    expect(after?.failing).toEqual([]);
    const settled = stage
      .told("hooks-settled")
      .map(({ entries }) => entries.map(({ policy }) => policy.paths.certificate));
    expect(settled).toEqual([["/d/c0.crt", "/d/c2.crt"]]);
  });

  test("what follows a renewal and succeeds is no news; what one alone had owed is", async () => {
    const calm = new Stage(3, { hooks: hook("reload") });
    await calm.run(17);
    expect([calm.hooks.length, calm.told("hooks-settled")]).toEqual([1, []]);
    const alone = new Stage(1, soon);
    alone.owe("/d/c0.crt");
    await alone.run(2);
    expect(alone.told("hooks-settled")).toEqual([
      { event: "hooks-settled", entries: [(alone.plan as Plan).entries[0]] },
    ]);
  });

  test("that fail for one that the list has no more are forgotten", async () => {
    const stage = new Stage(3, soon);
    stage.owe("/d/c2.crt");
    stage.hookStatus = 1;
    await stage.run(6, [[2, () => stage.reload((entries) => entries.slice(0, 2))]]);
    expect(Math.max(...stage.hooksAt.map(hoursOf))).toBeLessThan(2);
    expect(stage.isOwed("/d/c2.crt")).toBe(true);
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
    expect(stage.told("reloaded")).toEqual([{ event: "reloaded", entries: 3, added: 1, changed: 0, gone: 1, kept: 0 }]);
    expect(stage.requests.every((time) => hoursOf(time) > 14)).toBe(true);
    expect(
      stage
        .told("renewed")
        .map(({ entry }) => entry.policy.paths.certificate)
        .sort(),
    ).toEqual(["/d/c1.crt", "/d/c2.crt", "/d/c3.crt"]);
  });

  test("SIGHUP with other settings for the same certificates: they are changed, and go by what is said now", async () => {
    const stage = new Stage(3);
    await stage.run(12, [
      [
        1,
        () => {
          const { entries, ...rest } = stage.plan as Plan;
          const window = { kind: "duration" as const, ms: 14 * hour };
          const changed = entries.map(({ policy, ...entry }) => ({ ...entry, policy: { ...policy, window } }));
          stage.plan = { ...rest, entries: [...changed.slice(1), stage.entry(3)] };
          stage.handlers.get("SIGHUP")?.();
        },
      ],
    ]);
    expect(stage.told("reloaded")).toEqual([{ event: "reloaded", entries: 3, added: 1, changed: 2, gone: 1, kept: 0 }]);
    const renewed = stage.told("renewed").map(({ entry }) => entry.policy.paths.certificate);
    expect(renewed.sort()).toEqual(["/d/c1.crt", "/d/c2.crt"]);
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
