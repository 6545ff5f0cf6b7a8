/** A folder with files and, where the scene wants one, the embedded CA: what a transcript is played in. */
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import type { AddressInfo, Server } from "node:net";
import { join } from "node:path";
import { main } from "../../src/cli/main.ts";
import { Reporter } from "../../src/cli/report.ts";
import { type Authority, type AuthorityOptions, createAuthority, type LeafSpec } from "../../src/dev-ca/authority.ts";
import { type DevCa, type DevCaOptions, startDevCa } from "../../src/dev-ca/server.ts";
import { type ProxyOptions, startProxy } from "./proxy.ts";
import { isForKeys, learnFrom, textOf, watch } from "./secrets.ts";
import { testWorld, type WorldOptions } from "./world.ts";

const hour = 3_600_000;

export interface Scene {
  readonly folder: string;
  readonly base: Date;
  readonly authority: Authority;
  write(file: string, contents: string | Buffer, mode?: number): void;
  /** Issues a leaf into NAME.crt and NAME.key; times in hours from now, a day around now unless said. */
  issue(name: string, spec?: LeafSpec & { from?: number; to?: number }): Promise<void>;
  ca(options?: DevCaOptions): Promise<DevCa>;
  /** Puts a proxy before the CA that runs; CA in the words stands for the proxy then. */
  proxy(options?: Omit<ProxyOptions, "port" | "own" | "root">): Promise<void>;
  /** What CA in the words stands for. */
  url(): string;
  /** Any server on loopback; CA in the words stands for it then. */
  listen(server: Server): Promise<void>;
  /** Runs `renew` as a shell would have split it; CA in the words stands for its URL. */
  renew(
    command: string,
    options?: WorldOptions,
  ): Promise<{ exit: number; stdout: string; stderr: string; screen: string }>;
  end(): Promise<void>;
}

/** Not the TMPDIR of this run: a folder that is named on the screen breaks its lines by its length. */
const roof = "/tmp";

