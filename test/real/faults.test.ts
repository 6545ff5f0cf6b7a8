/**
 * The built program, killed before each call that changes something in the folder of its pair, refused each of them by the
 * disk, and interrupted at each; and the same done to the real step beside it.
 */
import { mkdtempSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createAuthority } from "../../src/dev-ca/authority.ts";
import { lay, layMounted, type Scene } from "../support/crash/pair.ts";
import { afterError, afterKill, afterSignal } from "../support/crash/promise.ts";
import { mountIsMissing } from "../support/crash/space.ts";
import { straceIsMissing } from "../support/crash/strace.ts";
import { errnosOf, nameOf, type Plan, rehearse, type Story, strike } from "../support/crash/strike.ts";
import { bin } from "../support/program.ts";
import { realBinary, type StepCa, startStepCa } from "../support/step-ca.ts";

const missing = straceIsMissing() ?? (realBinary("step-ca-v0.30.2") === undefined ? "no step-ca v0.30.2" : null);
if (missing !== null) console.log(`left out, faults at each write step: ${missing}`);
const noMount = mountIsMissing();
if (missing === null && noMount !== null) console.log(`left out, faults on mounts: ${noMount}`);

/** Node's start takes most of a run, and waits for nothing. */
const atOnce = 4;

describe.skipIf(missing !== null)("a fault at each write step", () => {
  const home = realpathSync(mkdtempSync(join(tmpdir(), "renew-faults-")));
  let ca: StepCa;
  beforeAll(async () => {
    ca = await startStepCa({ version: "v0.30.2", authority: await createAuthority({ intermediate: true, notBefore: new Date(Date.now() - 24 * 3_600_000) }) });
  });
  afterAll(async () => {
    await ca.close();
    rmSync(home, { recursive: true });
  });

  const command = (...words: string[]) => {
    return ({ crt, key }: Scene) => {
      const reach = ["--ca-url", ca.url, "--root", ca.rootFile];
      return [process.execPath, bin, ...words, "--force", "--json", ...reach, crt, key];
    };
  };
  const stories: Record<string, Story> = {
    "renew over mTLS": { lay: () => lay(ca, home), words: command() },
    "renew by token": { lay: () => lay(ca, home, { hasExpired: true }), words: command() },
    rekey: { lay: () => lay(ca, home), words: command("rekey") },
    ...(noMount === null && {
      "renew onto a mounted file": { lay: () => layMounted(ca, home), words: command() },
      "rekey onto a mounted file": { lay: () => layMounted(ca, home), words: command("rekey") },
    }),
  };

  describe.each(Object.keys(stories))("%s", (name) => {
    const story = stories[name] as Story;
    let plan: Plan;
    beforeAll(async () => {
      plan = await rehearse(story);
    });

    test("killed: the old pair or the new one, and the next run renews and tidies up", async () => {
      const broken = await inParallel(plan.targets, async (target) => {
        const struck = await strike(story, plan, target, { signal: "SIGKILL" });
        const problems = await afterKill(struck, story);
        await struck.scene.end();
        return problems.map((problem) => `killed at ${nameOf(target)}: ${problem}`);
      });
      expect(broken).toEqual([]);
    }, 120_000);

    test.each([false, true])("refused by the disk, for good: %s", async (isLasting) => {
      const faults = plan.targets.flatMap((target) => errnosOf(target).map((errno) => ({ target, errno })));
      const broken = await inParallel(faults, async ({ target, errno }) => {
        const struck = await strike(story, plan, target, { errno, isLasting });
        const problems = await afterError(struck, story, errno);
        await struck.scene.end();
        return problems.map((problem) => `${errno} at ${nameOf(target)}: ${problem}`);
      });
      expect(broken).toEqual([]);
    }, 120_000);

    test.each(["SIGINT", "SIGTERM", "SIGHUP"] as const)("interrupted by %s", async (signal) => {
      const broken = await inParallel(plan.targets, async (target) => {
        const struck = await strike(story, plan, target, { signal });
        const problems = await afterSignal(struck, signal);
        await struck.scene.end();
        return problems.map((problem) => `${signal} at ${nameOf(target)}: ${problem}`);
      });
      expect(broken).toEqual([]);
    }, 120_000);
  });
});

/** All that is returned, in order. */
async function inParallel<T>(items: readonly T[], work: (item: T) => Promise<string[]>): Promise<string[]> {
  const found: string[][] = [];
  const left = items.map((item, index) => ({ item, index }));
  const worker = async () => {
    for (let next = left.shift(); next !== undefined; next = left.shift()) found[next.index] = await work(next.item);
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
  return found.flat();
}
