/** A check-up before anything fails: the user's files, the CA, and what a renewal would meet now and after the expiry. */
import { askCa } from "../ca/endpoints.ts";
import { renewToken } from "../ca/token.ts";
import { attempt, type Failure, isFailure } from "../failure/failure.ts";
import { readNamed } from "../files/read.ts";
import { interrupted } from "../files/repair.ts";
import { isDer } from "../pki/bundle.ts";
import type { Certificate } from "../pki/certificate.ts";
import type { Identity } from "../pki/identity.ts";
import { pemBlocks } from "../pki/pem.ts";
import type { World } from "../world.ts";
import { type Asking, routeOf } from "./ask.ts";
import { alsoChecks } from "./checkup/also.ts";
import { type Check, failing, ok, warning } from "./checkup/check.ts";
import { type Forecast, forecast, withRehearsal } from "./checkup/forecast.ts";
import { hookChecks, owedCheck, pluginCheck } from "./checkup/hook.ts";
import { fileChecks, issuersEnd, leafChecks, usagesCheck } from "./checkup/local.ts";
import { reach } from "./checkup/reach.ts";
import { type Rehearsal, rehearsalCheck, rehearse } from "./checkup/rehearsal.ts";
import { caChecks } from "./checkup/remote.ts";
import { completed } from "./completion.ts";
import { certificateFacts } from "./evidence.ts";
import { stopIfAsked } from "./interruption.ts";
import { load } from "./load.ts";
import type { Policy } from "./renew.ts";
import { readRoots } from "./trust.ts";

export interface DoctorPolicy extends Policy {
  /** Prove the token's cell by a renewal that is not installed. */
  readonly rehearse: boolean;
  /** The program that kubectl asks for the pair; behind it the script, where it is Node. */
  readonly plugin?: readonly [string, ...string[]];
}

export interface Checkup {
  readonly leaf: Certificate | null;
  /** When an issuer of the certificate ends, where that is before the certificate does. */
  readonly issuersEnd: Date | null;
  readonly checks: readonly Check[];
  /** Null where the certificate or the CA cannot be had. */
  readonly forecast: Forecast | null;
  readonly rehearsal: Rehearsal | null;
}

/** Changes nothing on disk. Throws only what is no finding: an interruption, a bug. */
export async function examine(policy: DoctorPolicy, world: World): Promise<Checkup> {
  const files = await finding(() => load(policy.paths, world));
  const roots = await finding(async () => readRoots(policy.root, world.fs));
  const owed = owedCheck(policy.paths.certificate, world);
  const plugin = policy.plugin === undefined ? [] : [pluginCheck(policy.plugin, world)];
  const hook = [...plugin, ...(policy.hooks === null ? [] : hookChecks(policy.hooks, world)), ...owed];
  const end = files.value === undefined ? null : issuersEnd(files.value, roots.value ?? []);
  const halfWay = interruptedCheck(policy, world);
  // What is wrong with a pair that is half-way is no fault of its own: the next run mends it.
  if (halfWay.length > 0 && files.failure !== undefined)
    return { leaf: null, issuersEnd: null, forecast: null, rehearsal: null, checks: [...halfWay, ...hook] };
  const { also } = policy;
  const others =
    also === undefined || files.value === undefined || (roots.value === undefined && also.files.some(isOfRoots))
      ? []
      : await alsoChecks({ ...policy, also }, files.value, roots.value ?? [], world);
  const local = [
    ...halfWay,
    ...(files.failure === undefined ? localChecks(files.value, end, policy, world) : [failing("files", files.failure)]),
    ...others,
  ];
  const leaf = files.value?.leaf ?? null;
  const whatIs = { leaf, issuersEnd: end, forecast: null, rehearsal: null };
  const usages = files.failure === undefined ? [usagesCheck(certificateFacts(files.value), "unknown")] : [];
  if (roots.failure !== undefined)
    return { ...whatIs, checks: [...local, ...usages, failing("root", roots.failure), ...hook] };
  const anchors = roots.value;
  const before = [...local, rootCheck(policy, anchors)];
  const deadline = world.elapsed() + policy.timeoutMs;
  const asking = { anchors, policy, world, progress: {}, deadline };
  const reached = await finding(() => reach(asking, files.value ?? null));
  if (reached.failure !== undefined)
    return { ...whatIs, checks: [...before, ...usages, failing("CA", reached.failure), ...hook] };
  const checks = [...before, reached.value];
  if (files.failure !== undefined) return { ...whatIs, checks: [...checks, ...hook] };
  if (reached.value.failure !== undefined) return { ...whatIs, checks: [...checks, ...usages, ...hook] };
  const seen = await look({ ...asking, identity: files.value });
  const rehearsal = policy.rehearse ? await rehearse({ ...asking, identity: files.value }) : null;
  const rehearsed = rehearsal === null ? [] : [rehearsalCheck(rehearsal)];
  return {
    ...whatIs,
    checks: [...checks, ...seen.checks, ...hook, ...rehearsed],
    forecast: rehearsal === null ? seen.forecast : withRehearsal(seen.forecast, rehearsal),
    rehearsal,
  };
}

