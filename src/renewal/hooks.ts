/** What follows a renewal: a signal to a process, and a program. Whatever of it fails stays owed until it succeeds. */

import type { HookProblem } from "../failure/facts.ts";
import { attempt, Failure, isFailure } from "../failure/failure.ts";
import { heldBy } from "../files/lock.ts";
import { forgive, isNoted, type Owed, owe, owedBy } from "../files/owed.ts";
import { readNamed } from "../files/read.ts";
import type { FileSystem } from "../files/system.ts";
import { follow as behindLinks } from "../files/target.ts";
import { readBundle } from "../pki/bundle.ts";
import type { Certificate } from "../pki/certificate.ts";
import type { World } from "../world.ts";
import { executed, signalled } from "./hook-steps.ts";

export interface Hooks {
  /** The words of a command, or one line for a shell. */
  readonly exec: { readonly words: readonly string[] } | { readonly line: string } | null;
  readonly execTimeoutMs: number;
  readonly pid: number | null;
  /** Read at the moment of use: a service that was started again has another pid. */
  readonly pidFile: string | null;
  readonly signal: { readonly name: string; readonly number: number };
}

export interface Hooked {
  readonly hooks: Hooks;
  /** The file that is written, which need not be the one that was read. */
  readonly certificateFile: string;
  readonly keyFile: string;
}

/** What a hook is told. */
export interface Renewed extends Owed {
  readonly notAfter: string;
  readonly names: readonly string[];
}

export type Debt =
  /** `left`: the note that cannot be taken away, so that the hook will be run again. */
  { was: "none" } | { was: "settled"; left: string | null } | { was: "unsettled"; failure: Failure };

type Did = "renewed" | "rekeyed" | "rolled back";

export function factsOf(leaf: Certificate, previous: Certificate | null, method: string): Renewed {
  const { serial, notAfter, names } = leaf;
  return { serial, previousSerial: previous?.serial ?? "", notAfter: notAfter.toISOString(), names, method };
}

/**
 * Installs, with the hooks owed from before it on. Where nothing was installed, what was owed before is owed again; what the next
 * run finishes will be new, and its hooks are owed then.
 */
export async function owingWhile<T>(
  hooked: Hooked | null,
  renewed: Renewed,
  world: World,
  install: () => T | Promise<T>,
): Promise<T> {
  const takeBack = oweBefore(hooked, renewed, world);
  try {
    return await install();
  } catch (error) {
    if (!(isFailure(error, "CANNOT_WRITE") && error.facts.unfinished)) takeBack();
    throw error;
  }
}

/**
 * Says beforehand what will be owed. A disk that refuses even this will hardly take the certificate; if it does, the hook still
 * runs. Returns what takes it back where nothing was installed: what was owed before is owed again then.
 */
function oweBefore(hooked: Hooked | null, renewed: Renewed, { fs }: World): () => void {
  const path = hooked && pathOf(hooked.certificateFile, fs);
  if (path === null) return () => undefined;
  const before = owedBy(path, fs);
  quietly(() => owe(path, renewed, fs));
  return () => {
    if (before === null) forgive(path, fs);
    else if (before !== "unreadable") quietly(() => owe(path, before, fs));
  };
}

/** The hooks of a renewal that has just been installed. Throws HOOK_FAILED. */
export async function follow(hooked: Hooked | null, renewed: Renewed, did: Did, world: World): Promise<void> {
  if (hooked === null) return;
  const { problems } = await settle(hooked, renewed, world);
  const [first, ...others] = problems;
  if (first === undefined) return;
  const { certificateFile: file } = hooked;
  const path = pathOf(file, world.fs);
  const isLost = path === null || !isNoted(path, world.fs);
  const facts = { file, isNew: true, did, problems: [first, ...others] } as const;
  throw new Failure("HOOK_FAILED", { ...facts, ...(isLost && { unnoted: true as const }) });
}

/** What is owed comes before anything else; what still fails is told in the end, where nothing newer takes its place. */
export async function settleDebt(hooked: Hooked | null, world: World): Promise<Debt> {
  const debt = hooked && debtOf(hooked.certificateFile, world.fs);
  if (hooked === null || debt === null) return { was: "none" };
  const { problems, left } = await settle(hooked, debt, world);
  const [first, ...others] = problems;
  if (first === undefined) return { was: "settled", left };
  const facts = { file: hooked.certificateFile, isNew: false, did: "renewed", problems: [first, ...others] } as const;
  return { was: "unsettled", failure: new Failure("HOOK_FAILED", facts) };
}

