/** Asking the CA, and what an answer leads to: a chain, another way, or a refusal to be explained. */
import type { Answer } from "../ca/answer.ts";
import type { Route } from "../ca/client.ts";
import type { Choice } from "../ca/credential.ts";
import { postRenew, type Renewing } from "../ca/renew.ts";
import { clockSaid, readAnswered, readRenewal } from "../ca/response.ts";
import { isCertificateNotSeen, isTokenWanted } from "../ca/second-try.ts";
import { ConnectionEnded } from "../failure/causes.ts";
import type { Failure } from "../failure/failure.ts";
import type { Certificate } from "../pki/certificate.ts";
import type { Identity } from "../pki/identity.ts";
import type { World } from "../world.ts";
import { completed } from "./completion.ts";
import { stopIfAsked } from "./interruption.ts";
import type { Policy, Progress } from "./renew.ts";

/** What one try needs, whichever way it goes. */
export interface Asking {
  identity: Identity;
  anchors: readonly Certificate[];
  policy: Pick<Policy, "ca" | "root" | "force" | "connectTimeoutMs" | "only">;
  world: World;
  progress: Progress;
  /** On the world's monotonic clock: all tries together end by then. */
  deadline: number;
  /** Over connections that are kept for several, or by threads. */
  renewing?: Renewing;
}

/** Asks the CA, and once more by token where the first answer shows that only a token can work. */
export async function ask(first: Choice, asking: Asking) {
  const { progress } = asking;
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

/** `sent` may hold more certificates than the file: a token's chain is completed. */
export interface Refusal {
  kind: "refused";
  by: Answer | ConnectionEnded;
  sent: Identity;
}

/** One try: what came of it, or the failure of the network below it. */
export async function askBy(choice: Choice, asking: Asking) {
  const { world } = asking;
  const route = routeOf(asking);
  const sent = choice.method === "token" ? await withWholeChain(asking) : asking.identity;
  try {
    const answer = await (asking.renewing ?? alone(world))(route, sent, choice.method);
    if (answer.status !== 201) return { kind: "refused", by: answer, sent } satisfies Refusal;
    const date = clockSaid(answer);
    return { kind: "renewed" as const, chain: readRenewal(answer), ...(date && { date }) };
  } catch (error) {
    stopIfAsked(world);
    if (error instanceof ConnectionEnded) return { kind: "refused", by: error, sent } satisfies Refusal;
    const { describeDistrust } = await import("./distrust.ts");
    throw await describeDistrust(error, asking.anchors, route);
  }
}

function alone({ random }: World): Renewing {
  return (route, proof, method) => postRenew(route, proof, method, { id: () => random(16) });
}

/** Only from mTLS to a token, and only where the evidence says that the certificate itself was not judged. */
function changeOfMind(first: Choice, { by }: Refusal, { identity, policy, world }: Asking): Choice | null {
  if (first.method === "token" || policy.only === "mtls") return null;
  if (by instanceof ConnectionEnded) {
    const hasExpired = world.now() > identity.leaf.notAfter && policy.force;
    return hasExpired ? { method: "token", because: "expired-meanwhile" } : null;
  }
  const answered = readAnswered(by);
  if (isCertificateNotSeen(answered)) return { method: "token", because: "certificate-not-seen" };
  return isTokenWanted(answered) ? { method: "token", because: "registration-authority" } : null;
}

async function withWholeChain(asking: Asking): Promise<Identity> {
  const { identity, anchors, progress } = asking;
  const whole = await completed(identity, { anchors, route: routeOf(asking) });
  if (whole !== identity) progress.completed?.(whole.chain.length - 1);
  return whole;
}

/** The refusal as a failure that says why. */
export async function explain(
  { by, sent }: Refusal,
  choice: Choice,
  { anchors, world, ...asking }: Asking,
  operation: "renew" | "rekey" = "renew",
): Promise<Failure> {
  const { explainRefusal } = await import("./refusal.ts");
  return explainRefusal({
    identity: sent,
    anchors,
    choice,
    by,
    route: routeOf({ ...asking, anchors, world }),
    root: asking.policy.root.value,
    now: world.now(),
    operation,
  });
}

export function routeOf({ anchors, policy, world, deadline }: Omit<Asking, "identity" | "progress">): Route {
  const { ca, connectTimeoutMs } = policy;
  const { env, now, elapsed, signal } = world;
  const timeoutMs = Math.max(1, deadline - elapsed());
  return { ca, timeoutMs, connectTimeoutMs, env, now, elapsed, signal, roots: anchors };
}
