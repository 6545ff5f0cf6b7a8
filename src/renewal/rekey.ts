/** The story of one rekey: a new key, a certificate for it over mTLS, and both put in their places as one. */
import { postRekey } from "../ca/rekey.ts";
import { type AnsweredChain, readAnswered, readRenewal } from "../ca/response.ts";
import { ConnectionEnded } from "../failure/causes.ts";
import { Failure, isFailure } from "../failure/failure.ts";
import type { Goal } from "../files/goal.ts";
import { abandon, complete, goalOfPair, prepare } from "../files/pair.ts";
import { allowsUsage, type Certificate, certificatePem, same } from "../pki/certificate.ts";
import type { Identity } from "../pki/identity.ts";
import { publicKeyOf } from "../pki/key.ts";
import { createKey, formOf, type KeyWish, keyFile, kindFor, kindOf } from "../pki/new-key.ts";
import { signingRequest } from "../pki/request.ts";
import type { World } from "../world.ts";
import { type Asking, explain, routeOf } from "./ask.ts";
import { askConsent, askInside, unconsented } from "./consent.ts";
import { factsOf, follow, type Hooked, owingWhile } from "./hooks.ts";
import { stopIfAsked } from "./interruption.ts";
import { load, loadKey, loadPair, type OpenedKey, onDisk } from "./load.ts";
import { refuseToLoseCertificate, refuseToLoseKey } from "./loss.ts";
import { areNewerThanAsked, areReplaced, isReplaced, isStillDue, type Seen, seenAs } from "./overtaken.ts";
import { type Chain, keeperFor, limitsOf, type Policy, type Progress, settleFirst } from "./renew.ts";
import { type Due, due } from "./schedule.ts";
import { readRoots } from "./trust.ts";
import { Turn } from "./turn.ts";
import { clockOf, verify } from "./verify.ts";

export interface RekeyPolicy extends Omit<Policy, "out" | "mtls"> {
  /** Where the new chain goes; the certificate's own file when left out. */
  readonly outCertificate?: string;
  /** Where the new key goes; the key's own file when left out. */
  readonly outKey?: string;
  /** A key to take instead of a new one; it stays where it is, and is written besides only where `outKey` says so. */
  readonly privateKey?: string;
  /** Null: the kind of the old key. */
  readonly kind: KeyWish | null;
}

export type RekeyOutcome =
  | { outcome: "not-due"; leaf: Certificate; chain: Chain; due: Extract<Due, { due: false }> }
  | {
      outcome: "rekeyed";
      leaf: Certificate;
      chain: Chain;
      previous: Certificate;
      /** As the user named them: where the chain is, and where the key that belongs to it is. */
      file: string;
      keyFile: string;
      key: ReturnType<typeof kindOf>;
      /** The key that was given is the one that the old certificate was for. */
      isSameKey: boolean;
      tookMs: number;
    }
  /** Another run has rekeyed it while this one was at it, or waited for its turn. */
  | { outcome: "overtaken"; leaf: Certificate; chain: Chain; file: string; keyFile: string };

/**
 * Rekey once. Nothing of the user's has changed unless this resolves with "rekeyed": the old pair stands until the new one is
 * whole, and what an interruption leaves in between is the next run's to finish.
 */
export async function rekeyOnce(policy: RekeyPolicy, world: World, progress: Progress = {}): Promise<RekeyOutcome> {
  const { paths, outCertificate: certificate = paths.certificate } = policy;
  const forms = (policy.also?.files ?? []).map(({ file }) => file);
  const files = [paths.certificate, paths.key, certificate, keyFileOf(policy), ...forms];
  const turn = new Turn({ certificate, files, isPair: true, ...limitsOf(policy) }, onDisk(world, paths), progress);
  return turn.during(() => rekeyInTurn(policy, turn, world, progress));
}

