/** What the certificates of one run have in common: it is read, parsed, connected and asked once. */
import { type Exchanging, exchange } from "../../ca/client.ts";
import { type Crew, hireCrew } from "../../ca/crew.ts";
import { type Kept, keptConnections } from "../../ca/pool.ts";
import type { CaUrl } from "../../ca/url.ts";
import { attributed } from "../../files/attributes.ts";
import { type FolderView, folderView } from "../../files/folder-view.ts";
import { installing } from "../../files/install.ts";
import { readNamed } from "../../files/read.ts";
import { meanwhile } from "../../files/syncing.ts";
import { type Certificate, same } from "../../pki/certificate.ts";
import type { Identity } from "../../pki/identity.ts";
import type { World } from "../../world.ts";
import { load, type Paths } from "../load.ts";
import type { Sharing } from "../renew.ts";
import { type RootSource, readRoots } from "../trust.ts";
import type { Entry } from "./plan.ts";

/** The world as all renewals of a run see it. */
export interface SharedWorld extends World {
  readonly fs: FolderView;
}

/** A passphrase is asked for once; the start of this process does not change. */
export function sharedWorld(world: World): SharedWorld {
  const answers = new Map<string, Promise<string | null>>();
  let asked: { at: Date | null } | undefined;
  return {
    ...world,
    fs: folderView(world.fs, attributed),
    ask: (question, kind) => {
      const answer = answers.get(question) ?? world.ask(question, kind);
      if (kind === "secret") answers.set(question, answer);
      return answer;
    },
    asked: () => {
      asked ??= { at: world.asked() };
      return asked.at;
    },
  };
}

/** As many pairs are kept between the look at all of them and their renewal; the others are read again. */
const mostLoaded = 1000;

/** A thread takes as long to start as a dozen handshakes, and the program to load in it. */
const worthThreads = 64;

interface Loaded {
  readonly identity: Identity;
  readonly certificate: Buffer;
  readonly key: Buffer;
}

/** The state of one run. `close` must come. */
export class Together {
  readonly #world: SharedWorld;
  readonly #connections: number;
  readonly #roots = new Map<string, readonly Certificate[]>();
  readonly #kept = new Map<string, Kept>();
  readonly #loaded = new Map<string, Loaded>();
  #isWorthThreads = false;
  #crew: Crew | null = null;

  constructor(world: SharedWorld, connections: number) {
    this.#world = world;
    this.#connections = connections;
  }

  /** Throws as `readRoots` does, each time. */
  readonly roots = (source: RootSource): readonly Certificate[] => {
    const known = this.#roots.get(source.value) ?? readRoots(source, this.#world.fs);
    this.#roots.set(source.value, known);
    return known;
  };

  /** Loads a pair and keeps it for its renewal. Throws as `load` does. */
  async loadAhead(paths: Paths): Promise<Identity> {
    const { fs } = this.#world;
    const certificate = readNamed(paths.certificate, "certificate", fs);
    const key = readNamed(paths.key, "key", fs);
    const identity = await load(paths, this.#world);
    if (this.#loaded.size < mostLoaded) this.#loaded.set(nameOf(paths), { identity, certificate, key });
    return identity;
  }

  /** What one entry is renewed with. */
  sharingFor(entry: Entry): Sharing {
    const { ca, root, mtls, connectTimeoutMs } = entry.policy;
    const load = (paths: Paths) => this.#load(paths);
    const handshakes: Exchanging = (...asked) => (this.#crewIfWorth()?.exchange ?? exchange)(...asked);
    // A connection is asked for only once roots and files are known to be good.
    const kept: Exchanging = (route, what) => this.#keptTo(ca, root, connectTimeoutMs).exchange(route, what);
    const { fs } = this.#world;
    const install: Sharing["install"] = (goal, contents) =>
      meanwhile(installing(goal, contents, fs), (handle) => fs.syncMeanwhile(handle));
    return { roots: this.roots, load, install, ways: mtls ? { handshakes } : { kept } };
  }

  /** For so many handshakes threads are worth their start. */
  expectHandshakes(count: number): void {
    this.#isWorthThreads = count >= worthThreads && this.#connections > 1;
  }

  close(): void {
    this.#crew?.close();
    this.#crew = null;
    for (const kept of this.#kept.values()) kept.close();
    this.#kept.clear();
  }

  /** Not before the first handshake, which may never come. */
  #crewIfWorth(): Crew | null {
    if (this.#isWorthThreads) this.#crew = hireCrew();
    this.#isWorthThreads = false;
    return this.#crew;
  }

  /** What was loaded is used once, and only while the files still hold it. */
  async #load(paths: Paths): Promise<Identity> {
    const { fs } = this.#world;
    const known = this.#loaded.get(nameOf(paths));
    this.#loaded.delete(nameOf(paths));
    if (known === undefined) return load(paths, this.#world);
    const isSame =
      same(known.certificate, readNamed(paths.certificate, "certificate", fs)) &&
      same(known.key, readNamed(paths.key, "key", fs));
    return isSame ? known.identity : load(paths, this.#world);
  }

  #keptTo(ca: CaUrl, root: RootSource, connectTimeoutMs: number): Kept {
    const name = JSON.stringify([ca.href, root.value]);
    const known = this.#kept.get(name);
    if (known !== undefined) return known;
    const roots = this.roots(root);
    const kept = keptConnections({ ca, roots, env: this.#world.env, connectTimeoutMs, connections: this.#connections });
    this.#kept.set(name, kept);
    return kept;
  }
}

function nameOf({ certificate, key }: Paths): string {
  return JSON.stringify([certificate, key]);
}
