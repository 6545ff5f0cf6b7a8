/** Certificate, key and passphrase from the user's files to an identity. Every mistake is found here, before any network. */

import type { KeyObject } from "node:crypto";
import { attempt, Failure, isFailure } from "../failure/failure.ts";
import type { Goal } from "../files/goal.ts";
import { readNamed } from "../files/read.ts";
import type { FileSystem } from "../files/system.ts";
import { readBundle, type Source } from "../pki/bundle.ts";
import { type Identity, identity } from "../pki/identity.ts";
import { findKey, type KeyMaterial, openKey, type Passphrase } from "../pki/key.ts";
import type { World } from "../world.ts";
import { stopIfAsked } from "./interruption.ts";

export interface Paths {
  certificate: string;
  key: string;
  passphraseFile?: string;
  /** Where certificate and key stand in a kubeconfig. */
  kube?: OfKubeconfig;
}

/** The world's file system shows such a file as if it held PEM and nothing else. */
export interface OfKubeconfig {
  readonly user: string;
  /** As it is. What an interrupted run has left is told by its bytes. */
  readonly disk: FileSystem;
  /** Where the certificate is in it, and the key as well if that is to be replaced. */
  install?(goal: Goal, pem: { certificate: Buffer; key?: Buffer }): "renamed" | "in-place";
  /** What is wrong with certificate and key is told of the user: they are no files that could be looked at. */
  told(failure: Failure): Failure;
}

export function onDisk(world: World, { kube }: Pick<Paths, "kube">): World {
  return kube === undefined ? world : { ...world, fs: kube.disk };
}

/** For the commands to copy: certificate and key are no files there. */
export function ofKubeconfig({ kubeUser }: { kubeUser?: string | undefined }): { kubeUser?: string } {
  return kubeUser === undefined ? {} : { kubeUser };
}

/** Throws the failures of families 65 and 66. A passphrase is asked for on a terminal only, and only when it is needed. */
export async function load(paths: Paths, world: World): Promise<Identity> {
  return (await loadPair(paths, world)).identity;
}

/** The leaf of a certificate file alone, to see how long it is good. */
export function readCertificateOf(file: string, world: World): Identity["leaf"] {
  return readBundle(source(file, "certificate", world))[0];
}

/** A key as it was opened, with all that it takes to write another in its place. */
export interface OpenedKey {
  key: KeyObject;
  material: KeyMaterial;
  /** Of an encrypted key: the one that opened it. */
  passphrase?: Passphrase;
}

export interface LoadedPair {
  readonly identity: Identity;
  /** How the key's file was written. */
  readonly opened: OpenedKey;
  /** What both files held. */
  readonly bytes: Record<"certificate" | "key", Buffer>;
}

/** The same, with what it was read from. */
export async function loadPair(paths: Paths, world: World): Promise<LoadedPair> {
  try {
    return await readPair(paths, world);
  } catch (error) {
    throw isFailure(error) && paths.kube !== undefined ? paths.kube.told(error) : error;
  }
}

async function readPair(paths: Paths, world: World): Promise<LoadedPair> {
  const certificate = source(paths.certificate, "certificate", world);
  const keyFile = source(paths.key, "key", world);
  const { chain, material } = unlessSwapped(certificate, keyFile);
  const opened = await open(material, keyFile, paths.passphraseFile, world);
  const { certificate: file, key, kube } = paths;
  const files = { certificateFile: file, keyFile: key, ...(kube && { kubeUser: kube.user }) };
  const bytes = { certificate: certificate.bytes, key: keyFile.bytes };
  return { identity: identity({ ...files, chain, key: opened.key }), opened, bytes };
}

/** A key alone. */
export async function loadKey(file: string, passphraseFile: string | undefined, world: World): Promise<OpenedKey> {
  const keyFile = source(file, "key", world);
  return open(findKey(keyFile), keyFile, passphraseFile, world);
}

function source(file: string, role: "certificate" | "key", world: World): Source {
  return { file, role, bytes: readNamed(file, role, world.fs) };
}

/** A key where the certificate should be is one mistake; both the wrong way round is another, and likelier. */
function unlessSwapped(certificate: Source, key: Source): { chain: Identity["chain"]; material: KeyMaterial } {
  const chain = attempt(() => readBundle(certificate));
  const material = attempt(() => findKey(key));
  if (chain.failure !== undefined && holdsKey(certificate) && holdsCertificate(key)) {
    throw new Failure("SWAPPED", { certificate: certificate.file, key: key.file });
  }
  if (chain.failure !== undefined) throw chain.failure;
  if (material.failure !== undefined) throw material.failure;
  return { chain: chain.value, material: material.value };
}

/** DER has no label: what it is shows only when it is opened. */
export function holdsKey(source: Source): boolean {
  const { failure } = attempt(() => {
    const material = findKey(source);
    return "pem" in material || material.cipher !== null ? material : openKey(material, source);
  });
  return failure === undefined;
}

function holdsCertificate(source: Source): boolean {
  return attempt(() => readBundle(source)).failure === undefined;
}

/** step takes all white space off the end of a passphrase file, so what it encrypted opens only with what is left then. */
async function open(material: KeyMaterial, source: Source, file: string | undefined, world: World): Promise<OpenedKey> {
  if (material.cipher === null) return { key: openKey(material, source), material };
  const passphrase = await findPassphrase(source.file, file, world);
  const opened = attempt(() => openKey(material, source, passphrase));
  if (opened.failure === undefined) return { key: opened.value, material, ...(passphrase && { passphrase }) };
  const isWrong = isFailure(opened.failure, "WRONG_PASSPHRASE");
  if (!isWrong || passphrase === undefined || file === undefined) throw opened.failure;
  const text = passphrase.text.replace(/^\ufeff/, "").trimEnd();
  if (text === "") throw new Failure("FILE_EMPTY", { file, role: "passphrase" }, opened.failure);
  const trimmed = { ...passphrase, text };
  return { key: openKey(material, source, trimmed), material, passphrase: trimmed };
}

async function findPassphrase(key: string, file: string | undefined, world: World): Promise<Passphrase | undefined> {
  if (file !== undefined) {
    const bytes = readNamed(file, "passphrase", world.fs);
    return { text: bytes.toString("utf8").replace(/[\r\n]+$/, ""), from: file };
  }
  if (!world.canAsk) return undefined;
  const text = await world.ask(`passphrase for ${key}: `, "secret");
  stopIfAsked(world);
  return text === null ? undefined : { text, from: "the terminal" };
}
