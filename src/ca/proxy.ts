/**
 * Which proxy, if any, stands between us and a host: HTTPS_PROXY and NO_PROXY with the rules of Go's
 * `httpproxy.FromEnvironment`, and so of step: loopback addresses never go through a proxy.
 */
import { BlockList, isIP } from "node:net";
import { Failure } from "../failure/failure.ts";

type Environment = Readonly<Record<string, string | undefined>>;

/** The proxy's URL, or null for a direct connection. Throws BAD_URL for a proxy that is none. */
export function proxyFor({ host, port }: { host: string; port: number }, env: Environment): URL | null {
  const [name, value] = firstSet(env, ["HTTPS_PROXY", "https_proxy"]);
  if (value === "" || isLoopback(host) || isExcluded(host, port, firstSet(env, ["NO_PROXY", "no_proxy"])[1]))
    return null;
  const bad = (problem: string) => new Failure("BAD_URL", { from: name, value: withoutPassword(value), problem });
  const url =
    URL.canParse(value) && value.includes("://")
      ? new URL(value)
      : URL.canParse(`http://${value}`)
        ? new URL(`http://${value}`)
        : null;
  if (url === null) throw bad("it is not a URL");
  if (url.protocol !== "http:" && url.protocol !== "https:") throw bad("only http and https proxies are supported");
  return url;
}

function firstSet(env: Environment, names: readonly string[]): [name: string, value: string] {
  for (const name of names) {
    const value = env[name]?.trim();
    if (value) return [name, value];
  }
  return ["", ""];
}

function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || (isIP(host) === 4 && host.startsWith("127."));
}

/** NO_PROXY: `*`, names with their subdomains, `.name` for subdomains only, addresses, networks, each with an optional port. */
function isExcluded(host: string, port: number, list: string): boolean {
  return list.split(",").some((entry) => {
    const rule = entry.trim().toLowerCase();
    if (rule === "*") return true;
    if (rule.includes("/")) return isInNetwork(host, rule);
    const [, name = rule, rulePort] = /^(.*?):(\d+)$/.exec(isIP(rule) ? "" : rule) ?? [];
    if (name === "" || (rulePort !== undefined && Number(rulePort) !== port)) return false;
    const bare = name.replace(/^\*?\.|^\[|\]$/g, "");
    const isSubdomain = host.toLowerCase().endsWith(`.${bare}`);
    return isSubdomain || (!/^\*?\./.test(name) && host.toLowerCase() === bare);
  });
}

function isInNetwork(host: string, network: string): boolean {
  const [address = "", bits] = network.split("/");
  const family = isIP(address) === 6 ? "ipv6" : "ipv4";
  if (isIP(host) === 0 || isIP(address) === 0 || isIP(host) !== isIP(address)) return false;
  const list = new BlockList();
  list.addSubnet(address, Number(bits), family);
  return list.check(host, family);
}

function withoutPassword(value: string): string {
  return value.replace(/\/\/[^@/]*@/, "//…@");
}
