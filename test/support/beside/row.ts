/** One command line, given to step and to `renew` in two copies of the same folder, and what both must come to. */
import type { Authority, Issued, LeafSpec } from "../../../src/dev-ca/authority.ts";
import type { CaVersion } from "../../real/binaries.ts";
import type { StepCa } from "../step-ca.ts";

export type Program = "renew" | "rekey" | "needs-renewal";

/** Everything a row's folder is made from. */
export interface Scene {
  /** Where the files are put; it is copied for each program. */
  readonly folder: string;
  readonly issued: Issued;
  readonly authority: Authority;
  readonly stranger: Authority;
  readonly ca: StepCa;
  /** What both programs call; CA in words and files stands for it. */
  readonly url: string;
  /** Put the text into a file of the folder, with CA replaced in it. */
  write(name: string, text: string | Buffer, mode?: number): void;
}

export interface Front {
  readonly port: number;
  close(): unknown;
}

/** What a row comes to: one line of `effectOf`, or step's and ours where they differ. */
export type Does = string | { readonly step: string; readonly renew: string };

export interface Row {
  id: string;
  about: string;
  program?: Program;
  /** Words after the command; CA, PORT (of it), PID (of a process that listens) and DOWN (a port where nobody does) are filled in. */
  args: string | readonly string[];
  /** Default true: `--ca-url CA --root root.crt` follow. */
  reach?: boolean;
  env?: Readonly<Record<string, string>>;
  /** By default the certificate lives two hours, and is in the middle of its life. */
  leaf?: LeafSpec & { hours?: number; used?: number };
  /** What is different about the folder; root.crt, web.crt and web.key are there by then. */
  files?(scene: Scene): void | Promise<void>;
  /** Something between the programs and the CA: CA and PORT are its address then. */
  through?(scene: Omit<Scene, "write">): Promise<Front>;
  /** The key that the certificate must fit in the end; default web.key. */
  keyFile?: string;
  /** What is typed when a question is asked; a terminal is there only then. */
  types?: string;
  /** The files' owner is looked at. */
  owner?: boolean;
  /** The user may write the files, and not into their folder. */
  isFolderForeign?: boolean;
  /** Default v0.30.2. */
  on?: CaVersion;
  /** step's exit status and ours; one number when they agree. Default 0. */
  exits?: number | readonly [step: number, renew: number];
  does: Does;
  /** Of needs-renewal: where its words are. Default "silent". */
  words?: "silent" | "stdout" | "stderr";
  /** What is better, or only different, about ours: wanted wherever the two come to something else. */
  why?: string;
  /** Where the two differ and ours is not better. */
  as?: "not built" | "different";
}

export const exitsOf = ({ exits = 0 }: Row): readonly [number, number] =>
  typeof exits === "number" ? [exits, exits] : exits;

export const doesOf = ({ does }: Row): { readonly step: string; readonly renew: string } =>
  typeof does === "string" ? { step: does, renew: does } : does;

/** A failure is a failure: step has one status for all, we have families. */
export function differs(row: Row): boolean {
  const [step, renew] = exitsOf(row);
  const does = doesOf(row);
  return (step === 0) !== (renew === 0) || does.step !== does.renew;
}

const kept = "files unchanged";
export const renewed =
  "POST /renew 201 mTLS; changed web.crt; 2 certificates, ec prime256v1, same key, fits web.key, modes 644 600";
export const byToken = renewed.replace("mTLS", "token");
export const untouched = `CA not contacted; ${kept}`;
export const connected = `connected, no request; ${kept}`;
export const refused = `POST /renew 401 mTLS; ${kept}`;
/** A certificate is issued, and nobody has it. */
export const wasted = `POST /renew 201 mTLS; ${kept}`;
/** What ours looks at after a failure, to explain it. */
/** What a CA before v0.30 writes about a request does not tell its way. */
export const unsaid = (does: string) => does.replace(/ (mTLS|token)/, "");
export const asking = (does: string) => `${does}; and asked the CA more`;
/** What ours keeps until the hooks have succeeded. */
export const owing = (does: string, file = ".web.crt.renew-owed") =>
  does.replace("changed web.crt;", `changed web.crt, created ${file};`);
export const with_ = (does: string, ...more: string[]) => [does, ...more].join("; ");
export const kind = (does: string, name: string) => does.replace("ec prime256v1", name);
export const created = (file: string, keyMode = "600", mode = "600") =>
  renewed.replace("changed web.crt", `created ${file}`).replace("644 600", `${mode} ${keyMode}`);
