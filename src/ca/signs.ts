/** What only newer versions of step-ca do, where a CA hides which one it is. Lower bounds: silence may be a proxy's. */
import type { VersionSign } from "../failure/evidence.ts";
import type { Answer } from "./answer.ts";
import type { Belonging } from "./belonging.ts";
import type { Handshake } from "./handshake.ts";
import { isEndedByCa } from "./meeting.ts";
import { readAnswered } from "./response.ts";

/** No root has this fingerprint, and how the CA says that differs. */
export const noSuchRoot = "/root/00";

interface Signs {
  crl: Answer | undefined;
  /** To `noSuchRoot`. */
  noRoot: Answer | undefined;
  health: Answer | undefined;
}

/** `own` is what was found to be this CA's: only behind its own handshake is a request id surely no proxy's. */
export function signsOf(
  { crl, noRoot, health }: Signs,
  handshake: Handshake | undefined,
  own: Belonging,
): VersionSign[] {
  const signs: VersionSign[] = [];
  if (isMissing(noRoot, /^root certificate with fingerprint "00" was not found/)) signs.push("root-not-found");
  if (isMissing(crl, /^The certificate authority received an unexpected HTTP status code|^no CRL available/))
    signs.push("crl-endpoint");
  const { "x-request-id": id, server, via } = health?.headers ?? {};
  const isPassedOn = server !== undefined || via !== undefined;
  if (id !== undefined && !isPassedOn && handshake && isEndedByCa(handshake, own)) signs.push("request-id");
  return signs;
}

/** 404 in step-ca's own shape and words; for a path that it does not know at all, its router says so in plain text. */
function isMissing(answer: Answer | undefined, sentence: RegExp): boolean {
  if (answer?.status !== 404 || answer.body.length > 4096) return false;
  const { shape, said } = readAnswered(answer);
  return shape === "status" && sentence.test(said);
}
