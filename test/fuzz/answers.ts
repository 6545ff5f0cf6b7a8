/** One mutated answer: from a kind of mutation, a stage and chance. */
import { broken as brokenTree, encode, type Tree } from "./der-tree.ts";
import type { Random } from "./random.ts";
import { certificateOf, type Stage } from "./stage.ts";
import { chains, type Issue, rights, wrongs } from "./wrong-certificates.ts";
import { bytes, encodings, jsons, pems } from "./wrong-text.ts";

export interface Mutated {
  body: Buffer;
  headers: Record<string, string>;
  /** What was done, for the report. */
  how: string;
  /** An honest CA might say so: it has to be taken. */
  isRight: boolean;
}

/** What is changed, and so what the rows of the report are. */
export const families = ["right", "certificate", "chain", "DER", "DER bytes", "PEM", "JSON", "bytes", "mixed"] as const;
export type Family = (typeof families)[number];

/** What an answer is made of, each part to be exchanged. */
interface Draft {
  how: string[];
  issue: Issue;
  sign(issue: Issue): Buffer;
  arrange(chain: readonly Buffer[]): readonly Buffer[];
  wrap(der: Buffer, index: number): string;
  tell(pems: readonly string[]): string;
  send(body: Buffer): Buffer;
}

type Step = (draft: Draft, stage: Stage, random: Random) => Draft;

const steps: Record<Exclude<Family, "mixed">, Step> = {
  right: (draft, stage, random) => issued(draft, rights, stage, random),
  certificate: (draft, stage, random) => issued(draft, wrongs, stage, random),
  chain: (draft, stage, random) => {
    const [name, change] = picked(chains, random);
    return said(draft, name, { arrange: (chain) => change(draft.arrange(chain), stage, random) });
  },
  DER: (draft, _, random) =>
    said(draft, "a broken element, signed", {
      sign: ({ plan, by }) => {
        const twice = random.chance(0.5);
        // what is large already would become larger than memory
        const isSmall = (tree: Tree) => encode(tree).length < 20_000;
        return certificateOf(plan, by, (tbs) => {
          const once = isSmall(tbs) ? brokenTree(tbs, random) : tbs;
          return twice && isSmall(once) ? brokenTree(once, random) : once;
        });
      },
    }),
  "DER bytes": (draft, _, random) => {
    const [name, change] = picked(bytes, random);
    const at = random.int(2);
    const wrap = (der: Buffer, index: number) => draft.wrap(index === at ? change(der, random) : der, index);
    return said(draft, `certificate ${at + 1} ${name}`, { wrap });
  },
  PEM: (draft, _, random) => {
    const [name, change] = picked(pems, random);
    const at = random.int(2);
    const wrap = (der: Buffer, index: number) => {
      const pem = draft.wrap(der, index);
      // what is large already would become larger than memory
      return index === at && pem.length < 100_000 ? change(pem, random).slice(0, largest) : pem;
    };
    return said(draft, `PEM ${at + 1}: ${name}`, { wrap });
  },
  JSON: (draft, _, random) => {
    const [name, change] = picked(jsons, random);
    return said(draft, `JSON: ${name}`, { tell: (all) => change(all, random) });
  },
  bytes: (draft, _, random) => {
    const [name, change] = random.chance(0.5) ? picked(bytes, random) : picked(encodings, random);
    return said(draft, `body: ${name}`, { send: (body) => change(draft.send(body), random) });
  },
};

export function mutated(family: Family, stage: Stage, spki: Buffer, random: Random): Mutated {
  const kinds = Object.keys(steps) as (keyof typeof steps)[];
  const all = family === "mixed" ? Array.from({ length: 2 + random.int(3) }, () => random.pick(kinds)) : [family];
  const draft = all.reduce((sum, kind) => steps[kind](sum, stage, random), draftOf(stage, spki));
  const leaf = draft.sign(draft.issue);
  const pemOf = draft.arrange([leaf, ...draft.issue.others]).map(draft.wrap);
  const body = draft.send(Buffer.from(draft.tell(pemOf)));
  return {
    body: body.subarray(0, largest),
    headers: headersOf(stage, family === "mixed" ? random : null),
    how: draft.how.join(", "),
    isRight: family === "right",
  };
}

/** The client reads no more of an answer. */
const largest = 1024 * 1024;

function draftOf({ next, intermediate }: Stage, spki: Buffer): Draft {
  return {
    how: [],
    issue: { plan: { ...next, spki }, by: intermediate.key, others: [intermediate.der] },
    sign: ({ plan, by }) => certificateOf(plan, by),
    arrange: (chain) => chain,
    wrap: (der) => pemFor(der),
    tell: (all) => JSON.stringify({ crt: all[0], ca: all[1], certChain: all }),
    send: (body) => body,
  };
}

function said(draft: Draft, name: string, change: Partial<Draft>): Draft {
  return { ...draft, ...change, how: [...draft.how, name] };
}

function issued(draft: Draft, table: typeof wrongs, stage: Stage, random: Random): Draft {
  const [name, change] = picked(table, random);
  return said(draft, name, { issue: change(draft.issue, stage, random) });
}

function picked<T>(table: Readonly<Record<string, T>>, random: Random): readonly [string, T] {
  return random.pick(Object.entries(table));
}

export function pemFor(der: Buffer): string {
  const lines = der.toString("base64").match(/.{1,64}/g) ?? [];
  return ["-----BEGIN CERTIFICATE-----", ...lines, "-----END CERTIFICATE-----", ""].join("\n");
}

function headersOf({ now }: Stage, random: Random | null): Record<string, string> {
  const date = now.toUTCString();
  if (random === null) return { date };
  const dates = [date, "", "yesterday", "Mon, 02 Mar 9999 12:00:00 GMT", "1e99", "\u0000", "-1"];
  return {
    date: random.pick(dates),
    "content-type": random.pick(["application/json", "text/html", "", "x".repeat(5000)]),
    "x-request-id": random.pick(["a", "\u001b[2J", "\u202e", "x".repeat(10_000)]),
    server: random.pick(["", "\u009b31m\u0000"]),
  };
}
