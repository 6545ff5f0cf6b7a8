/** DER as a tree, so that it can be broken at any place and signed all the same. Shares nothing with the reader under test. */
import type { Random } from "./random.ts";

/** `raw` stands for itself, whatever it is. */
export type Tree =
  | { readonly tag: number; readonly parts: readonly Tree[] }
  | { readonly tag: number; readonly bytes: Buffer }
  | { readonly raw: Buffer };

export const leaf = (tag: number, bytes: Uint8Array | string): Tree => ({ tag, bytes: Buffer.from(bytes) });
export const node = (tag: number, ...parts: readonly Tree[]): Tree => ({ tag, parts });
export const sequence = (...parts: readonly Tree[]): Tree => node(0x30, ...parts);
export const raw = (bytes: Uint8Array): Tree => ({ raw: Buffer.from(bytes) });
export const boolean = (value: boolean): Tree => leaf(0x01, Buffer.of(value ? 0xff : 0));
export const bitString = (bytes: Uint8Array): Tree => leaf(0x03, Buffer.concat([Buffer.of(0), bytes]));

export function objectId(dotted: string): Tree {
  const [root = 0, second = 0, ...rest] = dotted.split(".").map(Number);
  const octets = [root * 40 + second, ...rest].flatMap((arc) => {
    const digits = [arc & 0x7f];
    for (let left = Math.floor(arc / 128); left > 0; left = Math.floor(left / 128)) digits.unshift(0x80 | (left % 128));
    return digits;
  });
  return leaf(0x06, Buffer.from(octets));
}

export function encode(tree: Tree): Buffer {
  if ("raw" in tree) return tree.raw;
  const value = contentsOf(tree);
  return Buffer.concat([Buffer.of(tree.tag), lengthOf(value.length), value]);
}

function contentsOf(tree: Exclude<Tree, { raw: Buffer }>): Buffer {
  return "parts" in tree ? Buffer.concat(tree.parts.map(encode)) : tree.bytes;
}

function lengthOf(size: number, octets = size < 0x80 ? 0 : Math.ceil(size.toString(16).length / 2)): Buffer {
  if (octets === 0) return Buffer.of(size & 0x7f);
  const digits = Buffer.from(
    size
      .toString(16)
      .padStart(octets * 2, "0")
      .slice(-octets * 2),
    "hex",
  );
  return Buffer.concat([Buffer.of(0x80 | octets), digits]);
}

const sizeOf = (tree: Tree): number => ("parts" in tree ? tree.parts.reduce((sum, part) => sum + sizeOf(part), 1) : 1);

/** The tree with its n-th element, counted from the outside in, replaced by any number of others. */
function replaced(tree: Tree, at: number, change: (element: Tree) => readonly Tree[]): readonly Tree[] {
  if (at === 0) return change(tree);
  if (!("parts" in tree)) return [tree];
  let passed = 1;
  const parts = tree.parts.flatMap((part) => {
    const size = sizeOf(part);
    const inside = at >= passed && at < passed + size ? replaced(part, at - passed, change) : [part];
    passed += size;
    return inside;
  });
  return [{ tag: tree.tag, parts }];
}

/** Breaks one element, as `ways` has it. */
export function broken(tree: Tree, random: Random): Tree {
  const way = random.pick(ways);
  const others = elements(tree);
  const [first] = replaced(tree, 1 + random.int(sizeOf(tree) - 1), (element) => way(element, random, others));
  return first ?? tree;
}

function elements(tree: Tree): Tree[] {
  return "parts" in tree ? [tree, ...tree.parts.flatMap(elements)] : [tree];
}

type Way = (element: Tree, random: Random, others: readonly Tree[]) => readonly Tree[];

const tagOf = (tree: Tree) => ("tag" in tree ? tree.tag : (tree.raw[0] ?? 0));
const valueIn = (tree: Tree) => ("tag" in tree ? contentsOf(tree) : tree.raw);

/** Mostly small, sometimes as much as an answer may hold. */
const amount = (random: Random) => random.pick([1, 2, 5, 20, 21, 127, 128, 255, 1000, 1000, 5000, 60_000, 300_000]);

const times = [
  "",
  "Z",
  "260302120000",
  "2603021200Z",
  "260230120000Z",
  "261302120000Z",
  "260302246060Z",
  "260302120000+0100",
  "20260302120000Z",
  "99991231235959Z",
  "00000101000000Z",
  "20260302120000.5Z",
  "-60302120000Z",
  "\u0000260302120000Z",
  "500101000000Z",
];