const isOfRoots = ({ form }: { form: string }) => form === "root";

type Finding<T> = { value: T; failure?: undefined } | { value?: undefined; failure: Failure };

/** What fails is a finding, unless somebody asked the program to end. */
async function finding<T>(work: () => Promise<T>): Promise<Finding<T>> {
  try {
    return { value: await work() };
  } catch (error) {
    if (isFailure(error) && error.code !== "INTERRUPTED") return { failure: error };
    throw error;
  }
}

/** What an interrupted run has left is the next renewal's to finish: a check-up changes nothing. */
function interruptedCheck({ paths }: Policy, { fs, now }: World): Check[] {
  const [journal] = interrupted([paths.certificate, paths.key], now(), fs);
  if (journal === undefined) return [];
  const says = `an interrupted run has left ${paths.certificate} and ${paths.key} unfinished (${journal})`;
  return [warning("pair", says, "the next `renew` or `renew rekey` of this pair finishes it before anything else")];
}

function localChecks(identity: Identity, end: Date | null, { window }: Policy, world: World): Check[] {
  const plan = { window, issuersEnd: end };
  return [...fileChecks(identity, world.fs), ...leafChecks(certificateFacts(identity), plan, world.now())];
}

function rootCheck({ root }: Policy, [first, ...others]: readonly Certificate[]): Check {
  const more = others.length === 0 ? "" : ` and ${others.length} more`;
  return ok("root", `${root.value} holds "${first?.subject.text ?? ""}"${more}`);
}

async function look(asking: Asking): Promise<{ checks: Check[]; forecast: Forecast }> {
  const { identity, anchors, policy, world } = asking;
  const [answers, sent] = await Promise.all([
    askCa(routeOf(asking), identity.leaf, [...identity.chain.slice(1), ...anchors]),
    completed(identity, { anchors, route: routeOf(asking) }),
  ]);
  stopIfAsked(world);
  const now = world.now();
  const { clock } = answers.facts;
  const foreseen = forecast({ identity, sent, anchors, ca: answers, at: now, clock, root: policy.root.value });
  const token = await renewToken({ ...sent, audience: policy.ca.origin, now, id: world.random(16) });
  const tokenBytes = `authorization: Bearer ${token}`.length;
  const outlook = foreseen.now.outlooks.token;
  const isDer = isInDer(identity.certificateFile, world);
  return {
    checks: caChecks({ identity, sent, isDer, anchors, answers, outlook, tokenBytes, now }),
    forecast: foreseen,
  };
}

function isInDer(file: string, { fs }: World): boolean {
  const read = attempt(() => readNamed(file, "certificate", fs));
  return read.failure === undefined && isDer(read.value, pemBlocks(read.value.toString("latin1")));
}
