/** `--also FORM=FILE`: other forms of the certificate, for programs that cannot read it as it is. */
import { resolve } from "node:path";
import { Failure } from "../failure/failure.ts";
import { nearest } from "../failure/nearest.ts";
import { type Also, type AlsoFile, type Form, forms, type Reserved, refuseTwice } from "../renewal/also/form.ts";
import { emptyWord } from "./empty-word.ts";
import type { Flag, Said } from "./flags.ts";

export type AlsoCommand = "renew" | "rekey" | "rollback" | "run" | "systemd" | "cron" | "doctor";

export const alsoFlags: readonly Flag[] = [
  {
    names: ["also"],
    value: "FORM=FILE",
    repeats: true,
    keys: forms,
    text: "write it to FILE as well, as one with CRT: leaf, chain, fullchain, combined (with the key), der, p12, root; may be repeated",
    check: (value, from, command) => alsoFile(value, from, command),
  },
  { names: ["p12-password-file"], value: "FILE", text: "the passphrase of a p12, in FILE's first line" },
];

/** At the end of what is said of a success. */
export function alsoWritten(files: readonly string[]): string {
  return files.length === 0 ? "" : `; also written: ${files.join(", ")}`;
}

/** Null where none is asked for. Throws BAD_FLAG, FLAG_CONFLICT and NO_PASSPHRASE_FILE. */
export function alsoOf(said: Said, command: Exclude<AlsoCommand, "run">, reserved: readonly Reserved[]): Also | null {
  const from = said.setting("also")?.from ?? "--also";
  const files = said.values("also").map((value) => alsoFile(value, from, command));
  const passwordFile = said.value("p12-password-file");
  if (passwordFile === "") throw emptyWord("--p12-password-file", command);
  if (said.given("p12-password-file") !== undefined && !files.some(({ form }) => form === "p12"))
    throw new Failure("BAD_FLAG", {
      said: "--p12-password-file is of no use without --also p12=FILE",
      command,
      because: "It is for a PKCS#12 file, and none is to be written: was it forgotten?",
    });
  if (files.length === 0) return null;
  const ofPassword = passwordFile === undefined ? [] : [{ file: passwordFile, what: "--p12-password-file" }];
  refuseTwice(files, [...reserved, ...ofPassword], (file) => resolve(file));
  return alsoWith(files, passwordFile, command);
}

/** Throws NO_PASSPHRASE_FILE. */
export function alsoWith(files: readonly AlsoFile[], passwordFile: string | undefined, command: AlsoCommand): Also {
  const p12 = files.find(({ form }) => form === "p12");
  if (p12 !== undefined && passwordFile === undefined)
    throw new Failure("NO_PASSPHRASE_FILE", { file: p12.file, command });
  return { files, ...(passwordFile !== undefined && { passwordFile }) };
}

/** Throws BAD_FLAG. */
export function alsoFile(value: string, from: string, command: string): AlsoFile {
  const [, word = value, file] = /^([^=]*)=(.*)$/s.exec(value) ?? [];
  const because = "A form is named with its file, such as `--also combined=web.pem`.";
  if (file === undefined)
    throw new Failure("BAD_FLAG", { said: `${from} names no file: '${value}'`, command, because });
  if (file === "") throw new Failure("BAD_FLAG", { said: `${from} names no file: '${value}'`, command, because });
  const flag = from.startsWith("--") ? `${from} ` : "";
  return { form: formOf(word, { from, command, written: (form) => `${flag}${form}=FILE` }), file };
}

interface Naming {
  readonly from: string;
  readonly command: string;
  /** How a form would be written there. */
  written(form: string): string;
}

/** Throws BAD_FLAG. */
export function formOf(word: string, { from, command, written }: Naming): Form {
  const form = forms.find((one) => one === word);
  if (form !== undefined) return form;
  const near = otherNames[word.toLowerCase()] ?? nearest(word, forms);
  throw new Failure("BAD_FLAG", {
    said: `${from} knows no form '${word}'`,
    command,
    because: `The forms are ${forms.slice(0, -1).join(", ")} and ${forms.at(-1)}.`,
    ...(near !== undefined && { nearest: written(near) }),
  });
}

/** What the forms are called elsewhere. */
const otherNames: Readonly<Record<string, Form>> = {
  pfx: "p12",
  pkcs12: "p12",
  "pkcs#12": "p12",
  pem: "fullchain",
  bundle: "fullchain",
  haproxy: "combined",
  cert: "leaf",
  crt: "leaf",
  cer: "der",
  ca: "root",
  roots: "root",
  intermediates: "chain",
};
