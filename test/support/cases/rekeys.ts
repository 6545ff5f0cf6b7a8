/** POST /rekey: a renewal for another key, over mTLS alone. */
import { type Answer, postMtls } from "../raw.ts";
import { type SigningRequest, signingRequest } from "../signing-request.ts";
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

/** The CA looks at nothing in the request but the key and the signature. */
async function rekey(bench: Bench, { pem }: SigningRequest, spec = {}): Promise<Answer> {
  const leaf = await bench.issue(spec);
  return postMtls(bench.ca, { cert: leaf.chain, key: leaf.key }, { path, body: JSON.stringify({ csr: pem }) });
}

export const rekeys: Case[] = [
  { name: "rekey to P-256", ask: async (bench) => rekey(bench, await signingRequest()), expect: renewed },
  {
    name: "rekey to P-384",
    ask: async (bench) => rekey(bench, await signingRequest({ curve: "P-384" })),
    expect: renewed,
  },
  {
    name: "rekey, disableRenewal",
    ask: async (bench) => rekey(bench, await signingRequest(), { provisioner: { name: "no-renewal" } }),
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
      const broken = (der: Buffer): Buffer => Buffer.concat([der.subarray(0, -1), Buffer.of(255 - (der.at(-1) ?? 0))]);
      return rekey(bench, await signingRequest({}, broken));
    },
    expect: refused(
      400,
      "The request could not be completed: invalid csr.",
      "invalid csr: x509: ECDSA verification failure",
    ),
  },
];
