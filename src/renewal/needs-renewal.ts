/** Looks whether the certificate of a file, or of a server, needs renewal. Changes nothing and sends nothing. */
import type { ServerAddress } from "../ca/server-address.ts";
import { readNamed } from "../files/read.ts";
import { interrupted } from "../files/repair.ts";
import { readBundle } from "../pki/bundle.ts";
import { type Certificate, certificatePem } from "../pki/certificate.ts";
import type { World } from "../world.ts";
import { stopIfAsked } from "./interruption.ts";
import { type Need, need } from "./need.ts";
import type { Window } from "./schedule.ts";
import type { RootSource } from "./trust.ts";

export interface NeedPolicy {
  /** A file's name, or where a server is. */
  readonly subject: string | ServerAddress;
  readonly window: Window;
  /** Every certificate counts, not only the leaf. */
  readonly bundle: boolean;
  /** Null for the system's. */
  readonly roots: RootSource | null;
  readonly serverName: string | null;
  readonly timeoutMs: number;
}

export interface Looked {
  readonly certificate: Certificate;
  readonly need: Need;
}

export interface Answer {
  readonly needed: boolean;
  /** A run that has died has left it half-way: the next renewal makes it whole, and so is needed. */
  readonly isHalfWay: boolean;
  /** The first one that needs renewal, else the leaf. */
  readonly about: Looked;
  readonly all: readonly Looked[];
}

/** Throws the failures of families 65 and 66 for a file, those of roots and servers for a server. */
export async function needsRenewal(policy: NeedPolicy, world: World): Promise<Answer> {
  const { subject, bundle, window } = policy;
  const [leaf, ...others] =
    typeof subject === "string" ? inFile(subject, world) : await onServer(subject, policy, world);
  const now = world.now();
  const look = (certificate: Certificate): Looked => ({ certificate, need: need(certificate, window, now) });
  const first = look(leaf);
  const all = bundle ? [first, ...others.map(look)] : [first];
  const due = all.find((looked) => looked.need.needed);
  const isHalfWay = typeof subject === "string" && interrupted([subject], now, world.fs).length > 0;
  return { needed: due !== undefined || isHalfWay, isHalfWay, about: due ?? first, all };
}

type Chain = readonly [Certificate, ...Certificate[]];

function inFile(file: string, { fs }: World): Chain {
  return readBundle({ file, role: "certificate", bytes: readNamed(file, "certificate", fs) });
}

/** Behind a lazy door: a file needs none of it. */
async function onServer(address: ServerAddress, policy: NeedPolicy, world: World): Promise<Chain> {
  const { env, fs, signal, now } = world;
  const [{ presentedBy }, { systemRoots }, { readRoots }] = await Promise.all([
    import("../ca/server.ts"),
    import("../ca/system-roots.ts"),
    import("./trust.ts"),
  ]);
  const { roots: named, serverName, timeoutMs } = policy;
  const roots = named === null ? systemRoots(env, fs) : readRoots(named, fs).map(certificatePem);
  try {
    return await presentedBy({ address, serverName, roots, timeoutMs, env, now, signal });
  } catch (error) {
    stopIfAsked(world);
    throw error;
  }
}
