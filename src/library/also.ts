/** Other forms of a certificate, from a caller's values. */
import { resolve } from "node:path";
import { Failure } from "../failure/failure.ts";
import { type Also, forms, type Reserved, refuseTwice } from "../renewal/also/form.ts";
import { check, type Shape } from "./checked.ts";
import type { PairOptions } from "./types.ts";

const shape: Shape = {
  form: { kind: forms, isNeeded: true },
  file: { kind: "text", isNeeded: true },
};

/** Null where none is asked for. `others`: where else something is written. Throws TypeError, and the failures of family 64. */
export function alsoOf(options: PairOptions, others: readonly Reserved[]): Also | null {
  const { also = [], p12PassphraseFile: passwordFile, passphraseFile, certificate, key } = options;
  for (const [index, one] of also.entries()) check(`also[${index}]`, one, shape);
  const [first] = also;
  if (first === undefined) return null;
  const named = { "--password-file": passphraseFile, "--p12-password-file": passwordFile, KEY: key, CRT: certificate };
  const reserved = Object.entries(named).flatMap(([what, file]) => (file === undefined ? [] : [{ what, file }]));
  refuseTwice(also, [...others, ...reserved], (file) => resolve(file));
  const p12 = also.find(({ form }) => form === "p12");
  if (p12 !== undefined && passwordFile === undefined)
    throw new Failure("NO_PASSPHRASE_FILE", { file: p12.file, command: "library" });
  const files = also.map(({ form, file }) => ({ form, file }));
  return { files, ...(passwordFile !== undefined && { passwordFile }) };
}
