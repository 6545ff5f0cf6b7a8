/** What a command line and step's configuration hold that is odd, and stops nothing. */
import type { Remark as ConfigurationRemark } from "../ca/configuration.ts";
import { tell } from "../failure/catalogue/catalogue.ts";
import type { Said } from "./flags.ts";

export type Remark =
  | ConfigurationRemark
  | { readonly kind: "spaced-switch"; readonly flag: string; readonly value: string }
  | { readonly kind: "lone-signal"; readonly signal: string };

/** What is odd in the words of a command line, and was taken as meant. */
export function hintsOf(said: Said): readonly Remark[] {
  const signal = said.has("pid-file") ? said.given("signal") : undefined;
  const isLone = signal !== undefined && said.setting("pid") === null && said.setting("pid-file") === null;
  return isLone ? [...said.hints, { kind: "lone-signal", signal }] : said.hints;
}

/** Who is told: `people`, who read no JSON; everybody but who wants it `quiet`; or who asks for more words. */
type Audience = "people" | "unless-quiet" | "verbose";

export function wordsOf(remark: Remark): { text: string; to: Audience } {
  switch (remark.kind) {
    case "passed-over":
      return { text: `passed over: ${tell(remark.failure).what}`, to: "people" };
    case "no-contexts":
      return { text: `passed over: ${remark.from}=${remark.name}, as step has no contexts here`, to: "verbose" };
    case "config-unused":
      return {
        text: `passed over: --config ${remark.file}, as the context ${remark.context} is in use`,
        to: "people",
      };
    case "banned-key":
      return { text: `passed over: '${remark.key}' in ${remark.file}, which cannot choose a context`, to: "people" };
    case "lone-signal":
      return {
        text: `--signal ${remark.signal} does nothing: no --pid or --pid-file says to whom`,
        to: "unless-quiet",
      };
    case "spaced-switch": {
      const { flag, value } = remark;
      return { text: `${flag} ${value} was taken as ${flag}=${value}: step wants the =`, to: "unless-quiet" };
    }
  }
}
