/** Every row of the truth table. */
import type { Row } from "./row.ts";
import { behind } from "./rows/behind.ts";
import { chains } from "./rows/chains.ts";
import { clocks } from "./rows/clocks.ts";
import { combined } from "./rows/combined.ts";
import { files } from "./rows/files.ts";
import { rules } from "./rows/rules.ts";
import { usages } from "./rows/usages.ts";
import { wire } from "./rows/wire.ts";

export const rows: readonly Row[] = [
  ...usages,
  ...rules,
  ...chains,
  ...clocks,
  ...combined,
  ...behind,
  ...wire,
  ...files,
];
