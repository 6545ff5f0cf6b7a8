/** The journal that the next run finds: whose it is, whether its writer lives, and what a forged one can do. */
import { describe, expect, test } from "vitest";
import { Failure, isFailure } from "../../src/failure/failure.ts";
import { digest, type Journal, journalFile, newOf, oldOf, type Part, writeJournal } from "../../src/files/journal.ts";
import { type Hold, repair, unrepaired } from "../../src/files/repair.ts";
import { goForward } from "../../src/files/switch.ts";
import type { FileSystem } from "../../src/files/system.ts";
import { MemoryDisk, systemError } from "../support/disk.ts";
import { odd } from "../support/faults.ts";
import { old, renewed } from "../support/pairs.ts";

const [crt, key] = ["/etc/web.crt", "/etc/web.key"];
const file = "/etc/.web.crt.renew-journal";
const sum = (text: string) => digest(Buffer.from(text));

/** Nobody is at work on it. */
const free: Hold = () => () => undefined;

const part = (path: string, token: string, before: string, after: string): Part => ({
  ...{ path, token, inPlace: false },
  ...{ before: sum(before), after: sum(after) },
});
const parts = [part(key, "d2", old.key, renewed.key), part(crt, "c1", old.crt, renewed.crt)] as const;
const journal: Journal = { version: 1, step: "switching", parts };

/** The key is switched already, and the chain is not. */
function halfWay(change: Partial<Journal> = {}): MemoryDisk {
  return new MemoryDisk()
    .put(crt, old.crt)
    .put(key, renewed.key)
    .put(newOf(parts[1]), renewed.crt)
    .put(oldOf(parts[1]), old.crt)
    .put(oldOf(parts[0]), old.key)
    .put(file, JSON.stringify({ ...journal, ...change }));
}

const held = (fs: FileSystem) => [crt, key].map((path) => fs.read(path).toString());
const beside = (fs: FileSystem) => fs.list("/etc").filter((name) => name.includes(".renew-"));

function failureOf(work: () => unknown) {
  try {
    work();
    return null;
  } catch (error) {
    if (isFailure(error)) return { code: error.code, ...error.facts };
    throw error;
  }
}

describe("a pair that is half-way", () => {
  test("is finished", () => {
    const fs = halfWay();
    expect(repair([crt, key], free, fs)).toEqual([{ how: "finished", certificate: crt, files: [] }]);
    expect(held(fs)).toEqual([renewed.crt, renewed.key]);
    expect(beside(fs)).toEqual([]);
  });

  test("is taken back where the new chain is not whole", () => {
    const fs = halfWay();
    fs.put(newOf(parts[1]), renewed.crt.slice(1));
    expect(repair([crt, key], free, fs)).toMatchObject([{ how: "taken-back" }]);
    expect(held(fs)).toEqual([old.crt, old.key]);
    expect(beside(fs)).toEqual([]);
  });

  test("is left as it is where neither can be made whole", () => {
    const fs = halfWay();
    fs.put(newOf(parts[1]), "").put(oldOf(parts[0]), "");
    expect(failureOf(() => repair([crt, key], free, fs))).toMatchObject({ code: "PAIR_UNFINISHED", journal: file });
    expect(held(fs)).toEqual([old.crt, renewed.key]);
    expect(beside(fs)).toHaveLength(4);
  });

  test.each([crt, key])("is given up where somebody has replaced %s since, and nothing is lost", (path) => {
    const fs = halfWay();
    fs.put(path, "another's");
    const before = held(fs);
    const [found] = repair([crt, key], free, fs);
    expect(found).toMatchObject({ how: "given-up", certificate: crt });
    expect(held(fs)).toEqual(before);
    expect(beside(fs).sort()).toEqual(found?.files.map((name) => name.replace("/etc/", "")).sort());
    expect(repair([crt, key], free, fs)).toEqual([]);
  });

  test.each([
    ["by its certificate", [crt]],
    ["by its key", [key]],
    ["by a link", ["/live/web.crt"]],
  ])("is found %s", (_, named) => {
    const fs = halfWay().put("/live/web.crt", { link: crt });
    expect(unrepaired(named, fs)).toEqual([file]);
    expect(repair(named, free, fs)).toMatchObject([{ how: "finished" }]);
    expect(unrepaired(named, fs)).toEqual([]);
  });

  test("is found in a folder that may not be listed", () => {
    const disk = halfWay();
    const list = () => {
      throw systemError("EACCES");
    };
    expect(repair([crt, key], free, odd(disk, { list }))).toMatchObject([{ how: "finished" }]);
  });

  test.each(["/etc/other.crt", "/none/web.crt", "/etc/web.crt.bak", "web.crt"])("is none of %s", (path) => {
    const fs = halfWay().put("/etc/other.crt", "");
    expect(repair([path], free, fs)).toEqual([]);
    expect(held(fs)).toEqual([old.crt, renewed.key]);
  });
});

test("while another run holds the pair, nobody else touches it", () => {
  const fs = halfWay();
  const held = { pid: 7, host: "h", since: "", isSeen: true, command: null, waitedMs: 0 };
  const busy: Hold = (path) => {
    throw new Failure("LOCKED", { file: path, lock: "", ...held });
  };
  expect(failureOf(() => repair([crt, key], busy, fs))).toMatchObject({ code: "LOCKED", file: crt });
  expect(fs.read(crt).toString()).toBe(old.crt);
});

