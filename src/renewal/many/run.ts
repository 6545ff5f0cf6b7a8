/**
 * Many certificates renewed in one run. First every entry is looked at, and nothing is asked of any CA while one of them is
 * broken; then what is due is renewed, a few at once, each by the very code that renews one alone; then hooks that several share.
 */
import type { World } from "../../world.ts";
import { interruption, stopIfAsked } from "../interruption.ts";
import { renewOnce } from "../renew.ts";
import { Book } from "./book.ts";
import { foreseen, hooksForeseen } from "./foreseen.ts";
import { inLanes } from "./lanes.ts";
import { type Looked, lookAt, NamesBeside, policyOf } from "./look.ts";
import { failed, type Run, renewEntry } from "./one.ts";
import { Outages } from "./outages.ts";
import type { Entry, EntryResult, ManyProgress, Plan, RunOptions, Summary } from "./plan.ts";
import { SharedHooks } from "./shared-hooks.ts";
import { sharedWorld, Together } from "./together.ts";

/** While one waits for the disk and one for the CA, others go on; a CA on two cores gets no faster with more than four at once. */
export const usualConcurrency = 8;

/**
 * Never throws a failure of an entry: it is a result. Where something is broken and `keepGoing` is not set, what is due is
 * untouched, and nothing was asked of any CA or changed on the disk; a dry run says so as well.
 */
export async function runMany(
  plan: Plan,
  options: RunOptions,
  given: World,
  progress: ManyProgress = {},
): Promise<Summary> {
  const world = sharedWorld(given);
  const most = concurrencyOf(plan, options);
  const together = new Together(world, most);
  try {
    const run: Run = {
      world,
      together,
      progress,
      outages: new Outages(() => Number.POSITIVE_INFINITY),
      hooks: new SharedHooks(plan.entries),
      renew: renewOnce,
    };
    const looks = await lookAtAll(plan.entries, options, run);
    const book = new Book(plan, progress);
    for (const { origin, failure } of plan.broken) book.addBroken(origin, failure);
    const isBroken = plan.broken.length > 0 || looks.some(({ look }) => look.is === "broken");
    const isOver = isBroken && !options.keepGoing;
    if (options.dryRun) {
      const all: EntryResult[] = [];
      for (const looked of looks) all.push(await foreseen(looked, isOver, world));
      for (const [index, one] of all.entries()) book.add(index, one);
      return book.summary(hooksForeseen(all, world));
    }
    for (const { entry, index, look } of looks) {
      if (look.is === "broken") book.add(index, failed(entry, look.failure, look.leaf));
      else if (look.is === "fresh")
        book.add(index, { entry, result: "not-due", leaf: look.leaf, from: look.from, forms: [] });
      else if (isOver) book.add(index, { entry, result: "untouched", leaf: look.leaf });
    }
    if (isOver) return book.summary([]);
    await renewAll(looks, { run, book, most });
    const settled = await run.hooks.settle(world, progress);
    return book.summary(settled.flatMap(({ failure }) => failure ?? []));
  } finally {
    together.close();
  }
}

export function concurrencyOf(plan: Pick<Plan, "concurrency">, options: Pick<RunOptions, "concurrency">): number {
  return options.concurrency ?? plan.concurrency ?? usualConcurrency;
}

/** Signals are heard only between two turns of the event loop. */
const looksOfOneTurn = 256;

interface Numbered extends Looked {
  readonly index: number;
}

async function lookAtAll(
  entries: readonly Entry[],
  options: RunOptions,
  { world, together }: Run,
): Promise<Numbered[]> {
  const names = new NamesBeside(world.fs);
  const looks: Numbered[] = [];
  let due = 0;
  for (const [index, entry] of entries.entries()) {
    if (index % looksOfOneTurn === looksOfOneTurn - 1) await world.sleep(0);
    stopIfAsked(world);
    const policy = policyOf(entry, options, world);
    const look = await lookAt(policy, { together, world, names, isThorough: options.dryRun });
    looks.push({ entry, index, policy, look });
    if (look.is === "due") due++;
    if (!options.dryRun) together.expect(due);
  }
  return looks;
}

/** What is due, and what an earlier run has left. Whatever is not begun when the end is asked for is a result all the same. */
async function renewAll(
  looks: readonly Numbered[],
  { run, book, most }: { run: Run; book: Book; most: number },
): Promise<void> {
  const { world, hooks } = run;
  const open = looks.filter(({ look }) => look.is === "due" || look.is === "left");
  world.fs.learnAttributes(open.map(({ entry: { policy } }) => policy.out ?? policy.paths.certificate));
  await inLanes(open, { most, isOver: () => world.signal.aborted }, async ({ entry, index, policy, look }) => {
    book.add(index, await renewEntry(entry, { policy, leaf: look.leaf }, run));
    if (look.is === "left") hooks.addOwed(entry, world);
  });
  for (const { entry, index, look } of open)
    if (!book.has(index)) book.add(index, { ...failed(entry, interruption(world), look.leaf), untried: true });
}
