/** The other forms of a certificate that is gone back to, and files that still hold the one that is left. */
import { basename, dirname, join } from "node:path";
import type { Goal } from "../../files/goal.ts";
import { readNamed } from "../../files/read.ts";
import type { FileSystem } from "../../files/system.ts";
import { follow } from "../../files/target.ts";
import { isPrivateKeyLabel, readBundle } from "../../pki/bundle.ts";
import type { Certificate } from "../../pki/certificate.ts";
import { pemBlocks } from "../../pki/pem.ts";
import type { World } from "../../world.ts";
import { loadKey, type Paths } from "../load.ts";
import { type RootSource, readRoots } from "../trust.ts";
import type { Step } from "../way-back.ts";
import type { Also, AlsoFile, Form } from "./form.ts";
import { outputsFor } from "./outputs.ts";
import { reservedOf } from "./set.ts";

export interface FormsBack {
  readonly goals: readonly Goal[];
  /** In the order of the goals. */
  readonly contents: readonly Buffer[];
}

/** Throws as `outputsFor` does. */
export async function formsBack(
  { also, paths, root }: { readonly also: Also; readonly paths: Paths; readonly root: RootSource },
  { key, keyFile, bytes }: Step,
  token: string,
  world: World,
): Promise<FormsBack> {
  const { certificate } = paths;
  const around = {
    token,
    certificate,
    own: certificate,
    keyFile: paths.key,
    reserved: reservedOf({ also, paths, root }),
  };
  const { goals, contents } = await outputsFor(also, around, world);
  const chain = readBundle({ file: certificate, role: "certificate", bytes });
  const opened = await loadKey(keyFile, paths.passphraseFile, world);
  const anchors = also.files.some(({ form }) => form === "root") ? readRoots(root, world.fs) : [];
  const written = key?.bytes ?? readNamed(paths.key, "key", world.fs);
  return { goals, contents: contents({ chain, key: opened.key, keyFile: written, anchors }) };
}

/** A folder with more is no place for certificates, and a larger file none of their forms. */
const [mostNames, largest] = [2000, 256 * 1024];

/** What beside it, in plain sight, holds this leaf, as the user would name it. What a PKCS#12 file holds cannot be seen. */
export function holdersOf(leaf: Certificate, named: string, but: readonly string[], fs: FileSystem): AlsoFile[] {
  const own = new Set(but.flatMap((file) => realPath(file, fs) ?? []));
  return namesIn(named, fs).flatMap((file) => {
    const path = realPath(file, fs);
    const form = path === null || own.has(path) ? null : formIn(path, leaf, fs);
    return form === null ? [] : [{ form, file }];
  });
}

function namesIn(named: string, fs: FileSystem): string[] {
  try {
    const names = fs.list(dirname(named)).filter((name) => !name.startsWith("."));
    const start = named.slice(0, named.length - basename(named).length);
    return names.length > mostNames ? [] : names.sort().map((name) => (start === "" ? name : join(start, name)));
  } catch {
    return []; // nobody may list it: nothing can be said of what is in it
  }
}

/** Null where it does not hold the leaf. */
function formIn(path: string, { der }: Certificate, fs: FileSystem): Form | null {
  try {
    const stat = fs.stat(path);
    if (!stat.isFile() || stat.size > largest) return null;
    const bytes = fs.read(path, largest);
    if (bytes.equals(der)) return "der";
    const blocks = pemBlocks(bytes.toString("latin1"));
    if (!blocks.some((block) => block.der.equals(der))) return null;
    if (blocks.some(({ label }) => isPrivateKeyLabel(label))) return "combined";
    return blocks.length === 1 ? "leaf" : "fullchain";
  } catch {
    return null; // not to be read by this user, and so written by another one
  }
}

function realPath(file: string, fs: FileSystem): string | null {
  try {
    return follow(file, fs);
  } catch {
    return null;
  }
}
