/** For every test file: at its end, nothing that it has printed or left holds a secret. */
import { appendFileSync } from "node:fs";
import { afterAll, inject } from "vitest";
import { watch } from "./secrets.ts";

afterAll(() => {
  const started = performance.now();
  const found = watch.found();
  const { count } = watch;
  if (count.screen + count.child + count.file + count.failure > 0)
    appendFileSync(inject("secretCounts"), `${JSON.stringify({ ...count, tookMs: performance.now() - started })}\n`);
  if (found.length > 0) throw new Error(`secrets where they should not be: ${found.join("; ")}`);
});
