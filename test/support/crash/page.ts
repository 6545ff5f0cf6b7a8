/** What was tried and survived, as the table of docs/reliability.md. */
import { readFileSync } from "node:fs";

export const faults = {
  killed: "killed (SIGKILL) before each step",
  once: "each step refused once: ENOSPC, EDQUOT, EIO, EROFS",
  lasting: "… and all that such a disk refuses from then on",
  full: "a full disk: no block or no inode left, one, two, … up to enough",
  readOnly: "the file system turns read-only while the CA is asked",
  removed: "the folder disappears while the CA is asked",
  signals: "SIGINT, SIGTERM, SIGHUP at each step, and while the CA is asked",
} as const;
export type FaultName = keyof typeof faults;

export const deeds = {
  renew: "renew over mTLS",
  token: "renew by token, after the expiry",
  mountedRenew: "renew, the certificate a mount of its own",
  rekey: "rekey",
  mountedRekey: "rekey, the certificate a mount of its own",
  repair: "repairing a rekey that died between its renames",
} as const;
export type Deed = keyof typeof deeds;

/** One line for each case in which a promise was broken, "" for one in which it was kept. */
export type Fates = readonly string[];

export class Ledger {
  readonly #cells = new Map<string, Fates>();

  enter(program: "renew" | "step", deed: Deed, fault: FaultName, fates: Fates): void {
    const cell = `${program} ${deed} ${fault}`;
    this.#cells.set(cell, [...(this.#cells.get(cell) ?? []), ...fates]);
  }

  get size(): number {
    return this.#cells.size;
  }

  table(): string {
    const rows = (Object.keys(deeds) as Deed[]).flatMap((deed) =>
      (Object.keys(faults) as FaultName[]).flatMap((fault) => {
        const [own, real] = (["renew", "step"] as const).map((program) =>
          this.#cells.get(`${program} ${deed} ${fault}`),
        );
        return own === undefined ? [] : [[deeds[deed], faults[fault], words(own), real ? words(real) : "–"]];
      }),
    );
    const lines = [["what is done", "fault", "`renew`", "step 0.30.6"], ["---", "---", "---", "---"], ...rows];
    return lines.map((cells) => `| ${cells.join(" | ")} |\n`).join("");
  }
}

/** How many steps there are depends on Node and on the kernel: it is not told where all went well. */
function words(fates: Fates): string {
  const bad = fates.filter((fate) => fate !== "");
  if (bad.length === 0) return "survived, each time";
  const kinds = [...new Set(bad)].map((kind) => `${kind} (${bad.filter((one) => one === kind).length})`);
  return `survived ${fates.length - bad.length} of ${fates.length}; else ${kinds.join("; ")}`;
}

const [begin, end] = ["<!-- written by the test run: begin -->\n", "<!-- written by the test run: end -->\n"];

/** The page with this table in the place of its own. */
export function pageWith(table: string, file: string): string {
  const page = readFileSync(file, "utf8");
  const [from, to] = [page.indexOf(begin), page.indexOf(end)];
  if (from < 0 || to < from) throw new Error(`${file} has no place for the table`);
  return `${page.slice(0, from)}${begin}\n${table}\n${page.slice(to)}`;
}
