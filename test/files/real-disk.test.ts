/** A few of the same on the disk of this machine, to show that the double tells the truth. */
import { execFileSync } from "node:child_process";
import * as fs from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { goalOf } from "../../src/files/goal.ts";
import { install } from "../../src/files/install.ts";
import { readNamed } from "../../src/files/read.ts";
import { realFileSystem } from "../../src/files/system.ts";
import { target } from "../../src/files/target.ts";
import { rewrite } from "../../src/files/whole.ts";

let folder: string;
const at = (name: string) => join(folder, name);
const put = (name: string, text: string, mode = 0o644) => fs.writeFileSync(at(name), text, { mode });
const isRoot = process.getuid?.() === 0;

beforeEach(() => {
  folder = fs.realpathSync(fs.mkdtempSync(join(tmpdir(), "renew-files-")));
});
afterEach(() => fs.rmSync(folder, { recursive: true }));

const replace = (named: string, text: string) =>
  install(goalOf(named, "1", realFileSystem), Buffer.from(text), realFileSystem);

describe("on a real disk", () => {
  test("the file is replaced as a whole, mode kept, nothing left over", () => {
    put("web.crt", "old", 0o640);
    const before = fs.statSync(at("web.crt")).ino;
    expect(replace(at("web.crt"), "new")).toBe("renamed");
    expect(fs.readFileSync(at("web.crt"), "utf8")).toBe("new");
    expect(fs.statSync(at("web.crt")).mode & 0o7777).toBe(0o640);
    expect(fs.statSync(at("web.crt")).ino).not.toBe(before);
    expect(fs.readdirSync(folder)).toEqual(["web.crt"]);
  });

  test.runIf(isRoot)("the owner is kept", () => {
    put("web.crt", "old");
    fs.chownSync(at("web.crt"), 1234, 1235);
    replace(at("web.crt"), "new");
    expect(fs.statSync(at("web.crt"))).toMatchObject({ uid: 1234, gid: 1235 });
  });

  const canHaveAttributes = () => {
    try {
      execFileSync("setfattr", ["-n", "user.note", "-v", "kept", at("web.crt")], { stdio: "ignore" });
      return true;
    } catch {
      return false; // no setfattr here, or a file system without
    }
  };

  test("extended attributes are kept, where the system has them", (context) => {
    put("web.crt", "old", 0o640);
    if (!canHaveAttributes()) return context.skip("no setfattr, or no attributes on this file system");
    replace(at("web.crt"), "new");
    const kept = execFileSync("getfattr", ["--only-values", "-n", "user.note", at("web.crt")], { encoding: "utf8" });
    expect(kept).toBe("kept");
    expect(fs.statSync(at("web.crt")).mode & 0o7777).toBe(0o640);
    expect(Date.now() - fs.statSync(at("web.crt")).mtimeMs).toBeLessThan(60_000);
  });

  test("a new file is its owner's alone", () => {
    replace(at("new.crt"), "new");
    expect(fs.statSync(at("new.crt")).mode & 0o7777).toBe(0o600);
  });

  test("the link stays, and what it leads to is replaced", () => {
    fs.mkdirSync(at("live"));
    put("live/web.crt", "old");
    fs.symlinkSync("live/web.crt", at("web.crt"));
    fs.symlinkSync("live/new.crt", at("dangling.crt"));
    replace(at("web.crt"), "new");
    replace(at("dangling.crt"), "new too");
    expect(fs.readlinkSync(at("web.crt"))).toBe("live/web.crt");
    expect(fs.readFileSync(at("live/web.crt"), "utf8")).toBe("new");
    expect(fs.readFileSync(at("live/new.crt"), "utf8")).toBe("new too");
  });

  test("`..` after a linked folder is the folder above where the link leads, for reading and for writing", () => {
    fs.mkdirSync(at("live/now"), { recursive: true });
    fs.symlinkSync("live/now", at("tunnel"));
    put("live/web.crt", "there");
    put("web.crt", "here");
    const named = `${folder}/tunnel/../web.crt`;
    expect(readNamed(named, "certificate", realFileSystem).toString()).toBe("there");
    expect(target(named, realFileSystem).path).toBe(at("live/web.crt"));
  });

  test("a file that is written a second time by the same handle is written over", () => {
    put("web.crt", "old");
    const handle = realFileSystem.open(at("web.crt"), "overwrite");
    rewrite(handle, Buffer.from("the new one"), realFileSystem);
    rewrite(handle, Buffer.from("old"), realFileSystem);
    realFileSystem.close(handle);
    expect(fs.readFileSync(at("web.crt"), "utf8")).toBe("old");
  });

  test("a link loop and a pipe are refused", () => {
    fs.symlinkSync("b", at("a"));
    fs.symlinkSync("a", at("b"));
    execFileSync("mkfifo", [at("pipe")]);
    expect(() => target(at("a"), realFileSystem)).toThrow("CANNOT_WRITE");
    expect(() => target(at("pipe"), realFileSystem)).toThrow("CANNOT_WRITE");
    expect(() => target("/dev/null", realFileSystem)).toThrow("CANNOT_WRITE");
  });

  test("a file is read up to a limit, also where it tells no size", () => {
    put("large", "x".repeat(5 * 1024 * 1024));
    expect(() => readNamed(at("large"), "certificate", realFileSystem)).toThrow("FILE_UNREADABLE");
    expect(() => readNamed("/dev/zero", "certificate", realFileSystem)).toThrow("FILE_UNREADABLE");
    expect(() => readNamed(folder, "certificate", realFileSystem)).toThrow("FILE_IS_FOLDER");
    put("fits", "x".repeat(200_000));
    expect(readNamed(at("fits"), "certificate", realFileSystem)).toHaveLength(200_000);
  });
});
