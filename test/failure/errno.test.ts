/** The system's errors by name, also where Node has none. */
import { constants } from "node:os";
import { expect, test } from "vitest";
import { errnoOf } from "../../src/failure/failure.ts";

const error = (facts: object) => Object.assign(new Error("odd"), facts);
const number = -constants.errno.EDQUOT;

test.each<[name: string, error: unknown, errno: string]>([
  ["a name of Node's", error({ code: "ENOSPC", errno: -constants.errno.ENOSPC }), "ENOSPC"],
  ["a quota, as openSync tells it", error({ code: `Unknown system error ${number}`, errno: number }), "EDQUOT"],
  ["a quota, as writeSync tells it", error({ code: "UNKNOWN", errno: number }), "EDQUOT"],
  ["a number that nobody knows", error({ code: "UNKNOWN", errno: -9999 }), "UNKNOWN"],
  ["no number", error({ code: "UNKNOWN" }), "UNKNOWN"],
  ["no code", error({ errno: number }), ""],
  ["no error", "ENOSPC", ""],
])("%s", (_, thrown, errno) => expect(errnoOf(thrown)).toBe(errno));
