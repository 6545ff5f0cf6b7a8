/** An authority and its certificates, kept from run to run in a folder that git ignores: ten thousand take half a minute to make. */
import { appendFileSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Authority, createAuthority } from "../../src/dev-ca/authority.ts";

/** A chain and its key, as PEM. */
export interface Pair {
  chain: string;
  key: string;
}

export interface Fixture {
  readonly authority: Authority;
  /** The first `count`; what was not there yet is made. Every one has a key and a name of its own. */
  pairs(count: number): Promise<readonly Pair[]>;
}

const day = 86_400_000;
/** They live this long, so that none is due however long a bench runs. */
const lifetimeMs = 2 * 365 * day;
/** Older ones are made again. */
const freshMs = 60 * day;

interface Made {
  made: number;
  root: string;
  rootKey: string;
}

export async function openFixture(folder: string): Promise<Fixture> {
  mkdirSync(folder, { recursive: true });
  const authorityFile = join(folder, "authority.json");
  const pairsFile = join(folder, "pairs.jsonl");
  const kept = readMade(authorityFile);
  const authority = await createAuthority(kept === null ? {} : { root: { certificate: kept.root, key: kept.rootKey } });
  if (kept === null) {
    rmSync(pairsFile, { force: true });
    const made: Made = { made: Date.now(), root: authority.root, rootKey: authority.rootKey };
    writeFileSync(`${authorityFile}.new`, JSON.stringify(made), { mode: 0o600 });
    renameSync(`${authorityFile}.new`, authorityFile);
  }
  const pairs = readPairs(pairsFile);
  return {
    authority,
    async pairs(count) {
      while (pairs.length < count) {
        const more: Pair[] = [];
        while (pairs.length + more.length < count && more.length < 500) {
          more.push(await issue(authority, pairs.length + more.length));
        }
        pairs.push(...more);
        appendFileSync(pairsFile, more.map((pair) => `${JSON.stringify(pair)}\n`).join(""), { mode: 0o600 });
      }
      return pairs.slice(0, count);
    },
  };
}

async function issue(authority: Authority, index: number): Promise<Pair> {
  const name = `c${String(index).padStart(5, "0")}.internal`;
  const { chain, key } = await authority.issue({
    subject: name,
    names: [name],
    usages: ["serverAuth", "clientAuth"],
    notAfter: new Date(Date.now() + lifetimeMs),
    provisioner: { name: "admin" },
  });
  return { chain, key };
}

function readMade(file: string): Made | null {
  try {
    const made = JSON.parse(readFileSync(file, "utf8")) as Made;
    return Date.now() - made.made < freshMs ? made : null;
  } catch {
    return null; // the first run
  }
}

function readPairs(file: string): Pair[] {
  try {
    const lines = readFileSync(file, "utf8").split("\n");
    return lines.filter((line) => line.endsWith("}")).map((line) => JSON.parse(line) as Pair);
  } catch {
    return []; // the first run
  }
}
