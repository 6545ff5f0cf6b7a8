/** The CA's address. Unlike step, a path prefix is kept, so that a CA behind a path of a proxy can be reached. */
import { Failure } from "../failure/failure.ts";

export interface CaUrl {
  /** `https://host[:port]`: what a token's audience starts with, since a CA knows nothing of a proxy's prefix. */
  readonly origin: string;
  /** "" or `/some/prefix`, without a slash at its end. */
  readonly prefix: string;
  /** Without the brackets of an IPv6 address. */
  readonly host: string;
  readonly port: number;
  /** Origin and prefix. */
  readonly href: string;
}

/** `from` says where the value was found. The scheme may be left out. Throws BAD_URL. */
export function parseCaUrl(value: string, from: string): CaUrl {
  const bad = (problem: string) => new Failure("BAD_URL", { from, value: withoutPassword(value), problem });
  const trimmed = value.trim();
  if (trimmed === "") throw bad("it is empty");
  const scheme = /^([a-z][a-z0-9+.-]*):\/\//i.exec(trimmed)?.[1]?.toLowerCase();
  if (scheme !== undefined && scheme !== "https") throw bad(`its scheme is ${scheme}, and a CA speaks https only`);
  // A slash is missing, or something is wrong with the scheme: what stands before would be taken for the host.
  if (scheme === undefined && /^[^/]*:\/\/|^[a-z]+:\/|^https?\/\/|\\/i.test(trimmed)) throw bad("it is not a URL");
  const url = parse(scheme === undefined ? `https://${trimmed}` : trimmed);
  if (url === null || url.hostname === "") throw bad("it is not a URL");
  const [strange] = url.hostname.match(/[^a-z0-9._:[\]-]/i) ?? [];
  if (strange !== undefined) throw bad(`its host has a character that no name of a host has: ${strange}`);
  if (url.username || url.password) throw bad("it holds a user name or a password, which step-ca has no use for");
  if (url.search || url.hash) throw bad("it has a query or a fragment");
  const prefix = url.pathname.replace(/\/+$/, "");
  const host = url.hostname.replace(/^\[|\]$/g, "");
  return { origin: url.origin, prefix, host, port: Number(url.port || 443), href: url.origin + prefix };
}

/** An address as it may be printed: whatever stands before an @ may be a secret, well written or not. */
export function withoutPassword(value: string): string {
  return value.replace(/^([a-z][a-z0-9+.-]*:\/+)?.*@/is, "$1…@");
}

function parse(text: string): URL | null {
  try {
    return new URL(text);
  } catch {
    return null;
  }
}
