/** A failure that names words of the command line, with the options that they are here. */
import { Failure, isFailure } from "../failure/failure.ts";

/** What the use cases call what a caller gave. */
const options: Readonly<Record<string, string>> = {
  CRT: "certificate",
  KEY: "key",
  "--root": "root",
  "--out": "out",
  "--out-cert": "outCertificate",
  "--out-key": "outKey",
  "--password-file": "passphraseFile",
  "--p12-password-file": "p12PassphraseFile",
};

/** The same failure. What its help says stays in words of the command line, but where that would be of no help. */
export function inOptions(failure: Failure): Failure {
  const { cause } = failure;
  // Nobody was asked: what allows it stands in the call.
  if (isFailure(failure, "WOULD_OVERWRITE"))
    return new Failure("WOULD_OVERWRITE", { ...failure.facts, asked: false, by: "library" }, cause);
  if (isFailure(failure, "FLAG_CONFLICT")) {
    const [one, other] = failure.facts.flags;
    const flags = [optionFor(one), optionFor(other)] as const;
    return new Failure("FLAG_CONFLICT", { ...failure.facts, flags, by: "library" }, cause);
  }
  if (isFailure(failure, "WOULD_LOSE_KEY"))
    return new Failure("WOULD_LOSE_KEY", { ...failure.facts, by: "library" }, cause);
  if (isFailure(failure, "CANNOT_WRITE") && failure.facts.also !== undefined)
    return new Failure("CANNOT_WRITE", { ...failure.facts, also: optionFor(failure.facts.also) }, cause);
  return failure;
}

function optionFor(word: string): string {
  return options[word] ?? word.replace(/^--also /, "also ");
}
