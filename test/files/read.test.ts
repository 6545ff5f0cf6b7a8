import { describe, expect, test } from "vitest";
import { failureOf, isFailure } from "../../src/failure/failure.ts";
import { readNamed } from "../../src/files/read.ts";
import type { FileSystem } from "../../src/files/system.ts";
import { MemoryDisk, systemError } from "../support/disk.ts";
import { odd } from "../support/faults.ts";

const disk = () =>
  new MemoryDisk()
    .put("/etc/web.crt", "chain")
    .put("/etc/web.key", "key")
    .put("/etc/web-old.crt", "chain")
    .put("/etc/.web.crt.renew-1", "chain")
    .put("/etc/loop", { link: "loop" });

const refusal = (file: string, fs: FileSystem) => {
  try {
    readNamed(file, "certificate", fs);
    return null;
  } catch (error) {
    if (isFailure(error)) return { code: error.code, ...error.facts };
    throw error;
  }
};

const unreadable = (errno: string) =>
  odd(disk(), {
    read: () => {
      throw systemError(errno);
    },
  });

describe("every way not to read a file has its own code", () => {
  test.each([
    ["not there", "/etc/web.pem", disk(), { code: "FILE_MISSING", similar: ["web.crt", "web.key", "web-old.crt"] }],
    ["its folder is not there", "/none/web.pem", disk(), { code: "FILE_MISSING", similar: [] }],
    ["below a file", "/etc/x", unreadable("ENOTDIR"), { code: "FILE_MISSING" }],
    ["a folder", "/etc", disk(), { code: "FILE_IS_FOLDER" }],
    ["forbidden", "/etc/web.crt", unreadable("EACCES"), { code: "FILE_UNREADABLE", errno: "EACCES" }],
    ["on a broken disk", "/etc/web.crt", unreadable("EIO"), { code: "FILE_UNREADABLE", errno: "EIO" }],
    ["a loop of links", "/etc/loop", disk(), { code: "FILE_UNREADABLE", errno: "ELOOP" }],
    ["larger than any certificate", "/etc/web.crt", unreadable("EFBIG"), { code: "FILE_UNREADABLE", errno: "EFBIG" }],
  ])("%s", (_, file, fs, expected) => {
    expect(refusal(file, fs)).toMatchObject({ file, role: "certificate", ...expected });
  });

  test("but where no more files may be open, nothing is wrong with it", () => {
    expect(() => readNamed("/etc/web.crt", "certificate", unreadable("EMFILE"))).toThrow(systemError("EMFILE"));
    expect(failureOf(systemError("ENFILE"))).toMatchObject({ code: "TOO_MANY_FILES", facts: { errno: "ENFILE" } });
  });
});
