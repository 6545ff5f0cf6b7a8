/** What may be replaced, and who is asked, before the CA is: nobody listens at its address here. */
import { beforeEach, describe, expect, test } from "vitest";
import { parseCaUrl } from "../../src/ca/url.ts";
import { createAuthority } from "../../src/dev-ca/authority.ts";
import { isFailure } from "../../src/failure/failure.ts";
import type { FileSystem } from "../../src/files/system.ts";
import { type Policy, renewOnce } from "../../src/renewal/renew.ts";
import { MemoryDisk, systemError } from "../support/disk.ts";
import { odd, recorded } from "../support/faults.ts";
import { exported } from "../support/user-files.ts";
import { testWorld } from "../support/world.ts";

let disk: MemoryDisk;
beforeEach(async () => {
  const authority = await createAuthority();
  const { chain, key } = await authority.issue();
  disk = new MemoryDisk()
    .put("/web.crt", chain)
    .put("/web.key", key)
    .put("/web.der", exported(key, "pkcs8", "der"))
    .put("/both.pem", chain + key)
    .put("/link.pem", { link: "both.pem" })
    .put("/root.crt", authority.root);
});

interface Asking {
  answers?: (string | null)[];
  fs?: FileSystem;
}

async function outcome(policy: Partial<Policy> = {}, { answers, fs = disk }: Asking = {}) {
  const { fs: watched, calls } = recorded(fs);
  const world = testWorld({ fs: watched, ...(answers && { answers }) });
  const whole: Policy = {
    paths: { certificate: "/web.crt", key: "/web.key" },
    force: false,
    mtls: true,
    window: null,
    ca: parseCaUrl("127.0.0.1:1", "--ca-url"),
    root: { value: "/root.crt", from: "--root" },
    timeoutMs: 5000,
    connectTimeoutMs: 5000,
    lockTimeoutMs: 0,
    hooks: null,
    ...policy,
  };
  const error = await renewOnce(whole, world).then(
    () => null,
    (thrown: unknown) => thrown,
  );
  if (!isFailure(error)) throw error;
  const changes = calls.filter((call) => ["open", "write", "rename", "remove"].includes(call));
  return { code: error.code, facts: error.facts, asked: world.err.text, changes };
}

const key = { certificate: "/web.crt", key: "/web.key" };
const askedNobody = { asked: "", changes: [] };

describe("a private key is never written over, forced or not", () => {
  test.each<[string, Partial<Policy>]>([
    ["a combined file", { paths: { certificate: "/both.pem", key: "/both.pem" } }],
    ["a link to one", { paths: { certificate: "/link.pem", key: "/both.pem" } }],
    ["the key's own file as the output", { paths: key, out: "/web.key" }],
    ["the same in DER", { paths: { ...key, key: "/web.der" }, out: "/web.der" }],
    ["another key's file as the output", { paths: { ...key, key: "/web.der" }, out: "/web.key" }],
  ])("%s", async (_, policy) => {
    for (const force of [true, false])
      expect(await outcome({ ...policy, force }, { answers: ["y"] })).toMatchObject({
        code: "WOULD_LOSE_KEY",
        ...askedNobody,
      });
  });
});

describe("a file that is there is replaced by consent only", () => {
  test.each<[string, Partial<Policy>, (string | null)[] | undefined, string]>([
    ["forced", { force: true }, undefined, "CA_UNREACHABLE"],
    ["nobody to ask", {}, undefined, "WOULD_OVERWRITE"],
    ["yes", {}, ["yes"], "CA_UNREACHABLE"],
    ["y", {}, [" Y "], "CA_UNREACHABLE"],
    ["no", {}, ["n"], "WOULD_OVERWRITE"],
    ["just Enter", {}, [""], "WOULD_OVERWRITE"],
    ["something else", {}, ["yikes"], "WOULD_OVERWRITE"],
    ["the end of input", {}, [null], "WOULD_OVERWRITE"],
    ["a new file needs none", { out: "/new.crt" }, undefined, "CA_UNREACHABLE"],
    ["another output that is there", { out: "/root.crt" }, undefined, "WOULD_OVERWRITE"],
  ])("%s", async (_, policy, answers, code) => {
    const { asked, changes, ...rest } = await outcome(policy, answers ? { answers } : {});
    expect(rest).toMatchObject({ code });
    expect(asked.startsWith("overwrite ")).toBe(answers !== undefined);
    // Of its own lock.
    expect(changes).toEqual(code === "CA_UNREACHABLE" ? ["remove"] : []);
  });
});

describe("what cannot work is said before anybody is asked", () => {
  test("an output that cannot be read, which may hold a key", async () => {
    const read = (file: string) => {
      if (file === "/root.crt") throw systemError("EACCES");
      return disk.read(file);
    };
    expect(await outcome({ out: "/root.crt" }, { fs: odd(disk, { read }), answers: ["y"] })).toMatchObject({
      code: "FILE_UNREADABLE",
      facts: { role: "output" },
      ...askedNobody,
    });
  });

  test.each<[string, Partial<Policy>, string]>([
    ["no root", { root: { value: "/none.crt", from: "--root" } }, "ROOT_MISSING"],
    ["no folder for the output", { out: "/none/new.crt" }, "CANNOT_WRITE"],
    ["an expired certificate without force", {}, "EXPIRED_NEEDS_FORCE"],
  ])("%s", async (name, policy, code) => {
    if (name.startsWith("an expired")) {
      const issued = await (await createAuthority()).issue({ notBefore: new Date(0), notAfter: new Date(1000) });
      disk.put("/web.crt", issued.chain).put("/web.key", issued.key);
    }
    expect(await outcome(policy, { answers: ["y"] })).toMatchObject({ code, ...askedNobody });
  });
});
