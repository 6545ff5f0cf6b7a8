/** For whom a token is: one of the CA's names and a path, ports ignored (certificates, authority/config GetAudiences). */
import { isIPv6 } from "node:net";

export function audiences(dnsNames: readonly string[], path: "renew" | "revoke" | "sign"): string[] {
  const paths = path === "sign" ? ["1.0/sign", "sign", "1.0/ssh/sign", "ssh/sign"] : [`1.0/${path}`, path];
  const hosts = dnsNames.map((name) => (isIPv6(name) ? `[${name}]` : name));
  const urls = hosts.flatMap((host) => paths.map((one) => `https://${host}/${one}`));
  return path === "renew" ? urls : ["step-certificate-authority", ...urls];
}

export function isForOneOf(claimed: readonly string[], accepted: readonly string[]): boolean {
  const known = new Set([...accepted, ...accepted.map(withoutPort)]);
  return claimed.some((url) => known.has(url) || known.has(withoutPort(url)));
}

function withoutPort(url: string): string {
  return url.replace(/^([a-z][a-z0-9+.-]*:\/\/)(\[[^\]]*\]|[^/?#:]*)(:\d+)?/i, "$1$2");
}
