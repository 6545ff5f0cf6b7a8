import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { pemBlocks, toPem } from "../../src/pki/pem.ts";

const label = fc.constantFrom("CERTIFICATE", "PRIVATE KEY", "EC PARAMETERS", "X509 CRL");
const bytes = fc.uint8Array({ maxLength: 300 });
const blocks = fc.array(fc.tuple(label, bytes), { maxLength: 5 });
const words = fc.stringMatching(/^[ -,.-~]{0,40}$/); // no dashes
const told = (text: string) => pemBlocks(text).map(({ label: name, der }) => [name, der.toString("hex")]);
const expected = (list: readonly (readonly [string, Uint8Array])[]) =>
  list.map(([name, der]) => [name, Buffer.from(der).toString("hex")]);

describe("PEM", () => {
  test("is read as it was written, with any line ends and words between", () => {
    fc.assert(
      fc.property(blocks, words, fc.constantFrom("\n", "\r\n"), (list, between, end) => {
        const text = list.map(([name, der]) => `${between}\n${toPem(name, der)}`).join("");
        expect(told(text.replaceAll("\n", end))).toEqual(expected(list));
      }),
      { seed: 1 },
    );
  });

  test("has lines of 64 characters, and is the same again when read", () => {
    fc.assert(
      fc.property(label, bytes, (name, der) => {
        const text = toPem(name, der);
        for (const line of text.split("\n")) expect(line.length).toBeLessThanOrEqual(64);
        expect(pemBlocks(text).map((block) => block.text)).toEqual([text]);
      }),
      { seed: 2 },
    );
  });

  test("a block that ends too soon takes no other with it", () => {
    fc.assert(
      fc.property(blocks, label, bytes, (list, name, der) => {
        const whole = list.map(([other, value]) => toPem(other, value)).join("");
        const cut = toPem(name, der).replace(/-----END.*/, "");
        expect(told(whole + cut)).toEqual(expected(list));
      }),
      { seed: 3 },
    );
  });

  test("any text at all is read, quickly", () => {
    const piece = fc.constantFrom("-----BEGIN ", "-----END ", "A", "-----", "\n", "\r", "AAAA", "=", ":", " ", "!");
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 200 }), (pieces) => {
        for (const { der, text } of pemBlocks(pieces.join(""))) expect(der.length).toBeLessThanOrEqual(text.length);
      }),
      { seed: 4, numRuns: 1000 },
    );
  });

  test.each([
    [
      "headers before the base64",
      "-----BEGIN A-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00\n\nAAAA\n-----END A-----",
      ["A", "000000"],
    ],
    ["blanks behind the label", "-----BEGIN A-----  \nAAAA\n-----END A-----", ["A", "000000"]],
    ["one long line", `-----BEGIN A-----\n${"A".repeat(400)}\n-----END A-----`, ["A", "00".repeat(300)]],
    ["padding and blanks", "-----BEGIN A-----\nAA==\n \n-----END A-----", ["A", "00"]],
    ["an empty block", "-----BEGIN A-----\n-----END A-----", ["A", ""]],
    ["broken base64 is an empty block", "-----BEGIN A-----\nAA!A\n-----END A-----", ["A", ""]],
    ["padding in the middle is broken", "-----BEGIN A-----\nAA==AAAA\n-----END A-----", ["A", ""]],
    ["a block in a block is broken", "-----BEGIN A-----\nAAAA\n-----BEGIN A-----\nAAAA\n-----END A-----", ["A", ""]],
  ])("%s", (_, text, block) => {
    expect(told(text)).toEqual([block]);
  });

  test.each([
    ["another label at its end", "-----BEGIN A-----\nAAAA\n-----END B-----"],
    ["everything in one line", "-----BEGIN A----- AAAA -----END A-----"],
    ["dashes alone", "-----"],
    ["no label that anybody uses", `-----BEGIN ${"A".repeat(65)}-----\nAAAA\n-----END ${"A".repeat(65)}-----`],
  ])("%s is no block", (_, text) => {
    expect(told(text)).toEqual([]);
  });

  test("an RFC 1421 header keeps its colons", () => {
    const [block] = pemBlocks("-----BEGIN A-----\nName: a:b\nOther:c\n\nAAAA\n-----END A-----");
    expect(block?.headers).toEqual({ Name: "a:b", Other: "c" });
  });
});
