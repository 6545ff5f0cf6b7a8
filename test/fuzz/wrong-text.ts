/** PEM, JSON and bytes that are not as they should be. */
import type { Random } from "./random.ts";

type Text = (text: string, random: Random) => string;

const somewhere = (text: string, random: Random, change: (at: number) => string) => change(random.int(text.length + 1));

export const pems: Readonly<Record<string, Text>> = {
  "another label": (pem, random) =>
    pem.replaceAll(
      "CERTIFICATE",
      random.pick([
        "X509 CERTIFICATE",
        "TRUSTED CERTIFICATE",
        "PRIVATE KEY",
        "certificate",
        "",
        "A".repeat(70_000),
        "CERTIFICATE-----",
      ]),
    ),
  "labels that differ": (pem) => pem.replace("END CERTIFICATE", "END CERTIFICATES"),
  "no end": (pem) => pem.replace(/-----END.*/s, ""),
  "no beginning": (pem) => pem.replace(/-----BEGIN.*?\n/, ""),
  "blank lines": (pem) => pem.replaceAll("\n", "\n\n"),
  "Windows lines": (pem) => pem.replaceAll("\n", "\r\n"),
  "old Mac lines": (pem) => pem.replaceAll("\n", "\r"),
  "one line": (pem) => pem.replaceAll("\n", ""),
  "blanks before and behind": (pem) => `  \t${pem.replaceAll("\n", " \n ")}  `,
  headers: (pem) => pem.replace("-----\n", "-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00\n\n"),
  "ten thousand headers": (pem) => pem.replace("-----\n", `-----\n${"__proto__: x\n".repeat(10_000)}\n`),
  "damaged base64": (pem, random) =>
    somewhere(
      pem,
      random,
      (at) => pem.slice(0, at) + random.pick(["!", "=", "\0", "é", "-", "_", ""]) + pem.slice(at + 1),
    ),
  "padding in the middle": (pem) => pem.replace("M", "M=="),
  "a byte order mark": (pem) => `\ufeff${pem}`,
  "words before": (pem) => `Certificate:\n    Data: x\n${pem}`,
  "two in one": (pem) => pem + pem,
  "a thousand in one": (pem) => pem.repeat(1000),
  "one inside another": (pem) => pem.replace("\n", `\n${pem}`),
  empty: () => "",
  "UTF-16 in words": (pem) => pem.split("").join("\0"),
};

/** Of the entries of a chain, and of what stands around them. */
type Json = (pems: readonly string[], random: Random) => string;

const list = (pems: readonly string[]) => JSON.stringify({ certChain: pems });
const anything = [null, true, 0, -0, 1e308, "", "x", [], {}, [[]], ["", ""], [null], { length: 2 }, "\ud800", "\u0000"];

export const jsons: Readonly<Record<string, Json>> = {
  "crt and ca": ([crt, ca]) => JSON.stringify({ crt, ca }),
  "crt and ca beside another chain": (pems) => JSON.stringify({ crt: "x", ca: "y", certChain: pems }),
  "the chain as one word": (pems) => JSON.stringify({ certChain: pems.join("") }),
  "the chain as an object": (pems) => JSON.stringify({ certChain: { ...pems } }),
  "the chain deeper": (pems) => JSON.stringify({ certChain: [pems] }),
  "another type among them": (pems, random) => JSON.stringify({ certChain: [...pems, random.pick(anything)] }),
  "another type": (_, random) =>
    JSON.stringify({ certChain: random.pick(anything), crt: random.pick(anything), ca: random.pick(anything) }),
  "another type at the top": (_, random) => JSON.stringify(random.pick(anything)),
  "extra keys": (pems) =>
    JSON.stringify({ a: 1, certChain: pems, tlsOptions: { x: [] }, toString: 1, constructor: {} }),
  "missing keys": () => "{}",
  "keys twice": (pems) => `{"certChain":["x"],${list(pems).slice(1)}`,
  "keys twice, the last one wrong": (pems) => `${list(pems).slice(0, -1)},"certChain":["x"]}`,
  "a prototype": (pems) => `{"__proto__":${list(pems)}}`,
  "a prototype beside": (pems) => `{"__proto__":{"crt":"x","status":201},${list(pems).slice(1)}`,
  "a key in other letters": (pems) => list(pems).replace("certChain", "CertChain"),
  "a key in escapes": (pems) => list(pems).replace("certChain", "cert\\u0043hain"),
  "depth of 10,000": (pems) => `{"x":${"[".repeat(10_000)}${"]".repeat(10_000)},${list(pems).slice(1)}`,
  "objects of depth 10,000": (pems) => `{"x":${'{"a":'.repeat(10_000)}1${"}".repeat(10_000)},${list(pems).slice(1)}`,
  "a chain of depth 10,000": () => `{"certChain":${"[".repeat(10_000)}${"]".repeat(10_000)}}`,
  "depth without end": () => '{"certChain":['.repeat(20_000),
  "huge numbers": (pems) =>
    `{"x":${"9".repeat(100_000)},"y":1e999999,"z":-0.${"0".repeat(1000)}1,${list(pems).slice(1)}`,
  "lone surrogates": (pems) => `{"x":"\\ud800\\udfff\\udc00",${list(pems).slice(1)}`,
  "lone surrogates in the PEM": (pems) => list(pems.map((pem) => `\udc00${pem}`)),
  "comments and commas": (pems) => `// no\n${list(pems).replace("}", ",}")}`,
  "blanks around": (pems) => `\r\n\t ${list(pems)}\n\n`,
  "a million blanks": (pems) => `${" ".repeat(900_000)}${list(pems)}`,
  "more behind": (pems) => list(pems) + list(pems),
  "single quotes": (pems) => list(pems).replaceAll('"', "'"),
  "a thousand empty ones": (pems) => list([...pems, ...Array.from({ length: 1000 }, () => "")]),
  "a page": (pems) => `<html><title>${list(pems)}</title>`,
  "an error's form": (pems) => `{"status":201,"message":"\\u001b[2J\\u202e",${list(pems).slice(1)}`,
};

