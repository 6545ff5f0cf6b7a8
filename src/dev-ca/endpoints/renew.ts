/** POST /renew and POST /rekey (certificates, api/renew.go, api/rekey.go, authority/tls.go). */
import { failAt } from "../faults/refusals.ts";
import type { Certificate } from "../rules/certificate.ts";
import { badRequest, internal, Refusal, within, words } from "../rules/refusal.ts";
import { authorizeRenewToken } from "../rules/renew-token.ts";
import { authorizeRenewal } from "../rules/renewal.ts";
import type { State } from "../rules/state.ts";
import type { Answer } from "./answer.ts";
import { issueAnswer } from "./issue.ts";
import { bodyOf, type Request, signingRequestIn } from "./request.ts";

const AUTHORITY_KEY_IDENTIFIER = "2.5.29.35";
const SUBJECT_KEY_IDENTIFIER = "2.5.29.14";

/** The certificate of the TLS connection counts before the token. */
export async function renew(state: State, request: Request): Promise<Answer> {
  const token = request.certificate || state.faults.has("no-tokens") ? "" : bearerIn(request);
  const old = request.certificate ?? (token ? authorizeRenewToken(state, token) : null);
  if (!old) throw badRequest("missing client certificate");
  return within("cahandler.Renew", () => reissue(state, old, { withToken: token !== "" }));
}

/** For the key of a signing request; over mTLS alone. The request's subject and names are not looked at. */
export async function rekey(state: State, request: Request): Promise<Answer> {
  const { certificate } = request;
  if (!certificate) throw badRequest("missing client certificate");
  const { publicKey } = await signingRequestIn(bodyOf(request));
  const spki = Buffer.from(publicKey.rawData);
  return within("cahandler.Rekey", () => reissue(state, certificate, { withToken: false, spki }));
}

/** All extensions are copied but the issuer's key identifier, and on rekey the subject's; the lifetime stays the same. */
async function reissue(state: State, old: Certificate, how: { withToken: boolean; spki?: Buffer }): Promise<Answer> {
  await within("authority.authorizeRenew", () => {
    failAt("revocation", state, old);
    authorizeRenewal(state, old);
  });
  failAt("names", state, old);
  if (state.registrationAuthority && !how.withToken) {
    throw new Refusal(400, words.internal, "renewCertificateRequest `token` cannot be empty");
  }
  failAt("signing", state, old);
  const lifetimeMs = old.notAfter.getTime() - old.notBefore.getTime() - state.backdateMs;
  if (lifetimeMs === 0) throw internal("createCertificateRequest `lifetime` cannot be 0");
  const dropped = [AUTHORITY_KEY_IDENTIFIER, ...(how.spki ? [SUBJECT_KEY_IDENTIFIER] : [])];
  const now = state.now().getTime();
  const answer = await issueAnswer(
    state,
    {
      subject: old.parsed.subjectName,
      spki: how.spki ?? Buffer.from(old.parsed.publicKey.rawData),
      notBefore: new Date(now - state.backdateMs),
      notAfter: new Date(now + lifetimeMs),
      extensions: old.parsed.extensions.filter(({ type }) => !dropped.includes(type)),
    },
    old,
  );
  failAt("storing", state, old);
  return answer;
}

function bearerIn({ authorization }: Request): string {
  const at = authorization.indexOf("Bearer ");
  return at < 0 ? "" : authorization.slice(at + "Bearer ".length);
}