describe("a journal of another user", () => {
  const foreign = (change: Partial<Journal> = {}) => {
    const fs = halfWay(change);
    return fs.put(file, fs.read(file).toString(), { uid: 4711 });
  };

  test("is followed where it names nothing but what this run was given", () => {
    expect(repair([crt, key], free, foreign())).toMatchObject([{ how: "finished" }]);
  });

  test("reaches no other file", () => {
    const passwd = { ...part("/etc/passwd", "ab", "", "root"), before: null };
    const fs = foreign({ parts: [passwd, parts[1]] }).put("/etc/passwd", "root");
    fs.remove(newOf(parts[1]));
    expect(failureOf(() => repair([crt, key], free, fs))).toMatchObject({ code: "PAIR_UNFINISHED" });
    expect(fs.read("/etc/passwd").toString()).toBe("root");
  });
});

describe("a journal that is none is not followed", () => {
  test.each<[string, string]>([
    ["not JSON", "{"],
    ["empty", ""],
    ["a list", "[]"],
    ["of a newer version", JSON.stringify({ ...journal, version: 2 })],
    ["without parts", JSON.stringify({ ...journal, parts: [] })],
    ["another step", JSON.stringify({ ...journal, step: "done" })],
    ["a token that is a path", JSON.stringify({ ...journal, parts: [{ ...parts[0], token: "/../../x" }, parts[1]] })],
    [
      "a path that is not whole",
      JSON.stringify({ ...journal, parts: [{ ...parts[0], path: "../web.key" }, parts[1]] }),
    ],
    ["digests that are missing", JSON.stringify({ ...journal, parts: [{ ...parts[0], after: null }, parts[1]] })],
    ["of a certificate elsewhere", JSON.stringify({ ...journal, parts: [parts[1], parts[0]] })],
  ])("%s", (_, text) => {
    const fs = halfWay().put(file, text);
    const before = fs.list("/etc");
    expect(failureOf(() => repair([crt, key], free, fs))).toMatchObject({ code: "PAIR_UNFINISHED", journal: file });
    expect(held(fs)).toEqual([old.crt, renewed.key]);
    expect(fs.list("/etc")).toEqual(before);
    expect(unrepaired([crt, key], fs)).toEqual([file]);
  });

  test("one of another pair, that cannot be read, stops nobody", () => {
    const fs = new MemoryDisk().put(crt, old.crt).put("/etc/.other.crt.renew-journal", "{");
    expect(repair([crt], free, fs)).toEqual([]);
    expect(unrepaired([crt], fs)).toEqual([]);
  });

  test("and a forged one reaches no file but those that it could replace anyway", () => {
    const fs = halfWay({ step: "asking", parts: [part("/root/secret", "ab", "x", "y"), parts[1]] });
    fs.put("/root/secret", "x").put("/root/other", "y");
    repair([crt, key], free, fs);
    expect(fs.list("/root").sort()).toEqual(["other", "secret"]);
  });
});

test("files of its own folder have no path in it, so that it holds where the folder is moved or mounted elsewhere", () => {
  const here = new MemoryDisk().put(crt, old.crt).put(key, old.key);
  writeJournal(file, journal, here);
  const moved = new MemoryDisk().put("/new/.web.crt.renew-journal", here.read(file).toString());
  for (const [name, text] of Object.entries({ "web.crt": old.crt, "web.key": renewed.key }))
    moved.put(`/new/${name}`, text);
  const at = parts.map((one) => ({ ...one, path: one.path.replace("/etc/", "/new/") }));
  moved.put(newOf(at[1] ?? parts[1]), renewed.crt).put(oldOf(at[0] ?? parts[0]), old.key);
  expect(repair(["/new/web.crt"], free, moved)).toMatchObject([{ how: "finished" }]);
  expect(["crt", "key"].map((end) => moved.read(`/new/web.${end}`).toString())).toEqual([renewed.crt, renewed.key]);
});

test.each<[string, { link: string } | "device"]>([
  ["a link to a secret", { link: "/root/secret" }],
  ["a pipe", "device"],
])("%s in a journal's place is not read, and nothing of it is said", (_, what) => {
  const fs = halfWay().put("/root/secret", "hunter2").put(file, what);
  const read = (path: string) => {
    if (path === file || path === "/root/secret") throw new Error("read");
    return fs.read(path);
  };
  const failure = failureOf(() => repair([crt, key], free, odd(fs, { read })));
  expect(failure).toMatchObject({ code: "PAIR_UNFINISHED", file: crt });
  expect(JSON.stringify(failure)).not.toContain("hunter2");
});

test("what cannot be followed names what lies there: both pairs may be among it", () => {
  const beside = "/etc/.web.key.renew-0123456789ab.old";
  const fs = halfWay().put(file, "{").put(beside, "");
  expect(failureOf(() => repair([crt, key], free, fs))).toMatchObject({ file: crt, kept: [beside] });
});

test("a file that somebody else puts there at the last moment is not written over", () => {
  const fs = halfWay().put(key, "another's").put(newOf(parts[0]), renewed.key);
  expect(failureOf(() => goForward(journal, fs))).toMatchObject({ code: "TARGET_CHANGED", file: key });
  expect(fs.read(key).toString()).toBe("another's");
});

test("the journal holds no contents, and only its owner may read it", () => {
  const fs = halfWay();
  expect(fs.read(file).toString()).not.toMatch(/the (old|new)/);
});

test.each([`/etc/${"x".repeat(251)}.crt`, `/etc/${"ü".repeat(125)}.crt`, "/etc/web.crt"])(
  "the journal's name fits, and is one for each certificate: %s",
  (path) => {
    const name = journalFile(path).replace("/etc/", "");
    expect(Buffer.byteLength(`${name}.new`)).toBeLessThanOrEqual(255);
    expect(journalFile(path.replace(".crt", ".pem"))).not.toBe(journalFile(path));
  },
);
