/** The story of one renewal. Every part of it lives in a folder of its own; this is the order they come in. */
import { type Choice, choose } from "../ca/credential.ts";
import type { CaUrl } from "../ca/url.ts";
import { Failure } from "../failure/failure.ts";
import { type Installed, install } from "../files/install.ts";
import { readNamed } from "../files/read.ts";
import { type Repaired, repair } from "../files/repair.ts";
import { type Target, target } from "../files/target.ts";
import { isPrivateKeyLabel } from "../pki/bundle.ts";
import { type Certificate, certificatePem } from "../pki/certificate.ts";
import type { Identity } from "../pki/identity.ts";
import { pemBlocks } from "../pki/pem.ts";
import type { World } from "../world.ts";
import { ask } from "./ask.ts";
import { type Debt, factsOf, follow, type Hooked, type Hooks, isOwing, oweBefore, settleDebt } from "./hooks.ts";
import { stopIfAsked } from "./interruption.ts";
import { load, type Paths } from "./load.ts";
import { type Due, due, type Window } from "./schedule.ts";
import { type RootSource, readRoots } from "./trust.ts";
import { verify } from "./verify.ts";

export interface Policy {
  readonly paths: Paths;
  /** Where the new chain goes; the certificate's own file when left out. */
  readonly out?: string;
  readonly force: boolean;
  readonly mtls: boolean;
  readonly window: Window | null;
  readonly ca: CaUrl;
  readonly root: RootSource;
  readonly timeoutMs: number;
  readonly connectTimeoutMs: number;
  readonly hooks: Hooks | null;
}

export type Outcome =
  | { outcome: "not-due"; leaf: Certificate; due: Extract<Due, { due: false }> }
  | {
      outcome: "renewed";
      leaf: Certificate;
      previous: Certificate;
      choice: Choice;
      file: string;
      installed: Installed;
      tookMs: number;
    };

/** What is worth telling while it happens; the printer decides whether it is shown. */
export interface Progress {
  loaded?(identity: Identity): void;
  decided?(due: Due): void;
  chose?(choice: Choice): void;
  completed?(intermediates: number): void;
  /** What an interrupted run had left, and what was made of it. */
  repaired?(what: Repaired): void;
  /** What an earlier run owed, and has been made good now. `left`: the note of it, where it cannot be taken away. */
  settled?(left: string | null): void;
  /** An earlier run owes a hook, and this run has none to make it good with. */
  owing?(file: string): void;
  /** The new chain is in its place; the hooks come next. */
  installed?(file: string, leaf: Certificate, keyFile?: string): void;
}

/** Renew once. Nothing on disk has changed unless this resolves with "renewed". */
export async function renewOnce(policy: Policy, world: World, progress: Progress = {}): Promise<Outcome> {
  repairFirst([policy.paths.certificate, policy.paths.key, policy.out], world, progress);
  const identity = await load(policy.paths, world);
  progress.loaded?.(identity);
  const { leaf } = identity;
  const hooked = hookedOf(policy, identity);
  const debt = await settleFirst(hooked, policy.out ?? policy.paths.certificate, world, progress);
  const when = due(leaf, policy.window, world.now());
  progress.decided?.(when);
  if (!when.due && debt.was === "unsettled") throw debt.failure;
  if (!when.due) return { outcome: "not-due", leaf, due: when };
  if (when.because === "expired" && !policy.force) {
    const { certificateFile: file, keyFile } = identity;
    throw new Failure("EXPIRED_NEEDS_FORCE", { file, key: keyFile, notAfter: leaf.notAfter, now: world.now() });
  }
  const goal = target(policy.out ?? policy.paths.certificate, world.fs);
  refuseToLoseKey(goal, identity.keyFile, world);
  const anchors = readRoots(policy.root, world.fs);
  await mayOverwrite(goal, policy, world);
  const started = world.elapsed();
  const deadline = started + policy.timeoutMs;
  const first = choose(leaf, policy, world.now());
  const { answered, choice } = await ask(first, { identity, anchors, policy, world, progress, deadline });
  verify({ old: leaf, answered: answered.chain, anchors, now: answered.date ?? world.now(), url: policy.ca.href });
  const pem = Buffer.from(answered.chain.map(certificatePem).join(""));
  const renewed = factsOf(answered.chain[0], leaf, choice.method);
  const takeBack = oweBefore(hooked, renewed, world);
  const installed = installOr(goal, pem, world, takeBack);
  const tookMs = world.elapsed() - started;
  progress.installed?.(goal.named, answered.chain[0]);
  await follow(hooked, renewed, "renewed", world);
  return { outcome: "renewed", leaf: answered.chain[0], previous: leaf, choice, file: goal.named, installed, tookMs };
}

function installOr(goal: Target, pem: Buffer, world: World, undo: () => void): Installed {
  try {
    return install(goal, pem, world.random(6), world.fs);
  } catch (error) {
    undo();
    throw error;
  }
}

/** What an earlier run has left undone comes before anything else. */
export async function settleFirst(
  hooked: Hooked | null,
  file: string,
  world: World,
  progress: Progress,
): Promise<Debt> {
  if (hooked === null && isOwing(file, world.fs)) progress.owing?.(file);
  const debt = await settleDebt(hooked, world);
  if (debt.was === "settled") progress.settled?.(debt.left);
  stopIfAsked(world);
  return debt;
}

/** Hooks are about the file that is written. */
function hookedOf({ hooks, out }: Policy, { certificateFile, keyFile }: Identity): Hooked | null {
  return hooks && { hooks, certificateFile: out ?? certificateFile, keyFile };
}

/** Before anything else is done with a pair, what an interrupted run has left of it is made whole. */
export function repairFirst(files: readonly (string | undefined)[], { fs }: World, progress: Progress): void {
  const named = files.filter((file) => file !== undefined);
  for (const one of repair(named, fs)) progress.repaired?.(one);
}

/** A question is asked before the CA is, and only on a terminal: step asks when the certificate is issued already. */
async function mayOverwrite(goal: Target, { force }: Policy, world: World): Promise<void> {
  if (goal.existing === null || force) return;
  if (!world.canAsk) throw new Failure("WOULD_OVERWRITE", { file: goal.named, asked: false });
  const answer = await world.ask(`overwrite ${goal.named}? [y/N] `, "plain");
  stopIfAsked(world);
  if (!/^\s*y(es)?\s*$/i.test(answer ?? "")) throw new Failure("WOULD_OVERWRITE", { file: goal.named, asked: true });
}

/** A combined file, or the key's own: the chain would be written over the only copy of a private key. */
export function refuseToLoseKey({ named, existing }: Target, keyFile: string, { fs }: Pick<World, "fs">): void {
  if (existing === null) return;
  const key = fs.stat(keyFile);
  const isKeyFile = key.dev === existing.dev && key.ino === existing.ino;
  const blocks = pemBlocks(readNamed(named, "output", fs).toString("latin1"));
  if (isKeyFile || blocks.some(({ label }) => isPrivateKeyLabel(label)))
    throw new Failure("WOULD_LOSE_KEY", { file: named });
}
