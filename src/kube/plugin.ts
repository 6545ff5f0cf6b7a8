/** kubectl's plugin: the pair that is good now, renewed first where it is due. Whatever fails stops nobody whose pair is good. */
import { type Failure, isFailure } from "../failure/failure.ts";
import type { Certificate } from "../pki/certificate.ts";
import type { Identity } from "../pki/identity.ts";
import { loadPair, type OpenedKey } from "../renewal/load.ts";
import { type Policy, type Progress, renewOnce } from "../renewal/renew.ts";
import type { World } from "../world.ts";
import { clearPem, type Pair } from "./exec-credential.ts";

export interface HandedOut {
  readonly leaf: Certificate;
  readonly pair: Pair;
  /** Why it is still the old one. */
  readonly failure: Failure | null;
}

/** `policy`: null where it could not be made, for the reason that is thrown then if the pair is of no use. */
export async function handOut(
  paths: Policy["paths"],
  policyOf: () => Policy,
  world: World,
  progress: Progress,
): Promise<HandedOut> {
  let failure: Failure | null = null;
  try {
    await renewOnce({ ...policyOf(), force: true, hooks: null }, world, progress);
  } catch (error) {
    if (!isFailure(error) || error.code === "INTERRUPTED") throw error;
    failure = error;
  }
  const { identity, opened } = await loadWhole(paths, world).catch((error: unknown) => {
    throw failure ?? error;
  });
  const { leaf, chain } = identity;
  const now = world.now();
  if (failure !== null && !(leaf.notBefore <= now && now <= leaf.notAfter)) throw failure;
  return { leaf, pair: { chain, key: pemOf(opened) }, failure };
}

/** In ms. */
const pollMs = 50;
const mostTries = 20;

/** A rekey of another run switches two files: between them they do not belong together. */
async function loadWhole(paths: Policy["paths"], world: World): Promise<{ identity: Identity; opened: OpenedKey }> {
  for (let tries = 1; ; tries++) {
    try {
      return await loadPair(paths, world);
    } catch (error) {
      if (!isFailure(error, "KEY_MISMATCH") || tries >= mostTries) throw error;
      await world.sleep(pollMs);
    }
  }
}

/** kubectl takes none that is encrypted. */
function pemOf({ material, key }: OpenedKey): string {
  return clearPem(material) ?? key.export({ type: "pkcs8", format: "pem" }).toString();
}
