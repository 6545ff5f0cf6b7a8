/**
 * Sentences that people paste: a line of step-ca's log, step's output, an error of Go, Node or OpenSSL. Each leads to the codes
 * and causes that it can mean.
 */
import type { CauseId } from "../evidence.ts";
import type { Code } from "../facts.ts";
import { causes } from "./causes.ts";
import { type Symptom, symptomOf } from "./symptom.ts";

export interface Recognised {
  /** The line, as it was pasted. */
  line: string;
  ids: readonly (Code | CauseId)[];
}

/** What is no answer of a CA: the client's own errors, step's and ours, by the words they come in. */
const clients: readonly (readonly [RegExp, readonly (Code | CauseId)[]])[] = [
  [
    /SELF_SIGNED_CERT_IN_CHAIN|UNABLE_TO_(GET_ISSUER_CERT|VERIFY_LEAF_SIGNATURE)|self-signed certificate in certificate chain/,
    ["CA_UNTRUSTED"],
  ],
  [
    /ERR_TLS_CERT_ALTNAME_INVALID|cannot validate certificate for|certificate is (not )?valid for/,
    ["CA_NAME_MISMATCH"],
  ],
  [/CERT_HAS_EXPIRED/, ["CA_CERT_EXPIRED"]],
  [/CERT_NOT_YET_VALID/, ["CA_CERT_NOT_YET_VALID"]],
  [
    /connection refused|ECONNREFUSED|no such host|ENOTFOUND|no route to host|network is unreachable/,
    ["CA_UNREACHABLE"],
  ],
  [/i\/o timeout|deadline exceeded|ETIMEDOUT|UND_ERR_(CONNECT|HEADERS)_TIMEOUT/, ["CA_TIMEOUT"]],
  [
    /first record does not look like a TLS handshake|server gave HTTP response to HTTPS client|wrong version number/i,
    ["NOT_A_CA"],
  ],
  [
    /failed decoding CA error response|invalid character '<'/,
    ["NOT_A_CA", "PROXY_REFUSED", "CA_UNREACHABLE", "HEADER_TOO_LARGE"],
  ],
  [/open \/dev\/tty|allocating terminal/, ["WOULD_OVERWRITE", "EXPIRED_NEEDS_FORCE", "KEY_ENCRYPTED"]],
  [/error decrypting message|KEY_VALUES_MISMATCH/, ["KEY_MISMATCH"]],
  [/decryption password incorrect|bad decrypt|ERR_OSSL_BAD_DECRYPT/, ["WRONG_PASSPHRASE"]],
  [/not certificates found/, ["ROOT_NOT_PEM"]],
  [/error reading cert pool/, ["ROOT_MISSING"]],
  [/malformed certificate/, ["NOT_PEM", "FILE_EMPTY", "BAD_CERTIFICATE"]],
  [/error loading private key.*executable file not found/, ["FILE_MISSING"]],
  [/requires the '--ca-url' flag/, ["CA_URL_MISSING"]],
];

/** TLS alerts by what Go, OpenSSL and Node call them (RFC 8446 §6.2). */
const alerts: readonly (readonly [RegExp, number])[] = [
  [/tls: bad certificate|ALERT_BAD_CERTIFICATE|alert bad certificate/i, 42],
  [/tls: expired certificate|ALERT_CERTIFICATE_EXPIRED|alert certificate expired/i, 45],
  [/tls: unknown certificate authority|ALERT_UNKNOWN_CA|alert unknown ca/i, 48],
];

/** The lines that mean something, each once, in their order. */
export function recognise(text: string): Recognised[] {
  const found = new Map<string, Recognised>();
  for (const line of text.split(/\r?\n/).map((words) => words.trim())) {
    const ids = line === "" ? [] : meaning(line);
    if (ids.length > 0 && !found.has(line)) found.set(line, { line, ids });
  }
  return [...found.values()];
}

function meaning(line: string): readonly (Code | CauseId)[] {
  const quoted = sentenceIn(line) === undefined ? partOfLog(line) : [];
  const logged = [...new Set([...fromLog(line), ...quoted])];
  if (logged.length > 0) return logged;
  const client = clients.find(([pattern]) => pattern.test(line));
  if (client !== undefined) return client[1];
  if (isServersCertificate(line))
    return ["CA_UNTRUSTED", "CA_CERT_EXPIRED", "CA_CERT_NOT_YET_VALID"].filter(fits(line)) as Code[];
  const symptom = alertIn(line) ?? sentenceIn(line);
  return symptom === undefined ? [] : withSymptom(symptom);
}

/** step checks the server's certificate with the same words that the CA has for the client's; a server's usage is never wrong. */
function isServersCertificate(line: string): boolean {
  return (
    /failed to verify certificate: x509/.test(line) && !/TLS handshake error|client certificate|key usage/.test(line)
  );
}

function fits(line: string): (code: string) => boolean {
  const isTime = /has expired or is not yet valid/.test(line);
  const wanted = !isTime ? "CA_UNTRUSTED" : /is before/.test(line) ? "CA_CERT_NOT_YET_VALID" : "CA_CERT_EXPIRED";
  return (code) => code === wanted;
}

const ids = Object.keys(causes) as CauseId[];

/** The CA's own log: the longest sentence that the line holds decides, because it says most. */
function fromLog(line: string): CauseId[] {
  if (isServersCertificate(line)) return [];
  const length = (id: CauseId) =>
    Math.max(0, ...causes[id].logs.filter((log) => line.includes(log)).map((log) => log.length));
  const longest = Math.max(...ids.map(length));
  return longest === 0 ? [] : ids.filter((id) => length(id) === longest && isOfWay(id, line));
}

/** "x509: …" alone, as people quote it: every cause whose sentence in the log ends so. */
function partOfLog(line: string): CauseId[] {
  const isLong = line.length >= 16;
  return isLong ? ids.filter((id) => causes[id].logs.some((log) => log.includes(line))) : [];
}

/** A handshake's line is not about tokens, and the reverse. */
function isOfWay(id: CauseId, line: string): boolean {
  const { only } = causes[id];
  if (/TLS handshake error/.test(line)) return only !== "token";
  return /x5cInsecure|renew token/.test(line) ? only !== "mtls" : true;
}

function alertIn(line: string): Symptom | undefined {
  const number = Number(/alert number (\d+)/.exec(line)?.[1] ?? alerts.find(([pattern]) => pattern.test(line))?.[1]);
  return Number.isNaN(number) ? undefined : symptomOf({ alert: number });
}

/** A sentence of the CA as step prints it, or the JSON that came over the wire. */
function sentenceIn(line: string): Symptom | undefined {
  const said = /"message"\s*:\s*"([^"]*)"/.exec(line)?.[1] ?? line.replace(/^error renewing certificate: /, "");
  const status = Number(/"status"\s*:\s*(\d+)/.exec(line)?.[1] ?? (/Internal Server Error/.test(said) ? 500 : 401));
  const symptom = symptomOf({ answer: { said, status, shape: "status" } });
  return symptom === "other" ? undefined : symptom;
}

function withSymptom(symptom: Symptom): CauseId[] {
  return ids.filter((id) => causes[id].symptoms.includes(symptom));
}
