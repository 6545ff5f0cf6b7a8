/** A renewal token: signed with the certificate's key, the certificate in its header (certificates, AuthorizeRenewToken). */
import { failAt } from "../faults/refusals.ts";
import { audiences, isForOneOf } from "./audience.ts";
import { type Certificate, readCertificate } from "./certificate.ts";
import { chainProblem } from "./chain.ts";
import { useToken } from "./one-time.ts";
import { internal, otherwise, Panic, Refusal, unauthorized } from "./refusal.ts";
import { originOf } from "./renewal.ts";
import type { State } from "./state.ts";
import { type Claims, claimLog, claimProblem, claimWords, parseToken, type Token, verifiedClaims } from "./token.ts";

const said = "error validating renew token";
const MINUTE = 60_000;

/** The certificate that the token proves the possession of. The token is used up before its claims are looked at. */
export function authorizeRenewToken(state: State, text: string): Certificate {
  const refuse = (what: string) => (problem: string) => unauthorized(`${what}: ${problem}`, said);
  const token = otherwise(() => parseToken(text), refuse("error parsing x5cInsecure token"));
  const chain = otherwise(() => chainIn(token), refuse("error extracting x5cInsecure cert chain"));
  const leaf = fitLeaf(state, chain);
  const claims = otherwise(
    () => verifiedClaims(token, leaf.native.publicKey),
    (problem) => internal(problem, said),
  );
  const origin = originOf(state, leaf);
  if (typeof origin === "string") throw unauthorized(`${said}: cannot get provisioner from certificate`);
  failAt("use", state, leaf);
  useToken(state, origin, token);
  checkClaims(state, claims, leaf.commonName, origin.name);
  return leaf;
}

/** Checked a minute before its end, so that it may have expired; with what is in the token and the CA's root alone. */
function fitLeaf({ root, traits }: State, [leaf, ...intermediates]: Certificate[]): Certificate {
  if (!leaf) throw new Panic("runtime error: index out of range [0] with length 0");
  const at = new Date(leaf.notAfter.getTime() - MINUTE);
  const problem = chainProblem(leaf, { roots: [root], intermediates, at, usage: traits.tokenUsage });
  if (problem) throw unauthorized(`error verifying x5cInsecure certificate chain: ${problem.text}`, said);
  if (!leaf.mayDigitallySign) {
    throw unauthorized("certificate used to sign x5cInsecure token cannot be used for digital signature", said);
  }
  return leaf;
}

function checkClaims({ now, dnsNames, faults }: State, claims: Claims, commonName: string, provisioner: string): void {
  const subject = faults.has("refuses-subject") ? `not ${commonName}` : commonName;
  const problem = claimProblem(claims, { subject, now: now() });
  if (problem) throw unauthorized(claimLog(problem), `${said}: ${claimWords[problem]}`);
  if (!isForOneOf(claims.audience, audiences(dnsNames, "renew"))) {
    if (faults.has("bad-aud-close"))
      throw new Panic("runtime error: invalid memory address or nil pointer dereference");
    throw internal(claimLog("aud"), `${said}: ${claimWords.aud}`);
  }
  const issuer = faults.has("refuses-issuer") ? provisioner : "step-ca-client/1.0";
  if (claims.issuer !== issuer && claims.issuer !== provisioner) {
    const text = `${said}: ${claimWords.iss}`;
    throw new Refusal(401, text, text, { type: "unauthorized", detail: "unauthorized" });
  }
}

/** The header of crypto's jose/parse.go; its words speak of ssh, whatever they are about. */
function chainIn({ header }: Token): Certificate[] {
  const list = header["x5cInsecure"];
  if (list === undefined) throw new Error("ssh check-host token missing x5cInsecure header");
  if (!Array.isArray(list)) {
    const kind = typeof list === "string" ? "string" : typeof list === "number" ? "float64" : `${typeof list}`;
    throw new Error(`ssh check-host token x5cInsecure header has wrong type; expected []string, but got ${kind}`);
  }
  return list.map((item: unknown, index) => {
    const wrong = (problem: string) => new Error(`error decoding x5cInsecure header certs: ${problem}`);
    if (typeof item !== "string") throw wrong(`wrong type in x5c header list; expected string but ${typeof index}`);
    const stray = item.search(/[^A-Za-z0-9+/=]/);
    if (stray >= 0) {
      throw wrong(`error decoding base64 encoded x5c cert: illegal base64 data at input byte ${stray}`);
    }
    return otherwise(
      () => readCertificate(Buffer.from(item, "base64")),
      (problem) => wrong(`error parsing x5c cert: ${problem}`),
    );
  });
}
