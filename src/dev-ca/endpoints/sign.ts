/** POST /sign: a certificate for a one-time token (certificates, api/sign.go and provisioner/sign_options.go). */
import { isIP } from "node:net";
import { leafExtensions } from "../issuing/leaf.ts";
import { goDuration, goList, goTimeString, parseGoDuration } from "../rules/go-text.ts";
import { authorizeOneTimeToken } from "../rules/one-time.ts";
import { badRequest, forbidden, within } from "../rules/refusal.ts";
import type { State } from "../rules/state.ts";
import type { Claims } from "../rules/token.ts";
import { type Pkcs10CertificateRequest, SubjectAlternativeNameExtension } from "../x509.ts";
import type { Answer } from "./answer.ts";
import { issueAnswer } from "./issue.ts";
import { bodyOf, type Request, signingRequestIn, textIn } from "./request.ts";

const MINUTE = 60_000;
const SHORTEST = 5 * MINUTE;
const LONGEST = 24 * 60 * MINUTE;

export async function sign(state: State, request: Request): Promise<Answer> {
  const body = bodyOf(request);
  const bounds = { notBefore: timeIn(body, "notBefore"), notAfter: timeIn(body, "notAfter") };
  const csr = await signingRequestIn(body);
  const ott = textIn(body, "ott");
  if (ott === "") throw badRequest("missing ott");
  const { provisioner, claims } = await within("authority.Authorize", () =>
    within("authority.authorizeSign", () => authorizeOneTimeToken(state, ott, "sign")),
  );
  const names = claims.sans.length > 0 ? claims.sans : [claims.subject];
  checkRequest(csr, claims, names);
  const validity = validityOf(state, bounds);
  const extensions = leafExtensions({
    subject: claims.subject,
    names,
    usages: ["serverAuth", "clientAuth"],
    keyUsages: ["digitalSignature"],
    provisioner: { name: provisioner.name, credentialId: provisioner.keyId },
  });
  const spki = Buffer.from(csr.publicKey.rawData);
  return issueAnswer(state, { subject: [{ CN: [claims.subject] }], spki, extensions, ...validity }, null);
}

/** The request may leave names out, but not ask for others. */
function checkRequest(csr: Pkcs10CertificateRequest, { subject }: Claims, names: readonly string[]): void {
  const [commonName] = csr.subjectName.getField("CN");
  const allowed = [subject, ...names];
  if (commonName && !allowed.includes(commonName)) {
    const text = `got ${commonName}, want ${goList(allowed)}`;
    throw forbidden(`certificate request does not contain the valid common name - ${text}`);
  }
  const extension = csr.extensions.find((one) => one instanceof SubjectAlternativeNameExtension);
  const asked = extension ? extension.names.items.filter(({ type }) => type === "dns").map(({ value }) => value) : [];
  const wanted = names.filter((name) => !isIP(name) && !/[@:]/.test(name));
  const same = asked.every((name) => wanted.includes(name)) && wanted.every((name) => asked.includes(name));
  if (asked.length > 0 && !same) {
    const text = `got ${goList(asked)}, want ${goList(wanted)}`;
    throw forbidden(`certificate request does not contain the valid DNS names - ${text}`);
  }
}

/** A time, or a length from now; null where there is neither. */
type Bound = { at: Date } | { in: number } | null;

function timeIn(body: Record<string, unknown>, name: string): Bound {
  const text = textIn(body, name);
  if (text === "") return null;
  const length = parseGoDuration(text);
  if (length !== null) return { in: length };
  const time = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d/.test(text) ? Date.parse(text) : Number.NaN;
  if (!Number.isNaN(time)) return { at: new Date(time) };
  throw badRequest("error decoding json", `failed to parse ${JSON.stringify(text)}`);
}

function validityOf(state: State, bounds: { notBefore: Bound; notAfter: Bound }): { notBefore: Date; notAfter: Date } {
  const now = state.now();
  const from = (bound: Bound, start: Date) =>
    bound && ("at" in bound ? bound.at : new Date(start.getTime() + bound.in));
  const start = from(bounds.notBefore, now) ?? now;
  const notAfter = from(bounds.notAfter, start) ?? new Date(start.getTime() + LONGEST);
  const notBefore = bounds.notBefore ? start : new Date(start.getTime() - state.backdateMs);
  if (notAfter < now) throw badRequest(`notAfter cannot be in the past; na=${goTimeString(notAfter)}`);
  if (notAfter < notBefore) {
    const text = `na=${goTimeString(notAfter)}, nb=${goTimeString(notBefore)}`;
    throw badRequest(`notAfter cannot be before notBefore; ${text}`);
  }
  const length = notAfter.getTime() - notBefore.getTime();
  const longest = LONGEST + state.backdateMs;
  const wrong =
    length < SHORTEST
      ? (["less", "minimum", SHORTEST] as const)
      : length > longest
        ? (["more", "maximum", longest] as const)
        : null;
  if (wrong) {
    const [than, bound, allowed] = wrong;
    const limit = `the authorized ${bound} certificate duration of ${goDuration(allowed)}`;
    throw forbidden(`requested duration of ${goDuration(length)} is ${than} than ${limit}`);
  }
  return { notBefore, notAfter };
}
