/** One fault at one of the calls by which a program changes the folder of its pair. */
import { find, type Scene } from "./pair.ts";
import { type Call, type Traced, traced } from "./strace.ts";

export type Fault =
  | { signal: "SIGKILL" | "SIGINT" | "SIGTERM" | "SIGHUP" }
  /** `isLasting`: all later calls that such a disk refuses fail as well. */
  | { errno: Errno; isLasting: boolean };
export type Errno = "ENOSPC" | "EDQUOT" | "EIO" | "EROFS";

/** What is played again for each fault: a pair as it was, and a command. */
export interface Story {
  lay(): Promise<Scene>;
  words(scene: Scene): readonly string[];
  /** Where the program may do its work in any of its threads, and its files have names that are known. */
  only?(scene: Scene): readonly string[];
  /** An earlier run has left the pair half-way. */
  isRepair?: boolean;
}

export interface Plan {
  /** Of the thread that changes files, where the program has one for that. */
  calls: readonly Call[];
  /** Those that change something. */
  targets: readonly Call[];
}

/** Without a fault: which calls are there, and what are their numbers? */
export async function rehearse(story: Story): Promise<Plan> {
  const scene = await story.lay();
  const { ran, calls } = await playOn(scene, story, []);
  const { state } = await find(scene);
  await scene.end();
  const own = story.only === undefined ? ownOf(calls) : calls;
  const targets = changes(own);
  if (ran.exit !== 0 || state !== "new" || targets.length === 0)
    throw new Error(`does not work without a fault: exit ${ran.exit}, ${state}, ${ran.stderr}${ran.stdout}`);
  const programs = new Set(calls.filter(({ name }) => name === "execve").map(({ thread }) => thread));
  const others = changes(calls).filter((call) => !own.includes(call) && !programs.has(call.thread));
  if (others.length > 0) throw new Error("files are changed by several threads; this counts the calls of the first");
  return { calls: own, targets };
}

/** Those of the first thread. Not of programs that were started: what they fail at is theirs. */
function ownOf(calls: readonly Call[]): readonly Call[] {
  return calls.filter(({ thread }) => thread === calls[0]?.thread);
}

const changes = (calls: readonly Call[]) => calls.filter(({ isChanging }) => isChanging);

/**
 * A call's number is nearly always the same; write(2) is not, by which Node's threads wake each other, and a program with many
 * threads makes its calls in any of them. What was missed is laid out anew, and aimed at a little aside.
 */
const shifts = [0, 0, 1, -1, 0, -2, 2, -3];
const mostTries = 250;

/** Of a program with many threads, on a busy machine: its calls come in another order each time. */
export class Missed extends Error {}

export interface Struck extends Traced {
  scene: Scene;
}

export async function strike(story: Story, plan: Plan, target: Call, fault: Fault): Promise<Struck> {
  const at = plan.targets.indexOf(target);
  const numbers = shifts.map((shift) => target.nth + shift).filter((one) => one > 0);
  for (let tries = 0; tries < mostTries; tries++) {
    const number = numbers[tries % numbers.length] ?? target.nth;
    const scene = await story.lay();
    const faults = injections(plan, target, fault, number);
    const played = await playOn(scene, story, faults);
    const own = story.only === undefined ? ownOf(played.calls) : played.calls;
    const hit = own.find(({ isHit }) => isHit);
    if (hit?.name === target.name && changes(own).indexOf(hit) === at) return { ...played, scene };
    await scene.end();
  }
  throw new Missed(`could not hit ${nameOf(target)}`);
}

function playOn(scene: Scene, story: Story, faults: readonly string[]): Promise<Traced> {
  const only = story.only?.(scene) ?? [];
  const { within, home: cwd, folder } = scene;
  const isOfManyThreads = story.only !== undefined;
  return traced(story.words(scene), folder, { within, cwd, faults, only, isOfManyThreads });
}

/**
 * What such a disk refuses for good. Opening is not among it, as it may be for reading: a full disk is read well. Nor is
 * write(2), by which a program also speaks.
 */
const refused: Record<Errno, RegExp> = {
  ENOSPC: /^(pwrite|fsync|fdatasync|rename|link|mkdir)/,
  EDQUOT: /^(pwrite|fsync|fdatasync|rename|link|mkdir)/,
  EROFS: /^(pwrite|rename|unlink|link|f?chmod|f?chown|mkdir|symlink|ftruncate)/,
  EIO: /^(?!open|write)/,
};

function injections({ calls, targets }: Plan, target: Call, fault: Fault, number: number): string[] {
  if ("signal" in fault) return [`${target.name}:signal=${fault.signal}:when=${number}`];
  const refuse = (name: string, when: string) => `${name}:error=${fault.errno}:when=${when}`;
  const names = [...new Set(targets.map(({ name }) => name))].filter((name) => refused[fault.errno].test(name));
  const range = fault.isLasting && names.includes(target.name) ? "+" : "";
  const before = calls.slice(0, calls.indexOf(target));
  const others = fault.isLasting ? names.filter((name) => name !== target.name) : [];
  const later = others.map((name) => refuse(name, `${before.filter((call) => call.name === name).length + 1}+`));
  return [refuse(target.name, `${number}${range}`), ...later];
}

/** Which errors this call may meet on a real disk. */
export function errnosOf({ name }: Pick<Call, "name">): readonly Errno[] {
  if (/^(open|write|pwrite|rename|link|mkdir|symlink)/.test(name)) return ["ENOSPC", "EIO", "EDQUOT", "EROFS"];
  if (/sync$/.test(name)) return ["EIO", "ENOSPC", "EDQUOT"];
  return ["EIO", "EROFS"];
}

/** As it can be told: the names that are made up each time are left out. */
export function nameOf({ name, text }: Pick<Call, "name" | "text">): string {
  const paths = [...text.replace(/AT_FDCWD<[^>]*>/g, "").matchAll(/["<](\/[^">]*)[">]/g)];
  const files = paths.map(([, path = ""]) => path.split("/").at(-1));
  return `${name}(${[...new Set(files)].join(", ")})`;
}
