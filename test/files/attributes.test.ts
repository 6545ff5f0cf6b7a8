/** Which files have attributes: as GNU tar tells it, and as its archives are read. */
import { spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { attributed, markedIn } from "../../src/files/attributes.ts";

/** Node cannot set them, and the usual programs are seldom there. */
function setAttribute(file: string): boolean {
  const script = "import os,sys; os.setxattr(sys.argv[1], 'user.note', b'x')";
  return spawnSync("python3", ["-c", script, file]).status === 0;
}

const isGnu = spawnSync("tar", ["--version"], { encoding: "utf8" }).stdout?.includes("GNU tar") ?? false;

describe.skipIf(process.platform !== "linux" || !isGnu)("of real files", () => {
  let folder: string;
  let canSet = false;
  const at = (name: string) => join(folder, name);
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "attributes-"));
    for (const name of ["a", "b", "a name", `long-${"x".repeat(150)}`])
      writeFileSync(at(name), "SCHILY.xattr.user.note=1\n".repeat(99));
    mkdirSync(at("marked"));
    writeFileSync(at("marked/c"), "x");
    canSet = [at("b"), at("a name"), at(`long-${"x".repeat(150)}`), at("marked")].every(setAttribute);
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  test("those that have some, and those in a folder that has some", (context) => {
    if (!canSet) context.skip();
    const files = ["a", "b", "a name", `long-${"x".repeat(150)}`, "marked/c"].map(at);
    expect([...(attributed(files) ?? [])].sort()).toEqual(files.slice(1).sort());
    expect(attributed([at("a")])).toEqual(new Set());
  });

  test("more than go into one archive", () => {
    const many = Array.from({ length: 1100 }, (_, index) => at(`m${index}`));
    for (const file of many) writeFileSync(file, "x");
    expect(attributed(many)).toEqual(new Set());
  });

  test("null where one of them cannot be looked at", () => {
    expect(attributed([at("a"), at("gone")])).toBeNull();
    chmodSync(at("a"), 0o600);
  });
});

test.each([
  ["nothing", Buffer.alloc(0)],
  ["no archive", Buffer.alloc(2048, "x")],
  ["an archive without its end", Buffer.concat([header("a", "0", 0)])],
])("%s tells nothing", (_, bytes) => {
  expect(markedIn(bytes)).toBeNull();
});

test("what an archive says is read by its own lengths", () => {
  const said = pax("SCHILY.acl.access", "user::rw-\nuser:1:r--\n");
  const archive = [header("x", "x", said.length), padded(said), header("/a", "0", 3), padded(Buffer.from("abc"))];
  const more = [header("/b", "0", 0), header("/c/", "5", 0), Buffer.alloc(1024)];
  expect(markedIn(Buffer.concat([...archive, ...more]))).toEqual(new Set(["/a"]));
});

function header(name: string, kind: string, size: number): Buffer {
  const bytes = Buffer.alloc(512);
  bytes.write(name, 0);
  bytes.write(size.toString(8).padStart(11, "0"), 124);
  bytes.write(kind, 156);
  bytes.write("ustar\0", 257);
  return bytes;
}

function padded(bytes: Buffer): Buffer {
  return Buffer.concat([bytes, Buffer.alloc((512 - (bytes.length % 512)) % 512)]);
}

function pax(key: string, value: string): Buffer {
  const rest = ` ${key}=${value}\n`;
  const length = [2, 3].map((digits) => rest.length + digits).find((sum) => String(sum).length + rest.length === sum);
  return Buffer.from(`${length}${rest}`);
}
