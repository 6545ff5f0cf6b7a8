/** Pages, and what messages mean, as data: the form that `output.schema.json` calls explain. */
import { catalogue } from "../../failure/catalogue/catalogue.ts";
import { causes } from "../../failure/diagnosis/causes.ts";
import type { Recognised } from "../../failure/diagnosis/recognise.ts";
import type { CauseId } from "../../failure/evidence.ts";
import type { Code } from "../../failure/facts.ts";
import { brief, jsonText } from "./plain.ts";

export interface Explained {
  found: readonly Recognised[];
  codes: readonly Code[];
  causes: readonly CauseId[];
}

/** One document, every key always there. */
export function explanationDocument({ found, codes, causes: ids }: Explained): string {
  const document = {
    schema: 1,
    command: "explain",
    ok: true,
    error: null,
    lines: found.map(({ line, ids: means, count }) => ({ line: brief(line), means, count })),
    codes: codes.map((code) => {
      const { exit, retry, title, about } = catalogue[code];
      return { code, exit, retry, title, about };
    }),
    causes: ids.map((id) => {
      const { who: mendedBy, title, page, logs } = causes[id];
      return { id, mendedBy, title, page, logs };
    }),
  };
  return `${jsonText(document, 2)}\n`;
}
