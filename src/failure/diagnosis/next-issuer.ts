/** Who would sign the next certificate: where the fault is an issuer's, the CA may have mended it by now. */
import type { Evidence, IssuerFacts } from "../evidence.ts";
import { instant } from "../time.ts";
import { lifetimeMs } from "./leaf.ts";
import { quoted } from "./words.ts";

/** Whether a certificate that is issued now, for as long as this one, would end before its issuer does; undefined: not known. */
export function wouldLast({ ca: { issuer }, certificate, at }: Evidence): boolean | undefined {
  return issuer && issuer.until.getTime() >= at.getTime() + lifetimeMs(certificate);
}

/** `the CA signs with "CN=B" by now, which lasts until …`, or that it signs with the certificate's own issuer still. */
export function signsWith({ name, until, isOwn }: IssuerFacts): string {
  const [still, byNow] = isOwn ? [" still", ""] : ["", " by now"];
  return `the CA${still} signs with ${quoted(name)}${byNow}, which lasts until ${instant(until)}`;
}

/** Another issuer than the one that is at fault, where the CA shows that it has one. */
export function anotherIssuer({ ca: { issuer } }: Evidence): IssuerFacts | undefined {
  return issuer?.isOwn === false ? issuer : undefined;
}
