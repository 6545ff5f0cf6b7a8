/** A log of any size through a pipe: its end is read, in bounded memory. */
import { Readable } from "node:stream";
import { expect, test } from "vitest";
import { run } from "../support/program.ts";

const megabyte = Buffer.from("nothing that anybody knows, for a while\n".repeat(26_215));

function* log(): Generator<Buffer> {
  for (let n = 0; n < 100; n++) yield megabyte;
  yield Buffer.from("authority.authorizeRenew: certificate has been revoked\n");
}

test("100 MB of log", async () => {
  const options = { input: Readable.from(log()), env: { NODE_OPTIONS: "--max-old-space-size=48" } };
  const { exit, stdout, stderr } = await run(["explain", "--from", "-"], options);
  expect([exit, stderr]).toEqual([0, ""]);
  expect(stdout).toContain("REVOKED");
});
