import "reflect-metadata";
import { spawnSync } from "node:child_process";
import { createPublicKey, generateKeyPairSync, type KeyObject } from "node:crypto";
import * as x509 from "@peculiar/x509";
import fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import { type Authority, createAuthority, type LeafSpec } from "../../src/dev-ca/authority.ts";
import { pemBlocks } from "../../src/pki/pem.ts";
import { signingRequest } from "../../src/pki/request.ts";
import { issued } from "../support/issued.ts";

const keys: Record<string, KeyObject> = {
  "RSA-2048": generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey,
  "P-256": generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey,
  "P-384": generateKeyPairSync("ec", { namedCurve: "P-384" }).privateKey,
  "P-521": generateKeyPairSync("ec", { namedCurve: "P-521" }).privateKey,
  Ed25519: generateKeyPairSync("ed25519").privateKey,
};
const hasOpenssl = spawnSync("openssl", ["version"]).status === 0;

let authority: Authority;
beforeAll(async () => {
  authority = await createAuthority();
});

const read = (pem: string) => new x509.Pkcs10CertificateRequest(pem);

describe.each(Object.entries(keys))("a request signed by %s", (_, key) => {
  test("is taken by another reader, with the key, the subject and the names of the leaf", async () => {
    const names = ["web.internal", "10.0.0.1", "::1", "ops@web.internal", "spiffe://web/internal"];
    const { leaf } = await issued({ subject: "web.internal", organization: "ops", names }, authority);
    const request = read(signingRequest(leaf, key));
    expect(await request.verify()).toBe(true);
    const spki = createPublicKey(key).export({ type: "spki", format: "der" });
    expect(Buffer.from(request.publicKey.rawData).toString("hex")).toBe(spki.toString("hex"));
    expect(Buffer.from(request.subjectName.toArrayBuffer())).toEqual(Buffer.from(leaf.subject.der));
    const [extension, ...more] = request.extensions;
    expect(more).toEqual([]);
    expect(Buffer.from(extension?.value ?? new ArrayBuffer(0))).toEqual(
      Buffer.from(leaf.extensions.get("2.5.29.17") ?? []),
    );
  });

  test.runIf(hasOpenssl)("is verified by OpenSSL", async () => {
    const { leaf } = await issued({ subject: "web.internal", names: ["web.internal"] }, authority);
    const openssl = spawnSync("openssl", ["req", "-verify", "-noout", "-text"], { input: signingRequest(leaf, key) });
    expect(openssl.status).toBe(0);
    expect(openssl.stderr.toString()).toContain("verify OK");
    expect(openssl.stdout.toString()).toContain("DNS:web.internal");
  });

  test("is refused once a bit of it is another", async () => {
    const { leaf } = await issued({ names: ["web.internal"] }, authority);
    const [block] = pemBlocks(signingRequest(leaf, key));
    const der = Buffer.from(block?.der ?? []);
    der[der.length - 1] = (der.at(-1) ?? 0) ^ 1;
    expect(await new x509.Pkcs10CertificateRequest(der).verify().catch(() => false)).toBe(false);
  });
});

test("whatever the subject and the names are, they come back as they were", async () => {
  const word = fc.stringMatching(/^[a-z][a-z0-9-]{0,70}$/);
  const spec = fc.record({
    subject: fc.option(
      fc.string({ minLength: 1, maxLength: 60 }).filter((text) => text.trim() === text && !text.startsWith("#")),
    ),
    names: fc.array(
      word.map((name) => `${name}.internal`),
      { maxLength: 40 },
    ),
  });
  await fc.assert(
    fc.asyncProperty(spec, fc.constantFrom("P-256", "Ed25519"), async ({ subject, names }: LeafSpec, kind) => {
      const { leaf } = await issued({ subject: subject ?? null, names: names ?? [] }, authority);
      const key = keys[kind];
      if (key === undefined) throw new Error(kind);
      const request = read(signingRequest(leaf, key));
      expect(await request.verify()).toBe(true);
      expect(Buffer.from(request.subjectName.toArrayBuffer())).toEqual(Buffer.from(leaf.subject.der));
      const own = leaf.extensions.get("2.5.29.17");
      expect(request.extensions.map(({ value }) => Buffer.from(value))).toEqual(own ? [Buffer.from(own)] : []);
      // RFC 5280 §4.2.1.6: what stands for the subject is critical.
      expect(request.extensions.map(({ critical }) => critical)).toEqual(own ? [leaf.subject.text === ""] : []);
    }),
    { seed: 1, numRuns: 60 },
  );
});
