/** What a form must not be written over, by nobody's force: a key that may be found nowhere else. */
import { attempt, Failure } from "../../failure/failure.ts";
import type { Goal } from "../../files/goal.ts";
import { readNamed } from "../../files/read.ts";
import { isPrivateKeyLabel, readBundle } from "../../pki/bundle.ts";
import { type Certificate, same } from "../../pki/certificate.ts";
import { isOwnPkcs12 } from "../../pki/own-pkcs12.ts";
import { pemBlocks } from "../../pki/pem.ts";
import type { World } from "../../world.ts";
import { readCertificateOf } from "../load.ts";
import { isSameFile, keyHeldIn } from "../loss.ts";
import type { AlsoFile } from "./form.ts";

interface Own {
  readonly keyFile: string;
  /** The file of the certificate whose forms are written. */
  readonly own: string;
}

/** Throws WOULD_LOSE_KEY. */
export function refuseLoss({ form, file }: AlsoFile, { target }: Goal, { keyFile, own }: Own, world: World): void {
  if (target.existing === null) return;
  const bytes = readNamed(file, "output", world.fs);
  const held = isSameFile(keyFile, target.existing, world) ? "key" : keyHeldIn(bytes);
  if (held === null) return;
  if (form === "p12" && held === "p12" && isOwnPkcs12(bytes)) return;
  if (form === "combined" && held === "key" && isCopy(bytes, own, world)) return;
  throw new Failure("WOULD_LOSE_KEY", { file, form, held });
}

/** A combined file of this certificate, or of one before it. A key that stands alone is nobody's copy. */
function isCopy(bytes: Buffer, own: string, world: World): boolean {
  const labels = pemBlocks(bytes.toString("latin1")).map(({ label }) => label);
  if (!labels.some(isPrivateKeyLabel) || !labels.some((label) => label.endsWith("CERTIFICATE"))) return false;
  const there = attempt(() => readBundle({ file: own, role: "output", bytes })[0]);
  const ours = attempt(() => readCertificateOf(own, world));
  return there.failure === undefined && ours.failure === undefined && areOfOne(there.value, ours.value);
}

/** Of one key; or of one issuer, for one name: what was got anew has another key. Another CA's for the same name is somebody's. */
function areOfOne(one: Certificate, other: Certificate): boolean {
  if (same(one.spki, other.spki)) return true;
  const isOfSubject = one.subject.text !== "" && same(one.subject.der, other.subject.der);
  const isForOne = isOfSubject || one.names.some((name) => other.names.includes(name));
  return isForOne && same(one.issuer.der, other.issuer.der);
}
