/** What a command has done to its folder and its CA, as one line that can be compared. */
import { createPrivateKey, createPublicKey, type KeyObject, X509Certificate } from "node:crypto";
import { lstatSync, readdirSync, readFileSync, readlinkSync, statSync } from "node:fs";
import { join } from "node:path";
import type { Seen } from "./lane.ts";

/** Files and links of a folder, by their path in it. What the tests put there for themselves is left out. */
export type Snapshot = Readonly<Record<string, { text: string; link: string | null }>>;

const ours = /^hook/;

export function snapshot(folder: string): Snapshot {
  const names = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((name) => !ours.test(name));
  const files = names.sort().flatMap((name) => {
    const path = join(folder, name);
    const link = lstatSync(path).isSymbolicLink() ? readlinkSync(path) : null;
    const file = statSync(path, { throwIfNoEntry: false });
    if (file === undefined) return [[name, { text: "", link }] as const]; // a link to nothing
    return file.isFile() ? [[name, { text: readFileSync(path, "latin1"), link }] as const] : [];
  });
  return Object.fromEntries(files);
}

export interface Done {
  folder: string;
  before: Snapshot;
  seen: Seen;
  keyFile: string;
  owner: boolean;
  /** The passphrase of whatever is encrypted. */
  passphrase: string;
  /** What the watchers of a row have noticed: signals, hook, question. */
  noticed: readonly string[];
}

export function effectOf({ folder, before, seen, keyFile, owner, passphrase, noticed }: Done): string {
  const after = snapshot(folder);
  const changes = [
    ...Object.keys(after).flatMap((name) => {
      const old = before[name];
      if (old === undefined) return [`created ${name}`];
      if (old.link !== after[name]?.link) return [`replaced ${name}`];
      return old.text === after[name]?.text ? [] : [`changed ${name}`];
    }),
    ...Object.keys(before).flatMap((name) => (name in after ? [] : [`removed ${name}`])),
  ].sort();
  const touched = (suffix: string) =>
    changes
      .filter((change) => !change.startsWith("removed"))
      .map((change) => change.split(" ")[1] ?? "")
      .findLast((name) => name.endsWith(suffix));
  const crt = touched(".crt");
  const key = touched(".key") ?? keyFile;
  const old = before["web.crt"]?.text ?? "";
  return [
    contactOf(seen),
    changes.length === 0 ? "files unchanged" : changes.join(", "),
    ...(crt === undefined ? [] : [pairOf({ folder, crt, key, old, passphrase, isKeyNew: key === touched(".key") })]),
    ...Object.entries(after).flatMap(([name, { link }]) => (link === null ? [] : [`${name} leads to ${link}`])),
    ...(owner ? [ownerOf(join(folder, crt ?? "web.crt"))] : []),
    ...noticed,
    ...(seen.requests.some((request) => request.startsWith("GET")) ? ["and asked the CA more"] : []),
  ].join("; ");
}

function contactOf({ connections, requests }: Seen): string {
  const posts = requests.filter((request) => request.startsWith("POST"));
  if (posts.length > 20) return `more than 20 × ${[...new Set(posts)].join(", ")}`;
  if (posts.length > 0) return posts.join(", ");
  return connections === 0 ? "CA not contacted" : "connected, no request";
}

interface Pair {
  folder: string;
  crt: string;
  key: string;
  old: string;
  passphrase: string;
  isKeyNew: boolean;
}

function pairOf({ folder, crt, key, old, passphrase, isKeyNew }: Pair): string {
  const text = readFileSync(join(folder, crt), "latin1");
  const { publicKey } = new X509Certificate(text);
  const keyText = readFileSync(join(folder, key), "latin1");
  const isSame = spki(new X509Certificate(Buffer.from(old, "latin1")).publicKey) === spki(publicKey);
  const fits = spki(createPublicKey(createPrivateKey({ key: keyText, passphrase }))) === spki(publicKey);
  const modes = [crt, key].map((name) => (statSync(join(folder, name)).mode & 0o7777).toString(8));
  return [
    `${text.split("-----BEGIN CERTIFICATE-----").length - 1} certificates`,
    kindOf(publicKey),
    isSame ? "same key" : "new key",
    `${fits ? "fits" : "DOES NOT FIT"} ${key}`,
    `modes ${modes.join(" ")}`,
    ...(isKeyNew ? [/ENCRYPTED/.test(keyText) ? "key encrypted" : "key in the clear"] : []),
  ].join(", ");
}

const spki = (key: KeyObject) => key.export({ type: "spki", format: "der" }).toString("hex");

function kindOf({ asymmetricKeyType, asymmetricKeyDetails: details }: KeyObject): string {
  return [asymmetricKeyType, details?.namedCurve ?? details?.modulusLength].filter(Boolean).join(" ");
}

function ownerOf(file: string): string {
  const { uid, gid } = statSync(file);
  return `owner ${uid}:${gid}`;
}
