/** What follows a renewal: a signal to a process, and a program. Whatever of it fails stays owed until it succeeds. */
import type { HookProblem } from "../failure/facts.ts";
import { errnoOf, Failure, isFailure } from "../failure/failure.ts";
import { forgive, owe, owedBy, type Renewed } from "../files/owed.ts";
import { target } from "../files/target.ts";
import type { Certificate } from "../pki/certificate.ts";
import type { Ended, World } from "../world.ts";

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
  readonly certificateFile: string;
  readonly keyFile: string;
}

/** Signal first, then the program, as step has it; the one does not depend on the other. Clears the debt when both succeed. */
async function settle(hooked: Hooked, renewed: Renewed, world: World): Promise<readonly HookProblem[]> {
  const problems = [signalled(hooked.hooks, world), await executed(hooked, renewed, world)].flatMap(
    (problem) => problem ?? [],
  );
  if (problems.length === 0) forgive(target(hooked.certificateFile, world.fs), world.fs);
  return problems;
}

/** What an earlier run has left undone. */
function debtOf({ certificateFile }: Hooked, leaf: Certificate, { fs }: World): Renewed | null {
  const owed = owedBy(target(certificateFile, fs), fs);
  return owed === "unreadable" ? { ...factsOf(leaf, leaf, ""), previousSerial: "" } : owed;
}

export function factsOf(leaf: Certificate, previous: Certificate, method: string): Renewed {
  const { serial, notAfter, names } = leaf;
  return { serial, previousSerial: previous.serial, notAfter: notAfter.toISOString(), names, method };
}

/** Says beforehand what will be owed. A disk that refuses this will hardly take the certificate; if it does, the hook still runs. */
export function oweBefore(hooked: Hooked | null, renewed: Renewed, { fs }: World): void {
  if (hooked === null) return;
  try {
    owe(target(hooked.certificateFile, fs), renewed, fs);
  } catch (error) {
    if (errnoOf(error) === "" && !isFailure(error)) throw error;
  }
}

/** Nothing was installed, so nothing is owed. */
export function oweNothing(hooked: Hooked | null, { fs }: World): void {
  if (hooked !== null) forgive(target(hooked.certificateFile, fs), fs);
}

/** The hooks of a renewal that has just been installed. Throws HOOK_FAILED. */
export async function follow(hooked: Hooked | null, renewed: Renewed, did: Did, world: World): Promise<void> {
  if (hooked === null) return;
  const [first, ...others] = await settle(hooked, renewed, world);
  if (first === undefined) return;
  const { certificateFile: file } = hooked;
  throw new Failure("HOOK_FAILED", { file, isNew: true, did, problems: [first, ...others] });
}

/** What is owed comes before anything else; what still fails is told in the end, where nothing newer takes its place. */
export async function settleDebt(hooked: Hooked | null, leaf: Certificate, world: World): Promise<Debt> {
  const debt = hooked && debtOf(hooked, leaf, world);
  if (hooked === null || debt === null) return { was: "none" };
  const [first, ...others] = await settle(hooked, debt, world);
  if (first === undefined) return { was: "settled" };
  const facts = { file: hooked.certificateFile, isNew: false, did: "renewed", problems: [first, ...others] } as const;
  return { was: "unsettled", failure: new Failure("HOOK_FAILED", facts) };
}

export type Debt = { was: "none" | "settled" } | { was: "unsettled"; failure: Failure };
type Did = "renewed" | "rekeyed";

function signalled({ pid, pidFile, signal }: Hooks, { fs, kill }: World): HookProblem | null {
  if (pid === null && pidFile === null) return null;
  const what = `signal ${signal.name} to ${pidFile === null ? `pid ${pid}` : `the pid in ${pidFile}`}`;
  try {
    kill(pid ?? pidIn(pidFile ?? "", fs), signal.number);
    return null;
  } catch (error) {
    const errno = errnoOf(error);
    const words: Record<string, string> = { ESRCH: "there is no such process", EPERM: "it belongs to another user" };
    return { what, said: words[errno] ?? (errno || String(error)) };
  }
}

/** Throws Node's system errors, or one that says what the file holds instead. */
function pidIn(file: string, fs: World["fs"]): number {
  const text = fs.read(file, 1024).toString("latin1").trim();
  if (/^[1-9]\d{0,9}$/.test(text)) return Number(text);
  throw new Error(text === "" ? "the file is empty" : "the file holds no pid");
}

async function executed(hooked: Hooked, renewed: Renewed, world: World): Promise<HookProblem | null> {
  const { exec, execTimeoutMs } = hooked.hooks;
  if (exec === null) return null;
  const words = "words" in exec ? exec.words : ["/bin/sh", "-c", exec.line];
  const ended = await world.run({ words, env: environment(hooked, renewed), timeoutMs: execTimeoutMs });
  const said = problemOf(ended, execTimeoutMs);
  return said === null ? null : { what: `hook ${"words" in exec ? (exec.words[0] ?? "") : exec.line}`, said };
}

/** Paths and facts; keys, passphrases and tokens are none of a hook's business. */
function environment({ certificateFile, keyFile }: Hooked, renewed: Renewed): Record<string, string> {
  return {
    RENEW_CERT: certificateFile,
    RENEW_KEY: keyFile,
    RENEW_SERIAL: renewed.serial,
    RENEW_PREVIOUS_SERIAL: renewed.previousSerial,
    RENEW_NOT_AFTER: renewed.notAfter,
    RENEW_NAMES: renewed.names.join(","),
    RENEW_METHOD: renewed.method,
  };
}

function problemOf(ended: Ended, limitMs: number): string | null {
  switch (ended.how) {
    case "exit":
      return ended.status === 0 ? null : `exit status ${ended.status}`;
    case "signal":
      return `ended by ${ended.signal}`;
    case "timeout":
      return `not done within ${limitMs / 1000} s, and ended`;
    case "interrupted":
      return "ended, because the run was interrupted";
    case "not-started":
      return ended.errno === "ENOENT" ? "there is no such program" : `it cannot be started (${ended.errno})`;
  }
}
