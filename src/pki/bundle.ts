/** The certificate file: PEM bundle or DER in, certificates out. Every way it can be the wrong file has its own code. */

import type { Role } from "../failure/facts.ts";
import { Failure, messageOf } from "../failure/failure.ts";
import { type Certificate, readCertificate } from "./certificate.ts";
import { DerError } from "./der.ts";
import { pemBlocks } from "./pem.ts";

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

/** What a file that is no PEM looks like, for the evidence. */
export function looksLike(bytes: Buffer): string {
  if (bytes.length === 0) return "an empty file";
  if (bytes[0] === 0x30 && bytes.length > 2) return "binary DER, or a PKCS#12 file";
  if (bytes.subarray(0, 2).toString("latin1") === "PK") return "a zip archive";
  const text = bytes.subarray(0, 200).toString("utf8");
  if (/-----BEGIN /.test(text)) return "a PEM block without its end: the file may be cut short";
  if (/^\s*ssh-|^\s*ecdsa-/.test(text)) return "an SSH public key or certificate";
  if (/^\s*[{[]/.test(text)) return "JSON";
  if (/^\s*</.test(text)) return "HTML or XML";
  return text.includes("\u0000") || text.includes("\ufffd") ? "binary data" : "plain text";
}

function certificateDers({ file, role, bytes }: Source): Buffer[] {
  if (bytes[0] === 0x30) return [bytes];
  const blocks = pemBlocks(bytes.toString("latin1"));
  if (blocks.length === 0) throw new Failure("NOT_PEM", { file, role, looksLike: looksLike(bytes) });
  const certificates = blocks.filter(({ label }) => /^(X509 |TRUSTED )?CERTIFICATE$/.test(label));
  if (certificates.length > 0) return certificates.map(({ der }) => der);
  const found = blocks.map(({ label }) => label);
  if (found.some((label) => label.endsWith("CERTIFICATE REQUEST")))
    throw new Failure("CERTIFICATE_REQUEST", { file, role });
  throw new Failure("NO_CERTIFICATE", { file, role, found });
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
