/** The same as data: one document on stdout, every key always there. `output.schema.json` beside this file describes it. */
import type { Told } from "../../failure/catalogue/catalogue.ts";
import type { Diagnosis } from "../../failure/evidence.ts";
import type { Failure } from "../../failure/failure.ts";
import { type Certificate, fingerprint } from "../../pki/certificate.ts";
import { brief, plain } from "./plain.ts";

export interface Document {
  schema: 1;
  command: string;
  ok: boolean;
  outcome: "renewed" | "rekeyed" | "not-due" | "failed" | "hook-failed";
  certificate: Record<string, string> | null;
  /** The file that holds the new chain, null when nothing was written. */
  file: string | null;
  /** Of `rekey` alone: the file of the key that belongs to the new chain, null when nothing was written. */
  keyFile?: string | null;
  /** Of commands that can write any: the files of other forms that have been written. */
  forms?: readonly string[];
  method: "mtls" | "token" | null;
  methodReason: string | null;
  /** When a certificate that is not due becomes so. */
  dueFrom: string | null;
  tookMs: number | null;
  error: ErrorDocument | null;
}

export interface ErrorDocument {
  code: string;
  exit: number;
  retry: string;
  what: string;
  why: string;
  help: readonly string[];
  causes: readonly { id: string; certainty: string; mendedBy: string; because: string }[];
  ruledOut: readonly { id: string; because: string }[];
  evidence: Record<string, unknown>;
  state: { file: string | null; changed: boolean; notAfter: string | null };
  rendered: string;
}

export function certificateDocument(file: string, certificate: Certificate): Record<string, string> {
  return {
    file,
    serial: certificate.serial,
    subject: plain(certificate.subject.text),
    notBefore: certificate.notBefore.toISOString(),
    notAfter: certificate.notAfter.toISOString(),
    fingerprint: `sha256:${fingerprint(certificate)}`,
  };
}

export interface Failed {
  failure: Failure;
  told: Told;
  diagnosis: Diagnosis | undefined;
  state: ErrorDocument["state"];
  rendered: string;
}

export function errorDocument({ failure, told, diagnosis, state, rendered }: Failed): ErrorDocument {
  const { code, exit, retry, what, why, help } = told;
  const { facts } = failure;
  const fact = (name: string): unknown => (name in facts ? (facts as Record<string, unknown>)[name] : null);
  const words = (name: string) => {
    const said = fact(name);
    return typeof said === "string" ? brief(said) : null;
  };
  const lines = told.evidence.map(([label, value]) => ({ label: plain(label), value: brief(value) }));
  return {
    code,
    exit,
    retry,
    what: plain(what),
    why: plain(why),
    help: help.map(plain),
    causes: (diagnosis?.causes ?? []).map(({ id, certainty, who: mendedBy, because }) => ({
      id,
      certainty,
      mendedBy,
      because: plain(because),
    })),
    ruledOut: (diagnosis?.ruledOut ?? []).map(({ id, because }) => ({ id, because: plain(because) })),
    evidence: {
      status: fact("status"),
      said: words("said"),
      requestId: words("requestId"),
      caVersion: words("caVersion"),
      tlsAlert: fact("alert"),
      lines,
      asked: (diagnosis?.asked ?? []).map(({ source, at, tookMs, outcome }) => ({
        source,
        at: at.toISOString(),
        tookMs,
        outcome: brief(outcome),
      })),
    },
    state,
    rendered,
  };
}
