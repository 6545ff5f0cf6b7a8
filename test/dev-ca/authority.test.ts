/** What an authority issues is what was asked for, by Node's own reading of it. */
import { createPrivateKey, generateKeyPairSync, X509Certificate } from "node:crypto";
import { describe, expect, test } from "vitest";
import { createAuthority, type KeyKind, type Usage } from "../../src/dev-ca/authority.ts";

const read = (pem: string) => new X509Certificate(pem);
const pems = (text: string) => text.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----\n/g) ?? [];

describe("an authority", () => {
  test("is a root that issues by itself, as in k3s", async () => {
    const { root, rootKey, intermediates, issuerCertificate, issuerKey } = await createAuthority();
    expect(read(root).subject).toBe("CN=k3s-client-ca@1714937196");
    expect(read(root).checkPrivateKey(createPrivateKey(rootKey))).toBe(true);
    expect({ intermediates, issuerCertificate, issuerKey }).toEqual({
      intermediates: [],
      issuerCertificate: root,
      issuerKey: rootKey,
    });
  });

  test("has an intermediate where it is told to, for the usages it is told", async () => {
    const { root, intermediates, issuerCertificate } = await createAuthority({
      subject: "Root",
      intermediate: { subject: "Middle", usages: ["serverAuth"] },
    });
    expect(intermediates).toEqual([issuerCertificate]);
    expect(read(issuerCertificate)).toMatchObject({ subject: "CN=Middle", issuer: "CN=Root", ca: true });
    expect(read(issuerCertificate).keyUsage).toEqual(["1.3.6.1.5.5.7.3.1"]);
    expect(read(issuerCertificate).verify(read(root).publicKey)).toBe(true);
  });

  test("takes a root that exists", async () => {
    const first = await createAuthority();
    const { root, intermediates } = await createAuthority({
      root: { certificate: first.root, key: first.rootKey },
      intermediate: true,
    });
    expect(root).toBe(first.root);
    expect(read(intermediates[0] ?? "").verify(read(first.root).publicKey)).toBe(true);
  });
});

describe("a leaf", () => {
  test("is good for a day and for clients unless told otherwise, and comes with its key", async () => {
    const authority = await createAuthority({ intermediate: true });
    const { certificate, chain, key, serial } = await authority.issue();
    const leaf = read(certificate);
    expect(leaf).toMatchObject({ subject: "CN=dave", ca: false, keyUsage: ["1.3.6.1.5.5.7.3.2"] });
    expect(Date.parse(leaf.validTo) - Date.parse(leaf.validFrom)).toBe(86_400_000);
    expect(leaf.serialNumber.toLowerCase()).toBe(serial);
    expect(leaf.checkPrivateKey(createPrivateKey(key))).toBe(true);
    expect(pems(chain)).toEqual([certificate, authority.issuerCertificate]);
  });

  test.each<[KeyKind, string, string?]>([
    ["P-256", "ec", "prime256v1"],
    ["P-384", "ec", "secp384r1"],
    ["P-521", "ec", "secp521r1"],
    ["RSA-2048", "rsa"],
    ["Ed25519", "ed25519"],
  ])("has a key of the kind %s", async (kind, type, namedCurve) => {
    const { certificate } = await (await createAuthority()).issue({ key: kind });
    const { publicKey } = read(certificate);
    expect(publicKey.asymmetricKeyType).toBe(type);
    expect(publicKey.asymmetricKeyDetails?.namedCurve).toBe(namedCurve);
  });

  test.each<[Usage[], string[] | undefined]>([
    [
      ["serverAuth", "clientAuth"],
      ["1.3.6.1.5.5.7.3.1", "1.3.6.1.5.5.7.3.2"],
    ],
    [["any"], ["2.5.29.37.0"]],
    [[], undefined],
  ])("has the usages %j", async (usages, oids) => {
    const { certificate } = await (await createAuthority()).issue({ usages });
    expect(read(certificate).keyUsage).toEqual(oids);
  });

  test("has names of every kind, told apart", async () => {
    const names = ["a.example", "10.1.2.3", "::1", "a@b.example", "https://c.example/d", "urn:uuid:1"];
    const { certificate } = await (await createAuthority()).issue({ names });
    expect(read(certificate).subjectAltName).toBe(
      "DNS:a.example, IP Address:10.1.2.3, IP Address:0:0:0:0:0:0:0:1, email:a@b.example, URI:https://c.example/d, URI:urn:uuid:1",
    );
  });

  test("may have an organization, no common name, any time and the rights of a CA", async () => {
    const authority = await createAuthority();
    const notBefore = new Date("2020-01-01T00:00:00Z");
    const odd = await authority.issue({ subject: null, organization: "system:masters", notBefore, isCa: true });
    expect(read(odd.certificate)).toMatchObject({
      subject: "O=system:masters",
      validFrom: "Jan  1 00:00:00 2020 GMT",
      validTo: "Jan  2 00:00:00 2020 GMT",
    });
    const ca = await authority.issue({ isCa: true, keyUsages: ["keyCertSign"] });
    expect(read(ca.certificate).ca).toBe(true);
  });

  test("certifies a key that exists, and then has none to hand out", async () => {
    const { publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
    const publicKeyPem = publicKey.export({ type: "spki", format: "pem" }).toString();
    const { certificate, key } = await (await createAuthority()).issue({ publicKeyPem });
    expect(key).toBe("");
    expect(read(certificate).publicKey.export({ type: "spki", format: "pem" })).toBe(publicKeyPem);
  });

  test("notes its provisioner as step-ca does", async () => {
    const { certificate } = await (await createAuthority()).issue({
      provisioner: { name: "after-expiry", credentialId: "kid" },
    });
    // SEQUENCE { INTEGER 1, OCTET STRING "after-expiry", OCTET STRING "kid" }
    const value = Buffer.from("3016020101040c61667465722d65787069727904036b6964", "hex");
    expect(read(certificate).raw.includes(value)).toBe(true);
  });
});
