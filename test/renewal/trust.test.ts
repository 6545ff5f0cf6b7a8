import { rootCertificates } from "node:tls";
import { beforeAll, describe, expect, test } from "vitest";
import { createAuthority } from "../../src/dev-ca/authority.ts";
import { isFailure } from "../../src/failure/failure.ts";
import { readRoots } from "../../src/renewal/trust.ts";
import { MemoryDisk, systemError } from "../support/disk.ts";
import { odd } from "../support/faults.ts";
import { certificatesIn } from "../support/issued.ts";

let a: string;
let b: string;
let key: string;
beforeAll(async () => {
  const [one, two] = await Promise.all(["a", "b"].map((subject) => createAuthority({ subject })));
  [a, b, key] = [one?.root ?? "", two?.root ?? "", one?.rootKey ?? ""];
});

const disk = () =>
  new MemoryDisk()
    .put("/etc/a.crt", a)
    .put("/etc/b.crt", b)
    .put("/etc/both.pem", `words\r\n${a.replaceAll("\n", "\r\n")}# more words\n${b}`)
    .put("/etc/bom.crt", `\ufeff${a}`)
    .put("/etc/key.pem", key)
    .put("/etc/mixed.pem", key + a)
    .put("/etc/empty.crt", "")
    .put("/etc/words.crt", "hello")
    .put("/etc/cut.crt", a.slice(0, 200))
    .put("/etc/link.crt", { link: "a.crt" })
    .put("/roots/1.crt", b)
    .put("/roots/a1b2c3d4.0", a)
    .put("/roots/README", "about these")
    .put("/roots/root.key", key)
    .put("/roots/old.crt/inside.crt", "x")
    .put("/roots/gone.pem", { link: "/none" })
    .put("/roots/pipe.crt", "device")
    .put("/none-here/README", "about these");

function subjects(value: string, fs = disk()) {
  try {
    return readRoots({ value, from: "--root" }, fs).map(({ commonName }) => commonName);
  } catch (error) {
    if (isFailure(error)) return { code: error.code, ...error.facts };
    throw error;
  }
}

describe("roots are read from", () => {
  test.each([
    ["a file", "/etc/a.crt", ["a"]],
    ["a file with two, Windows line ends and words", "/etc/both.pem", ["a", "b"]],
    ["a file with a byte order mark", "/etc/bom.crt", ["a"]],
    ["a file with a key as well", "/etc/mixed.pem", ["a"]],
    ["a link", "/etc/link.crt", ["a"]],
    ["a list", "/etc/a.crt,/etc/b.crt", ["a", "b"]],
    ["a list with blanks and gaps", " /etc/a.crt , ,/etc/b.crt,", ["a", "b"]],
    ["a folder, whatever else is in it", "/roots", ["b", "a"]],
    ["a list of a folder and a file", "/etc/a.crt,/roots", ["a", "b", "a"]],
  ])("%s", (_, value, expected) => {
    expect(subjects(value)).toEqual(expected);
  });

  test("DER", () => {
    const der = Buffer.from(certificatesIn(a)[0].der);
    const fs = odd(disk(), { read: () => der });
    expect(readRoots({ value: "/etc/a.crt", from: "--root" }, fs).map(({ commonName }) => commonName)).toEqual(["a"]);
  });

  test("every root that Node itself trusts", () => {
    const fs = new MemoryDisk().put("/etc/all.pem", rootCertificates.join("\n"));
    expect(readRoots({ value: "/etc/all.pem", from: "--root" }, fs)).toHaveLength(rootCertificates.length);
  });
});

describe("a root that is not there, or is none, is said before the first byte is sent", () => {
  test.each([
    ["no such file", "/etc/c.crt", { code: "ROOT_MISSING", file: "/etc/c.crt", from: "--root", errno: "ENOENT" }],
    ["one of the list is missing", "/etc/a.crt,/etc/c.crt", { code: "ROOT_MISSING", file: "/etc/c.crt" }],
    ["no name", "", { code: "ROOT_MISSING" }],
    ["commas only", ",,", { code: "ROOT_MISSING" }],
    ["an empty file", "/etc/empty.crt", { code: "ROOT_NOT_PEM", file: "/etc/empty.crt", found: [] }],
    ["words", "/etc/words.crt", { code: "ROOT_NOT_PEM", found: [] }],
    ["a certificate that is cut short", "/etc/cut.crt", { code: "ROOT_NOT_PEM", found: [] }],
    ["a key", "/etc/key.pem", { code: "ROOT_NOT_PEM", found: ["PRIVATE KEY"] }],
    ["a folder without any", "/none-here", { code: "ROOT_NOT_PEM", file: "/none-here" }],
  ])("%s", (_, value, expected) => {
    expect(subjects(value)).toMatchObject(expected);
  });

  test.each(["read", "list", "stat"] as const)("a %s that is refused", (method) => {
    const refusing = odd(disk(), {
      [method]: () => {
        throw systemError("EACCES");
      },
    });
    expect(subjects("/roots", refusing as MemoryDisk)).toMatchObject({ code: "ROOT_MISSING", errno: "EACCES" });
  });
});
