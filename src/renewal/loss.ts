/** What would be written over and is to be found nowhere else: a key under certificates, certificates under a key. */
import { errnoOf, Failure } from "../failure/failure.ts";
import type { Goal } from "../files/goal.ts";
import { readNamed } from "../files/read.ts";
import type { FileStat } from "../files/system.ts";
import type { Target } from "../files/target.ts";
import { isDer, isPkcs12, isPrivateKeyLabel } from "../pki/bundle.ts";
import { pemBlocks } from "../pki/pem.ts";
import type { World } from "../world.ts";
import { holdsKey } from "./load.ts";

/** A combined file, or the key's own: the chain would be written over the only copy of a private key. */
export function refuseToLoseKey({ named, existing }: Target, keyFile: string, { fs }: Pick<World, "fs">): void {
  if (existing === null) return;
  const held = isSameFile(keyFile, existing, { fs }) ? "key" : keyHeldIn(readNamed(named, "output", fs));
  if (held !== null) throw new Failure("WOULD_LOSE_KEY", { file: named, held });
}

/** A private key in any form that is met beside certificates, or a PKCS#12 file, which nobody can look into; null where there is none. */
export function keyHeldIn(bytes: Buffer): "key" | "p12" | null {
  const text = bytes.toString("latin1");
  const blocks = pemBlocks(text);
  if (blocks.some(({ label }) => isPrivateKeyLabel(label)) || isStoreOfKeys(bytes, text)) return "key";
  if (isPkcs12(bytes)) return "p12";
  return isDer(bytes, blocks) && holdsKey({ file: "", role: "key", bytes }) ? "key" : null;
}

/** Java's JKS and JCEKS by their first octets; PGP's armour, PuTTY's file, a kubeconfig with a key inside, a JWK. */
function isStoreOfKeys(bytes: Buffer, text: string): boolean {
  if (/^(feedfeed|cececece)/.test(bytes.subarray(0, 4).toString("hex"))) return true;
  if (/^-----BEGIN PGP PRIVATE KEY BLOCK-----|^PuTTY-User-Key-File-|\bclient-key-data["']?\s*:/m.test(text))
    return true;
  return /"kty"\s*:/.test(text) && /"[dk]"\s*:/.test(text);
}

export function isSameFile(file: string, { dev, ino }: FileStat, { fs }: Pick<World, "fs">): boolean {
  const stat = statOf(file, { fs });
  return stat !== null && stat.dev === dev && stat.ino === ino;
}

/** Null where there is none. */
function statOf(file: string, { fs }: Pick<World, "fs">): FileStat | null {
  try {
    return fs.stat(file);
  } catch (error) {
    if (errnoOf(error) === "ENOENT") return null;
    throw error;
  }
}

/** The new key's file would be the certificate's, or holds certificates besides: they would be gone. */
export function refuseToLoseCertificate(
  { target: { named, path, existing } }: Goal,
  certificate: Goal,
  { fs }: Pick<World, "fs">,
): void {
  if (path === certificate.target.path) throw new Failure("WOULD_LOSE_CERTIFICATE", { file: named });
  if (existing === null) return;
  const bytes = readNamed(named, "output", fs);
  const blocks = pemBlocks(bytes.toString("latin1"));
  if (isPkcs12(bytes) || blocks.some(({ label }) => label.endsWith("CERTIFICATE")))
    throw new Failure("WOULD_LOSE_CERTIFICATE", { file: named });
}
