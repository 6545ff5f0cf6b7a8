/**
 * Which proxy, if any, stands between us and a host: HTTPS_PROXY and NO_PROXY with the rules of Go's
 * `httpproxy.FromEnvironment`, and so of step: loopback addresses never go through a proxy.
 */
import { BlockList, isIP } from "node:net";
import { domainToASCII } from "node:url";
import { Failure } from "../failure/failure.ts";
import { withoutPassword } from "./url.ts";

type Environment = Readonly<Record<string, string | undefined>>;

/** The proxy's URL, or null for a direct connection. Throws BAD_URL for a proxy that is none. */
export function proxyFor({ host, port }: { host: string; port: number }, env: Environment): URL | null {
  const [name, value] = firstSet(env, ["HTTPS_PROXY", "https_proxy"]);
  if (value === "" || isLoopback(host) || isExcluded(host, port, firstSet(env, ["NO_PROXY", "no_proxy"])[1]))
    return null;
  const bad = (problem: string) => new Failure("BAD_URL", { from: name, value: withoutPassword(value), problem });
  const url = value.includes("://") ? parse(value) : parse(`http://${value}`);
  if (url === null) throw bad("it is not a URL");
  if (url.protocol !== "http:" && url.protocol !== "https:") throw bad("only http and https proxies are supported");
  return url;
}

/** Null also where user and password cannot be decoded. */
function parse(text: string): URL | null {
  try {
    const url = new URL(text);
    decodeURIComponent(url.username + url.password);
    return url;
  } catch {
    return null;
  }
}

function firstSet(env: Environment, names: readonly string[]): [name: string, value: string] {
  for (const name of names) {
    const value = env[name]?.trim();
    if (value) return [name, value];
  }
  return ["", ""];
}

function isLoopback(host: string): boolean {
  return host === "localhost" || isInNetwork(host, "127.0.0.0", 8) || isInNetwork(host, "::1", 128);
}

/** NO_PROXY: `*`, names with their subdomains, `.name` for subdomains only, addresses, networks, each with an optional port. */
function isExcluded(host: string, port: number, list: string): boolean {
  const rules = list.split(",").map((rule) => rule.trim().toLowerCase());
  return rules.some((rule) => rule === "*" || isMet(rule, host.toLowerCase(), port));
}

function isMet(rule: string, host: string, port: number): boolean {
  const [, network = "", bits = ""] = /^([^/]*)\/(\d+)$/.exec(rule) ?? [];
  if (isIP(network) !== 0) return isInNetwork(host, network, Number(bits));
  if (rule.includes("/")) return false;
  const [, bracketed = rule, rulePort = ""] = /^(.*?):(\d*)$/.exec(isIP(rule) === 0 ? rule : "") ?? [];
  if (rulePort !== "" && Number(rulePort) !== port) return false;
  const name = bracketed.replace(/^\[(.*)\]$/, "$1");
  if (isIP(name) !== 0) return isInNetwork(host, name, isIP(name) === 6 ? 128 : 32);
  if (isIP(host) !== 0) return false;
  const suffix = name.replace(/^\*\./, ".");
  if (suffix.startsWith(".")) return suffix !== "." && host.endsWith(ascii(suffix.slice(1), "."));
  return suffix !== "" && (host === ascii(suffix) || host.endsWith(ascii(suffix, ".")));
}

/** Names are compared as they are asked for, in punycode. */
function ascii(name: string, prefix = ""): string {
  return prefix + (domainToASCII(name) || name);
}

/** An address is a network of one. */
function isInNetwork(host: string, address: string, bits: number): boolean {
  if (isIP(host) === 0 || bits > (isIP(address) === 6 ? 128 : 32)) return false;
  const list = new BlockList();
  list.addSubnet(address, bits, isIP(address) === 6 ? "ipv6" : "ipv4");
  return list.check(host, isIP(host) === 6 ? "ipv6" : "ipv4");
}
