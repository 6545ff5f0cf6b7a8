/** What is kept of a pair, as lines and as data. */
import { instant, relative } from "../../failure/time.ts";
import { type Certificate, whom } from "../../pki/certificate.ts";
import type { Backup, KeyPlace } from "../../renewal/kept.ts";
import { certificateDocument, type Document } from "./json.ts";
import { brief, plain } from "./plain.ts";

export interface RollbackDocument extends Omit<Document, "outcome"> {
  outcome: "rolled-back" | "would-roll-back" | "listed" | "failed" | "hook-failed";
  /** Those beside the certificate that hold what was replaced still, or would. */
  stale: readonly string[];
  /** The newest first; after a rollback, as it is then. */
  backups: readonly BackupDocument[];
}

export interface BackupDocument {
  number: number;
  file: string;
  /** Null where it cannot be read. */
  certificate: Record<string, string> | null;
  expired: boolean | null;
  key: KeyPlace["in"] | null;
  keyFile: string | null;
}

interface Told {
  outcome: RollbackDocument["outcome"];
  /** That is there now, or would be. */
  certificate: Certificate | null;
  backups: readonly Backup[];
  forms: readonly string[];
  stale: readonly string[];
  paths: { certificate: string; key: string };
  now: Date;
}

export function rollbackDocument({ outcome, certificate, backups, forms, stale, paths, now }: Told): RollbackDocument {
  const isDone = outcome === "rolled-back";
  return {
    schema: 1,
    command: "rollback",
    ok: true,
    outcome,
    method: null,
    methodReason: null,
    certificate: certificate && certificateDocument(paths.certificate, certificate),
    error: null,
    file: isDone ? paths.certificate : null,
    keyFile: isDone ? paths.key : null,
    dueFrom: null,
    tookMs: null,
    forms,
    stale,
    backups: backups.map(({ number, file, held }) => {
      if ("failure" in held) return { number, file, certificate: null, expired: null, key: null, keyFile: null };
      const { leaf, key } = held;
      const keyFile = key.in === "file" ? paths.key : key.in === "kept" ? key.file : null;
      const certificate = certificateDocument(file, leaf);
      return { number, file, certificate, expired: now > leaf.notAfter, key: key.in, keyFile };
    }),
  };
}

interface ListOptions {
  now: Date;
  keyFile: string;
  /** With the names of the files. */
  isLong: boolean;
}

/** Two lines for each, and a third with the files' names. */
export function backupLines(backups: readonly Backup[], file: string, { now, keyFile, isLong }: ListOptions): string[] {
  if (backups.length === 0) return [plain(`of ${file} nothing is kept`)];
  return backups.flatMap(({ number, file: kept, held }) => {
    const start = String(number).padStart(2);
    const where = isLong ? [`    in ${plain(kept)}`] : [];
    if ("failure" in held) return [`${start}  cannot be read: ${held.failure.code}`, ...where];
    const { leaf, key } = held;
    const end = `${now > leaf.notAfter ? "expired" : "good until"} ${instant(leaf.notAfter)} (${relative(leaf.notAfter, now)})`;
    const names = [...new Set([whom(leaf), ...leaf.names])].join(", ");
    return [
      `${start}  serial ${leaf.serial}`,
      `    ${brief(names)}`,
      `    ${end}`,
      `    ${plain(keyWords(key, keyFile, isLong))}`,
      ...where,
    ];
  });
}

function keyWords(key: KeyPlace, keyFile: string, isLong: boolean): string {
  switch (key.in) {
    case "file":
      return `its key is ${keyFile}`;
    case "kept":
      return isLong ? `its key is kept, in ${key.file}` : "its key is kept";
    case "nowhere":
      return "its key is not found: it cannot be gone back to";
    case "unknown":
      return `its key may be ${keyFile}, which is encrypted (see --password-file) or may not be read`;
  }
}
