/** `renew needs-renewal` as data: the keys that all documents have, and what was looked at. */
import type { Answer } from "../../renewal/needs-renewal.ts";
import { certificateDocument, type Document } from "./json.ts";

export interface NeedDocument extends Omit<Document, "outcome"> {
  outcome: "needs-renewal" | "not-due" | "failed";
  /** The threshold: a percentage or a duration; null where it was not understood. */
  expiresIn: string | null;
  /** With --bundle all certificates, else the first. */
  checked: readonly CheckedDocument[];
}

export interface CheckedDocument {
  certificate: Record<string, string>;
  needsRenewal: boolean;
  /** Of the lifetime, with one decimal. */
  usedPercent: number;
  dueFrom: string;
}

interface Told {
  command: string;
  /** The file's or the server's. */
  name: string;
  expiresIn: string;
  answer: Answer;
}

export function needDocument({ command, name, expiresIn, answer }: Told): NeedDocument {
  const { needed, about, all } = answer;
  return {
    schema: 1,
    command,
    ok: true,
    outcome: needed ? "needs-renewal" : "not-due",
    method: null,
    methodReason: null,
    certificate: certificateDocument(name, about.certificate),
    error: null,
    file: null,
    dueFrom: about.need.from.toISOString(),
    tookMs: null,
    expiresIn,
    checked: all.map(({ certificate, need }) => ({
      certificate: certificateDocument(name, certificate),
      needsRenewal: need.needed,
      usedPercent: Math.floor(need.usedPercent * 10) / 10,
      dueFrom: need.from.toISOString(),
    })),
  };
}
