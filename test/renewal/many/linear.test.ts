/** The cost of a run grows with the number of its certificates, and no faster: counted in calls to the disk, not in time. */
import { createPublicKey } from "node:crypto";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { realFileSystem } from "../../../src/files/system.ts";
import { runMany } from "../../../src/renewal/many/run.ts";
import { odd, recorded } from "../../support/faults.ts";
import { Folder, PlainCa, usual } from "../../support/many.ts";
import { byChance, testWorld } from "../../support/world.ts";

let folder: Folder;
let ca: PlainCa;
beforeEach(async () => {
  folder = await Folder.make();
  await folder.issue("first");
  const publicKeyPem = publicHalf(readFileSync(folder.file("first.key"), "latin1"));
  const usages = ["serverAuth" as const, "clientAuth" as const];
  const notAfter = new Date(Date.now() + 24 * 3_600_000);
  const provisioner = { name: "after-expiry" };
  const renewed = await folder.authority.issue({
    names: ["first.example"],
    publicKeyPem,
    usages,
    notAfter,
    provisioner,
  });
  ca = await PlainCa.start(folder.authority, renewed.chain);
});
afterEach(async () => {
  await ca.close();
  folder.end();
});

function publicHalf(key: string): string {
  return createPublicKey(key).export({ type: "spki", format: "pem" }).toString();
}

/** All with one and the same certificate: the disk does not know. */
function copies(count: number): void {
  for (let index = 0; index < count; index++)
    for (const kind of ["crt", "key"])
      writeFileSync(folder.file(`c${index}.${kind}`), readFileSync(folder.file(`first.${kind}`)));
}

/** Calls for each certificate, by method, and how many names all lists had together. */
async function cost(count: number, force: boolean) {
  copies(count);
  let names = 0;
  const counting = odd(realFileSystem, {
    list: (path) => {
      const found = realFileSystem.list(path);
      names += found.length;
      return found;
    },
  });
  const { fs, calls } = recorded(counting);
  const plan = folder.plan(count, { url: ca.url, method: "token" });
  const { results } = await runMany(plan, { ...usual, force }, testWorld({ fs, random: byChance }));
  expect(new Set(results.map(({ result }) => result))).toEqual(new Set([force ? "renewed" : "not-due"]));
  const each = (method: string) => calls.filter((call) => call === method).length / count;
  return { names: names / count, list: each("list"), stat: each("stat") + each("lstat"), all: calls.length / count };
}

describe("calls for each certificate", () => {
  test("are the same for few and for many, all due", async () => {
    const few = await cost(20, true);
    const more = await cost(60, true);
    const many = await cost(200, true);
    for (const one of [more, many]) {
      expect(one.stat).toBeLessThanOrEqual(few.stat * 1.05);
      expect(one.list).toBeLessThanOrEqual(few.list);
      expect(one.all).toBeLessThanOrEqual(few.all * 1.05);
    }
    expect(many.names).toBeLessThan(120);
    expect(more.names).toBeLessThan(120);
    expect(readdirSync(folder.path).filter((name) => name.includes(".renew-"))).toEqual([]);
  }, 60_000);

  test("are a handful where none is due", async () => {
    const [few, many] = [await cost(20, false), await cost(1000, false)];
    expect(many.all).toBeLessThanOrEqual(few.all);
    expect(many.all).toBeLessThan(8);
    expect(many.list * 1000).toBeLessThanOrEqual(2);
  });
});
