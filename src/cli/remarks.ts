/** What a command line and step's configuration hold that is odd, and stops nothing. */
import type { Remark as ConfigurationRemark } from "../ca/configuration.ts";
import { tell } from "../failure/catalogue/catalogue.ts";

export type Remark =
  | ConfigurationRemark
  | { readonly kind: "spaced-switch"; readonly flag: string; readonly value: string };

/** `isDetail`: for those who ask for more words. */
export function wordsOf(remark: Remark): { text: string; isDetail: boolean } {
  switch (remark.kind) {
    case "passed-over":
      return { text: `passed over: ${tell(remark.failure).what}`, isDetail: false };
    case "no-contexts":
      return { text: `passed over: ${remark.from}=${remark.name}, as step has no contexts here`, isDetail: true };
    case "config-unused":
      return {
        text: `passed over: --config ${remark.file}, as the context ${remark.context} is in use`,
        isDetail: false,
      };
    case "banned-key":
      return { text: `passed over: '${remark.key}' in ${remark.file}, which cannot choose a context`, isDetail: false };
    case "spaced-switch": {
      const { flag, value } = remark;
      return { text: `${flag} ${value} was taken as ${flag}=${value}: step wants the =`, isDetail: true };
    }
  }
}
