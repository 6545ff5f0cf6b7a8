/** The certificate file: PEM bundle or DER in, certificates out. Every way it can be the wrong file has its own code. */

import type { Role } from "../failure/facts.ts";
import { Failure, messageOf } from "../failure/failure.ts";
import { type Certificate, readCertificate } from "./certificate.ts";
import { DerError, readDer, tags } from "./der.ts";
import { type PemBlock, pemBlocks } from "./pem.ts";

/** A file's bytes, and what to call it when they are wrong. */
export interface Source {
  file: string;
  role: Role;
  bytes: Buffer;
}

/** Certificates found in a file, in the file's order: the leaf first. Throws a failure that says what the file is instead. */
export function readBundle(source: Source): [Certificate, ...Certificate[]] {
  const { file, role, bytes } = source;
  if (bytes.length === 0) throw new Failure("FILE_EMPTY", { file, role });
  const [leaf, ...others] = certificateDers(source).map((der, position) => parse(der, source, position + 1));
  if (leaf === undefined) throw new Failure("NO_CERTIFICATE", { file, role, found: [] });
  return [leaf, ...others];
}

/** Whether a PEM label names a private key of any form. */
export function isPrivateKeyLabel(label: string): boolean {
  return /PRIVATE KEY$/.test(label);
}

/** DER opens with a SEQUENCE, whose octet is also the letter "0": words may begin with it, alone or before PEM blocks. */
export function isDer(bytes: Buffer, blocks: readonly PemBlock[]): boolean {
  const [tag, length = 0] = bytes;
  if (tag !== tags.sequence || blocks.length > 0 || isPkcs12(bytes)) return false;
  return length >= 0x80 || length + 2 === bytes.length;
}

/** What a file that is no PEM looks like, for the evidence. */
export function looksLike(bytes: Buffer): string {
  if (bytes.length === 0) return "an empty file";
  if (isPkcs12(bytes)) return "a PKCS#12 file";
  if (bytes.subarray(0, 2).toString("latin1") === "PK") return "a zip archive";
  if (/^(\xff\xfe|\xfe\xff)/.test(bytes.subarray(0, 2).toString("latin1")))
    return "text in UTF-16, as PowerShell writes it: save it in UTF-8";
  const text = bytes.subarray(0, 200).toString("utf8");
  if (/-----BEGIN [^-]*-----[ \t]*[^\s-]/.test(text)) return "a PEM block whose line ends were lost";
  if (/-----BEGIN /.test(text)) return "a PEM block without its end: the file may be cut short";
  if (/^\s*ssh-|^\s*ecdsa-/.test(text)) return "an SSH public key or certificate";
  if (/^\s*[{[]/.test(text)) return "JSON";
  if (/^\s*</.test(text)) return "HTML or XML";
  return text.includes("\u0000") || text.includes("\ufffd") ? "binary data" : "plain text";
}

/** A PFX is a SEQUENCE that opens with version 3 (RFC 7292 §4); no certificate opens with a number, no key with that one. */
export function isPkcs12(bytes: Buffer): boolean {
  if (bytes[0] !== tags.sequence) return false;
  try {
    const version = readDer(readDer(bytes).value);
    return version.tag === tags.integer && version.value.length === 1 && version.value[0] === 3;
  } catch {
    return false;
  }
}

function certificateDers({ file, role, bytes }: Source): Buffer[] {
  const blocks = pemBlocks(bytes.toString("latin1"));
  if (isDer(bytes, blocks)) return [bytes];
  if (blocks.length === 0) throw new Failure("NOT_PEM", { file, role, looksLike: looksLike(bytes) });
  const certificates = blocks.filter(({ label }) => /^(X509 |TRUSTED )?CERTIFICATE$/.test(label));
  if (certificates.length > 0) return certificates.map(certificateIn);
  const found = blocks.map(({ label }) => label);
  if (found.some((label) => label.endsWith("CERTIFICATE REQUEST")))
    throw new Failure("CERTIFICATE_REQUEST", { file, role });
  throw new Failure("NO_CERTIFICATE", { file, role, found });
}

/** OpenSSL's TRUSTED CERTIFICATE has notes of its own behind the certificate. */
function certificateIn({ label, der }: PemBlock): Buffer {
  if (!label.startsWith("TRUSTED") || der.length === 0) return der;
  try {
    return Buffer.from(readDer(der).raw);
  } catch {
    return der; // reading it will say what is wrong
  }
}

function parse(der: Buffer, { file, role }: Source, position: number): Certificate {
  try {
    return readCertificate(der);
  } catch (error) {
    const problem = error instanceof DerError ? error.message : messageOf(error);
    throw new Failure(
      "BAD_CERTIFICATE",
      { file, role, position, problem: der.length === 0 ? "its base64 is broken" : problem },
      error,
    );
  }
}
