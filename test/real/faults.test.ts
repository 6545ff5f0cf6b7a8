/**
 * The built program, killed before each call that changes something in the folder of its pair, refused each of them by the
 * disk, and interrupted at each; disks that are full, turn read-only or lose the folder; and the same done to the real step.
 * What came of it is the table of docs/reliability.md: `npx vitest run --config vitest.real.config.ts test/real/faults.test.ts -u`
 * writes it, when RENEW_FAULTS=all has tried everything. Without that, some of it is tried, and has to be what the page says.
 */
import { mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync, statfsSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createAuthority } from "../../src/dev-ca/authority.ts";
import { type Deed, deeds, type FaultName, faults, Ledger, pageWith } from "../support/crash/page.ts";
import { type Disk, lay, layMounted, layOnDisk, type Scene } from "../support/crash/pair.ts";
import { afterError, afterKill, afterRemoval, afterSignal } from "../support/crash/promise.ts";
import { relay } from "../support/crash/relay.ts";
import { mountIsMissing } from "../support/crash/space.ts";
import { fateOf } from "../support/crash/step.ts";
import { spawned, straceIsMissing } from "../support/crash/strace.ts";
import {
  type Errno,
  errnosOf,
  type Fault,
  Missed,
  nameOf,
  type Plan,
  rehearse,
  type Story,
  strike,
} from "../support/crash/strike.ts";
import { program, root } from "../support/program.ts";
import { realBinary, type StepCa, startStepCa } from "../support/step-ca.ts";

const noCa = realBinary("step-ca-v0.30.2") === undefined ? "there is no step-ca v0.30.2" : null;
const noTrace = straceIsMissing();
const noMount = mountIsMissing();
const step = realBinary("step-v0.30.6");
const missing = [noCa, noTrace, noMount, step === undefined ? "there is no step v0.30.6" : null].filter(
  (one) => one !== null,
);
if (missing.length > 0) console.log(`of the faults, some are left out: ${missing.join("; ")}`);

/** Node's start takes most of a run, and waits for nothing. */
const atOnce = 4;
/** What comes after is a rekey like any other. */
const stepsOfRepair = 24;
const isWhole = process.env["RENEW_FAULTS"] === "all";
/** Of the table, where nothing was left out. */
const cells = 35;
/** What is tried each time; the rest is like it. */
const usual: Record<Deed, readonly FaultName[]> = {
  renew: ["killed", "once", "lasting", "signals"],
  token: ["killed"],
  mountedRenew: ["killed", "once"],
  rekey: ["killed", "once", "lasting", "signals"],
  mountedRekey: ["killed"],
  repair: ["killed", "once"],
};
/** By token, the steps are those of mTLS. */
const whole: readonly FaultName[] = ["killed", "once", "lasting", "signals"];
const triedAt = (deed: Deed): readonly FaultName[] =>
  !isWhole || deed === "token" || deed === "repair" ? usual[deed] : whole;
const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

