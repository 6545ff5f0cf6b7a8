/** Whose time it is. The CA judges by its own clock, so the local one never decides alone. */
import type { Evidence } from "../evidence.ts";
import { span } from "../time.ts";

/** A Date header has whole seconds: a difference below this is none. */
export const leastSkewMs = 2000;

/** How far this machine's clock is ahead of the CA's; negative when it is behind; undefined when the CA's is not known. */
export function skewMs({ ca, answer, at }: Evidence): number | undefined {
  if (ca.clock !== undefined) return ca.clock.ours.getTime() - ca.clock.ca.getTime();
  return answer?.date === undefined ? undefined : at.getTime() - answer.date.getTime();
}

/** Where in the leaf's life the CA sees itself. "edge": too near to an end to tell; null when its clock is not known. */
export function lifeByCa(evidence: Evidence): "before" | "within" | "after" | "edge" | null {
  const skew = skewMs(evidence);
  if (skew === undefined) return null;
  const { notBefore, notAfter } = evidence.certificate;
  const now = evidence.at.getTime() - skew;
  if (now < notBefore.getTime() - leastSkewMs) return "before";
  if (now > notAfter.getTime() + leastSkewMs) return "after";
  return now > notBefore.getTime() + leastSkewMs && now < notAfter.getTime() - leastSkewMs ? "within" : "edge";
}

/** The same by this machine's clock, to the millisecond. */
export function lifeByUs({ at, certificate: { notBefore, notAfter } }: Evidence): "before" | "within" | "after" {
  if (at < notBefore) return "before";
  return at > notAfter ? "after" : "within";
}

/** By the CA's clock where it is known, else by ours. */
export function hasExpired(evidence: Evidence): boolean {
  const life = lifeByCa(evidence);
  return (life === null || life === "edge" ? lifeByUs(evidence) : life) === "after";
}

/** `this machine's clock is 12m5s behind the CA's`, or that they agree. */
export function skewText(skew: number): string {
  if (Math.abs(skew) < leastSkewMs) return "this machine's clock agrees with the CA's";
  return `this machine's clock is ${span(skew)} ${skew < 0 ? "behind" : "ahead of"} the CA's`;
}
