import type { Renewing } from "../ca/renew.ts";
import type { Goal } from "../files/goal.ts";
import type { Installed } from "../files/install.ts";
import type { Certificate } from "../pki/certificate.ts";
import type { Identity } from "../pki/identity.ts";
import type { Hooked, Renewed } from "./hooks.ts";
import type { Paths } from "./load.ts";
import type { Seen } from "./overtaken.ts";
import type { RootSource } from "./trust.ts";

/** What the renewals of one run have in common. One that is alone has none of it. */
export interface Sharing {
  /** A source is read once for all. Throws as `readRoots` does. */
  readonly roots?: (source: RootSource) => readonly Certificate[];
  /** What was loaded already, where the files are as it was; `seen`: what they hold now, of some of them. Throws as `load` does. */
  readonly load?: (paths: Paths, seen: Seen) => Promise<Identity>;
  /** Over connections that are kept for several, or by threads. */
  readonly renewing?: Renewing;
  /** The same as `install`, while others work. */
  readonly install?: (goal: Goal, contents: Uint8Array) => Promise<Installed>;
  /** Takes over the hooks: those of this renewal, and those that an earlier one owes. */
  readonly hooks?: (hooked: Hooked, renewed: Renewed) => void;
}
