/** The real step-ca of these tests does what they count on; and what it renews is of use. */
import "reflect-metadata";
import { spawn } from "node:child_process";
import { X509Certificate } from "node:crypto";
import { once } from "node:events";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import * as x509 from "@peculiar/x509";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Authority, createAuthority, type LeafSpec } from "../../src/dev-ca/authority.ts";
import { startDevCa } from "../../src/dev-ca/server.ts";
import { type Answer, get, post, postMtls } from "../support/raw.ts";
import { signingRequest } from "../support/signing-request.ts";
import { realBinary, type StepCa, startStepCa } from "../support/step-ca.ts";
import { connectsAs, servesAs } from "../support/tls-pair.ts";

const step = realBinary("step-v0.30.6");
const spec: LeafSpec = {
  names: ["web.example"],
  usages: ["serverAuth", "clientAuth"],
  provisioner: { name: "admin" },
};

describe.skipIf(realBinary("step-ca-v0.30.2") === undefined)("a real step-ca", () => {
  let ca: StepCa;
  let authority: Authority;
  beforeAll(async () => {
    authority = await createAuthority({ intermediate: true });
    ca = await startStepCa({ version: "v0.30.2", authority });
  });
  afterAll(async () => ca.close());

  test("what it renewed serves a client that trusts the root, and connects as a client", async () => {
    const leaf = await authority.issue(spec);
    const cert = crtOf(await postMtls(ca, { cert: leaf.chain, key: leaf.key }));
    const { serialNumber } = new X509Certificate(cert);
    const pair = { cert, key: leaf.key };
    expect(await servesAs(pair, { root: authority.root, name: "web.example" })).toEqual({ serial: serialNumber });
    expect(await connectsAs(pair, authority)).toEqual({ serial: serialNumber });
  });

  test("the pair test notices a name, a usage and an issuer that are wrong", async () => {
    const { chain, key } = await authority.issue({ ...spec, usages: ["serverAuth"] });
    const pair = { cert: chain, key };
    await expect(servesAs(pair, { root: authority.root, name: "other.example" })).rejects.toThrow("altnames");
    await expect(servesAs(pair, { root: (await createAuthority()).root, name: "web.example" })).rejects.toThrow();
    await expect(connectsAs(pair, authority)).rejects.toThrow("INVALID_PURPOSE");
  });

  test("it signs for a one-time token, and notes the provisioner as our authority does", async () => {
    const request = await signingRequest({ subject: "new.example", names: ["new.example"] });
    const ott = ca.token("admin", "new.example", { sans: ["new.example"] });
    const signed = crtOf(await post(ca, "/sign", JSON.stringify({ csr: request.pem, ott })));
    const credentialId = ca.keys.get("admin")?.keyId ?? "";
    const ours = await authority.issue({ ...spec, provisioner: { name: "admin", credentialId } });
    expect(
      await servesAs({ cert: signed, key: request.key }, { root: authority.root, name: "new.example" }),
    ).toBeDefined();
    expect(provisionerExtension(signed)).toEqual(provisionerExtension(ours.certificate));
  });

  test("it comes back with other provisioners, on the same port, with what was revoked", async () => {
    const revoked = await authority.issue(spec);
    await ca.revoke(revoked.serial);
    await ca.restart({ provisioners: [{ name: "admin" }, { name: "acme", type: "ACME" }] });
    expect(await get(ca, "/provisioners")).toMatchObject({ status: 200, body: expect.stringContaining(`"ACME"`) });
    const refusal = await postMtls(ca, { cert: revoked.chain, key: revoked.key });
    expect(await ca.logOf(refusal)).toContain("certificate has been revoked");
  });

  test.skipIf(step === undefined)("the real step renews with it", async () => {
    const leaf = await authority.issue(spec);
    const [crt, key] = [join(ca.dir, "web.crt"), join(ca.dir, "web.key")];
    writeFileSync(crt, leaf.chain);
    writeFileSync(key, leaf.key, { mode: 0o600 });
    const words = ["ca", "renew", crt, key, "--force", "--ca-url", ca.url, "--root", ca.rootFile];
    const child = spawn(step ?? "", words, { env: { HOME: ca.dir, STEPPATH: ca.dir }, stdio: "ignore" });
    expect(await once(child, "exit")).toEqual([0, null]);
    expect(new X509Certificate(readFileSync(crt)).serialNumber.toLowerCase()).not.toBe(leaf.serial);
  });
});

describe.skipIf(realBinary("step-ca-v0.30.2-na") === undefined)("a step-ca built without a version", () => {
  test("says N/A, and so does the embedded one when told to", async () => {
    const real = await startStepCa({ version: "v0.30.2-na", authority: await createAuthority() });
    const embedded = await startDevCa({ says: "N/A" });
    try {
      for (const ca of [real, embedded]) {
        expect(await get(ca, "/version")).toMatchObject({ status: 200, body: `{"version":"N/A"}\n` });
      }
    } finally {
      await embedded.close();
      await real.close();
    }
  });
});

/** The chain of a 201. */
function crtOf(answer: Answer): string {
  expect(answer).toMatchObject({ status: 201 });
  const body: unknown = JSON.parse("body" in answer ? answer.body : "null");
  if (typeof body !== "object" || body === null || !("certChain" in body) || !Array.isArray(body.certChain)) {
    throw new Error("no certChain");
  }
  return body.certChain.join("");
}

function provisionerExtension(pem: string): string {
  const extension = new x509.X509Certificate(pem).getExtension("1.3.6.1.4.1.37476.9000.64.1");
  return extension === null ? "" : Buffer.from(extension.value).toString("hex");
}
