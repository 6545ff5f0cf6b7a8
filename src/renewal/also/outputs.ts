/** The other forms of a certificate: where they go, and what is in them. All that can be wrong is found before the CA is asked. */
import type { KeyObject } from "node:crypto";
import { Failure, isFailure } from "../../failure/failure.ts";
import { type Goal, goalOf } from "../../files/goal.ts";
import { digest } from "../../files/journal.ts";
import { follow } from "../../files/target.ts";
import { type Certificate, certificatePem } from "../../pki/certificate.ts";
import { findKey } from "../../pki/key.ts";
import { toPem } from "../../pki/pem.ts";
import type { World } from "../../world.ts";
import { type Also, type AlsoFile, alsoText, holdsKey, type Reserved, refuseTwice } from "./form.ts";
import { refuseLoss } from "./loss.ts";
import { passphraseIn } from "./passphrase.ts";

/** Of what the forms are made. */
export interface Material {
  readonly chain: readonly [Certificate, ...Certificate[]];
  readonly key: KeyObject;
  /** The key's file as it is written. */
  readonly keyFile: Buffer;
  readonly anchors: readonly Certificate[];
}

export interface Outputs {
  readonly goals: readonly Goal[];
  /** In the order of the goals. */
  contents(of: Material): Buffer[];
}

export interface Around {
  readonly token: string;
  /** What a file of a form without a key is like, where it is new. */
  readonly certificate: string;
  /** The certificate's own file. */
  readonly own: string;
  readonly keyFile: string;
  readonly reserved: readonly Reserved[];
}

/**
 * Throws FLAG_CONFLICT, WOULD_LOSE_KEY, CANNOT_WRITE, and what is wrong with the passphrase's file. Nothing is written.
 */
export async function outputsFor(also: Also, around: Around, world: World): Promise<Outputs> {
  const { goals, passphrase } = checkedForms(also, around, world);
  const hasP12 = also.files.some(({ form }) => form === "p12");
  const pkcs12 = hasP12 ? (await import("../../pki/pkcs12.ts")).pkcs12 : null;
  const write = { p12: (of: Material) => pkcs12?.(of, passphrase) ?? Buffer.alloc(0) };
  return {
    goals,
    contents: (of) => also.files.map(({ form }) => (form === "p12" ? write.p12(of) : bytesOf(form, of))),
  };
}

/** Where they go, with all that can be wrong found. Throws as `outputsFor` does. */
export function checkedForms(also: Also, around: Around, world: World): { goals: Goal[]; passphrase: string } {
  const { fs } = world;
  refuseTwice(also.files, around.reserved, (file) => realPath(file, fs));
  const like = statOf(around.certificate, fs);
  const goals = also.files.map((one): Goal => {
    const goal = goalFor(one, around.token, fs);
    refuseLoss(one, goal, around, world);
    return like === null || holdsKey(one.form) ? goal : { ...goal, like };
  });
  const hasP12 = also.files.some(({ form }) => form === "p12");
  return { goals, passphrase: hasP12 ? passphraseIn(also.passwordFile ?? "", fs) : "" };
}

function bytesOf(form: Exclude<AlsoFile["form"], "p12">, { chain, keyFile, key, anchors }: Material): Buffer {
  const [leaf, ...above] = chain;
  const pem = (certificates: readonly Certificate[]) => certificates.map(certificatePem).join("");
  switch (form) {
    case "leaf":
      return Buffer.from(certificatePem(leaf));
    case "chain":
      return Buffer.from(pem(above));
    case "fullchain":
      return Buffer.from(pem(chain));
    case "combined":
      return Buffer.from(pem(chain) + keyPem(keyFile, key));
    case "der":
      return Buffer.from(leaf.der);
    case "root":
      return Buffer.from(pem(anchors));
  }
}

/** As it stands in its file, and encrypted where that is: who chose that for the one would not have it clear in the other. */
function keyPem(bytes: Buffer, key: KeyObject): string {
  const material = findKey({ file: "", role: "key", bytes });
  if ("pem" in material) return material.pem;
  if (material.cipher !== null) return toPem("ENCRYPTED PRIVATE KEY", material.der);
  return key.export({ type: "pkcs8", format: "pem" }).toString();
}

function goalFor(one: AlsoFile, token: string, fs: World["fs"]): Goal {
  try {
    return goalOf(one.file, token, fs);
  } catch (error) {
    throw ofForm(error, one);
  }
}

/** Says which flag named the file. */
function ofForm(error: unknown, one: AlsoFile): unknown {
  if (!isFailure(error, "CANNOT_WRITE")) return error;
  return new Failure("CANNOT_WRITE", { ...error.facts, also: alsoText({ ...one, file: "FILE" }) }, error.cause);
}

/** The same for a failure that came later, of whichever file. */
export function ofForms(error: unknown, { files }: Also): unknown {
  const one = isFailure(error, "CANNOT_WRITE") ? files.find(({ file }) => file === error.facts.file) : undefined;
  return one === undefined ? error : ofForm(error, one);
}

/** Those that are not what they would be if they were written now. */
export function staleOf({ goals, contents }: Outputs, of: Material): { goal: Goal; bytes: Buffer }[] {
  const all = contents(of);
  return goals.flatMap((goal, index) => {
    const bytes = all[index] ?? Buffer.alloc(0);
    return goal.before === digest(bytes) ? [] : [{ goal, bytes }];
  });
}

function realPath(file: string, fs: World["fs"]): string {
  try {
    return follow(file, fs);
  } catch {
    return file; // whoever reads or writes it says what is wrong
  }
}

function statOf(file: string, fs: World["fs"]) {
  try {
    return fs.stat(file);
  } catch {
    return null; // it is new as well
  }
}
