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
import type { FormsBack } from "./also/backward.ts";
import { type Also, type AlsoFile, formFiles } from "./also/form.ts";
import { askedOnce } from "./asked-once.ts";
import { askConsent } from "./consent.ts";
import { factsOf, follow as followed, type Hooked, type Hooks, owingWhile } from "./hooks.ts";
import { stopIfAsked } from "./interruption.ts";
import { keepPair, tidy } from "./keep.ts";
import type { Backup } from "./kept.ts";
import type { RootSource } from "./trust.ts";
import { Turn, type TurnProgress } from "./turn.ts";
import { nextStep, type Step, type Wish } from "./way-back.ts";

export interface RollbackPolicy extends Wish {
  /** Everything but the change itself. */
  readonly isDry: boolean;
  readonly lockTimeoutMs: number;
  readonly hooks: Hooks | null;
  /** In which forms the one that is gone back to is written besides, and the roots for that which holds them. */
  readonly also?: { readonly forms: Also; readonly root: RootSource };
}

export interface RolledBack {
  readonly outcome: "rolled-back" | "would-roll-back";
  readonly leaf: Certificate;
  /** What was there before; null where that was no pair that worked, and so is not kept. */
  readonly previous: Certificate | null;
  readonly isKeyReplaced: boolean;
  /** The files of other forms that are written as well. */
  readonly forms: readonly string[];
  /** What beside it holds what is replaced, and stays: in which form, as far as can be seen. */
  readonly stale: readonly AlsoFile[];
}

export interface RollbackProgress extends TurnProgress {
  /** The certificate that is there, where it can be read. */
  loaded?(leaf: Certificate): void;
  chose?(backup: Backup): void;
  installed?(leaf: Certificate): void;
  /** They hold what was replaced. */
  stale?(held: readonly AlsoFile[]): void;
}

/** Goes back once. Nothing has changed unless this resolves with "rolled-back", or fails with HOOK_FAILED. */
export function rollBack(policy: RollbackPolicy, world: World, progress: RollbackProgress = {}): Promise<RolledBack> {
  return withoutCa(rollBackInTurn(policy, world, progress));
}

async function rollBackInTurn(policy: RollbackPolicy, given: World, progress: RollbackProgress): Promise<RolledBack> {
  const world = { ...given, ask: askedOnce(given.ask) };
  const { paths, hooks, lockTimeoutMs, also } = policy;
  const named = formFiles(also ? { also: also.forms } : {});
  const files = [paths.certificate, paths.key, ...named];
  const longestMs = (hooks?.execTimeoutMs ?? 0) + 60_000;
  const turn = new Turn({ certificate: paths.certificate, files, lockTimeoutMs, longestMs }, world, progress);
  return turn.during(async () => {
    if (!policy.isDry) await turn.begin();
    const next = await nextStep(policy, turn.token, world, progress);
    const { leaf, previous, key } = next;
    const { formsBack, holdersOf } = await import("./also/backward.ts");
    const forms = also ? await formsBack({ also: also.forms, root: also.root, paths }, next, turn.token, world) : none;
    const stale = previous === null ? [] : holdersOf(previous, paths.certificate, files, world.fs);
    const told = { leaf, previous, isKeyReplaced: key !== null, forms: named, stale };
    if (policy.isDry) return { outcome: "would-roll-back", ...told };
    await mayReplace(next, forms, policy, world);
    await turn.take();
    stopIfAsked(world);
    const hooked = hooks && { hooks, certificateFile: paths.certificate, keyFile: paths.key };
    await replace(next, forms, hooked, world);
    turn.sweepDead();
    progress.installed?.(leaf);
    if (stale.length > 0) progress.stale?.(stale);
    await followed(hooked, factsOf(leaf, previous, "rollback"), "rolled back", world);
    return { outcome: "rolled-back", ...told };
  });
}

const none: FormsBack = { goals: [], contents: [] };

/** One question, before anything changes. */
async function mayReplace(
  { certificate, key, leaf }: Step,
  { goals }: FormsBack,
  { force }: RollbackPolicy,
  world: World,
): Promise<void> {
  const there = [certificate, key?.goal, ...goals].flatMap((goal) =>
    goal && goal.before !== null ? [goal.target.named] : [],
  );
  if (there.length === 0 || force) return;
  const [file = "", ...others] = there;
  const other = others.join(" and ");
  const facts = { file, ...(other !== "" && { other }), operation: "rollback" as const };
  const now = world.now();
  const end = `${leaf.notAfter >= now ? "ends" : "ended"} ${relative(leaf.notAfter, now)}`;
  await askConsent(`${there.join(" and ")} with the backup that ${end}`, facts, world);
}

/** What is replaced becomes a backup first. Throws TARGET_CHANGED and CANNOT_WRITE: then all is as it was. */
async function replace(next: Step, forms: FormsBack, hooked: Hooked | null, world: World): Promise<void> {
  const { certificate, key, bytes, leaf, previous, keyPath } = next;
  const { fs } = world;
  const { goals: others } = forms;
  const paths = [certificate.target.path, keyPath, ...others.map(({ target }) => target.path)];
  refuseIfReplaced([certificate, ...(key === null ? [] : [key.goal]), ...others], fs);
  if (previous !== null)
    keepOr(certificate, () => keepPair({ certificate, key: key?.goal ?? null }, true, previous, fs));
  try {
    await owingWhile(hooked, factsOf(leaf, previous, "rollback"), world, () => {
      if (key === null && others.length === 0) install(certificate, bytes, fs);
      else {
        const pair = { certificate, key: key?.goal ?? null, others };
        complete(prepare(pair, key?.bytes ?? Buffer.alloc(0), fs), bytes, fs, forms.contents);
      }
    });
  } catch (error) {
    // What was to be put in place is kept under its own name.
    const isUnfinished = isFailure(error, "CANNOT_WRITE") && error.facts.unfinished === true;
    if (!isUnfinished) sweep(paths, fs, certificate.token);
    throw error;
  }
  quietly(() => tidy(certificate.target.path, keyPath, mostBackups, fs));
  sweep(paths, fs, certificate.token);
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