async function rekeyInTurn(policy: RekeyPolicy, turn: Turn, world: World, progress: Progress): Promise<RekeyOutcome> {
  const { paths, outCertificate = paths.certificate } = policy;
  await turn.begin();
  const written = writtenFiles(policy);
  const seen = seenAs(written, world);
  const { identity, opened } = await loadPair(paths, world);
  turn.sweepDead();
  progress.loaded?.(identity);
  const { leaf } = identity;
  const hooked = hookedOf(policy);
  const debt = await settleFirst(hooked, outCertificate, { turn, world, progress });
  const when = due(leaf, policy.window, world.now());
  progress.decided?.(when);
  if (!when.due && debt.was === "unsettled") throw debt.failure;
  if (!when.due) {
    const { also } = policy;
    if (also) await (await import("./also/freshen.ts")).freshenRekeyed({ ...policy, also }, { turn, world, progress });
    return { outcome: "not-due", leaf, chain: identity.chain, due: when };
  }
  const inside = paths.kube?.install;
  if (policy.window === null && !inside && areNewerThanAsked(written, world))
    return overtaken(policy, turn, world, progress);
  await refuseUnfit(identity, policy, world);
  const given = policy.privateKey === undefined ? null : await loadKey(policy.privateKey, paths.passphraseFile, world);
  const goals = goalsFor(policy, { seen, token: turn.token }, world);
  if (inside === undefined) refuseToLoseKey(goals.certificate.target, identity.keyFile, world);
  if (goals.key !== null) refuseToLoseCertificate(goals.key, goals.certificate, world);
  const anchors = readRoots(policy.root, world.fs);
  const { also } = policy;
  const set = also ? await (await import("./also/set.ts")).formsOf({ ...policy, also }, goals, turn, world) : null;
  await mayReplace(goals, set?.goals ?? [], policy, world);
  const isOver = () => isReplaced(seen, turn.files, world);
  if (!(await turn.take(isOver)) || isOver())
    return (areReplaced(seen, world) ? overtaken : again)(policy, turn, world, progress);
  const keeper = await keeperFor(policy, { ...goals, ownKey: identity.key }, world, progress);
  const started = world.elapsed();
  const key = await newKey(given, opened, policy, world);
  const asking = { identity, anchors, policy, world, progress, deadline: world.elapsed() + policy.timeoutMs };
  progress.chose?.({ method: "mtls", because: "valid" });
  const keyFile = fileFor(key, given ?? opened);
  const prepared = inside ? null : prepare({ ...goals, others: set?.goals ?? [] }, keyFile, world.fs);
  let chain: AnsweredChain;
  try {
    const answered = await askRekey(asking, signingRequest(leaf, key));
    chain = answered.chain;
    const clock = clockOf(answered.date, world.now());
    verify({ old: leaf, answered: chain, anchors, ...clock, url: policy.ca.href, spki: publicKeyOf(key) });
  } catch (error) {
    if (prepared !== null) abandon(prepared, world.fs);
    throw error;
  }
  const renewed = factsOf(chain[0], leaf, "mtls");
  keeper?.keep();
  const pem = Buffer.from(chain.map(certificatePem).join(""));
  const forms = set?.contents({ chain, key, keyFile, anchors });
  const install = () => {
    if (prepared !== null) complete(prepared, pem, world.fs, forms);
    else inside?.(goals.certificate, { certificate: pem, key: keyFile });
  };
  await owingWhile(hooked, renewed, world, () => (set ? set.named(install) : install()));
  const tookMs = world.elapsed() - started;
  keeper?.tidy();
  turn.sweepAll();
  const file = goals.certificate.target.named;
  progress.installed?.(file, chain[0], keyFileOf(policy));
  await follow(hooked, renewed, "rekeyed", world);
  return {
    outcome: "rekeyed",
    leaf: chain[0],
    chain,
    previous: leaf,
    file,
    keyFile: keyFileOf(policy),
    key: kindOf(key),
    isSameKey: same(leaf.spki, publicKeyOf(key)),
    tookMs,
  };
}

/** What is there now is judged as if this run had come later. */
async function overtaken(policy: RekeyPolicy, turn: Turn, world: World, progress: Progress): Promise<RekeyOutcome> {
  const { paths, outCertificate: file = paths.certificate, window, privateKey } = policy;
  const keyFile = keyFileOf(policy);
  try {
    const { leaf, chain } = await load({ ...paths, certificate: file, key: keyFile }, world);
    if (!isStillDue(leaf, window, world)) return { outcome: "overtaken", leaf, chain, file, keyFile };
  } catch (error) {
    // The other run was not asked for this key.
    if (privateKey === undefined || !isFailure(error, "KEY_MISMATCH")) throw error;
  }
  return again(policy, turn, world, progress);
}

