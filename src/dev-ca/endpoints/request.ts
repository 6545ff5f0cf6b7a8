/** A request as the endpoints see it, and its body read as Go's decoder reads it. */
import type { Certificate } from "../rules/certificate.ts";
import { badRequest, otherwise } from "../rules/refusal.ts";
import { parseJson } from "../rules/token.ts";
import { Pkcs10CertificateRequest } from "../x509.ts";

export interface Request {
  method: string;
  path: string;
  query: URLSearchParams;
  authorization: string;
  /** From the TLS handshake; null where none was presented. */
  certificate: Certificate | null;
  /** The client's address and port. */
  from: string;
  body: string;
}

/** The body's object, or 400 "error decoding json". */
export function bodyOf({ body }: Request): Record<string, unknown> {
  const value = otherwise(
    () => parseJson(body),
    (problem) => badRequest("error decoding json", `error decoding json: ${problem}`),
  );
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
}

/** A field that holds text; "" where it is missing. */
export function textIn(body: Record<string, unknown>, name: string): string {
  const value = body[name] ?? "";
  if (typeof value === "string") return value;
  const problem = `json: cannot unmarshal ${typeof value} into Go struct field .${name} of type string`;
  throw badRequest("error decoding json", `error decoding json: ${problem}`);
}

/** The signing request in `csr`, with a signature that is its key's. */
export async function signingRequestIn(body: Record<string, unknown>): Promise<Pkcs10CertificateRequest> {
  const text = textIn(body, "csr");
  if (text === "" || text === "null") throw badRequest("missing csr");
  const request = otherwise(
    () => parseSigningRequest(text),
    () => badRequest("error decoding json", "error decoding csr"),
  );
  if (await request.verify().catch(() => false)) return request;
  const algorithm = request.publicKey.algorithm.name;
  const problem = algorithm.startsWith("RSA")
    ? "crypto/rsa: verification error"
    : `x509: ${algorithm === "ECDSA" ? "ECDSA" : "Ed25519"} verification failure`;
  throw badRequest("invalid csr", `invalid csr: ${problem}`);
}

function parseSigningRequest(text: string): Pkcs10CertificateRequest {
  if (!text.includes("-----BEGIN ")) throw new Error("no PEM");
  return new Pkcs10CertificateRequest(text);
}
