/** What a bench runs on: a CA, certificates in a folder of its own, and the programs that are compared. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { startDevCa } from "../../src/dev-ca/server.ts";
import { findBinaries } from "../real/binaries.ts";
import { startStepCaOf } from "../support/step-ca-server.ts";
import { type Command, printed } from "./child.ts";
import { type Fixture, openFixture } from "./fixture.ts";

/** The bundle lies as deep in the folder as this file does. */
export const root = fileURLToPath(new URL("../../", import.meta.url));
export const bin = join(root, "bin/renew.js");
const peers = join(root, "test/bench/peers");

export interface PairFiles {
  crt: string;
  key: string;
}

export interface Ca {
  /** "step-ca v0.30.2", or the embedded one where that could not be had. */
  readonly name: string;
  readonly url: string;
  /** Null where it runs in our own process. */
  readonly pid: number | null;
}

export interface Stage {
  readonly folder: string;
  readonly ca: Ca;
  readonly rootFile: string;
  readonly fixture: Fixture;
  /** The real step; undefined where it could not be had. */
  readonly step: string | undefined;
  readonly node: string;
  readonly nodeVersion: string;
  /** Whether this build of renew has the command for many certificates. */
  readonly hasRun: boolean;
  /** Writes the first `count` certificates into a new folder. */
  files(name: string, count: number): Promise<{ folder: string; pairs: readonly PairFiles[] }>;
  /** `renew` with these words. */
  renew(args: readonly string[], more?: Partial<Command>): Command;
  /** One of the scripts in peers/. */
  peer(script: string, args: readonly string[]): Command;
  close(): Promise<void>;
}

export interface StageOptions {
  /** The Node that everything in JavaScript is run by; our own unless told. */
  node: string | undefined;
}

export async function openStage({ node = process.execPath }: StageOptions): Promise<Stage> {
  const binaries = findBinaries(["step-ca-v0.30.2", "step-v0.30.6"]);
  const fixture = await openFixture(join(root, ".cache/bench/fixture"));
  const folder = mkdtempSync(join(tmpdir(), "renew-bench-"));
  process.once("exit", () => rmSync(folder, { recursive: true, force: true }));
  process.once("SIGINT", () => process.exit(130)); // its own "exit" ends the CA and takes the folder away
  const ca = await startCa(binaries["step-ca-v0.30.2"], fixture);
  const rootFile = join(folder, "root.crt");
  writeFileSync(rootFile, fixture.authority.root);
  const command = (args: readonly string[]): Command => ({ file: resolve(node), args, cwd: folder });
  const help = await printed(command([bin, "run", "--help"]));
  return {
    folder,
    ca,
    rootFile,
    fixture,
    step: binaries["step-v0.30.6"],
    node: resolve(node),
    nodeVersion: (await printed(command(["--version"]))).trim(),
    hasRun: /\brenew run\b/.test(help),
    async files(name, count) {
      const own = join(folder, name);
      mkdirSync(own);
      const pairs = (await fixture.pairs(count)).map(({ chain, key }, index) => {
        const stem = join(own, `c${String(index).padStart(5, "0")}`);
        writeFileSync(`${stem}.crt`, chain);
        writeFileSync(`${stem}.key`, key, { mode: 0o600 });
        return { crt: `${stem}.crt`, key: `${stem}.key` };
      });
      return { folder: own, pairs };
    },
    renew: (args, more = {}) => ({ ...command([bin, ...args]), ...more }),
    peer: (script, args) => command([join(peers, script), ...args]),
    close: () => ca.close(),
  };
}

async function startCa(binary: string | undefined, { authority }: Fixture): Promise<Ca & { close(): Promise<void> }> {
  if (binary === undefined) {
    const { url, close } = await startDevCa({ authority });
    return { name: "the embedded CA", url, pid: null, close };
  }
  const { url, pid, close } = await startStepCaOf(binary, { version: "v0.30.2", authority });
  return { name: "step-ca v0.30.2", url, pid, close };
}
