/** The pair that a watch is about, as it is on the disk, and as the server has it. */
import { readNamed } from "../files/read.ts";
import { readBundle } from "../pki/bundle.ts";
import { type Certificate, same } from "../pki/certificate.ts";
import { load } from "../renewal/load.ts";
import type { Chain, Policy } from "../renewal/renew.ts";
import type { World } from "../world.ts";
import { chainPem } from "./certificate-facts.ts";
import { handOver } from "./server-context.ts";
import type { TlsServer } from "./watch-types.ts";

export class WatchedFiles {
  readonly #policy: Pick<Policy, "paths" | "out">;
  readonly #server: TlsServer | null;
  readonly #world: World;
  #chain: Chain | null = null;

  constructor(policy: Pick<Policy, "paths" | "out">, server: TlsServer | null, world: World) {
    this.#policy = policy;
    this.#server = server;
    this.#world = world;
  }

  /** The one that is in use. */
  get chain(): Chain {
    if (this.#chain === null) throw new Error("nothing was looked at yet");
    return this.#chain;
  }

  /** Where the new chain goes, once it is there; until then, where the certificate is. */
  get file(): string {
    const { paths, out } = this.#policy;
    return out !== undefined && isThere(out, this.#world) ? out : paths.certificate;
  }

  /**
   * The leaf as it is now; what is new is handed to the server first, if it is whole: of a pair that somebody is just replacing
   * nothing is handed over. Throws the failures of families 65 and 66.
   */
  async look(): Promise<Certificate> {
    const { file } = this;
    const bytes = readNamed(file, "certificate", this.#world.fs);
    const found = readBundle({ file, role: "certificate", bytes });
    if (this.#chain !== null && isSame(this.#chain, found)) return found[0];
    if (this.#server === null) this.#chain = found;
    else {
      const { chain, key } = await load({ ...this.#policy.paths, certificate: file }, this.#world);
      const pem = key.export({ type: "pkcs8", format: "pem" }).toString();
      handOver(this.#server, { cert: chainPem(chain), key: pem });
      this.#chain = chain;
    }
    return this.chain[0];
  }
}

function isSame(one: Chain, other: Chain): boolean {
  return one.length === other.length && one.every(({ der }, index) => same(der, other[index]?.der ?? new Uint8Array()));
}

function isThere(file: string, { fs }: World): boolean {
  try {
    return fs.stat(file).isFile();
  } catch {
    return false; // reading the other one says what is wrong
  }
}
