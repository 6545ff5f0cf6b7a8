/** A certificate and its key in a folder of their own, and what is found of them after something went wrong. */
import { execFile } from "node:child_process";
import { createPrivateKey, createPublicKey, X509Certificate } from "node:crypto";
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { basename, join } from "node:path";
import { promisify } from "node:util";
import { makeToken, type Pair, postMtls, postToken } from "../raw.ts";
import type { StepCa } from "../step-ca.ts";
import { space } from "./space.ts";

const hour = 3_600_000;
const modes = { crt: 0o644, key: 0o640 };

export interface Scene {
  ca: StepCa;
  folder: string;
  /** For whatever is not the pair's. */
  home: string;
  /** What goes before a command, to run it where the folder is. */
  within: readonly string[];
  end(): Promise<void>;
  /** As the program is told them. */
  crt: string;
  key: string;
  /** As this process reaches them: elsewhere, where one is a mount of the program's own namespace. */
  held: { folder: string; crt: string; key: string };
  old: Pair;
  hasExpired: boolean;
}

let count = 0;

/** In a folder of its own. */
export async function lay(ca: StepCa, home: string, { hasExpired = false } = {}): Promise<Scene> {
  const old = await issued(ca, hasExpired);
  const folder = join(home, String(++count));
  mkdirSync(folder);
  const [crt, key] = [join(folder, "web.crt"), join(folder, "web.key")];
  const end = async () => rmSync(folder, { recursive: true, force: true });
  const scene = { ca, folder, home, within: [], end, crt, key, held: { folder, crt, key }, old, hasExpired };
  put(scene);
  return scene;
}

/** The certificate's file is a mount, over which nothing can be renamed. */
export async function layMounted(ca: StepCa, home: string): Promise<Scene> {
  const scene = await lay(ca, home);
  const own = `${scene.folder}-mounted`;
  mkdirSync(own);
  const held = { ...scene.held, crt: join(own, "web.crt") };
  put({ ...scene, held });
  const { within, close } = await space('mount --bind "$1" "$2"', held.crt, scene.crt);
  const end = async () => {
    await close();
    await scene.end();
    rmSync(own, { recursive: true });
  };
  return { ...scene, held, within, end };
}

export interface Disk {
  scene: Scene;
  /** Where it begins, as this process reaches it; the pair is in a folder of it. */
  top: string;
  remount(how: "ro" | "rw"): Promise<void>;
}

/** In a folder of a small file system of its own. */
export async function layOnDisk(ca: StepCa, home: string): Promise<Disk> {
  const scene = await lay(ca, home);
  const own = await space('mount -t tmpfs -o size=128k,nr_inodes=64 tmpfs "$1"', scene.folder);
  const top = own.outside(scene.folder);
  const [folder, inside] = [join(top, "pair"), join(scene.folder, "pair")];
  const held = { folder, crt: join(folder, "web.crt"), key: join(folder, "web.key") };
  mkdirSync(folder);
  put({ ...scene, held });
  const end = async () => {
    await own.close();
    await scene.end();
  };
  const paths = { folder: inside, crt: join(inside, "web.crt"), key: join(inside, "web.key") };
  return {
    scene: { ...scene, ...paths, held, within: own.within, end },
    top,
    remount: (how) => own.run("mount", "-o", `remount,${how}`, scene.folder),
  };
}

export async function issued(ca: StepCa, hasExpired = false): Promise<Pair> {
  const { chain, key } = await ca.authority.issue({
    subject: "web.internal",
    names: ["web.internal"],
    usages: ["serverAuth", "clientAuth"],
    provisioner: { name: hasExpired ? "after-expiry" : "admin" },
    notBefore: new Date(Date.now() - 2 * hour),
    notAfter: new Date(Date.now() + (hasExpired ? -hour : hour)),
  });
  return { cert: chain, key };
}

export function put({ held, old }: Pick<Scene, "held" | "old">): void {
  for (const [file, text, mode] of [
    [held.crt, old.cert, modes.crt],
    [held.key, old.key, modes.key],
  ] as const) {
    writeFileSync(file, text);
    chmodSync(file, mode);
  }
}

/** "unsettled": the two files are not one pair, but the old and the new one are both whole in the folder. */
export type State = "old" | "new" | "unsettled" | "lost";

export interface Found {
  state: State;
  /** Names that the folder has besides. */
  leftovers: readonly string[];
  /** What is wrong with modes and keys that are left. */
  wrong: readonly string[];
}

