/** POST /revoke: passive, by token or with the certificate itself (certificates, api/revoke.go). */
import { authorizeOneTimeToken } from "../rules/one-time.ts";
import { badRequest, forbidden, Refusal, within, words } from "../rules/refusal.ts";
import type { State } from "../rules/state.ts";
import { type Answer, json } from "./answer.ts";
import { bodyOf, type Request, textIn } from "./request.ts";

const LAST_REASON = 10;

export async function revoke(state: State, request: Request): Promise<Answer> {
  const body = bodyOf(request);
  const serial = serialIn(body);
  const reason = typeof body["reasonCode"] === "number" ? body["reasonCode"] : 0;
  if (reason < 0 || reason > LAST_REASON) throw badRequest("reasonCode out of bounds");
  if (body["passive"] !== true) {
    throw new Refusal(501, words.notImplemented, "non-passive revocation not implemented");
  }
  const ott = textIn(body, "ott");
  if (ott === "") checkOwner(state, request, serial);
  else await checkToken(state, ott, serial);
  if (state.revoked.has(serial)) throw badRequest(`certificate with serial number '${serial}' is already revoked`);
  state.revoked.set(serial, { at: state.now(), reason });
  return json(200, { status: "ok" });
}

/** Decimal, or hexadecimal after 0x; decimal from here on. */
function serialIn(body: Record<string, unknown>): string {
  const text = textIn(body, "serial");
  if (text === "") throw badRequest("missing serial");
  if (/^(\d+|0x[0-9a-f]+)$/i.test(text)) return BigInt(text).toString();
  throw badRequest(
    `'${text}' is not a valid serial number - use a base 10 representation or a base 16 representation with '0x' prefix`,
  );
}

async function checkToken(state: State, ott: string, serial: string): Promise<void> {
  const { claims } = await within("authority.Authorize", () =>
    within("authority.authorizeRevoke", () => authorizeOneTimeToken(state, ott, "revoke")),
  );
  if (state.traits.revokesOnlyTheSubject && claims.subject !== serial) {
    throw forbidden(`request serial number "${serial}" and token subject "${claims.subject}" do not match`);
  }
}

function checkOwner({ traits }: State, { certificate }: Request, serial: string): void {
  if (!certificate) throw badRequest("missing ott or client certificate");
  if (certificate.serial === serial) return;
  if (!traits.revokesOnlyTheSubject) throw badRequest("serial number in client certificate different than body");
  throw forbidden(
    `request serial number "${serial}" and certificate serial number "${certificate.serial}" do not match`,
  );
}
