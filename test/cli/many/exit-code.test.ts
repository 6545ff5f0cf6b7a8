/** --exit-code: 10 where no certificate was due, whatever else there was to do, and whichever way it is asked. */
import { existsSync } from "node:fs";
import { afterEach, expect, test } from "vitest";
import { type Scene, scene } from "../../support/scene.ts";

let current: Scene | undefined;
afterEach(() => current?.end());

const note = ".web.crt.renew-owed";

test.each([
  ["a dry run", "run --config renew.json --dry-run --exit-code", true],
  ["the run itself", "run --config renew.json --exit-code", false],
  ["one alone", "--expires-in 66% --exit-code --exec kick web.crt web.key --ca-url CA --root root.crt", false],
])("an owed hook is no renewal: %s", async (_, command, isOwedAfterwards) => {
  const s = await scene();
  current = s;
  await s.issue("web", { from: -1, to: 23 });
  s.write(note, '{"version": 1}');
  const certificates = [{ crt: "web.crt", key: "web.key", exec: "true" }];
  s.write("renew.json", JSON.stringify({ "ca-url": s.url(), root: "root.crt", certificates }));
  const { exit } = await s.renew(command, { run: async () => ({ how: "exit", status: 0 }) });
  expect([exit, existsSync(note)]).toEqual([10, isOwedAfterwards]);
});