export async function find(scene: Scene): Promise<Found> {
  const { held, old } = scene;
  const leftovers = existsSync(held.folder) ? namesBeside(scene) : [];
  const pair = { cert: textOf(held.crt), key: textOf(held.key) };
  const isOld = pair.cert === old.cert && pair.key === old.key;
  const isNew = pair.cert !== old.cert && (await isWhole(pair, scene));
  const state = isOld ? "old" : isNew ? "new" : isKeptBeside(scene, leftovers) ? "unsettled" : "lost";
  return { state, leftovers, wrong: [...wrongModes(scene), ...openKeys(scene, leftovers)] };
}

/** A pair that the CA renews. */
export async function renews({ ca, held, hasExpired }: Scene, isOld: boolean): Promise<boolean> {
  const pair = { cert: textOf(held.crt), key: textOf(held.key) };
  const answer =
    hasExpired && isOld
      ? await postToken(ca, makeToken({ chain: pair.cert, key: pair.key, url: `${ca.url}/1.0` }))
      : await postMtls(ca, pair);
  return "status" in answer && answer.status === 201;
}

/** By openssl, which knows nothing of us: one key, a chain that leads to the root, and nothing cut off. */
async function isWhole({ cert, key }: Pair, { ca, held }: Scene): Promise<boolean> {
  if (!/-----END CERTIFICATE-----\s*$/.test(cert) || cert.split("-----BEGIN").length !== 3) return false;
  if (key === "") return false;
  const [ofChain, ofKey, verified] = await Promise.all([
    openssl("x509", "-in", held.crt, "-noout", "-pubkey"),
    openssl("pkey", "-in", held.key, "-pubout"),
    openssl("verify", "-CAfile", ca.rootFile, "-untrusted", held.crt, held.crt),
  ]);
  return ofChain !== null && ofChain === ofKey && verified !== null;
}

/** What it prints; null where it fails. */
async function openssl(...words: readonly string[]): Promise<string | null> {
  try {
    return (await promisify(execFile)("openssl", words)).stdout;
  } catch {
    return null;
  }
}

/** Whatever the two files are: are all four of the two pairs there, so that one can be made whole? */
function isKeptBeside({ held, old }: Scene, leftovers: readonly string[]): boolean {
  const texts = [held.crt, held.key, ...leftovers.map((name) => join(held.folder, name))].map(textOf);
  if (!texts.includes(old.cert) || !texts.includes(old.key)) return false;
  const keys = texts.map(spkiOfKey).filter((spki) => spki !== null);
  return texts.some((text) => text !== old.cert && isIn(keys, spkiOfChain(text)));
}

const isIn = <T>(all: readonly T[], one: T | null) => one !== null && all.includes(one);

function spkiOfChain(text: string): string | null {
  if (text.split("-----END CERTIFICATE-----").length !== 3) return null;
  try {
    return new X509Certificate(text).publicKey.export({ type: "spki", format: "der" }).toString("hex");
  } catch {
    return null;
  }
}

function spkiOfKey(text: string): string | null {
  try {
    return createPublicKey(createPrivateKey(text)).export({ type: "spki", format: "der" }).toString("hex");
  } catch {
    return null;
  }
}

function wrongModes({ held }: Scene): string[] {
  return (["crt", "key"] as const).flatMap((one) => {
    if (!existsSync(held[one])) return [];
    const mode = statSync(held[one]).mode & 0o7777;
    return mode === modes[one] ? [] : [`${basename(held[one])} has mode ${mode.toString(8)}`];
  });
}

/** A private key is never open to more than the key itself. */
function openKeys({ held }: Scene, leftovers: readonly string[]): string[] {
  return leftovers.flatMap((name) => {
    const path = join(held.folder, name);
    const mode = lstatSync(path).mode & 0o7777;
    const isOpen = (mode & ~modes.key) !== 0 && isKey(path);
    return isOpen ? [`${name} holds a private key, and has mode ${mode.toString(8)}`] : [];
  });
}

/** Also one of which only the beginning is there. */
export function isKey(path: string): boolean {
  return textOf(path).includes("PRIVATE KEY");
}

function namesBeside({ held }: Scene): string[] {
  const own = [held.crt, held.key].map((path) => basename(path));
  return readdirSync(held.folder)
    .filter((name) => !own.includes(name))
    .sort();
}

export function textOf(path: string): string {
  try {
    return readFileSync(path, "latin1");
  } catch {
    return "";
  }
}
