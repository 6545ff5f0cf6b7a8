/** What a program is that cannot be started at all; whatever else it does is seen through bin (test/e2e/hooks.test.ts). */
import { expect, test } from "vitest";
import { runChild } from "../../src/cli/child.ts";

const never = new AbortController().signal;
const started = (words: string[], signal = never) => runChild({ words, env: {}, timeoutMs: 20_000 }, signal);

test.skipIf(process.platform === "win32").each([
  ["not there", ["/nowhere/hook"], "ENOENT"],
  ["below a file", [`${process.execPath}/hook`], "ENOTDIR"],
  ["a folder", ["/"], "EACCES"],
  ["with too long a word", [process.execPath, "x".repeat(300_000)], "E2BIG"],
  ["with a word that no program can get", [process.execPath, "a\0b"], "ERR_INVALID_ARG_VALUE"],
])("a program that is %s", async (_, words, errno) => {
  expect(await started(words)).toEqual({ how: "not-started", errno });
});

test.skipIf(process.platform === "win32")("after an interruption it is ended as soon as it is there", async () => {
  const over = AbortSignal.abort("SIGTERM");
  expect(await started([process.execPath, "-e", "setInterval(() => {}, 1000)"], over)).toEqual({ how: "interrupted" });
});

test("leaves no listener behind", async () => {
  const before = process.listenerCount("exit");
  for (let n = 0; n < 20; n++) await started(["/nowhere/hook"]);
  expect(process.listenerCount("exit")).toBe(before);
});
