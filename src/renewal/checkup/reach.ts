/** Whether a renewal's request gets through to the CA: it is sent once with neither certificate nor token, which renews nothing. */
import type { Answer } from "../../ca/answer.ts";
import { exchange } from "../../ca/client.ts";
import { choose } from "../../ca/credential.ts";
import { readAnswered, readRenewal } from "../../ca/response.ts";
import { ConnectionEnded } from "../../failure/causes.ts";
import { quoted } from "../../failure/diagnosis/words.ts";
import { attempt, Failure } from "../../failure/failure.ts";
import type { Identity } from "../../pki/identity.ts";
import { type Asking, explain, routeOf } from "../ask.ts";
import { describeDistrust } from "../distrust.ts";
import { stopIfAsked } from "../interruption.ts";
import { type Check, failing, ok, refused, warning } from "./check.ts";

/** `identity` is null where the user's files cannot be read: the CA is looked at all the same. Throws what a renewal would. */
export async function reach(asking: Omit<Asking, "identity">, identity: Identity | null): Promise<Check> {
  const route = routeOf(asking);
  try {
    const headers = { "content-type": "application/json" };
    const answer = await exchange(route, { method: "POST", path: "/renew", headers });
    return await judge(answer, asking, identity);
  } catch (error) {
    stopIfAsked(route);
    if (error instanceof ConnectionEnded) return ended(error, asking, identity);
    throw await describeDistrust(error, asking.anchors, route);
  }
}

/** step-ca has one answer to this request, its 400; whatever else there is would be the answer to a renewal, too. */
async function judge(answer: Answer, asking: Omit<Asking, "identity">, identity: Identity | null): Promise<Check> {
  if (answer.status === 201) return unasked(answer);
  const answered = readAnswered(answer);
  const { status, said, shape } = answered;
  const isOfCa = shape === "status" || shape === "type";
  if (status === 400 && isOfCa)
    return ok("CA", `answers in ${Math.round(answer.roundTripMs)} ms; its TLS certificate is of that root`);
  if (status === 401 || status === 403) {
    // To a request without credentials step-ca says neither: nothing of the certificate has been judged.
    return failing("CA", new Failure("PROXY_REFUSED", { url: answer.url, ...answered, problem: wantsMore }));
  }
  if (identity === null) return refused("CA", `does not answer as a CA: HTTP ${status}, ${quoted(said)}`);
  const choice = choose(identity.leaf, { mtls: true }, asking.world.now());
  return failing("CA", await explain({ kind: "refused", by: answer, sent: identity }, choice, { ...asking, identity }));
}

const wantsMore = "it wants something else first";

/** Closed without an answer: not because of a certificate, for none was sent. */
async function ended(by: ConnectionEnded, asking: Omit<Asking, "identity">, identity: Identity | null): Promise<Check> {
  if (identity === null) return refused("CA", `the connection ended without an answer: ${quoted(by.message)}`);
  const choice = { method: "token", because: "asked" } as const;
  return failing("CA", await explain({ kind: "refused", by, sent: identity }, choice, { ...asking, identity }));
}

function unasked(answer: Answer): Check {
  const read = attempt(() => readRenewal(answer));
  if (read.failure !== undefined) return failing("CA", read.failure);
  const help = "its administrator: let the CA see its clients' own certificates and tokens";
  return warning(
    "CA",
    "it renews without being shown any proof: something in front of it speaks for all clients",
    help,
  );
}
