/** The story of one way back: a pair that is kept, put in its place again as one. No CA takes part, and no network. */
import { Failure, isFailure } from "../failure/failure.ts";
import { relative } from "../failure/time.ts";
import { type Goal, isUnchanged, step } from "../files/goal.ts";
import { install } from "../files/install.ts";
import { mostBackups } from "../files/names.ts";
import { complete, prepare } from "../files/pair.ts";
import { sweep } from "../files/repair.ts";
import type { FileSystem } from "../files/system.ts";
import type { Certificate } from "../pki/certificate.ts";
import type { World } from "../world.ts";
import { askConsent } from "./consent.ts";
import { factsOf, follow as followed, type Hooked, type Hooks, owingWhile } from "./hooks.ts";
import { stopIfAsked } from "./interruption.ts";
import { keepPair, tidy } from "./keep.ts";
import type { Backup } from "./kept.ts";
import { Turn, type TurnProgress } from "./turn.ts";
import { nextStep, type Step, type Wish } from "./way-back.ts";

export interface RollbackPolicy extends Wish {
  /** Everything but the change itself. */
  readonly isDry: boolean;
  readonly lockTimeoutMs: number;
  readonly hooks: Hooks | null;
}

export interface RolledBack {
  readonly outcome: "rolled-back" | "would-roll-back";
  readonly leaf: Certificate;
  /** What was there before; null where that was no pair that worked, and so is not kept. */
  readonly previous: Certificate | null;
  readonly isKeyReplaced: boolean;
}

export interface RollbackProgress extends TurnProgress {
  /** The certificate that is there, where it can be read. */
  loaded?(leaf: Certificate): void;
  chose?(backup: Backup): void;
  installed?(leaf: Certificate): void;
}

/** Goes back once. Nothing has changed unless this resolves with "rolled-back", or fails with HOOK_FAILED. */
export function rollBack(policy: RollbackPolicy, world: World, progress: RollbackProgress = {}): Promise<RolledBack> {
  return withoutCa(rollBackInTurn(policy, world, progress));
}

async function rollBackInTurn(policy: RollbackPolicy, world: World, progress: RollbackProgress): Promise<RolledBack> {
  const { paths, hooks, lockTimeoutMs } = policy;
  const files = [paths.certificate, paths.key];
  const longestMs = (hooks?.execTimeoutMs ?? 0) + 60_000;
  const turn = new Turn({ certificate: paths.certificate, files, lockTimeoutMs, longestMs }, world, progress);
  return turn.during(async () => {
    if (!policy.isDry) await turn.begin();
    const next = await nextStep(policy, turn.token, world, progress);
    const { leaf, previous, key } = next;
    if (policy.isDry) return { outcome: "would-roll-back", leaf, previous, isKeyReplaced: key !== null };
    await mayReplace(next, policy, world);
    await turn.take();
    stopIfAsked(world);
    const hooked = hooks && { hooks, certificateFile: paths.certificate, keyFile: paths.key };
    await replace(next, hooked, world);
    turn.sweepDead();
    progress.installed?.(leaf);
    await followed(hooked, factsOf(leaf, previous, "rollback"), "rolled back", world);
    return { outcome: "rolled-back", leaf, previous, isKeyReplaced: key !== null };
  });
}

/** One question, before anything changes. */
async function mayReplace({ certificate, key, leaf }: Step, { force }: RollbackPolicy, world: World): Promise<void> {
  const there = [certificate, key?.goal].flatMap((goal) => (goal && goal.before !== null ? [goal.target.named] : []));
  if (there.length === 0 || force) return;
  const [file = "", other] = there;
  const facts = { file, ...(other !== undefined && { other }), operation: "rollback" as const };
  const now = world.now();
  const end = `${leaf.notAfter >= now ? "ends" : "ended"} ${relative(leaf.notAfter, now)}`;
  await askConsent(`${there.join(" and ")} with the backup that ${end}`, facts, world);
}

/** What is replaced becomes a backup first. Throws TARGET_CHANGED and CANNOT_WRITE: then all is as it was. */
async function replace(next: Step, hooked: Hooked | null, world: World): Promise<void> {
  const { certificate, key, bytes, leaf, previous, keyPath } = next;
  const { fs } = world;
  refuseIfReplaced([certificate, ...(key === null ? [] : [key.goal])], fs);
  if (previous !== null)
    keepOr(certificate, () => keepPair({ certificate, key: key?.goal ?? null }, true, previous, fs));
  try {
    await owingWhile(hooked, factsOf(leaf, previous, "rollback"), world, () => {
      if (key === null) install(certificate, bytes, fs);
      else complete(prepare({ certificate, key: key.goal }, key.bytes, fs), bytes, fs);
    });
  } catch (error) {
    // What was to be put in place is kept under its own name.
    const isUnfinished = isFailure(error, "CANNOT_WRITE") && error.facts.unfinished === true;
    if (!isUnfinished) sweep([certificate.target.path, keyPath], fs, certificate.token);
    throw error;
  }
  quietly(() => tidy(certificate.target.path, keyPath, mostBackups, fs));
  sweep([certificate.target.path, keyPath], fs, certificate.token);
}

function refuseIfReplaced(goals: readonly Goal[], fs: FileSystem): void {
  const changed = goals.find((goal) => !isUnchanged(goal, fs));
  if (changed !== undefined) throw new Failure("TARGET_CHANGED", { file: changed.target.named, kept: [] });
}

/** Nothing is lost by stopping here, and there would be no way back from this way back. */
function keepOr(goal: Goal, work: () => void): void {
  step("keep what is there", goal, "before-request", work);
}

/** What cannot be taken away goes the next time. */
function quietly(work: () => void): void {
  try {
    work();
  } catch {
    // backups that nobody needs do no harm
  }
}

/** In the words of a command that no CA takes part in. */
async function withoutCa<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    const operation = "rollback" as const;
    if (isFailure(error, "CANNOT_WRITE")) {
      const { kept: _, keptKey: __, ...facts } = error.facts;
      throw new Failure("CANNOT_WRITE", { ...facts, operation }, error.cause);
    }
    if (isFailure(error, "TARGET_CHANGED"))
      throw new Failure("TARGET_CHANGED", { ...error.facts, kept: [], operation });
    if (isFailure(error, "WOULD_LOSE_KEY")) throw new Failure("WOULD_LOSE_KEY", { ...error.facts, operation });
    if (isFailure(error, "WOULD_LOSE_CERTIFICATE"))
      throw new Failure("WOULD_LOSE_CERTIFICATE", { ...error.facts, operation });
    throw error;
  }
}
