/** The address of any TLS server, as `step certificate needs-renewal` takes it: a scheme, which brings its port, and a host. */
import { isIPv6 } from "node:net";
import { domainToASCII } from "node:url";
import { Failure } from "../failure/failure.ts";
import { withoutPassword } from "./url.ts";

export interface ServerAddress {
  /** Without the brackets of an IPv6 address. */
  readonly host: string;
  readonly port: number;
  /** For messages: scheme, host and port. */
  readonly url: string;
}

/** Speaking TLS from the first byte on. */
const ports: Readonly<Record<string, number>> = { tcp: 443, tls: 443, https: 443, smtps: 465, ldaps: 636 };

/** Null for what is no such address, and so a file's name. A path is passed over, as by step. Throws BAD_URL. */
export function parseServerAddress(text: string): ServerAddress | null {
  const [, scheme = "", rest = ""] = /^([a-z]+):\/\/([^/?#]*)/i.exec(text) ?? [];
  const usual = Object.hasOwn(ports, scheme.toLowerCase()) ? ports[scheme.toLowerCase()] : undefined;
  if (usual === undefined) return null;
  const bad = (problem: string) => new Failure("BAD_URL", { from: "URL", value: withoutPassword(text), problem });
  const authority = rest.slice(rest.lastIndexOf("@") + 1);
  const { host, port } = isIPv6(authority) ? { host: authority, port: "" } : split(authority);
  if (host === "") throw bad("it names no host");
  const isAddress = isIPv6(host.replace(/%.*$/, ""));
  if (!isAddress && (authority.startsWith("[") || !/^[^\s[\]:%<>"\\^`{|}]+$/.test(host))) throw bad("its host is none");
  if (!/^\d{0,5}$/.test(port) || Number(port || usual) < 1 || Number(port) > 65_535)
    throw bad(`its port is none: '${port}'`);
  const name = host.includes(":") ? host : domainToASCII(host) || host;
  const number = port === "" ? usual : Number(port);
  const shown = name.includes(":") ? `[${name}]` : name;
  return { host: name, port: number, url: `${scheme.toLowerCase()}://${shown}:${number}` };
}

/** `host:port`, `[host]:port`, each without the port too; a zone's `%25` is a percent sign (RFC 6874). */
function split(authority: string): { host: string; port: string } {
  const [, inBrackets, plain = "", port = ""] = /^(?:\[([^\]]*)\]|([^:]*))(?::(.*))?$/s.exec(authority) ?? [];
  return { host: inBrackets?.replace("%25", "%") ?? plain, port };
}
