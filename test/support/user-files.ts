/** A user's certificate and key files in every form, and what loading them comes to. */
import { createPrivateKey } from "node:crypto";
import { createAuthority } from "../../src/dev-ca/authority.ts";
import { isFailure } from "../../src/failure/failure.ts";
import { load } from "../../src/renewal/load.ts";
import { MemoryDisk } from "./disk.ts";
import { certificatesIn } from "./issued.ts";
import { testWorld } from "./world.ts";

export interface UserFiles {
  crt?: string | Buffer;
  key?: string | Buffer;
  /** A passphrase file. */
  pw?: string | Buffer;
}

/** Loads web.crt and web.key. The serial numbers, or the failure; with answers there is a terminal. */
export async function loading({ crt, key, pw }: UserFiles, answers?: (string | null)[]) {
  const disk = new MemoryDisk().put("/x", "");
  const files = { "/web.crt": crt, "/web.key": key, "/pw": pw };
  for (const [path, contents] of Object.entries(files)) if (contents !== undefined) disk.put(path, contents);
  const world = testWorld({ fs: disk, ...(answers && { answers }) });
  const paths = { certificate: "/web.crt", key: "/web.key", ...(pw !== undefined && { passphraseFile: "/pw" }) };
  try {
    const { chain, key: opened } = await load(paths, world);
    return { chain: chain.map(({ serial }) => serial), kind: opened.asymmetricKeyType, asked: world.err.text };
  } catch (error) {
    if (isFailure(error)) return { code: error.code, ...error.facts };
    throw error;
  }
}

/** A chain of two, its key, and another key. */
export async function issuedFiles() {
  const authority = await createAuthority({ intermediate: true });
  const issued = await authority.issue();
  return {
    crt: issued.chain,
    leaf: issued.certificate,
    intermediate: authority.issuerCertificate,
    root: authority.root,
    key: issued.key,
    other: (await authority.issue()).key,
    serial: certificatesIn(issued.certificate)[0].serial,
  };
}

export function der(certificate: string): Buffer {
  return Buffer.from(certificatesIn(certificate)[0].der);
}

type Form = { type: "pkcs8"; format: "pem" };

/** A key in another form, encrypted where there is a passphrase. */
export function exported(key: string, type: "pkcs8" | "sec1" | "pkcs1", format: "pem" | "der", passphrase?: string) {
  const encryption = passphrase === undefined ? {} : { cipher: "aes-256-cbc", passphrase };
  // Node's types tell each form apart; here they are a table.
  const contents: string | Buffer = createPrivateKey(key).export({ type, format, ...encryption } as Form);
  return contents;
}
