/** Where Go looks for the roots of a Unix, and so step. */
import { rootCertificates } from "node:tls";
import { beforeAll, describe, expect, test } from "vitest";
import { systemRoots } from "../../src/ca/system-roots.ts";
import { createAuthority } from "../../src/dev-ca/authority.ts";
import { MemoryDisk } from "../support/disk.ts";

const bundle = "/etc/ssl/certs/ca-certificates.crt";
let [one, two, three] = ["", "", ""];

beforeAll(async () => {
  [one = "", two = "", three = ""] = await Promise.all(
    [1, 2, 3].map(async (number) => (await createAuthority({ subject: `root ${number}` })).root),
  );
});

const found = (env: Record<string, string>, disk: MemoryDisk) =>
  systemRoots(env, disk)
    .map((pem) => pem.trim())
    .sort();
const sorted = (...pems: string[]) => pems.map((pem) => pem.trim()).sort();

describe.skipIf(["darwin", "win32"].includes(process.platform))("the system's roots", () => {
  test("are those of its bundle and of its folders, each once", () => {
    const disk = new MemoryDisk()
      .put(bundle, one + two)
      .put("/etc/ssl/certs/one.pem", one)
      .put("/etc/ssl/certs/3.pem", three)
      .put("/etc/ssl/certs/README", "words");
    expect(found({}, disk)).toEqual(sorted(one, two, three));
  });

  test("are those of the first bundle that holds any", () => {
    const disk = new MemoryDisk()
      .put(bundle, "")
      .put("/etc/pki/tls/certs/ca-bundle.crt", one)
      .put("/etc/ssl/cert.pem", two);
    expect(found({}, disk)).toEqual(sorted(one));
  });

  test("are where SSL_CERT_FILE and SSL_CERT_DIR say", () => {
    const disk = new MemoryDisk().put(bundle, one).put("/own.pem", two).put("/own/3.pem", three);
    expect(found({ SSL_CERT_FILE: "/own.pem", SSL_CERT_DIR: "/own" }, disk)).toEqual(sorted(two, three));
    expect(found({ SSL_CERT_FILE: "/own.pem", SSL_CERT_DIR: "/none:/own" }, disk)).toEqual(sorted(two, three));
  });

  test("none, where those are named that are not there", () => {
    expect(found({ SSL_CERT_FILE: "/nope.pem" }, new MemoryDisk())).toEqual([]);
  });

  test("are the public ones where the system has none", () => {
    expect(systemRoots({}, new MemoryDisk())).toBe(rootCertificates);
  });
});