describe.skipIf(noCa !== null)(
  "whatever happens to the disk or the program, there is a pair",
  { timeout: 300_000 },
  () => {
    const home = realpathSync(mkdtempSync(join(tmpdir(), "renew-faults-")));
    const ledger = new Ledger();
    let ca: StepCa;
    beforeAll(async () => {
      const began = new Date(Date.now() - 24 * 3_600_000);
      ca = await startStepCa({
        version: "v0.30.2",
        authority: await createAuthority({ intermediate: true, notBefore: began }),
      });
    });
    afterAll(async () => {
      await ca.close();
      rmSync(home, { recursive: true });
    });

    const layers: Record<Deed, () => Promise<Scene>> = {
      renew: () => lay(ca, home),
      token: () => lay(ca, home, { hasExpired: true }),
      mountedRenew: () => layMounted(ca, home),
      rekey: () => lay(ca, home),
      mountedRekey: () => layMounted(ca, home),
      repair: async () => {
        planOfRekey ??= rehearse(own("rekey"));
        const plan = await planOfRekey;
        const second = plan.targets.findLast(({ name }) => name.startsWith("rename"));
        if (second === undefined) throw new Error("rekey renames nothing");
        return (await strike(own("rekey"), plan, second, { signal: "SIGKILL" })).scene;
      },
    };
    let planOfRekey: Promise<Plan> | undefined;
    const isRekey = (deed: Deed) => /rekey|repair/i.test(deed);
    const isMounted = (deed: Deed) => deed.startsWith("mounted");

    function own(deed: Deed, url = ca.url): Story {
      const command = isRekey(deed) ? ["rekey"] : [];
      const words = ({ crt, key }: Scene) => {
        const reach = ["--ca-url", url, "--root", ca.rootFile];
        return [...program, ...command, "--force", "--json", ...reach, crt, key];
      };
      return { lay: layers[deed], words, isRepair: deed === "repair" };
    }

    function steps(deed: Deed, url = ca.url): Story {
      const words = ({ crt, key }: Scene) => {
        const reach = ["--ca-url", url, "--root", ca.rootFile];
        return [step ?? "", "ca", isRekey(deed) ? "rekey" : "renew", "--force", ...reach, crt, key];
      };
      return { lay: layers[deed], words, only: ({ crt, key }) => [crt, key] };
    }

    /** Enters what came of each, and tells what is broken. */
    async function settle<T>(
      [deed, fault]: [Deed, FaultName],
      cases: readonly T[],
      play: (one: T) => Promise<{ at: string; problems: readonly string[] }>,
    ): Promise<void> {
      const fates = await inParallel(cases, play);
      ledger.enter(
        "renew",
        deed,
        fault,
        fates.map(({ problems }) => (problems.length > 0 ? "broken" : "")),
      );
      expect(fates.flatMap(({ at, problems }) => problems.map((problem) => `${at}: ${problem}`))).toEqual([]);
    }

    describe.skipIf(noTrace !== null).each(Object.keys(deeds) as Deed[])("at each step of %s", (deed) => {
      const isHere = !isMounted(deed) || noMount === null;
      let plan: Plan;
      beforeAll(async () => {
        if (isHere) plan = await rehearse(own(deed));
        if (deed === "repair") plan = { ...plan, targets: plan.targets.slice(0, stepsOfRepair) };
      });
      /** All of them, or one in its turn. */
      const some = <T>(all: readonly T[], index: number, shift: number): readonly T[] =>
        isWhole ? all : [all[(index + shift) % all.length] as T];
      const isTried = (fault: FaultName) => isHere && triedAt(deed).includes(fault);

      test.runIf(isTried("killed"))(faults.killed, async () => {
        const story = own(deed);
        const targets = plan.targets.filter((_, index) => isWhole || !isMounted(deed) || index % 2 === 0);
        await settle([deed, "killed"], targets, async (target) => {
          const struck = await strike(story, plan, target, { signal: "SIGKILL" });
          const problems = await afterKill(struck, story);
          await struck.scene.end();
          return { at: `killed at ${nameOf(target)}`, problems };
        });
      });

      const refusals = (["once", "lasting"] as const).filter(isTried);
      test.each(refusals)("refused by the disk, %s", async (how) => {
        const story = own(deed);
        const isLasting = how === "lasting";
        const targets = plan.targets.filter((_, index) => isWhole || !isLasting || index % 2 === 0);
        const cases = targets.flatMap((target, index) =>
          some(errnosOf(target), index, isLasting ? 1 : 0).map((errno) => ({ target, errno })),
        );
        await settle([deed, how], cases, async ({ target, errno }) => {
          const struck = await strike(story, plan, target, { errno, isLasting });
          const problems = await afterError(struck, { story, errno });
          await struck.scene.end();
          return { at: `${errno} at ${nameOf(target)}`, problems };
        });
      });

      test.runIf(isTried("signals"))(faults.signals, async () => {
        const story = own(deed);
        // Where the pair is read, too: nothing has begun then.
        const reads = plan.calls.filter(({ name, text, isChanging }) => !isChanging && isOfPair(name, text));
        const targets = plan.calls.filter((call) => reads.includes(call) || plan.targets.includes(call));
        const cases = targets.flatMap((target, index) => some(signals, index, 0).map((signal) => ({ target, signal })));
        await settle([deed, "signals"], cases, async ({ target, signal }) => {
          const struck = await strike(story, plan, target, { signal });
          const isEarly = reads.includes(target) && target.nth < (plan.targets[0]?.nth ?? 0);
          const problems = await afterSignal(struck, signal, isEarly ? "old" : "either");
          await struck.scene.end();
          return { at: `${signal} at ${nameOf(target)}`, problems };
        });
      });
    });

    describe.each(["renew", "rekey"] as const)("while the CA is asked by %s", (deed) => {
      test("a signal ends the run, and nothing has changed", async () => {
        await settle([deed, "signals"], signals, async (signal) => {
          const scene = await layers[deed]();
          let child = 0;
          const between = await relay(ca, () => {
            process.kill(child, signal);
            return new Promise(() => undefined);
          });
          const onStart = (pid: number) => {
            child = pid;
          };
          const ran = await spawned(own(deed, between.url).words(scene), { cwd: home, onStart });
          await between.close();
          const problems = await afterSignal({ scene, ran }, signal, "old");
          await scene.end();
          return { at: signal, problems };
        });
      });

      test(faults.removed, async () => {
        await settle([deed, "removed"], [0], async () => {
          const scene = await layers[deed]();
          const between = await relay(ca, () => rmSync(scene.folder, { recursive: true, force: true }));
          const ran = await spawned(own(deed, between.url).words(scene), { cwd: home });
          await between.close();
          const problems = await afterRemoval({ scene, ran }, own(deed));
          await scene.end();
          return { at: "removed", problems };
        });
      });

      test.runIf(noMount === null)(faults.readOnly, async () => {
        await settle([deed, "readOnly"], [0], async () => {
          const disk = await layOnDisk(ca, home);
          const between = await relay(ca, () => disk.remount("ro"));
          const ran = await spawned([...disk.scene.within, ...own(deed, between.url).words(disk.scene)], { cwd: home });
          await between.close();
          const mend = () => disk.remount("rw");
          const problems = await afterError({ scene: disk.scene, ran }, { story: own(deed), errno: "EROFS", mend });
          await disk.scene.end();
          return { at: "read-only", problems };
        });
      });

      test.runIf(noMount === null)(faults.full, async () => {
        await settle([deed, "full"], ["blocks", "inodes"] as const, async (what) => {
          const problems: string[] = [];
          for (let room = 0, isEnough = false; !isEnough; room++) {
            const disk = await layOnDisk(ca, home);
            const fill = fillUp(disk, what, room);
            const ran = await spawned([...disk.scene.within, ...own(deed).words(disk.scene)], { cwd: home });
            isEnough = ran.exit === 0;
            const mend = async () => fill.remove();
            const found = await afterError({ scene: disk.scene, ran }, { story: own(deed), errno: "ENOSPC", mend });
            problems.push(...found.map((problem) => `room for ${room}: ${problem}`));
            await disk.scene.end();
            if (room > 30) throw new Error("a disk that is never large enough");
          }
          return { at: what, problems };
        });
      });
    });

    describe.skipIf(step === undefined).each(["renew", "rekey"] as const)("step ca %s, beside it", (deed) => {
      test.runIf(noTrace === null)("at each step", async () => {
        const story = steps(deed);
        const plan = await rehearse(story);
        const enter = async (name: FaultName, faultsOf: (target: Plan["targets"][number]) => readonly Fault[]) => {
          const cases = plan.targets.flatMap((target) => faultsOf(target).map((fault) => ({ target, fault })));
          const fates = await inParallel(cases, async ({ target, fault }) => {
            const { scene } = await strike(story, plan, target, fault);
            const fate = await fateOf(scene, story);
            await scene.end();
            return fate;
          });
          ledger.enter("step", deed, name, fates);
        };
        /** What step does is not ours to prove: a call of it that cannot be hit leaves its cell empty, and is said. */
        const unlessMissed = (error: unknown) => {
          if (!(error instanceof Missed)) throw error;
          console.log(`of step ca ${deed}, a row is left out: ${error.message}`);
        };
        await enter("killed", () => [{ signal: "SIGKILL" }]).catch(unlessMissed);
        const errors = (target: Plan["targets"][number]) =>
          errnosOf(target).map((errno: Errno) => ({ errno, isLasting: false }));
        await enter("once", errors).catch(unlessMissed);
        await enter("signals", () => signals.map((signal) => ({ signal }))).catch(unlessMissed);
      });

      test.runIf(noMount === null)("on a disk that is full, and on one that turns read-only", async () => {
        const full = await inParallel(["blocks", "inodes"] as const, async (what) => {
          const disk = await layOnDisk(ca, home);
          const fill = fillUp(disk, what, 0);
          await spawned([...disk.scene.within, ...steps(deed).words(disk.scene)], { cwd: home });
          const fate = await fateOf(disk.scene, steps(deed), async () => fill.remove());
          await disk.scene.end();
          return fate;
        });
        ledger.enter("step", deed, "full", full);
        const disk = await layOnDisk(ca, home);
        const between = await relay(ca, () => disk.remount("ro"));
        await spawned([...disk.scene.within, ...steps(deed, between.url).words(disk.scene)], { cwd: home });
        await between.close();
        ledger.enter("step", deed, "readOnly", [await fateOf(disk.scene, steps(deed), () => disk.remount("rw"))]);
        await disk.scene.end();
      });
    });

    // Last, as it needs all the others; what was left out, by this machine or by a name, cannot be held to the page.
    test("the table is the one in docs/reliability.md", async () => {
      const table = ledger.table();
      console.log(table);
      const file = join(root, "docs/reliability.md");
      if (isWhole && missing.length === 0 && ledger.size === cells)
        await expect(pageWith(table, file)).toMatchFileSnapshot(file);
      const rows = readFileSync(file, "utf8").split("\n");
      const isKnown = (row: string) => rows.some((one) => one.startsWith(row.replace(/– \|$/, "")));
      if (missing.length === 0) expect(table.split("\n").filter((row) => row !== "" && !isKnown(row))).toEqual([]);
    });
  },
);

function isOfPair(name: string, text: string): boolean {
  return name === "openat" && /\/web\.(crt|key)"/.test(text);
}

/** Leaves room for so many more blocks, or files. */
function fillUp({ top }: Disk, what: "blocks" | "inodes", room: number): { remove(): void } {
  const filler = join(top, "filler");
  const { bfree, bsize, ffree } = statfsSync(top);
  const count = what === "blocks" ? 1 : ffree - room;
  const bytes = Buffer.alloc(what === "blocks" ? (bfree - room) * bsize : 0);
  for (let index = 0; index < count; index++) writeFileSync(`${filler}-${index}`, bytes);
  return {
    remove() {
      for (const name of readdirSync(top)) if (name.startsWith("filler")) rmSync(join(top, name));
    },
  };
}

/** All that is returned, in order. */
async function inParallel<T, R>(items: readonly T[], work: (item: T) => Promise<R>): Promise<R[]> {
  const found: R[] = [];
  const left = items.map((item, index) => ({ item, index }));
  const worker = async () => {
    for (let next = left.shift(); next !== undefined; next = left.shift()) found[next.index] = await work(next.item);
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
  return found;
}
