/** A folder with files and, where the scene wants one, the embedded CA: what a transcript is played in. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { main } from "../../src/cli/main.ts";
import { type Authority, type AuthorityOptions, createAuthority, type LeafSpec } from "../../src/dev-ca/authority.ts";
import { type DevCa, type DevCaOptions, startDevCa } from "../../src/dev-ca/server.ts";
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
  /** Runs `renew` as a shell would have split it; CA in the words stands for its URL. */
  renew(
    command: string,
    options?: WorldOptions,
  ): Promise<{ exit: number; stdout: string; stderr: string; screen: string }>;
  end(): Promise<void>;
}

/** The clock of a scene stands still, for the client and for the CA, so that every printed time is known. */
export async function scene(options: AuthorityOptions = {}): Promise<Scene> {
  const base = new Date(Math.floor(Date.now() / 1000) * 1000);
  const at = (hours: number) => new Date(base.getTime() + hours * hour);
  const folder = mkdtempSync(join(tmpdir(), "renew-scene-"));
  const authority = await createAuthority({ notBefore: at(-1000), notAfter: at(10_000), ...options });
  const running: DevCa[] = [];
  const before = process.cwd();
  process.chdir(folder);
  writeFileSync("root.crt", authority.root);
  return {
    folder,
    base,
    authority,
    write: (file, contents, mode) => writeFileSync(join(folder, file), contents, mode === undefined ? {} : { mode }),
    issue: async (name, { from = -12, to = 12, ...spec } = {}) => {
      const leaf = { provisioner: { name: "after-expiry" }, notBefore: at(from), notAfter: at(to), ...spec };
      const { chain, key } = await authority.issue(leaf);
      writeFileSync(`${name}.crt`, chain);
      writeFileSync(`${name}.key`, key, { mode: 0o600 });
    },
    ca: async (caOptions = {}) => {
      const ca = await startDevCa({ authority, now: () => base, ...caOptions });
      running.push(ca);
      return ca;
    },
    renew: async (command, worldOptions = {}) => {
      const world = testWorld({ now: base, ...worldOptions });
      const url = running.at(-1)?.url ?? "https://localhost:1";
      const argv = command.split(" ").map((word) => word.replace(/^CA\b/, url));
      const exit = await main(argv, world);
      const words = [`$ renew ${command}`, (world.out.text + world.err.text).trimEnd(), `(exit ${exit})`].filter(
        Boolean,
      );
      return { exit, stdout: world.out.text, stderr: world.err.text, screen: `${still(words.join("\n"), base)}\n` };
    },
    end: async () => {
      process.chdir(before);
      await Promise.all(running.map((ca) => ca.close()));
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** The day that every transcript is played on. */
const day = Date.UTC(2026, 2, 2, 12, 0, 0);

/** Makes a screen the same on every run: times moved to one day, ports, serials, fingerprints and ids by their names. */
function still(screen: string, base: Date): string {
  const move = (text: string) => new Date(Date.parse(text) - base.getTime() + day).toISOString();
  return screen
    .replace(/\b\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\b/g, (time) =>
      move(`${time.replace(" ", "T")}Z`)
        .slice(0, 19)
        .replace("T", " "),
    )
    .replace(/\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z/g, move)
    .replace(/\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ/g, (time) => `${move(time).slice(0, 19)}Z`)
    .replace(/\b(localhost|[a-z0-9.-]+\.example|127\.0\.0\.1):\d+/g, "$1:9000")
    .replace(/sha256:[0-9a-f]{64}/g, "sha256:…")
    .replace(/\b\d{30,60}\b/g, "SERIAL")
    .replace(/\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b|\b[0-9a-v]{20}\b/g, "REQUEST-ID")
    .replace(/[A-F0-9]{10,}:error:[0-9A-F]+:/g, "error:")
    .replace(/\(\/\S*\/((?:src|test)\/\S*?):[\d:]+\)/g, "($1)")
    .replaceAll(process.cwd(), "/etc/certs");
}
