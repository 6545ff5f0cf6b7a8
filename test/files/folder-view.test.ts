/** A view of a folder that is listed now and then: it sees what this process does at once, and all else at the next listing. */
import { closeSync, mkdtempSync, openSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { folderView, leftIn } from "../../src/files/folder-view.ts";
import { seize } from "../../src/files/lock.ts";
import { besideOf, sweep } from "../../src/files/repair.ts";
import { realFileSystem } from "../../src/files/system.ts";
import { odd } from "../support/faults.ts";

let folder: string;
let lists = 0;
const copied: string[] = [];
const at = (name: string) => join(folder, name);
const put = (name: string) => writeFileSync(at(name), "x");
const disk = () =>
  odd(realFileSystem, {
    list: (path) => {
      lists++;
      return readdirSync(path);
    },
    copyAttributes: (from) => void copied.push(from),
  });

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "folder-view-"));
  lists = 0;
  copied.length = 0;
});
afterEach(() => rmSync(folder, { recursive: true }));

const token = "0123456789ab";

test("shows what runs put there for a while, and nothing else", () => {
  for (const name of ["web.crt", ".web.crt.renew-owed", ".web.crt.renew-backup-1", ".web.crt.renew-lock"]) put(name);
  const left = [`.web.crt.renew-${token}`, `.web.key.renew-${token}.old`, ".web.crt.renew-journal"];
  for (const name of left) put(name);
  const view = folderView(disk(), () => null);
  expect([...leftIn(folder, view)].sort()).toEqual(left.sort());
  expect(besideOf([at("web.crt")], view)).toEqual([at(`.web.crt.renew-${token}`)]);
  expect(sweep([at("web.crt"), at("web.key")], view).length).toBe(2);
  expect(leftIn(folder, view)).toEqual([".web.crt.renew-journal"]);
});

describe("without listing again it knows", () => {
  test("what this process has made, moved, linked and removed", () => {
    for (let index = 0; index < 200; index++) put(`c${index}.crt`);
    const view = folderView(disk(), () => null);
    leftIn(folder, view);
    const mine = `.c1.crt.renew-${token}`;
    closeSync(view.open(at(mine), "create", 0o600));
    expect(leftIn(folder, view)).toEqual([mine]);
    view.link(at(mine), at(`${mine}.kept`));
    view.rename(at(mine), at("c1.crt"));
    expect(leftIn(folder, view)).toEqual([`${mine}.kept`]);
    view.remove(at(`${mine}.kept`));
    expect(leftIn(folder, view)).toEqual([]);
    expect(lists).toBe(1);
  });

  test("nothing of others, until it was asked for long enough", () => {
    for (let index = 0; index < 160; index++) put(`c${index}.crt`);
    const view = folderView(disk(), () => null);
    leftIn(folder, view);
    put(`.c1.crt.renew-${token}`);
    let asked = 1;
    while (leftIn(folder, view).length === 0) asked++;
    expect(asked).toBe(10);
    expect(lists).toBe(2);
  });

  test("but for a dead run's, whose lock is taken over: then it looks at once", () => {
    for (let index = 0; index < 160; index++) put(`c${index}.crt`);
    const view = folderView(disk(), () => null);
    leftIn(folder, view);
    put(`.c1.crt.renew-${token}`);
    symlinkSync("nobody's", at(".c1.crt.renew-lock"));
    const claim = { token: "ffffffffffff", until: new Date().toISOString() };
    expect(seize(at("c1.crt"), claim, new Date(), view).is).toBe("ours");
    expect(leftIn(folder, view)).toEqual([`.c1.crt.renew-${token}`]);
  });
});

describe("attributes", () => {
  const files = () => [0, 1, 2, 3, 4].map((index) => at(`c${index}.crt`));

  test("are copied where a file has some, or nobody can tell", () => {
    for (const file of files()) writeFileSync(file, "x");
    const view = folderView(disk(), () => new Set([at("c2.crt")]));
    view.learnAttributes(files());
    for (const file of files()) view.copyAttributes(file, at("new"));
    view.copyAttributes(at("other.crt"), at("new"));
    expect(copied).toEqual([at("c2.crt"), at("other.crt")]);
    const blind = folderView(disk(), () => null);
    blind.learnAttributes(files());
    blind.copyAttributes(at("c1.crt"), at("new"));
    expect(copied.length).toBe(3);
  });

  test("are asked about once for all, by real names of files that are there", () => {
    for (const file of files()) writeFileSync(file, "x");
    symlinkSync("c0.crt", at("link.crt"));
    const asked: string[] = [];
    const view = folderView(disk(), (some) => {
      asked.push(...some);
      return new Set();
    });
    view.learnAttributes([at("link.crt"), at("gone.crt"), ...files().slice(1)]);
    view.copyAttributes(at("c1.crt"), at("new"));
    view.copyAttributes(at("c2.crt"), at("new"));
    expect(asked.sort()).toEqual(files());
    expect(copied).toEqual([]);
  });
});

test("a handle of a folder is none of a new file's", () => {
  const view = folderView(disk(), () => null);
  closeSync(view.open(folder, "folder"));
  closeSync(openSync(at("x"), "w"));
  expect(leftIn(folder, view)).toEqual([]);
});
