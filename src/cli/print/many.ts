/** `renew run` as data: a document for each certificate, in the form that `renew` has for one, and how many there are of each kind. */
import type { Method, MethodReason } from "../../ca/credential.ts";
import type { Certificate } from "../../pki/certificate.ts";
import { formFiles } from "../../renewal/also/form.ts";
import type { EntryResult, Origin } from "../../renewal/many/plan.ts";
import { countsOf } from "../many/outcomes.ts";
import { certificateDocument, type Document, type ErrorDocument } from "./json.ts";

export interface CertificateDocument extends Omit<Document, "outcome"> {
  outcome: "renewed" | "not-due" | "would-renew" | "would-settle" | "untouched" | "failed" | "hook-failed";
  /** The files of other forms that have been written; of a dry run, that would be. */
  forms: readonly string[];
  /** A hook or signal that is to follow it, its own or one that it shares, has not succeeded in this run. */
  hookOwed: boolean;
  /** Where it stands in which file. */
  entry: Origin;
}

export interface SummaryDocument {
  total: number;
  renewed: number;
  overtaken: number;
  notDue: number;
  wouldRenew: number;
  failed: number;
  untried: number;
  untouched: number;
  wouldSettle: number;
  hookOwed: number;
}

export interface RunDocument extends Omit<Document, "outcome"> {
  outcome: "renewed" | "not-due" | "would-renew" | "would-settle" | "failed";
  dryRun: boolean;
  config: string | null;
  results: readonly CertificateDocument[];
  /** Of hooks that several certificates share. */
  hookFailures: readonly ErrorDocument[];
  summary: SummaryDocument;
}

/** What a failed run's document has besides what all have. */
export const blank = {
  dryRun: false,
  config: null,
  results: [],
  hookFailures: [],
  summary: {
    total: 0,
    renewed: 0,
    overtaken: 0,
    notDue: 0,
    wouldRenew: 0,
    failed: 0,
    untried: 0,
    wouldSettle: 0,
    untouched: 0,
    hookOwed: 0,
  },
};

interface Facts {
  readonly results: readonly EntryResult[];
  readonly hookFailures: readonly ErrorDocument[];
  readonly of: number;
  /** Those whose hook has failed, or in a dry run cannot be run. */
  readonly owing: ReadonlySet<EntryResult>;
  readonly config: string;
  readonly isDryRun: boolean;
  readonly tookMs: number;
  /** Of the failure that the exit status is from. */
  readonly error: ErrorDocument | null;
  /** Of a result that failed. */
  describe(result: Extract<EntryResult, { result: "failed" }>): ErrorDocument;
  /** How one that failed was tried. */
  chosen(result: EntryResult): { method: Method; because: MethodReason } | undefined;
}

export function runDocument(facts: Facts): RunDocument {
  const { results, hookFailures, of, config, isDryRun, tookMs, error } = facts;
  const counts = countsOf(results);
  return {
    schema: 1,
    command: "run",
    ok: error === null,
    outcome:
      error !== null
        ? "failed"
        : counts.renewed + counts.overtaken > 0
          ? "renewed"
          : counts.wouldRenew > 0
            ? "would-renew"
            : counts.wouldSettle > 0
              ? "would-settle"
              : "not-due",
    method: null,
    methodReason: null,
    certificate: null,
    error,
    file: null,
    dueFrom: null,
    tookMs: Math.round(tookMs),
    dryRun: isDryRun,
    config,
    results: results.map((result) => certificateResult(result, facts)),
    hookFailures,
    summary: { total: of, ...counts, hookOwed: isDryRun ? 0 : facts.owing.size },
  };
}

function certificateResult(result: EntryResult, { describe, chosen, owing, isDryRun }: Facts): CertificateDocument {
  const { method = null, because = null } = chosen(result) ?? {};
  const entry = result.result === "failed" ? result.origin : result.entry.origin;
  const of = (
    outcome: CertificateDocument["outcome"],
    more: Partial<CertificateDocument> = {},
  ): CertificateDocument => ({
    schema: 1,
    command: "run",
    ok: more.error === undefined,
    outcome,
    method,
    methodReason: because,
    certificate: certificateOf(result),
    error: null,
    file: null,
    dueFrom: null,
    tookMs: null,
    entry,
    forms: formsOf(result),
    hookOwed: !isDryRun && owing.has(result),
    ...more,
  });
  switch (result.result) {
    case "renewed":
      return of("renewed", { file: result.file, tookMs: Math.round(result.tookMs) });
    case "overtaken":
      return of("renewed", { file: result.file });
    case "not-due":
      return of("not-due", { dueFrom: result.from.toISOString() });
    case "would-renew":
    case "would-settle":
    case "untouched":
      return of(result.result);
    case "failed": {
      const isInstalled = "isNew" in result.failure.facts && result.failure.facts.isNew;
      const file = isInstalled && result.entry !== null ? fileOf(result.entry) : null;
      return of(isInstalled ? "hook-failed" : "failed", { error: describe(result), file });
    }
  }
}

/** Of what failed after it was installed all are new. */
function formsOf(result: EntryResult): readonly string[] {
  if ("forms" in result) return result.forms;
  if (result.result !== "failed" || result.entry === null) return [];
  return "isNew" in result.failure.facts && result.failure.facts.isNew ? formFiles(result.entry.policy) : [];
}

function certificateOf(result: EntryResult): Record<string, string> | null {
  const leaf: Certificate | null = result.leaf;
  if (leaf === null || result.entry === null) return null;
  const { certificate } = result.entry.policy.paths;
  const isWritten = result.result === "renewed" || result.result === "overtaken";
  return certificateDocument(isWritten ? result.file : certificate, leaf);
}

function fileOf({ policy: { paths, out = paths.certificate } }: NonNullable<EntryResult["entry"]>): string {
  return out;
}
