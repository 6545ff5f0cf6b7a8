/** The story of one renewal. Every part of it lives in a folder of its own; this is the order they come in. */
import type { Route } from "../ca/client.ts";
import { type Choice, choose } from "../ca/credential.ts";
import { askIntermediates } from "../ca/endpoints.ts";
import { postRenew } from "../ca/renew.ts";
import { readAnswered, readRenewal } from "../ca/response.ts";
import type { CaUrl } from "../ca/url.ts";
import { isCertificateNotSeen, isTokenWanted } from "../ca/verdict.ts";
import { ConnectionEnded } from "../failure/causes.ts";
import { Failure } from "../failure/failure.ts";
import { type Installed, install } from "../files/install.ts";
import { readNamed } from "../files/read.ts";
import { type Target, target } from "../files/target.ts";
import { isPrivateKeyLabel } from "../pki/bundle.ts";
import { type Certificate, certificatePem, isIssuedBy } from "../pki/certificate.ts";
import type { Identity } from "../pki/identity.ts";
import { leadsTo } from "../pki/path.ts";
import { pemBlocks } from "../pki/pem.ts";
import type { World } from "../world.ts";
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
}

/** Renew once. Nothing on disk has changed unless this resolves with "renewed". */
export async function renewOnce(policy: Policy, world: World, progress: Progress = {}): Promise<Outcome> {
  const identity = await load(policy.paths, world);
  progress.loaded?.(identity);
  const { leaf } = identity;
  const when = due(leaf, policy.window, world.now());
  progress.decided?.(when);
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
  const { answered, choice } = await ask({ identity, anchors, policy, world, progress, deadline });
  verify({ old: leaf, answered: answered.chain, anchors, now: answered.date ?? world.now(), url: policy.ca.href });
  const pem = Buffer.from(answered.chain.map(certificatePem).join(""));
  const installed = install(goal, pem, world.random(6), world.fs);
  const tookMs = world.elapsed() - started;
  return { outcome: "renewed", leaf: answered.chain[0], previous: leaf, choice, file: goal.named, installed, tookMs };
}

interface Asking {
  identity: Identity;
  anchors: readonly Certificate[];
  policy: Policy;
  world: World;
  progress: Progress;
  /** On the world's monotonic clock: all tries together end by then. */
  deadline: number;
}

/** Asks the CA, and once more by token where the first answer shows that only a token can work. */
async function ask(asking: Asking) {
  const { identity, policy, world, progress } = asking;
  const first = choose(identity.leaf, policy, world.now());
  progress.chose?.(first);
  const answer = await askBy(first, asking);
  if (answer.kind === "renewed") return { answered: answer, choice: first };
  const second = changeOfMind(first, answer, asking);
  if (second === null) throw await explain(answer, first, asking);
  progress.chose?.(second);
  const again = await askBy(second, asking);
  if (again.kind === "renewed") return { answered: again, choice: second };
  throw await explain(again, second, asking);
}

/** `identity` as it was sent: a token's chain may have been completed. */
type Refusal = { kind: "refused"; by: import("../ca/answer.ts").Answer | ConnectionEnded; identity: Identity };

async function askBy(choice: Choice, asking: Asking) {
  const { world } = asking;
  const route = routeOf(asking);
  const identity = choice.method === "token" ? await completed(asking) : asking.identity;
  try {
    const answer = await postRenew(route, identity, choice.method, world.random(16));
    if (answer.status !== 201) return { kind: "refused", by: answer, identity } satisfies Refusal;
    const date = readAnswered(answer).date;
    return { kind: "renewed" as const, chain: readRenewal(answer), ...(date && { date }) };
  } catch (error) {
    stopIfAsked(world);
    if (error instanceof ConnectionEnded) return { kind: "refused", by: error, identity } satisfies Refusal;
    const { describeDistrust } = await import("./distrust.ts");
    throw await describeDistrust(error, asking.anchors, route);
  }
}

/** Only from mTLS to a token, and only where the evidence says that the certificate itself was not judged. */
function changeOfMind(first: Choice, { by }: Refusal, { identity, policy, world }: Asking): Choice | null {
  if (first.method === "token") return null;
  if (by instanceof ConnectionEnded) {
    const hasExpired = world.now() > identity.leaf.notAfter && policy.force;
    return hasExpired ? { method: "token", because: "expired-meanwhile" } : null;
  }
  const answered = readAnswered(by);
  if (isCertificateNotSeen(answered)) return { method: "token", because: "certificate-not-seen" };
  return isTokenWanted(answered) ? { method: "token", because: "registration-authority" } : null;
}

/** A token is judged by the chain that it carries: a file without its intermediates is completed from the CA's. */
async function completed(asking: Asking): Promise<Identity> {
  const { identity, anchors, progress } = asking;
  const [leaf, ...others] = identity.chain;
  const roots = anchors.filter((anchor) => isIssuedBy(anchor, anchor));
  if (roots.length === 0 || leadsTo(leaf, others, roots) !== null) return identity;
  const path = leadsTo(leaf, [...others, ...anchors, ...(await askIntermediates(routeOf(asking)))], roots);
  if (path === null) return identity;
  const chain = path.filter((certificate) => !roots.includes(certificate));
  progress.completed?.(chain.length - 1);
  return { ...identity, chain: [leaf, ...chain.slice(1)] };
}

async function explain({ by, identity }: Refusal, choice: Choice, asking: Asking): Promise<Failure> {
  const { anchors, world } = asking;
  const { explainRefusal } = await import("./refusal.ts");
  return explainRefusal({
    identity,
    anchors,
    choice,
    by,
    route: routeOf(asking),
    root: asking.policy.root.value,
    now: world.now(),
  });
}

function routeOf({ anchors, policy, world, deadline }: Omit<Asking, "identity" | "progress">): Route {
  const { ca, connectTimeoutMs } = policy;
  const { env, now, elapsed, signal } = world;
  const timeoutMs = Math.max(1, deadline - elapsed());
  return { ca, timeoutMs, connectTimeoutMs, env, now, elapsed, signal, roots: anchors.map(certificatePem) };
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
function refuseToLoseKey({ named, existing }: Target, keyFile: string, { fs }: World): void {
  if (existing === null) return;
  const key = fs.stat(keyFile);
  const isKeyFile = key.dev === existing.dev && key.ino === existing.ino;
  const blocks = pemBlocks(readNamed(named, "output", fs).toString("latin1"));
  if (isKeyFile || blocks.some(({ label }) => isPrivateKeyLabel(label)))
    throw new Failure("WOULD_LOSE_KEY", { file: named });
}
