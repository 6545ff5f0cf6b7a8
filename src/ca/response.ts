/** Judging an answer: a chain, or who refused and in which words. Sends nothing. */
import type { Answered } from "../failure/evidence.ts";
import { Failure } from "../failure/failure.ts";
import { wantsTls } from "../failure/wants-tls.ts";
import { type Certificate, readCertificate } from "../pki/certificate.ts";
import { pemBlocks } from "../pki/pem.ts";
import type { Answer } from "./answer.ts";

/** Longer chains than this are no chains. */
const mostCertificates = 16;

/** Of DER, in bytes: Go takes no larger chain in a handshake, and OpenSSL less. */
const mostOfChain = 256 * 1024;

/** Of what was said: more explains nothing, and is not to keep us busy. */
const longestSaid = 8 * 1024;

/** A chain as the CA sent it, leaf first. */
export type AnsweredChain = readonly [Certificate, ...Certificate[]];

/**
 * The chain of a 201. Reads `certChain` (since v0.14.0) or the older pair `crt` and `ca`. Throws BAD_RESPONSE; the caller has
 * looked at the status.
 */
export function readRenewal(answer: Answer): AnsweredChain {
  const body = parseJson(answer.body.toString("utf8"));
  if (body === undefined)
    throw badResponse(answer, answer.body.length === 0 ? "its body is empty" : "its body is not JSON");
  const pems = isRecord(body) ? chainOf(body) : [];
  if (pems.length === 0) throw badResponse(answer, "it holds no certificate");
  if (pems.length > mostCertificates) throw badResponse(answer, `it holds ${pems.length} certificates`);
  const ders = pems.map((pem, index) => derIn(pem, index, answer));
  if (ders.reduce((sum, { length }) => sum + length, 0) > mostOfChain)
    throw badResponse(answer, "its chain is too large");
  const [leaf, ...others] = ders.map((der, index) => read(der, index, answer));
  if (leaf === undefined) throw badResponse(answer, "it holds no certificate");
  return [leaf, ...others];
}

/** What was said, in either of step-ca's error shapes, or by something else that answered in its place. */
export function readAnswered({ status, headers, body }: Answer): Answered {
  const text = body.toString("utf8");
  const json = parseJson(text);
  const isPage = text.trimStart().startsWith("<") || (headers["content-type"]?.includes("html") ?? false);
  const date = clockSaid({ headers });
  return {
    status,
    ...(isPage ? { said: pageTitle(text.trim().slice(0, longestSaid)), shape: "html" as const } : wording(json, text)),
    ...(headers["x-request-id"] && { requestId: headers["x-request-id"] }),
    ...(headers["server"] && { server: headers["server"] }),
    ...(headers["via"] && { via: headers["via"] }),
    ...(date && { date }),
  };
}

/** What its clock said; null where it said nothing. */
export function clockSaid({ headers }: Pick<Answer, "headers">): Date | null {
  const date = new Date(headers["date"] ?? "");
  return Number.isNaN(date.getTime()) ? null : date;
}

export function badResponse({ url, status, body }: Answer, problem: string): Failure<"BAD_RESPONSE"> {
  return new Failure("BAD_RESPONSE", { url, status, problem, said: body.toString("utf8").slice(0, 200) });
}

/** JSON, or undefined where it is none. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function wording(json: unknown, text: string): Pick<Answered, "said" | "shape"> {
  const whole = text.trim().slice(0, longestSaid);
  if (whole === "") return { said: "", shape: "empty" };
  if (!isRecord(json)) return { said: whole, shape: json === undefined ? "text" : "json" };
  if (typeof json["message"] !== "string") return { said: whole, shape: "json" };
  const said = json["message"].slice(0, longestSaid);
  if (typeof json["status"] === "number") return { said, shape: "status" };
  return { said, shape: typeof json["type"] === "string" ? "type" : "json" };
}

function pageTitle(html: string): string {
  const title = /<(title|h1)[^>]*>([^<]*)</i.exec(html)?.[2]?.trim() ?? "";
  const text = html
    .replace(/<[^>]*>/g, " ")
    .replace(/\s+/g, " ")
    .trim();
  const telling = wantsTls.exec(text)?.[0] ?? "";
  return title === "" ? text : title.includes(telling) ? title : `${title}: ${telling}`;
}

function chainOf({ certChain, crt, ca }: Record<string, unknown>): string[] {
  if (Array.isArray(certChain) && certChain.every((pem) => typeof pem === "string") && certChain.length > 0)
    return certChain;
  return [crt, ca].filter((pem) => typeof pem === "string" && pem !== "") as string[];
}

function derIn(pem: string, index: number, answer: Answer): Buffer {
  const [block, ...more] = pemBlocks(pem);
  if (block?.label !== "CERTIFICATE" || more.length > 0)
    throw badResponse(answer, `entry ${index + 1} of its chain is not one certificate`);
  return block.der;
}

function read(der: Buffer, index: number, answer: Answer): Certificate {
  try {
    return readCertificate(der);
  } catch {
    throw badResponse(answer, `certificate ${index + 1} of its chain cannot be read`);
  }
}
