import fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import type { Answer } from "../../src/ca/answer.ts";
import { readAnswered, readRenewal } from "../../src/ca/response.ts";
import { isCertificateNotSeen, isTokenWanted } from "../../src/ca/second-try.ts";
import { isHeaderTooLarge, refusalCode } from "../../src/ca/verdict.ts";
import { createAuthority } from "../../src/dev-ca/authority.ts";
import { isFailure } from "../../src/failure/failure.ts";
import { certificatesIn } from "../support/issued.ts";

const url = "https://ca.internal/renew";
function answer(status: number, body: unknown, headers: Record<string, string> = {}): Answer {
  const text = Buffer.isBuffer(body) ? body : Buffer.from(typeof body === "string" ? body : JSON.stringify(body));
  return { url, status, headers, body: text, at: new Date(), roundTripMs: 1 };
}

let leaf: string;
let intermediate: string;
let key: string;
beforeAll(async () => {
  const authority = await createAuthority({ intermediate: true });
  const issued = await authority.issue({ names: ["web.internal"] });
  [leaf, intermediate, key] = [issued.certificate, authority.issuerCertificate, issued.key];
});

/** Serial numbers of the chain, or the failure. */
function chainOf(body: unknown) {
  try {
    return readRenewal(answer(201, body)).map(({ serial }) => serial);
  } catch (error) {
    if (isFailure(error)) return { code: error.code, ...error.facts };
    throw error;
  }
}

describe("a chain is read from either form of the answer", () => {
  const both = () => [leaf, intermediate].map((pem) => certificatesIn(pem)[0].serial);

  test("certChain, since v0.14", () => {
    expect(chainOf({ crt: leaf, ca: intermediate, certChain: [leaf, intermediate], tlsOptions: {} })).toEqual(both());
  });
  test("crt and ca before", () => {
    expect(chainOf({ crt: leaf, ca: intermediate })).toEqual(both());
    expect(chainOf({ crt: leaf, ca: intermediate, certChain: [] })).toEqual(both());
    expect(chainOf({ crt: leaf, ca: intermediate, certChain: null })).toEqual(both());
    expect(chainOf({ crt: leaf, ca: "" })).toEqual(both().slice(0, 1));
    expect(chainOf({ crt: leaf })).toEqual(both().slice(0, 1));
  });
  test("PEM with Windows line ends, and without the last one", () => {
    expect(chainOf({ certChain: [leaf.replaceAll("\n", "\r\n"), intermediate.trimEnd()] })).toEqual(both());
  });
});

