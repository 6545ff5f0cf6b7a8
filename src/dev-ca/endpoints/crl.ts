/** GET /crl: the revocation list, made anew for each question (certificates, api/crl.go). */
import { encode, integer, SEQUENCE } from "../issuing/der.ts";
import { Refusal, words } from "../rules/refusal.ts";
import type { State } from "../rules/state.ts";
import { AuthorityKeyIdentifierExtension, Extension, X509CrlGenerator } from "../x509.ts";
import type { Answer } from "./answer.ts";
import type { Request } from "./request.ts";

const DAY = 24 * 3_600_000;

export async function crl(state: State, { query }: Request): Promise<Answer> {
  if (!state.crl) {
    const log = "authority.GetCertificateRevocationList: Certificate Revocation Lists are not enabled";
    throw new Refusal(404, words.unexpected(404), log);
  }
  const { list, nextUpdate } = await makeList(state);
  const expires = nextUpdate.toUTCString().replace("GMT", "UTC");
  if (query.has("pem")) {
    const lines =
      Buffer.from(list.rawData)
        .toString("base64")
        .match(/.{1,64}/g) ?? [];
    const body = ["-----BEGIN X509 CRL-----", ...lines, "-----END X509 CRL-----", ""].join("\n");
    return { status: 200, headers: headers("application/x-pem-file", "crl.pem", expires), body };
  }
  const body = Buffer.from(list.rawData);
  return { status: 200, headers: headers("application/pkix-crl", state.traits.crlFile, expires), body };
}

function headers(type: string, file: string, expires: string): Record<string, string> {
  return { Expires: expires, "Content-Type": type, "Content-Disposition": `attachment; filename="${file}"` };
}

async function makeList({ issuer, revoked, now, dnsNames, traits }: State) {
  const thisUpdate = new Date(Math.floor(now().getTime() / 1000) * 1000);
  const nextUpdate = new Date(thisUpdate.getTime() + DAY);
  const { certificate, signer } = issuer;
  const list = await X509CrlGenerator.create({
    issuer: certificate.subjectName,
    thisUpdate,
    nextUpdate,
    entries: [...revoked].map(([serial, { at, reason }]) => ({
      serialNumber: hex(serial),
      revocationDate: at,
      ...(traits.crlHasReasons && reason > 0 && { reason }),
    })),
    signingKey: signer.key,
    signingAlgorithm: signer.algorithm,
    extensions: [
      await AuthorityKeyIdentifierExtension.create(certificate.publicKey),
      new Extension(CRL_NUMBER, false, integer(revoked.size)),
      new Extension(DISTRIBUTION_POINT, true, distributionPoint(dnsNames[0] ?? "localhost", traits.crlForUsersOnly)),
    ],
  });
  return { list, nextUpdate };
}

const CRL_NUMBER = "2.5.29.20";
const DISTRIBUTION_POINT = "2.5.29.28";

/** RFC 5280, section 5.2.5: where the list is, and before v0.27 that it lists no CAs. */
function distributionPoint(name: string, forUsersOnly: boolean): Buffer {
  const url = encode(0x86, Buffer.from(`https://${name}/1.0/crl`));
  const onlyUsers = forUsersOnly ? [encode(0x81, Buffer.from([0xff]))] : [];
  return encode(SEQUENCE, encode(0xa0, encode(0xa0, url)), ...onlyUsers);
}

function hex(serial: string): string {
  const text = BigInt(serial).toString(16);
  return text.length % 2 ? `0${text}` : text;
}
