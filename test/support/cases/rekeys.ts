/** POST /rekey: a renewal for another key, over mTLS alone. */
import "reflect-metadata";
import { webcrypto } from "node:crypto";
import * as x509 from "@peculiar/x509";
import { type Answer, postMtls } from "../raw.ts";
import {
  alert,
  type Bench,
  type Case,
  expired,
  mtls,
  noRenewal,
  outOfTime,
  plain,
  refused,
  renewed,
  token,
} from "./case.ts";

const path = "/rekey";

/** The CA looks at nothing in it but the key and the signature. */
async function signingRequest(algorithm: "P-256" | "P-384" = "P-256"): Promise<Buffer> {
  const signingAlgorithm = { name: "ECDSA", namedCurve: algorithm, hash: "SHA-256" };
  const keys = await webcrypto.subtle.generateKey(signingAlgorithm, true, ["sign", "verify"]);
  const request = await x509.Pkcs10CertificateRequestGenerator.create({
    name: "CN=someone else",
    keys,
    signingAlgorithm,
  });
  return Buffer.from(request.rawData);
}

function bodyOf(der: Buffer): string {
  const lines = der.toString("base64").match(/.{1,64}/g) ?? [];
  return JSON.stringify({
    csr: ["-----BEGIN CERTIFICATE REQUEST-----", ...lines, "-----END CERTIFICATE REQUEST-----", ""].join("\n"),
  });
}

async function rekey(bench: Bench, body: string, spec = {}): Promise<Answer> {
  const leaf = await bench.issue(spec);
  return postMtls(bench.ca, { cert: leaf.chain, key: leaf.key }, { path, body });
}

export const rekeys: Case[] = [
  { name: "rekey to P-256", ask: async (bench) => rekey(bench, bodyOf(await signingRequest())), expect: renewed },
  {
    name: "rekey to P-384",
    ask: async (bench) => rekey(bench, bodyOf(await signingRequest("P-384"))),
    expect: renewed,
  },
  {
    name: "rekey, disableRenewal",
    ask: async (bench) => rekey(bench, bodyOf(await signingRequest()), { provisioner: { name: "no-renewal" } }),
    expect: noRenewal("renew is disabled for provisioner 'no-renewal'", "Rekey"),
  },
  {
    name: "rekey, expired",
    ask: mtls(expired, { path }),
    expect: alert(45, `${outOfTime} is after <time>`),
  },
  {
    name: "rekey, no certificate",
    ask: plain(path, { method: "POST", body: "{}" }),
    expect: refused(
      400,
      "The request could not be completed: missing client certificate.",
      "missing client certificate",
    ),
  },
  {
    name: "rekey by token",
    ask: token(expired, { path, body: "{}" }),
    expect: refused(
      400,
      "The request could not be completed: missing client certificate.",
      "missing client certificate",
    ),
  },
  {
    name: "rekey, empty body",
    ask: mtls({}, { path }),
    expect: refused(400, "The request could not be completed: error decoding json.", "error decoding json: EOF"),
  },
  {
    name: "rekey, body cut short",
    ask: mtls({}, { path, body: `{"csr": ` }),
    expect: refused(
      400,
      "The request could not be completed: error decoding json.",
      "error decoding json: unexpected EOF",
    ),
  },
  {
    name: "rekey, no csr",
    ask: mtls({}, { path, body: "{}" }),
    expect: refused(400, "The request could not be completed: missing csr.", "missing csr"),
  },
  {
    name: "rekey, the csr is no PEM",
    ask: mtls({}, { path, body: `{"csr":"x"}` }),
    expect: refused(400, "The request could not be completed: error decoding json.", "error decoding csr"),
  },
  {
    name: "rekey, the csr's signature is wrong",
    ask: async (bench) => {
      const request = await signingRequest();
      request[request.length - 1] = 255 - (request.at(-1) ?? 0);
      return rekey(bench, bodyOf(request));
    },
    expect: refused(
      400,
      "The request could not be completed: invalid csr.",
      "invalid csr: x509: ECDSA verification failure",
    ),
  },
];
