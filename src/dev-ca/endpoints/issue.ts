/** Signs, and answers with the chain; the faults of a CA that certifies something else come in here. */
import { altered, otherIssuer, rearranged } from "../faults/certificates.ts";
import { type CertificatePlan, makeCertificate, pem } from "../issuing/certificate-maker.ts";
import type { Certificate } from "../rules/certificate.ts";
import type { State } from "../rules/state.ts";
import { type Answer, json } from "./answer.ts";

/** What step-ca suggests to a client that serves TLS (certificates, authority/config/tls_options.go). */
const tlsOptions = {
  cipherSuites: ["TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256", "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256"],
  minVersion: 1.2,
  maxVersion: 1.3,
  renegotiation: false,
};

/** 201 with crt, ca and certChain; `old` is what is renewed, null for a new certificate. */
export async function issueAnswer(state: State, plan: CertificatePlan, old: Certificate | null): Promise<Answer> {
  const wanted = old ? await altered(plan, { old, faults: state.faults, now: state.now() }) : plan;
  const other = old ? await otherIssuer(state.faults) : null;
  const leaf = pem(await makeCertificate(wanted, other?.issuer ?? state.issuer));
  const chain = [leaf, ...(other?.chain ?? state.issuers.map((issuer) => issuer.pem))];
  const certChain = old ? rearranged(chain, state.faults) : chain;
  const [crt, ca = null] = certChain;
  const legacy = old !== null && state.faults.has("legacy-answer");
  return json(201, { crt, ca, ...(!legacy && { certChain }), tlsOptions });
}
