/** What would be written over and is to be found nowhere else: a key under certificates, certificates under a key. */
import { errnoOf, Failure } from "../failure/failure.ts";
import type { Goal } from "../files/goal.ts";
import { readNamed } from "../files/read.ts";
import type { FileStat } from "../files/system.ts";
import type { Target } from "../files/target.ts";
import { isPrivateKeyLabel } from "../pki/bundle.ts";
import { pemBlocks } from "../pki/pem.ts";
import type { World } from "../world.ts";

/** A combined file, or the key's own: the chain would be written over the only copy of a private key. */
export function refuseToLoseKey({ named, existing }: Target, keyFile: string, { fs }: Pick<World, "fs">): void {
  if (existing === null) return;
  const key = statOf(keyFile, { fs });
  const isKeyFile = key !== null && key.dev === existing.dev && key.ino === existing.ino;
  const blocks = pemBlocks(readNamed(named, "output", fs).toString("latin1"));
  if (isKeyFile || blocks.some(({ label }) => isPrivateKeyLabel(label)))
    throw new Failure("WOULD_LOSE_KEY", { file: named });
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
  const blocks = pemBlocks(readNamed(named, "output", fs).toString("latin1"));
  if (blocks.some(({ label }) => label.endsWith("CERTIFICATE")))
    throw new Failure("WOULD_LOSE_CERTIFICATE", { file: named });
}
