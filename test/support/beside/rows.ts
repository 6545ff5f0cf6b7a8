/** All rows that end by themselves. */
import type { Row } from "./row.ts";
import { fileRows } from "./rows/files.ts";
import { flagRows } from "./rows/flags.ts";
import { hookRows } from "./rows/hooks.ts";
import { needsRows } from "./rows/needs.ts";
import { oddRows } from "./rows/odd.ts";
import { placeRows } from "./rows/places.ts";
import { rekeyRows } from "./rows/rekeys.ts";

export const rows: readonly Row[] = [
  ...flagRows,
  ...hookRows,
  ...fileRows,
  ...placeRows,
  ...rekeyRows,
  ...needsRows,
  ...oddRows,
];