describe("whatever else comes with 201 is BAD_RESPONSE", () => {
  test.each<[string, () => unknown]>([
    ["nothing", () => ""],
    ["no JSON", () => "<html>"],
    ["JSON that breaks off", () => '{"crt": "'],
    ["null", () => "null"],
    ["a list", () => "[]"],
    ["a word", () => '"crt"'],
    ["no chain", () => ({})],
    ["an empty chain", () => ({ certChain: [] })],
    ["empty words", () => ({ crt: "", ca: "" })],
    ["numbers", () => ({ certChain: [1, 2], crt: 3, ca: {} })],
    ["no PEM", () => ({ certChain: ["leaf"] })],
    ["a key", () => ({ certChain: [key] })],
    ["two in one", () => ({ certChain: [leaf + intermediate] })],
    ["PEM of nothing", () => ({ certChain: ["-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n"] })],
    [
      "PEM of something else",
      () => ({ certChain: ["-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n"] }),
    ],
    ["broken base64", () => ({ certChain: [leaf.replace("M", "!")] })],
    ["more certificates than any chain has", () => ({ certChain: Array.from({ length: 17 }, () => leaf) })],
  ])("%s", (_, body) => {
    expect(chainOf(body())).toMatchObject({ code: "BAD_RESPONSE", url, status: 201 });
  });

  test("any JSON at all", () => {
    const pem = fc.constantFrom("", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", "x");
    const chains = fc.record({
      certChain: fc.oneof(fc.array(fc.oneof(pem, fc.jsonValue())), fc.jsonValue()),
      crt: fc.jsonValue(),
      ca: pem,
    });
    fc.assert(
      fc.property(fc.oneof(fc.jsonValue(), chains), (body) => {
        expect(chainOf(JSON.stringify(body))).toMatchObject({ code: "BAD_RESPONSE" });
      }),
      { seed: 1, numRuns: 500 },
    );
  });

  test("a leaf with any byte changed never breaks the reader", () => {
    const der = Buffer.from(certificatesIn(leaf)[0].der);
    fc.assert(
      fc.property(fc.nat(der.length - 1), fc.nat(255), (at, byte) => {
        const broken = Buffer.from(der);
        broken[at] = byte;
        const pem = `-----BEGIN CERTIFICATE-----\n${broken.toString("base64")}\n-----END CERTIFICATE-----\n`;
        const read = chainOf({ certChain: [pem] });
        expect(Array.isArray(read) || read.code === "BAD_RESPONSE").toBe(true);
      }),
      { seed: 2, numRuns: 2000 },
    );
  });
});

describe("what was said", () => {
  const [status, message] = [401, "no"];
  test.each<[string, Answer, Record<string, unknown>]>([
    ["the shape until v0.18", answer(401, { status, message }), { said: "no", shape: "status" }],
    ["the shape since v0.19", answer(401, { type: "urn:x", detail: "x", message }), { said: "no", shape: "type" }],
    ["JSON of something else", answer(401, { error: "no" }), { said: '{"error":"no"}', shape: "json" }],
    ["a message of something else", answer(401, { message }), { said: "no", shape: "json" }],
    ["a message that is no text", answer(401, { status, message: 1 }), { shape: "json" }],
    ["a list", answer(401, "[1]"), { said: "[1]", shape: "json" }],
    ["a page by its looks", answer(502, "\n <html><head><title> 502 </title>"), { said: "502", shape: "html" }],
    [
      "a page by its type",
      answer(502, "Bad", { "content-type": "text/html; charset=utf-8" }),
      { said: "Bad", shape: "html" },
    ],
    ["a page without a title", answer(403, "<p>Access\n<b>denied</b></p>"), { said: "Access denied", shape: "html" }],
    ["a page with a heading", answer(403, "<h1 class=x>Access denied</h1>"), { said: "Access denied", shape: "html" }],
    ["text", answer(404, "404 page not found\n"), { said: "404 page not found", shape: "text" }],
    ["nothing", answer(500, ""), { said: "", shape: "empty" }],
    ["blanks", answer(500, " \r\n"), { said: "", shape: "empty" }],
    ["bytes that are no text", answer(500, Buffer.from([0xff, 0xfe])), { said: "\ufffd\ufffd", shape: "text" }],
  ])("%s", (_, given, expected) => {
    expect(readAnswered(given)).toMatchObject({ status: given.status, ...expected });
  });

  test("headers that identify who answered", () => {
    const date = "Mon, 02 Mar 2026 12:00:00 GMT";
    const headers = { date, "x-request-id": "abc", server: "nginx", via: "1.1 x" };
    const expected = { date: new Date(date), requestId: "abc", server: "nginx", via: "1.1 x" };
    expect(readAnswered(answer(401, "", headers))).toMatchObject(expected);
    expect(readAnswered(answer(401, "", { date: "yesterday" }))).not.toHaveProperty("date");
  });

  const mebibyte = 1024 * 1024;
  test.each([
    ["tags that never end", "<".repeat(mebibyte)],
    ["titles that never end", "<title".repeat(mebibyte / 6)],
    ["titles that begin and never end", "<title>".repeat(mebibyte / 7)],
    ["words about headers", JSON.stringify({ status: 400, message: "header ".repeat(mebibyte / 8) })],
    ["brackets", "[".repeat(mebibyte)],
    ["blanks", `${" ".repeat(mebibyte)}x`],
    ["blocks that never end", JSON.stringify({ crt: "-----BEGIN A-----\n".repeat(mebibyte / 20) })],
    ["labels that never end", JSON.stringify({ crt: "-----BEGIN ".repeat(mebibyte / 12) })],
    [
      "ever new labels",
      JSON.stringify({ crt: Array.from({ length: 40_000 }, (_, n) => `-----BEGIN ${n}-----\n`).join("") }),
    ],
    ["a block of blanks", JSON.stringify({ crt: `-----BEGIN A-----\n${" ".repeat(mebibyte)}!\n-----END A-----` })],
    [
      "a block of headers",
      JSON.stringify({ crt: `-----BEGIN A-----\n${":\n".repeat(mebibyte / 3)}\n-----END A-----` }),
    ],
  ])("a mebibyte of %s does not keep us busy", (_, body) => {
    const started = performance.now();
    const answered = readAnswered(answer(400, body));
    for (const judge of [refusalCode, isCertificateNotSeen, isTokenWanted, isHeaderTooLarge]) judge(answered);
    chainOf(body);
    expect(performance.now() - started).toBeLessThan(1500);
  });

  test("anything at all can be read and judged", () => {
    const headers = fc.dictionary(fc.constantFrom("content-type", "date", "x-request-id"), fc.string());
    fc.assert(
      fc.property(fc.integer({ min: 100, max: 599 }), fc.oneof(fc.string(), fc.json()), headers, (code, body, head) => {
        expect(refusalCode(readAnswered(answer(code, body, head)))).toMatch(/^[A-Z_]+$/);
      }),
      { seed: 3, numRuns: 1000 },
    );
  });
});
