import { describe, expect, test } from "vitest";
import { isFailure } from "../../src/failure/failure.ts";
import type { FileSystem } from "../../src/files/system.ts";
import { target } from "../../src/files/target.ts";
import { MemoryDisk, systemError } from "../support/disk.ts";
import { failingAt, odd, recorded } from "../support/faults.ts";

const disk = () =>
  new MemoryDisk()
    .put("/etc/web.crt", "chain")
    .put("/etc/link.crt", { link: "/srv/live/web.crt" })
    .put("/etc/relative.crt", { link: "../srv/live/web.crt" })
    .put("/etc/twice.crt", { link: "relative.crt" })
    .put("/etc/dangling.crt", { link: "/srv/live/new.crt" })
    .put("/etc/nowhere.crt", { link: "/srv/gone/new.crt" })
    .put("/etc/loop.crt", { link: "pool.crt" })
    .put("/etc/pool.crt", { link: "loop.crt" })
    .put("/etc/tunnel", { link: "/srv/live" })
    .put("/srv/live/web.crt", "chain")
    .put("/dev/null", "device")
    .put("/etc/out", { link: "/dev/null" });

const outcome = (named: string, fs: FileSystem) => {
  try {
    return target(named, fs);
  } catch (error) {
    if (isFailure(error)) return { code: error.code, ...error.facts };
    throw error;
  }
};

describe("what is replaced is the file, and never the link", () => {
  test.each([
    ["a file", "/etc/web.crt", "/etc/web.crt"],
    ["a new file", "/etc/new.crt", "/etc/new.crt"],
    ["an absolute link", "/etc/link.crt", "/srv/live/web.crt"],
    ["a relative link", "/etc/relative.crt", "/srv/live/web.crt"],
    ["a link to a link", "/etc/twice.crt", "/srv/live/web.crt"],
    ["a file in a linked folder", "/etc/tunnel/web.crt", "/srv/live/web.crt"],
    ["a new file in a linked folder", "/etc/tunnel/new.crt", "/srv/live/new.crt"],
    ["a dangling link", "/etc/dangling.crt", "/srv/live/new.crt"],
  ])("%s", (_, named, path) => {
    const fs = disk();
    const folder = path.replace(/\/[^/]*$/, "");
    const isNew = path.endsWith("new.crt");
    expect(target(named, fs)).toMatchObject({
      named,
      path,
      folder,
      existing: isNew ? null : { ino: fs.stat(path).ino },
    });
  });
});

describe("what cannot be written is refused before the CA is called", () => {
  test.each([
    ["a loop of links", "/etc/loop.crt", { code: "CANNOT_WRITE", errno: "ELOOP" }],
    ["a folder that is not there", "/none/web.crt", { code: "CANNOT_WRITE", errno: "ENOENT" }],
    ["a link into a folder that is not there", "/etc/nowhere.crt", { code: "CANNOT_WRITE", errno: "ENOENT" }],
    ["a file where a folder should be", "/etc/web.crt/new.crt", { code: "CANNOT_WRITE" }],
    ["a device", "/dev/null", { code: "CANNOT_WRITE", errno: "EFTYPE" }],
    ["a link to a device", "/etc/out", { code: "CANNOT_WRITE", errno: "EFTYPE" }],
    ["a folder", "/srv/live", { code: "FILE_IS_FOLDER" }],
    ["a link to a folder", "/etc/tunnel", { code: "FILE_IS_FOLDER" }],
    ["a folder that is yet to be made", "/srv/new/", { code: "FILE_IS_FOLDER" }],
    ["no name at all", "", { code: "FILE_IS_FOLDER" }],
  ])("%s", (_, named, expected) => {
    const refused = outcome(named, disk());
    expect(refused).toMatchObject({ file: named, ...expected });
    if (expected.code === "CANNOT_WRITE") expect(refused).toMatchObject({ asked: "before-request" });
  });

  test.each(["EACCES", "EROFS"])("a folder that answers %s", (errno) => {
    const refusing = odd(disk(), {
      checkWritable: () => {
        throw systemError(errno);
      },
    });
    const where = { code: "CANNOT_WRITE", errno, file: "/etc/link.crt", folder: "/srv/live" };
    expect(outcome("/etc/link.crt", refusing)).toMatchObject({ ...where, onlyFolder: true });
    expect(outcome("/etc/dangling.crt", refusing)).not.toHaveProperty("onlyFolder");
    const alsoTheFile = odd(refusing, {
      open: () => {
        throw systemError(errno);
      },
    });
    const refused = outcome("/etc/link.crt", alsoTheFile);
    expect(refused).toMatchObject(where);
    expect(refused).not.toHaveProperty("onlyFolder");
  });

  test("whatever fails on the way", () => {
    const { fs, calls } = recorded(disk());
    target("/etc/twice.crt", fs);
    for (let n = 1; n <= calls.length; n++)
      expect(outcome("/etc/twice.crt", failingAt(n, "EIO", disk()).fs)).toMatchObject({
        code: "CANNOT_WRITE",
        errno: "EIO",
      });
  });
});

test("finding the target changes nothing", () => {
  const { fs, calls } = recorded(disk());
  target("/etc/twice.crt", fs);
  expect([...new Set(calls)].sort()).toEqual(["checkWritable", "lstat", "readlink", "realpath", "stat"]);
});
