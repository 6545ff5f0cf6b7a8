/** Certificate, key and passphrase from the user's files to an identity. Every mistake is found here, before any network. */

import { Failure, isFailure } from "../failure/failure.ts";
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
  const key = openKey(material, keyFile, passphrase);
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

function holdsKey(source: Source): boolean {
  return attempt(() => findKey(source)).failure === undefined && source.bytes[0] !== 0x30;
}

function holdsCertificate(source: Source): boolean {
  return attempt(() => readBundle(source)).failure === undefined;
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

type Attempt<T> = { value: T; failure?: undefined } | { failure: Failure };

function attempt<T>(work: () => T): Attempt<T> {
  try {
    return { value: work() };
  } catch (error) {
    if (isFailure(error)) return { failure: error };
    throw error;
  }
}