/** One of several certificates that the same hooks follow. */
export interface Share {
  readonly hooked: Hooked;
  readonly renewed: Renewed;
  /** This run has renewed it; else an earlier one has, and owes it. */
  readonly isNew: boolean;
}

/** What an earlier run owes of this certificate; null where that is nothing, or somebody is at work on it. */
export function shareOwed(hooked: Hooked, now: Date, fs: FileSystem): Share | null {
  const path = pathOf(hooked.certificateFile, fs);
  if (path === null || owedBy(path, fs) === null || heldBy(path, now, fs) !== null) return null;
  const renewed = debtOf(hooked.certificateFile, fs);
  return renewed && { hooked, renewed, isNew: false };
}

/**
 * Once for all of them. Each stays owed where it fails; where it succeeds, what somebody else owes by then is left to him.
 * `left`: the notes that cannot be taken away.
 */
export async function settleTogether(
  shares: readonly [Share, ...Share[]],
  world: World,
): Promise<{ failure: Failure<"HOOK_FAILED"> | null; left: string[] }> {
  const { fs } = world;
  const [{ hooked, renewed, isNew }] = shares;
  const paths = shares.map((share) => pathOf(share.hooked.certificateFile, fs));
  const notes = paths.map((path) => path && serialOwed(path, fs));
  const files = shares.map((share) => share.hooked.certificateFile);
  const done = [signalled(hooked.hooks, world), await executed(hooked, renewed, world, files)];
  const [first, ...others] = done.filter((problem) => problem !== null);
  if (first === undefined) {
    const own = paths.filter((path, index) => path !== null && serialOwed(path, fs) === notes[index]);
    return { failure: null, left: own.flatMap((path) => (path && forgive(path, fs)) ?? []) };
  }
  const facts = { file: hooked.certificateFile, isNew, did: "renewed", problems: [first, ...others] } as const;
  return { failure: new Failure("HOOK_FAILED", { ...facts, ...(files.length > 1 && { files }) }), left: [] };
}

function serialOwed(path: string, fs: FileSystem): string {
  const owed = owedBy(path, fs);
  return owed === null || owed === "unreadable" ? String(owed) : owed.serial;
}

/** Whether an earlier run has left something undone, for those who have no hook to do it with. */
export function isOwing(certificateFile: string, fs: FileSystem): boolean {
  const path = pathOf(certificateFile, fs);
  return path !== null && owedBy(path, fs) !== null;
}

/** Signal first, then the program, as step has it; the one does not depend on the other. Clears the debt when both succeed. */
async function settle(
  hooked: Hooked,
  renewed: Renewed,
  world: World,
): Promise<{ problems: HookProblem[]; left: string | null }> {
  const path = pathOf(hooked.certificateFile, world.fs); // before the hook, which may put a link elsewhere
  const done = [signalled(hooked.hooks, world), await executed(hooked, renewed, world)];
  const problems = done.filter((problem) => problem !== null);
  return { problems, left: problems.length === 0 && path !== null ? forgive(path, world.fs) : null };
}

/**
 * What an earlier run has left undone, told by the certificate that is there: the note may be of one that never came to be, or
 * was replaced since by somebody who ran no hook. Null where there is none, and so nothing that a service could take up.
 */
function debtOf(certificateFile: string, fs: FileSystem): Renewed | null {
  const path = pathOf(certificateFile, fs);
  const owed = path === null ? null : owedBy(path, fs);
  if (owed === null) return null;
  const bytes = () => readNamed(certificateFile, "certificate", fs);
  const there = attempt(() => readBundle({ file: certificateFile, role: "certificate", bytes: bytes() })[0]);
  if (there.failure !== undefined) return null;
  const { serial, notAfter, names } = there.value;
  const isOfIt = owed !== "unreadable" && owed.serial === serial;
  const { previousSerial, method } = isOfIt ? owed : { previousSerial: "", method: "" };
  return { serial, previousSerial, method, names, notAfter: notAfter.toISOString() };
}

/** Null where it leads nowhere: whoever writes there will say so. */
function pathOf(named: string, fs: FileSystem): string | null {
  try {
    return behindLinks(named, fs);
  } catch {
    return null;
  }
}

function quietly(work: () => void): void {
  try {
    work();
  } catch {
    // the certificate, which the CA has issued already, matters more than the note
  }
}
