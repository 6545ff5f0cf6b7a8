/** The story of one renewal. Every part of it lives in a folder of its own; this is the order they come in. */
import { type Choice, choose } from "../ca/credential.ts";
import type { CaUrl } from "../ca/url.ts";
import { Failure } from "../failure/failure.ts";
import { type Goal, goalOf } from "../files/goal.ts";
import { install } from "../files/install.ts";
import { type Certificate, certificatePem } from "../pki/certificate.ts";
import type { Identity } from "../pki/identity.ts";
import type { World } from "../world.ts";
import { type Also, formFiles } from "./also/form.ts";
import { ask } from "./ask.ts";
import { mayReplace } from "./consent.ts";
import { type Debt, factsOf, follow, type Hooked, type Hooks, isOwing, owingWhile, settleDebt } from "./hooks.ts";
import { stopIfAsked } from "./interruption.ts";
import type { Keeper, KeeperPlan, NotKept } from "./keep.ts";
import { load, ofKubeconfig, onDisk, type Paths } from "./load.ts";
import { refuseToLoseKey } from "./loss.ts";
import { areNewerThanAsked, areReplaced, isReplaced, isStillDue, seenAs } from "./overtaken.ts";
import { type Due, due, type Window } from "./schedule.ts";
import type { Sharing } from "./sharing.ts";
import { type RootSource, readRoots } from "./trust.ts";
import { Turn, type TurnProgress } from "./turn.ts";
import { clockOf, verify } from "./verify.ts";

export interface Policy {
  readonly paths: Paths;
  /** Where the new chain goes; the certificate's own file when left out. */
  readonly out?: string;
  readonly force: boolean;
  /** Files that whoever asks for the renewal has agreed to have replaced. */
  readonly consented?: readonly string[];
  readonly mtls: boolean;
  readonly window: Window | null;
  readonly ca: CaUrl;
  readonly root: RootSource;
  readonly timeoutMs: number;
  readonly connectTimeoutMs: number;
  /** How long another run is waited for. */
  readonly lockTimeoutMs: number;
  readonly hooks: Hooks | null;
  /** How many of the certificates that are replaced are kept; none when left out. */
  readonly backups?: number;
  /** In which forms it is written besides. */
  readonly also?: Also;
  /** No other way is taken, also where another would work. */
  readonly only?: "mtls";
}

export type Outcome =
  /** `forms`: the other ones that were missing or stale, and have been written. */
  | {
      outcome: "not-due";
      leaf: Certificate;
      chain: Chain;
      due: Extract<Due, { due: false }>;
      forms: readonly string[];
    }
  | {
      outcome: "renewed";
      leaf: Certificate;
      chain: Chain;
      previous: Certificate;
      choice: Choice;
      file: string;
      /** The files of the other ones, all of which are new. */
      forms: readonly string[];
      how: "renamed" | "in-place";
      tookMs: number;
    }
  /** Another run has renewed it while this one was at it, or waited for its turn. */
  | { outcome: "overtaken"; leaf: Certificate; chain: Chain; file: string };

/** The leaf first. */
export type Chain = readonly [Certificate, ...Certificate[]];

/** What is worth telling while it happens; the printer decides whether it is shown. */
export interface Progress extends TurnProgress {
  loaded?(identity: Identity): void;
  decided?(due: Due): void;
  chose?(choice: Choice): void;
  completed?(intermediates: number): void;
  /** What an earlier run owed, and has been made good now. `left`: the note of it, where it cannot be taken away. */
  settled?(left: string | null): void;
  /** An earlier run owes a hook, and this run has none to make it good with. */
  owing?(file: string): void;
  /** What was replaced, and was to be kept. */
  notKept?(what: NotKept): void;
  /** Nothing was due, and these other forms of the certificate were missing or stale. */
  freshened?(files: readonly string[]): void;
  /** The new chain is in its place; the hooks come next. */
  installed?(file: string, leaf: Certificate, keyFile?: string): void;
}

/** Renew once. Nothing on disk has changed unless this resolves with "renewed". */
export async function renewOnce(
  policy: Policy,
  world: World,
  progress: Progress = {},
  sharing: Sharing = {},
): Promise<Outcome> {
  const { paths, out = paths.certificate } = policy;
  const files = [paths.certificate, paths.key, out, ...formFiles(policy)];
  const turn = new Turn({ certificate: out, files, ...limitsOf(policy) }, onDisk(world, paths), progress);
  return turn.during(() => renewInTurn(policy, { turn, world, progress, sharing }));
}

/** For how long a run waits, and how long it may take itself: it promises so to those who cannot see it. */
export function limitsOf({ lockTimeoutMs, timeoutMs, hooks }: Pick<Policy, "lockTimeoutMs" | "timeoutMs" | "hooks">) {
  return { lockTimeoutMs, longestMs: 2 * timeoutMs + (hooks?.execTimeoutMs ?? 0) + 60_000 };
}

interface Around {
  turn: Turn;
  world: World;
  progress: Progress;
  sharing: Sharing;
}

