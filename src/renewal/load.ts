/** Certificate, key and passphrase from the user's files to an identity. Every mistake is found here, before any network. */

import type { KeyObject } from "node:crypto";
import { attempt, Failure, isFailure } from "../failure/failure.ts";
import { readNamed } from "../files/read.ts";
import { readBundle, type Source } from "../pki/bundle.ts";
import { type Identity, identity } from "../pki/identity.ts";
import { findKey, type KeyMaterial, openKey, type Passphrase } from "../pki/key.ts";
import type { World } from "../world.ts";
import { stopIfAsked } from "./interruption.ts";

export interface Paths {
  certificate: string;
  key: string;
  passphraseFile?: string;
}

/** Throws the failures of families 65 and 66. A passphrase is asked for on a terminal only, and only when it is needed. */
export async function load(paths: Paths, world: World): Promise<Identity> {
  const certificate = source(paths.certificate, "certificate", world);
  const keyFile = source(paths.key, "key", world);
  const { chain, material } = unlessSwapped(certificate, keyFile);
  const passphrase = material.cipher !== null ? await findPassphrase(paths, world) : undefined;
  const key = open(material, keyFile, { passphrase, file: paths.passphraseFile });
  return identity({ certificateFile: paths.certificate, keyFile: paths.key, chain, key });
}

function source(file: string, role: "certificate" | "key", world: World): Source {
  return { file, role, bytes: readNamed(file, role, world.fs) };
}

/** A key where the certificate should be is one mistake; both the wrong way round is another, and likelier. */
function unlessSwapped(certificate: Source, key: Source): { chain: Identity["chain"]; material: KeyMaterial } {
  const chain = attempt(() => readBundle(certificate));
  const material = attempt(() => findKey(key));
  if (chain.failure !== undefined && holdsKey(certificate) && holdsCertificate(key)) {
    throw new Failure("SWAPPED", { certificate: certificate.file, key: key.file });
  }
  if (chain.failure !== undefined) throw chain.failure;
  if (material.failure !== undefined) throw material.failure;
  return { chain: chain.value, material: material.value };
}

/** DER has no label: what it is shows only when it is opened. */
function holdsKey(source: Source): boolean {
  const { failure } = attempt(() => {
    const material = findKey(source);
    return "pem" in material || material.cipher !== null ? material : openKey(material, source);
  });
  return failure === undefined;
}

function holdsCertificate(source: Source): boolean {
  return attempt(() => readBundle(source)).failure === undefined;
}

interface Opening {
  passphrase: Passphrase | undefined;
  /** That the passphrase is from, if it is. */
  file: string | undefined;
}

/** step takes all white space off the end of a passphrase file, so what it encrypted opens only with what is left then. */
function open(material: KeyMaterial, key: Source, { passphrase, file }: Opening): KeyObject {
  const opened = attempt(() => openKey(material, key, passphrase));
  if (opened.failure === undefined) return opened.value;
  const isWrong = isFailure(opened.failure, "WRONG_PASSPHRASE");
  if (!isWrong || passphrase === undefined || file === undefined) throw opened.failure;
  const text = passphrase.text.replace(/^\ufeff/, "").trimEnd();
  if (text === "") throw new Failure("FILE_EMPTY", { file, role: "passphrase" }, opened.failure);
  return openKey(material, key, { ...passphrase, text });
}

async function findPassphrase({ key, passphraseFile }: Paths, world: World): Promise<Passphrase | undefined> {
  if (passphraseFile !== undefined) {
    const bytes = readNamed(passphraseFile, "passphrase", world.fs);
    return { text: bytes.toString("utf8").replace(/[\r\n]+$/, ""), from: passphraseFile };
  }
  if (!world.canAsk) return undefined;
  const text = await world.ask(`passphrase for ${key}: `, "secret");
  stopIfAsked(world);
  return text === null ? undefined : { text, from: "the terminal" };
}