const strings = [
  "\u0000",
  "web.internal\u0000.evil.example",
  "\u001b[2J\u001b]0;owned\u0007",
  "\u202egnp.exe\u202c\u2066x\u2069\u200e\u200f",
  "\u009b31m\u007f",
  "a,CN=b",
  "x".repeat(70_000),
];

const ways: readonly Way[] = [
  () => [],
  (element) => [element, element],
  (element, random, others) => [random.pick(others), element],
  (_, random, others) => [random.pick(others)],
  (element) => [leaf(tagOf(element), "")],
  (element, random) => [leaf(random.int(256), valueIn(element))],
  (element, random) => [
    leaf(random.pick([0x02, 0x03, 0x04, 0x05, 0x06, 0x0a, 0x30, 0x31, 0xa0, 0xa3]), valueIn(element)),
  ],
  (element, random) => [leaf(tagOf(element), valueIn(element).subarray(0, random.int(valueIn(element).length + 1)))],
  (element, random) => [leaf(tagOf(element), Buffer.concat([valueIn(element), random.bytes(1 + random.int(9))]))],
  (element, random) => {
    const value = Buffer.from(valueIn(element));
    if (value.length > 0) value[random.int(value.length)] = random.int(256);
    return [leaf(tagOf(element), value)];
  },
  // lengths: longer than needed, indefinite, too long, too short, in more octets than there can be
  (element, random) => {
    const value = valueIn(element);
    return [raw(Buffer.concat([Buffer.of(tagOf(element)), lengthOf(value.length, 3 + random.int(3)), value]))];
  },
  (element) => [raw(Buffer.concat([Buffer.of(tagOf(element), 0x80), valueIn(element), Buffer.of(0, 0)]))],
  (element, random) => {
    const value = valueIn(element);
    const claimed = random.pick([
      value.length + 1,
      value.length + 200,
      0xffff,
      0xffffffff,
      Math.max(0, value.length - 1),
    ]);
    return [raw(Buffer.concat([Buffer.of(tagOf(element)), lengthOf(claimed), value]))];
  },
  (element, random) => [
    raw(Buffer.concat([Buffer.of(tagOf(element), 0x80 | (5 + random.int(122))), valueIn(element)])),
  ],
  (_, random) => [leaf(0x02, Buffer.alloc(amount(random), random.pick([0x00, 0x7f, 0x80, 0xff, 0x01])))],
  (_, random) => [leaf(0x03, Buffer.alloc(amount(random), 0xff))],
  (_, random) => [leaf(0x06, oddOid(random))],
  (_, random) => [leaf(random.pick([0x17, 0x18]), random.pick(times))],
  (_, random) => [leaf(random.pick([0x0c, 0x12, 0x13, 0x14, 0x16, 0x1a, 0x1b, 0x1c, 0x1e]), random.pick(strings))],
  (_, random) => [leaf(random.pick([0x0c, 0x13, 0x1e]), random.bytes(random.int(40)))],
  (element, random) => [nested(element, random.pick([1, 2, 50, 10_000]))],
  (element, random) => Array.from({ length: random.pick([2, 50, 2000]) }, () => element),
  (element, random) => [raw(Buffer.concat([encode(element), random.bytes(1 + random.int(4))]))],
];

function oddOid(random: Random): Buffer {
  return random.pick([
    () => Buffer.alloc(0),
    () => Buffer.of(0x80, 0x01),
    () => Buffer.of(0xff),
    () => Buffer.concat([Buffer.of(0x2a), Buffer.alloc(amount(random), 0xff), Buffer.of(0x7f)]),
    () => Buffer.alloc(amount(random), 0x01),
    () => Buffer.concat([Buffer.of(0x88), Buffer.alloc(18, 0xff), Buffer.of(0x7f)]),
    () => random.bytes(1 + random.int(20)),
  ])();
}

/** From the inside out, as recursion would not come so far. */
function nested(element: Tree, depth: number): Tree {
  const inner = encode(element);
  const heads: Buffer[] = [];
  let size = inner.length;
  for (let level = 0; level < depth; level++) {
    const head = Buffer.concat([Buffer.of(0x30), lengthOf(size)]);
    heads.push(head);
    size += head.length;
  }
  return raw(Buffer.concat([...heads.reverse(), inner]));
}