/** The clock of a scene stands still, for the client and for the CA, so that every printed time is known. */
export async function scene(options: AuthorityOptions = {}): Promise<Scene> {
  const base = new Date(Math.floor(Date.now() / 1000) * 1000);
  const at = (hours: number) => new Date(base.getTime() + hours * hour);
  const folder = mkdtempSync(join(roof, "renew-scene-"));
  const authority = await createAuthority({ notBefore: at(-1000), notAfter: at(10_000), ...options });
  const running: DevCa[] = [];
  const servers: Server[] = [];
  const own = new Set<string>();
  let url = "https://localhost:1";
  const standsFor = (server: Server) => {
    servers.push(server);
    url = `https://localhost:${(server.address() as AddressInfo).port}`;
  };
  const before = process.cwd();
  process.chdir(folder);
  writeFileSync("root.crt", authority.root);
  return {
    folder,
    base,
    authority,
    write: (file, contents, mode) => {
      own.add(join(folder, file));
      writeFileSync(join(folder, file), contents, mode === undefined ? {} : { mode });
    },
    issue: async (name, { from = -12, to = 12, ...spec } = {}) => {
      const leaf = { provisioner: { name: "after-expiry" }, notBefore: at(from), notAfter: at(to), ...spec };
      const { chain, key } = await authority.issue(leaf);
      writeFileSync(`${name}.crt`, chain);
      writeFileSync(`${name}.key`, key, { mode: 0o600 });
    },
    ca: async (caOptions = {}) => {
      const ca = await startDevCa({ authority, now: () => base, ...caOptions });
      running.push(ca);
      url = ca.url;
      return ca;
    },
    url: () => url,
    proxy: async (proxyOptions = {}) => {
      const behind = running.at(-1)?.port ?? 0;
      const own = await authority.issue({
        subject: "proxy",
        names: ["localhost"],
        usages: ["serverAuth"],
        ...life(base),
      });
      standsFor(await startProxy({ ...proxyOptions, port: behind, own, root: authority.root }));
    },
    listen: async (server) => {
      await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
      standsFor(server);
    },
    renew: async (command, worldOptions = {}) => {
      const world = testWorld({ now: base, ...worldOptions });
      const words = command.match(/(?:'[^']*'|\S)+/g) ?? [];
      const argv = words.map((word) => word.replaceAll("'", "").replace(/^CA\b/, url));
      // Keys that a list names are on no command line.
      learnFrom([...argv, ...readdirSync(folder).filter((name) => name.endsWith(".key"))], folder);
      const exit = await main(argv, world);
      const lines = [`$ renew ${command}`, (world.out.text + world.err.text).trimEnd(), `(exit ${exit})`].filter(
        Boolean,
      );
      return { exit, stdout: world.out.text, stderr: world.err.text, screen: `${still(lines.join("\n"), base)}\n` };
    },
    end: async () => {
      noteLeft(folder, own);
      process.chdir(before);
      for (const server of servers) server.close();
      await Promise.all(running.map((ca) => ca.close()));
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Every failure that is told is looked through for secrets, with all that hangs on it. */
const { describe } = Reporter.prototype;
Reporter.prototype.describe = function (failure) {
  watch.saw("failure", textOf(failure), failure.code);
  return describe.call(this, failure);
};

/** What a run leaves besides the files that are named as holding keys, and the scene's own. */
function noteLeft(folder: string, own: ReadonlySet<string>): void {
  if (!existsSync(folder)) return;
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    const file = join(entry.parentPath, entry.name);
    if (entry.isFile() && !isForKeys(entry.name) && !own.has(file))
      watch.saw("file", readFileSync(file, "latin1"), entry.name);
  }
}

const life = (base: Date) => ({
  notBefore: new Date(base.getTime() - hour),
  notAfter: new Date(base.getTime() + 24 * hour),
});

/** The day that every transcript is played on. */
const day = Date.UTC(2026, 2, 2, 12, 0, 0);

/** As long as those that they stand for, so that lines break where they did. */
const serial = "152837465019283746501928374650192837465";
const requestId = "9f0c1a2b-3d4e-4f5a-8b6c-7d8e9f0a1b2c";

const hex = "0123456789abcdef";

/** Makes a screen the same on every run: times moved to one day, and one port, serial number, fingerprint and id for all. */
function still(screen: string, base: Date): string {
  const met: string[] = [];
  const fingerprint = (head: string, rest: string) => {
    if (!met.includes(head)) met.push(head);
    const digits = hex.slice(met.indexOf(head)) + hex.slice(0, met.indexOf(head));
    return rest === "…" ? digits + rest : digits.repeat(4);
  };
  const move = (text: string) => new Date(Date.parse(text) - base.getTime() + day).toISOString();
  return (
    screen
      .replace(/\b\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\b/g, (time) =>
        move(`${time.replace(" ", "T")}Z`)
          .slice(0, 19)
          .replace("T", " "),
      )
      .replace(/\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z/g, move)
      .replace(/\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ/g, (time) => move(time).replace(".000", ""))
      .replace(/\b(localhost|[a-z0-9.-]+\.example|127\.0\.0\.1):\d+/g, "$1:9000")
      .replace(/sha256:([0-9a-f]{16})(…|[0-9a-f]{48})/g, (_, head, rest) => `sha256:${fingerprint(head, rest)}`)
      .replace(/(?<=renew-backup-)[0-9a-f]{16}/g, "0123456789abcdef")
      .replace(/\b\d{39}\b/g, serial)
      .replace(/\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b/g, requestId)
      .replace(/[A-F0-9]{10,}:error:[0-9A-F]+:/g, "error:")
      // A long path to this checkout may have broken the line before it.
      .replace(/\s+\(\/\S*\/((?:src|test)\/\S*?):[\d:]+\)/g, " ($1)")
      .replaceAll(process.cwd(), "/etc/certs")
  );
}
