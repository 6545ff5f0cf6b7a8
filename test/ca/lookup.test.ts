/** Many connections to one host: its name is asked for once in a moment, and what was found is given to each as Node gives it. */
import type { LookupFunction } from "node:net";
import { expect, test } from "vitest";
import { lookupOfMany } from "../../src/ca/lookup.ts";

type Said = Parameters<Parameters<LookupFunction>[2]>;

function stage(answer: () => Said) {
  let now = 0;
  const asked: string[] = [];
  const lookup = lookupOfMany(
    () => now,
    (host, _, callback) => {
      asked.push(host);
      setImmediate(callback, ...answer());
    },
  );
  const find = (host = "ca.internal", options = {}) =>
    new Promise<Said>((resolve) => lookup(host, options, (...said) => resolve(said)));
  return { asked, find, later: (ms: number) => (now += ms) };
}

const found: Said = [null, [{ address: "127.0.0.1", family: 4 }]];

test("those who ask at once, or soon after, share one answer", async () => {
  const { asked, find, later } = stage(() => found);
  expect(await Promise.all([find(), find(), find()])).toEqual([found, found, found]);
  later(999);
  expect(await find()).toEqual(found);
  expect(asked).toEqual(["ca.internal"]);
});

test("a name that leads elsewhere is followed", async () => {
  const answers: Said[] = [found, [null, [{ address: "::1", family: 6 }]]];
  const { find, later } = stage(() => answers.shift() ?? found);
  await find();
  later(1000);
  expect(await find()).toEqual([null, [{ address: "::1", family: 6 }]]);
});

test("another host, and another question about it, are asked for themselves", async () => {
  const { asked, find } = stage(() => found);
  await Promise.all([find(), find("other.internal"), find("ca.internal", { all: true })]);
  expect(asked.sort()).toEqual(["ca.internal", "ca.internal", "other.internal"]);
});

test("what failed is asked again", async () => {
  const failure = Object.assign(new Error("no such host"), { code: "ENOTFOUND" });
  const answers: Said[] = [[failure, []], found];
  const { asked, find } = stage(() => answers.shift() ?? found);
  expect((await find())[0]).toBe(failure);
  expect(await find()).toEqual(found);
  expect(asked.length).toBe(2);
});

test("one that throws is a failure like any other", async () => {
  const lookup = lookupOfMany(
    () => 0,
    () => {
      throw new Error("no such family");
    },
  );
  const [error] = await new Promise<Said>((resolve) => lookup("ca.internal", {}, (...said) => resolve(said)));
  expect(error?.message).toBe("no such family");
});
