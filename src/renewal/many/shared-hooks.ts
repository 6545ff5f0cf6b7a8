/** Hooks that several certificates share are run once, after all of them. */
import type { Failure } from "../../failure/failure.ts";
import { type Hooked, type Hooks, type Share, settleTogether, shareOwed } from "../hooks.ts";
import type { Sharing } from "../sharing.ts";
import type { Entry, ManyProgress } from "./plan.ts";
import type { SharedWorld } from "./together.ts";

/** A hook that was run, and whose it is. */
export interface Settled {
  /** What makes two hooks the same. */
  readonly name: string;
  readonly entries: readonly Entry[];
  readonly failure: Failure | null;
  /** An earlier run owed it to one of them. */
  readonly wasOwed: boolean;
}

interface Member extends Share {
  readonly entry: Entry;
}

/** The state of one run, or of one batch. */
export class SharedHooks {
  /** By what makes two hooks the same, those that more than one entry has. */
  readonly #groups: ReadonlyMap<string, Map<string, Member>>;
  /** Whoever is done first, a hook is told of them in the order of the list. */
  readonly #places: ReadonlyMap<Entry, number>;

  constructor(entries: readonly Entry[]) {
    this.#places = new Map(entries.map((entry, place) => [entry, place]));
    const counts = new Map<string, number>();
    for (const entry of entries) {
      const name = sharedName(entry);
      if (name !== null) counts.set(name, (counts.get(name) ?? 0) + 1);
    }
    const shared = [...counts].filter(([, count]) => count > 1);
    this.#groups = new Map(shared.map(([name]) => [name, new Map()]));
  }

  /** What a renewal is given in place of its hooks; nothing where they are its own. */
  sharingFor(entry: Entry): Pick<Sharing, "hooks"> {
    const group = this.#groupOf(entry);
    if (group === undefined) return {};
    return {
      hooks: (hooked, renewed) => void group.set(hooked.certificateFile, { hooked, renewed, isNew: true, entry }),
    };
  }

  /** What an earlier run owes of this entry is settled with the others. */
  addOwed(entry: Entry, { now, fs }: SharedWorld): void {
    const group = this.#groupOf(entry);
    const hooked = hookedOf(entry);
    if (group === undefined || hooked === null || group.has(hooked.certificateFile)) return;
    const share = shareOwed(hooked, now(), fs);
    if (share !== null) group.set(hooked.certificateFile, { ...share, entry });
  }

  /** Runs each once, if anything has come together for it. Returns those. */
  async settle(world: SharedWorld, progress: Pick<ManyProgress, "hooks" | "notesLeft">): Promise<Settled[]> {
    const settled: Settled[] = [];
    for (const [name, group] of this.#groups) {
      const place = ({ isNew, entry }: Member) => (this.#places.get(entry) ?? 0) + (isNew ? 0 : this.#places.size);
      const shares = [...group.values()].sort((one, other) => place(one) - place(other));
      group.clear();
      const [first, ...others] = shares;
      if (first === undefined) continue;
      if (!world.signal.aborted) progress.hooks?.({ files: shares.map(({ hooked }) => hooked.certificateFile) });
      const { failure, left } = await settleTogether([first, ...others], world);
      const wasOwed = shares.some(({ isNew }) => !isNew);
      settled.push({ name, entries: shares.map(({ entry }) => entry), failure, wasOwed });
      if (left.length > 0) progress.notesLeft?.(left);
    }
    return settled;
  }

  /** Whether its hooks are run for several. */
  has(entry: Entry): boolean {
    return this.#groupOf(entry) !== undefined;
  }

  /** Whether anything has come together for it by now. */
  isCalled(name: string): boolean {
    return (this.#groups.get(name)?.size ?? 0) > 0;
  }

  #groupOf(entry: Entry): Map<string, Member> | undefined {
    const name = sharedName(entry);
    return name === null ? undefined : this.#groups.get(name);
  }
}

/** Entries with the same one have the same hooks; null without any. */
export function sharedName({ policy: { hooks } }: Entry): string | null {
  return hooks && nameOf(hooks);
}

function hookedOf({ policy: { hooks, paths, out = paths.certificate } }: Entry): Hooked | null {
  return hooks && { hooks, certificateFile: out, keyFile: paths.key };
}

function nameOf({ exec, execTimeoutMs, pid, pidFile, signal }: Hooks): string {
  return JSON.stringify([exec, execTimeoutMs, pid, pidFile, signal.number]);
}
