/** What is promised of a pair after a fault, and what of the next run: a list of what is broken of it, empty when it is kept. */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import type { Ran } from "../program.ts";
import { type Found, find, isKey, put, renews, type Scene } from "./pair.ts";
import { spawned } from "./strace.ts";
import type { Errno, Story, Struck } from "./strike.ts";

export type Ended = Pick<Struck, "scene" | "ran">;

/** After SIGKILL, as after a crash: the old pair or the new one, or both beside each other for the next run to settle. */
export async function afterKill({ scene, ran }: Struck, story: Story): Promise<string[]> {
  const found = await find(scene);
  return [
    ...(ran.signal === "SIGKILL" ? [] : [`not killed, but ended with ${ran.exit}: ${ran.stderr}`]),
    ...found.wrong,
    ...(await works(scene, found, "after it")),
    ...(await nextRun(scene, story, found)),
  ];
}

/** A disk that refuses something: the new pair, or the old one and an exit status and words that say so. */
export async function afterError(
  { scene, ran }: Ended,
  { story, errno, mend }: { story: Story; errno: Errno; mend?(): Promise<void> },
): Promise<string[]> {
  const found = await find(scene);
  const words = wordsFit(scene, ran, found, { errno, isRepair: story.isRepair === true });
  await mend?.();
  return [
    ...found.wrong,
    ...(await works(scene, found, "after it")),
    ...words,
    ...(await nextRun(scene, story, found)),
  ];
}

const exitOf = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 } as const;

/** Nothing was changed and the exit status says which signal, or all was done; and nothing is left either way. */
export async function afterSignal(
  { scene, ran }: Ended,
  signal: keyof typeof exitOf,
  allowed: "old" | "either",
): Promise<string[]> {
  const { state, leftovers, wrong } = await find(scene);
  const isDone = state === "new" && ran.exit === 0 && allowed === "either";
  const isFit = (state === "old" && ran.exit === exitOf[signal]) || isDone;
  return [
    ...wrong,
    ...(isFit ? [] : [`the pair is ${state}, and the exit status ${ran.exit ?? ran.signal}: ${ran.stderr}`]),
    ...(leftovers.length === 0 ? [] : [`left: ${leftovers.join(", ")}`]),
  ];
}

/** The pair is gone with its folder, by somebody else's hand: it is not said to be there, and once it is, all is well. */
export async function afterRemoval({ scene, ran }: Ended, story: Story): Promise<string[]> {
  const { error }: Said = JSON.parse(ran.stdout);
  const text = error?.rendered.replace(/\s+/g, " ") ?? "";
  mkdirSync(scene.folder, { recursive: true });
  put(scene);
  return [
    ...(ran.exit === 73 && text.includes("system error ENOENT") ? [] : [`exit ${ran.exit}: ${text}`]),
    ...(/state: .*unchanged/.test(text) ? [`the pair is gone, and it says: ${text}`] : []),
    ...(await nextRun(scene, story, await find(scene))),
  ];
}

async function works(scene: Scene, { state }: Found, when: string): Promise<string[]> {
  if (state === "lost") return [`${when}, neither the old pair nor the new one is there`];
  if (state === "unsettled" || (await renews(scene, state === "old"))) return [];
  return [`${when}, the ${state} pair does not renew`];
}

/** Without a fault: it settles what it finds, says so in a line, renews, and leaves one good pair and nothing else. */
async function nextRun(scene: Scene, story: Story, before: Found): Promise<string[]> {
  const ran = await spawned([...scene.within, ...story.words(scene)], { cwd: scene.home });
  const lines = ran.stderr.split("\n").filter((line) => line !== "");
  if (ran.exit !== 0) return [`the next run ended with ${ran.exit}: ${ran.stderr}`];
  const after = await find(scene);
  return [
    ...(before.state === "unsettled" && !lines.some((line) => line.includes("interrupted run"))
      ? [`the next run did not say what it has settled: ${ran.stderr}`]
      : []),
    ...(lines.length > 2 ? [`the next run said more than was asked: ${ran.stderr}`] : []),
    ...(after.state === "new" ? await works(scene, after, "after the next run") : [`then the pair was ${after.state}`]),
    ...after.wrong,
    ...(after.leftovers.length === 0 ? [] : [`the next run left ${after.leftovers.join(", ")}`]),
  ];
}

interface Said {
  error: { code: string; why: string; rendered: string; state: { changed: boolean } } | null;
}

/** The exit status, the step, the system's error, and the state of the files, as they are. */
function wordsFit(
  scene: Scene,
  ran: Ran,
  { state, leftovers }: Found,
  { errno, isRepair }: { errno: Errno; isRepair: boolean },
): string[] {
  if (ran.exit === 0) return state === "new" ? [] : [`exit 0, and the pair is ${state}`];
  if (ran.exit !== 73) return [`exit ${ran.exit ?? ran.signal}: ${ran.stdout}${ran.stderr}`];
  if (ran.stdout === "") return []; // its own words cannot be written either
  const { error }: Said = JSON.parse(ran.stdout);
  if (error === null) return ["exit 73 without an error"];
  const { code, why, rendered } = error;
  const text = rendered.replace(/\s+/g, " ");
  const keys = leftovers.filter((name) => isKey(join(scene.held.folder, name)));
  return [
    ...(code === "CANNOT_WRITE" ? [] : [`${code} where CANNOT_WRITE is meant`]),
    ...(/The step that failed: \w/.test(why) ? [] : [`it does not say which step failed: ${why}`]),
    ...(text.includes(`system error ${errno}`) ? [] : [`it does not say ${errno}: ${text}`]),
    ...((isRepair ? stateSaidOfRepair : stateSaid)[state].test(text)
      ? []
      : [`the pair is ${state}, and it says: ${/state: .*/.exec(text)?.[0]}`]),
    ...keys
      .filter((name) => !ran.stdout.includes(name) && state !== "unsettled")
      .map((name) => `${name}, a private key, is left, and not named`),
  ];
}

/** Where a disk fails twice in the middle of a switch, nobody knows what it has: that is said, too. */
const unsure = "may be half new and half old|one may be new and one old";

/** What is said of the pair is true of it; */
const stateSaid: Record<Found["state"], RegExp> = {
  old: new RegExp(`state: .*(is unchanged|${unsure})`),
  new: new RegExp(`state: .*(is the new one|${unsure})`),
  unsettled: new RegExp(`state: .*(${unsure})`),
  lost: /^$/,
};
/** By a run that has found it half-way: what it has settled is what it calls unchanged then. */
const stateSaidOfRepair: Record<Found["state"], RegExp> = {
  old: /state: .*(is unchanged|is not finished)/,
  new: /state: .*(is unchanged|is the new one|is not finished)/,
  unsettled: /state: .*(nothing was changed|is not finished)/,
  lost: /^$/,
};
