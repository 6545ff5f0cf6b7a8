/**
 * The roots that this system trusts, as Go finds them (crypto/x509, root_unix.go), and so step: a CA that was installed for
 * the whole machine counts. Node's own list is only the public ones.
 */
import { join } from "node:path";
import * as tls from "node:tls";
import type { FileSystem } from "../files/system.ts";
import { pemBlocks } from "../pki/pem.ts";
import type { Environment } from "./settings.ts";

const bundles = [
  "/etc/ssl/certs/ca-certificates.crt",
  "/etc/pki/tls/certs/ca-bundle.crt",
  "/etc/ssl/ca-bundle.pem",
  "/etc/pki/tls/cacert.pem",
  "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
  "/etc/ssl/cert.pem",
];
const folders = ["/etc/ssl/certs", "/etc/pki/tls/certs"];

/** As PEM. The first bundle that is there, and all folders; SSL_CERT_FILE and SSL_CERT_DIR name others. */
export function systemRoots(env: Environment, fs: FileSystem): readonly string[] {
  const { SSL_CERT_FILE: file, SSL_CERT_DIR: folder } = env;
  if (!file && !folder && (process.platform === "darwin" || process.platform === "win32")) return keptBySystem();
  const found = (file ? [file] : bundles).map((name) => certificatesIn(name, fs)).find((pems) => pems.length > 0) ?? [];
  const others = (folder ? folder.split(":") : folders).flatMap((name) => inFolder(name, fs));
  const roots = new Set([...found, ...others]);
  return roots.size > 0 || file || folder ? [...roots] : tls.rootCertificates;
}

/** Where the system has no files: by Node's newer versions, besides the public ones. */
function keptBySystem(): readonly string[] {
  const { getCACertificates } = tls as { getCACertificates?: (type: "system") => string[] };
  return [...tls.rootCertificates, ...(getCACertificates?.("system") ?? [])];
}

function inFolder(folder: string, fs: FileSystem): string[] {
  try {
    return fs.list(folder).flatMap((name) => certificatesIn(join(folder, name), fs));
  } catch {
    return []; // not there
  }
}

/** None where the file cannot be read. */
function certificatesIn(file: string, fs: FileSystem): string[] {
  try {
    if (!fs.stat(file).isFile()) return [];
    const blocks = pemBlocks(fs.read(file, largest).toString("latin1"));
    return blocks.filter(({ label, der }) => label === "CERTIFICATE" && der.length > 0).map(({ text }) => text);
  } catch {
    return [];
  }
}

/** More than all public roots together, twice. */
const largest = 4 * 1024 * 1024;