type Bytes = (bytes: Buffer, random: Random) => Buffer;

/** One to five bytes at a time. */
export const bytes: Readonly<Record<string, Bytes>> = {
  flipped: (all, random) => {
    const changed = Buffer.from(all);
    for (let left = 1 + random.int(5); left > 0 && changed.length > 0; left--) {
      const at = random.int(changed.length);
      changed[at] = (changed[at] ?? 0) ^ (1 << random.int(8));
    }
    return changed;
  },
  replaced: (all, random) => {
    const changed = Buffer.from(all);
    for (let left = 1 + random.int(5); left > 0 && changed.length > 0; left--)
      changed[random.int(changed.length)] = random.int(256);
    return changed;
  },
  inserted: (all, random) => {
    const at = random.int(all.length + 1);
    return Buffer.concat([all.subarray(0, at), random.bytes(1 + random.int(20)), all.subarray(at)]);
  },
  "cut out": (all, random) => {
    const at = random.int(all.length + 1);
    return Buffer.concat([all.subarray(0, at), all.subarray(at + 1 + random.int(20))]);
  },
  "cut off": (all, random) => all.subarray(0, random.int(all.length + 1)),
  doubled: (all, random) => {
    const at = random.int(all.length + 1);
    return Buffer.concat([all.subarray(0, at), all.subarray(random.int(at + 1))]);
  },
};

/** Of the whole body, which need not be in UTF-8. */
export const encodings: Readonly<Record<string, Bytes>> = {
  "UTF-8 with a mark": (all) => Buffer.concat([Buffer.of(0xef, 0xbb, 0xbf), all]),
  "UTF-16": (all) => Buffer.from(all.toString("utf8"), "utf16le"),
  "UTF-16 with a mark": (all) => Buffer.concat([Buffer.of(0xff, 0xfe), Buffer.from(all.toString("utf8"), "utf16le")]),
  "UTF-16 the other way": (all) => Buffer.from(all.toString("utf8"), "utf16le").swap16(),
  "NUL behind": (all) => Buffer.concat([all, Buffer.alloc(10)]),
  "half a character behind": (all) => Buffer.concat([all, Buffer.of(0xe2, 0x80)]),
  "overlong characters": (all) =>
    Buffer.concat([all.subarray(0, 5), Buffer.of(0xc0, 0x80, 0xed, 0xa0, 0x80), all.subarray(5)]),
  nothing: () => Buffer.alloc(0),
  chance: (_, random) => random.bytes(random.int(2000)),
  "a megabyte of one byte": (_, random) => Buffer.alloc(1024 * 1024, random.int(256)),
  "a megabyte of brackets": (_, random) =>
    Buffer.alloc(1024 * 1024, random.pick(["[", "{", "<", '"', "[[", '{"a":', "-----BEGIN "])),
};