/** The other run has not done what this one was asked for: it has only renewed, and the key is still the old one. */
function again(policy: RekeyPolicy, turn: Turn, world: World, progress: Progress): Promise<RekeyOutcome> {
  return rekeyInTurn(policy, turn, { ...world, asked: () => null }, progress);
}

/** Where the key is that belongs to the new certificate. */
function keyFileOf({ outKey, privateKey, paths }: RekeyPolicy): string {
  return outKey ?? privateKey ?? paths.key;
}

/** What is new afterwards: a key that was given stays as it is, unless another file is named for it. */
function writtenFiles({ paths, outCertificate, outKey, privateKey }: RekeyPolicy): [string, ...string[]] {
  const certificate = outCertificate ?? paths.certificate;
  if (paths.kube?.install !== undefined) return [certificate];
  return privateKey === undefined || outKey !== undefined ? [certificate, outKey ?? paths.key] : [certificate];
}

function hookedOf(policy: RekeyPolicy): Hooked | null {
  const { hooks, outCertificate, paths } = policy;
  return hooks && { hooks, certificateFile: outCertificate ?? paths.certificate, keyFile: keyFileOf(policy) };
}

interface Goals {
  certificate: Goal;
  key: Goal | null;
}

function goalsFor(policy: RekeyPolicy, { seen, token }: { seen: Seen; token: string }, world: World): Goals {
  const [certificate, key] = writtenFiles(policy);
  const goal = (file: string) => goalOfPair(file, token, world.fs, seen.get(file));
  return { certificate: goal(certificate), key: key === undefined ? null : goal(key) };
}

/** No handshake takes a certificate that has expired or is not for clients, and a rekey knows no other way. */
async function refuseUnfit(identity: Identity, { ca, root }: RekeyPolicy, world: World): Promise<void> {
  const { leaf, certificateFile: file } = identity;
  const now = world.now();
  const hasExpired = now > leaf.notAfter;
  if (!hasExpired && allowsUsage(leaf, "clientAuth")) return;
  const { foreseeRekey } = await import("./unfit.ts");
  const reason = hasExpired ? "expired" : "not-a-client";
  const diagnosis = foreseeRekey(reason, { identity, url: ca.href, root: root.value, now });
  throw new Failure("CANNOT_REKEY", { file, reason, notAfter: leaf.notAfter, now, diagnosis });
}

/** One question for both files, before the CA is asked; step asks twice, when the certificate is issued already. */
async function mayReplace(
  { certificate, key }: Goals,
  forms: readonly Goal[],
  policy: RekeyPolicy,
  world: World,
): Promise<void> {
  const there = unconsented([certificate, ...(key ? [key] : []), ...forms], policy);
  if (there.length === 0) return;
  const [file = "", ...others] = there;
  const other = others.join(" and ");
  const facts = { file, ...(other !== "" && { other }), operation: "rekey" as const };
  await (policy.paths.kube?.install ? askInside(file, world) : askConsent(there.join(" and "), facts, world));
}

async function newKey(given: OpenedKey | null, old: OpenedKey, { kind }: RekeyPolicy, world: World) {
  const key = given?.key ?? (await createKey(kindFor(kind, kindOf(old.key))));
  stopIfAsked(world);
  return key;
}

/** In the form of the file that the key comes from, or that it replaces; encrypted where that was. */
function fileFor(key: OpenedKey["key"], { material, passphrase }: OpenedKey): Buffer {
  return keyFile(key, formOf(material), passphrase);
}

async function askRekey(asking: Asking, request: string): Promise<{ chain: AnsweredChain; date?: Date }> {
  const { identity: sent, anchors, world } = asking;
  const route = routeOf(asking);
  const choice = { method: "mtls", because: "valid" } as const;
  const refused = (by: Parameters<typeof explain>[0]["by"]) =>
    explain({ kind: "refused", by, sent }, choice, asking, "rekey");
  try {
    const answer = await postRekey(route, sent, request);
    if (answer.status !== 201) throw await refused(answer);
    const { date } = readAnswered(answer);
    return { chain: readRenewal(answer), ...(date && { date }) };
  } catch (error) {
    stopIfAsked(world);
    if (error instanceof ConnectionEnded) throw await refused(error);
    const { describeDistrust } = await import("./distrust.ts");
    throw await describeDistrust(error, anchors, route);
  }
}