async function renewInTurn(policy: Policy, around: Around): Promise<Outcome> {
  const { turn, world, progress, sharing } = around;
  const { paths, out = paths.certificate, force, also } = policy;
  await turn.begin();
  const [seen, seenKey] = [seenAs([out], world), seenAs([paths.key], world)];
  const identity = await (sharing.load?.(paths, new Map([...seen, ...seenKey])) ?? load(paths, world));
  turn.sweepDead();
  progress.loaded?.(identity);
  const { leaf } = identity;
  const hooked = hookedOf(policy, identity);
  const when = due(leaf, policy.window, world.now());
  progress.decided?.(when);
  // A hook that is owed may need the very form that is missing.
  const forms =
    !when.due && also ? await (await import("./also/freshen.ts")).freshenForms({ ...policy, also }, around) : [];
  const debt: Debt =
    sharing.hooks && hooked ? { was: "none" } : await settleFirst(hooked, out, { turn, world, progress });
  if (!when.due && debt.was === "unsettled") throw debt.failure;
  if (!when.due) return { outcome: "not-due", leaf, chain: identity.chain, due: when, forms };
  if (when.because === "expired" && (!force || policy.only === "mtls")) {
    const { certificateFile: file, keyFile } = identity;
    const facts = { file, key: keyFile, ...ofKubeconfig(identity), notAfter: leaf.notAfter, now: world.now() };
    throw new Failure("EXPIRED_NEEDS_FORCE", { ...facts, ...(policy.only && { only: policy.only }) });
  }
  const inside = paths.kube?.install;
  if (policy.window === null && !inside && areNewerThanAsked([out], world)) return overtaken(policy, around);
  const goal = goalOf(out, turn.token, world.fs, seen.get(out));
  if (!inside) refuseToLoseKey(goal.target, identity.keyFile, world);
  const anchors = sharing.roots?.(policy.root) ?? readRoots(policy.root, world.fs);
  const set = also ? await (await import("./also/set.ts")).setOf({ ...policy, also }, goal, turn, world) : null;
  await mayReplace([goal, ...(set?.goals ?? [])], policy, world);
  const isOver = () => isReplaced(seen, turn.files, world);
  if (!(await turn.take(isOver)) || isOver()) return overtaken(policy, around);
  const keeper = await keeperFor(policy, { certificate: goal, key: null, ownKey: identity.key }, world, progress);
  const started = world.elapsed();
  const deadline = started + policy.timeoutMs;
  const first = choose(leaf, policy, world.now());
  const { renewing } = sharing;
  const asking = { identity, anchors, policy, world, progress, deadline, ...(renewing && { renewing }) };
  const prepared = set?.prepare();
  const asked = async () => {
    const said = await ask(first, asking);
    const { chain, date } = said.answered;
    verify({ old: leaf, answered: chain, anchors, ...clockOf(date, world.now()), url: policy.ca.href });
    const isNew = prepared ? areReplaced(seenKey, world) : isReplaced(seenKey, turn.files, world);
    refuseIfChanged(paths.key, isNew, goal, world);
    return said;
  };
  const { answered, choice } = await (prepared?.abandoning(asked) ?? asked());
  const pem = Buffer.from(answered.chain.map(certificatePem).join(""));
  const renewed = factsOf(answered.chain[0], leaf, choice.method);
  keeper?.keep();
  const how = await owingWhile(hooked, renewed, world, () => {
    if (prepared) return prepared.complete(pem, { chain: answered.chain, key: identity.key, anchors });
    if (inside) return inside(goal, { certificate: pem });
    return sharing.install?.(goal, pem) ?? install(goal, pem, world.fs);
  });
  const tookMs = world.elapsed() - started;
  keeper?.tidy();
  turn.sweepAll();
  progress.installed?.(out, answered.chain[0]);
  if (sharing.hooks && hooked) sharing.hooks(hooked, renewed);
  else await follow(hooked, renewed, "renewed", world);
  const { chain } = answered;
  const written = { file: out, forms: formFiles(policy), how, tookMs };
  return { outcome: "renewed", leaf: chain[0], chain, previous: leaf, choice, ...written };
}

/** Behind a lazy door: few ask for it. */
export async function keeperFor(
  { backups, paths }: Pick<Policy, "backups" | "paths">,
  replaced: Pick<KeeperPlan, "certificate" | "key" | "ownKey">,
  world: World,
  progress: Progress,
): Promise<Keeper | null> {
  if (backups === undefined) return null;
  const { keeperOf } = await import("./keep.ts");
  return keeperOf({ ...replaced, paths, most: backups, notKept: (what) => progress.notKept?.(what) }, world);
}

/** What is there now is judged as if this run had come later: with a window it may be due all the same. */
async function overtaken(policy: Policy, around: Around): Promise<Outcome> {
  const { paths, out = paths.certificate, window } = policy;
  const { world } = around;
  const { leaf, chain } = await load({ ...paths, certificate: out }, world);
  if (isStillDue(leaf, window, world))
    return renewInTurn(policy, { ...around, world: { ...world, asked: () => null } });
  return { outcome: "overtaken", leaf, chain, file: out };
}

/** A certificate for a key that is not there any more is of no use. Where the whole folder is gone, the installation says so. */
function refuseIfChanged(file: string, isChanged: boolean, { target: { folder } }: Goal, { fs }: World): void {
  if (!isChanged) return;
  try {
    fs.stat(folder);
  } catch {
    return;
  }
  throw new Failure("TARGET_CHANGED", { file, kept: [] });
}

/** What an earlier run has left undone comes before the CA is asked, unless another run is at it. */
export async function settleFirst(
  hooked: Hooked | null,
  file: string,
  { turn, world, progress }: { turn: Turn; world: World; progress: Progress },
): Promise<Debt> {
  if (!isOwing(file, world.fs)) return { was: "none" };
  if (hooked === null) progress.owing?.(file);
  if (hooked === null || !turn.takeUnlessHeld()) return { was: "none" };
  const debt = await settleDebt(hooked, world);
  if (debt.was === "settled") progress.settled?.(debt.left);
  stopIfAsked(world);
  return debt;
}

/** Hooks are about the file that is written. */
function hookedOf({ hooks, out }: Policy, { certificateFile, keyFile }: Identity): Hooked | null {
  return hooks && { hooks, certificateFile: out ?? certificateFile, keyFile };
}
