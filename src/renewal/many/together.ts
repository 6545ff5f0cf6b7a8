/** What the certificates of one run have in common: it is read, parsed, connected and asked once. */
import { type Crew, hireCrew } from "../../ca/crew.ts";
import { type Kept, keptToAll } from "../../ca/pool.ts";
import { postRenew, type Renewing } from "../../ca/renew.ts";
import { attributed } from "../../files/attributes.ts";
import { type FolderView, folderView } from "../../files/folder-view.ts";
import { installing } from "../../files/install.ts";
import { digest } from "../../files/journal.ts";
import { oneLook } from "../../files/one-look.ts";
import { meanwhile } from "../../files/syncing.ts";
import type { Certificate } from "../../pki/certificate.ts";
import type { Identity } from "../../pki/identity.ts";
import type { World } from "../../world.ts";
import { askedOnce } from "../asked-once.ts";
import { load, loadPair, type Paths } from "../load.ts";
import { type Seen, seenAs } from "../overtaken.ts";
import type { Sharing } from "../sharing.ts";
import { type RootSource, readRoots } from "../trust.ts";

/** The world as all renewals of a run see it. */
export interface SharedWorld extends World {
  readonly fs: FolderView;
  /** Whatever was seen may be otherwise by now: something was waited for. */
  forget(): void;
}

/** A passphrase is asked for once; the start of this process does not change. */
export function sharedWorld(world: World): SharedWorld {
  let asked: { at: Date | null } | undefined;
  const looks = oneLook(world.fs, setImmediate);
  const afterwards =
    <A extends unknown[], T>(wait: (...given: A) => Promise<T>) =>
    (...given: A) =>
      wait(...given).finally(looks.forget);
  return {
    ...world,
    fs: folderView(looks.fs, attributed),
    forget: looks.forget,
    sleep: afterwards(world.sleep),
    run: afterwards(world.run),
    ask: askedOnce(afterwards(world.ask)),
    asked: () => {
      asked ??= { at: world.asked() };
      return asked.at;
    },
  };
}

/** As many pairs are kept between the look at all of them and their renewal; the others are read again. */
const mostLoaded = 1000;

/** A thread takes as long to start as a dozen renewals, and the program to load in it. */
const worthThreads = 64;

interface Loaded {
  readonly identity: Identity;
  /** Of what the files held. */
  readonly digests: Record<"certificate" | "key", string>;
}

/** The state of one run. `close` must come. */
export class Together {
  readonly #world: SharedWorld;
  readonly #most: number;
  readonly #roots = new Map<string, readonly Certificate[]>();
  readonly #kept: Kept;
  readonly #loaded = new Map<string, Loaded>();
  #crew: Crew | null = null;

  /** `most`: renewals at once. */
  constructor(world: SharedWorld, most: number) {
    this.#world = world;
    this.#most = most;
    this.#kept = keptToAll(most);
  }

  /** Throws as `readRoots` does, each time. */
  readonly roots = (source: RootSource): readonly Certificate[] => {
    const known = this.#roots.get(source.value) ?? readRoots(source, this.#world.fs);
    this.#roots.set(source.value, known);
    return known;
  };

  /** Loads a pair and keeps it for its renewal. Throws as `load` does. */
  async loadAhead(paths: Paths): Promise<Identity> {
    const { identity, bytes } = await loadPair(paths, this.#world);
    const digests = { certificate: digest(bytes.certificate), key: digest(bytes.key) };
    if (this.#loaded.size < mostLoaded) this.#loaded.set(nameOf(paths), { identity, digests });
    return identity;
  }

  /** What an entry is renewed with. */
  get sharing(): Sharing {
    const { fs } = this.#world;
    return {
      roots: this.roots,
      load: (...asked) => this.#load(...asked),
      install: (goal, contents) => meanwhile(installing(goal, contents, fs), (handle) => fs.syncMeanwhile(handle)),
      renewing: (...asked) => (this.#crew?.renewing ?? this.#own)(...asked).finally(this.#world.forget),
    };
  }

  /** For so many renewals threads are worth their start; the earlier this is known, the less they are waited for. */
  expect(renewals: number): void {
    if (renewals >= worthThreads && this.#most > 1) this.#crew ??= hireCrew(this.#own);
  }

  close(): void {
    this.#crew?.close();
    this.#crew = null;
    this.#kept.close();
  }

  readonly #own: Renewing = (route, proof, method) =>
    postRenew(route, proof, method, { id: () => this.#world.random(16), kept: this.#kept.exchange });

  /** What was loaded is used once, and only while the files still hold it. */
  async #load(paths: Paths, seen: Seen): Promise<Identity> {
    const known = this.#loaded.get(nameOf(paths));
    this.#loaded.delete(nameOf(paths));
    const now = new Map([
      ...seenAs(
        [paths.certificate, paths.key].filter((file) => !seen.has(file)),
        this.#world,
      ),
      ...seen,
    ]);
    const isSame = (what: "certificate" | "key") => known?.digests[what] === now.get(paths[what]);
    return known && isSame("certificate") && isSame("key") ? known.identity : load(paths, this.#world);
  }
}

function nameOf({ certificate, key }: Paths): string {
  return JSON.stringify([certificate, key]);
}
