/** Certificates as the CA's endpoints give them. */
import { type Certificate, readCertificate } from "../pki/certificate.ts";
import { type PemBlock, pemBlocks } from "../pki/pem.ts";
import type { Answer } from "./answer.ts";
import { isRecord, parseJson } from "./response.ts";

/** More than any CA publishes; each of them costs time, and a signature or two. */
const most = 32;

/** `{"crts":["PEM",…]}`, as /roots and /intermediates answer; [] for anything else, and for more than any CA has. */
export function certificatesOf({ body }: Answer): Certificate[] {
  const json = parseJson(body.toString("utf8"));
  const pems = isRecord(json) && Array.isArray(json["crts"]) ? json["crts"] : [];
  const blocks = pems.every((pem) => typeof pem === "string") ? pems.flatMap(pemBlocks) : [];
  return blocks.length > most ? [] : read(blocks);
}

function read(blocks: readonly PemBlock[]): Certificate[] {
  try {
    return blocks.map(({ der }) => readCertificate(der));
  } catch {
    return []; // not certificates: then it tells us nothing
  }
}
