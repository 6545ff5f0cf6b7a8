/** YAML 1.2, with the merge keys of 1.1. The door of yaml. */
import {
  isAlias,
  isMap,
  isNode,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  type Pair,
  parseDocument,
  type YAMLMap,
  type YAMLSeq,
} from "yaml";
import { isRecord } from "../../ca/response.ts";
import type { Position, Reading, Step, Stop } from "./written.ts";

export function readYaml(text: string, largest: number): Reading {
  const counter = new LineCounter();
  const at = (offset: number): Position => {
    const { line, col } = counter.linePos(offset);
    return { line: Math.max(line, 1), column: Math.max(col, 1) };
  };
  try {
    // The library's own look for keys that stand twice takes a map of thousands for minutes.
    const document = parseDocument(text, { lineCounter: counter, prettyErrors: false, uniqueKeys: false });
    const { contents } = document;
    const stopAt = (offset: number): Stop => ({ position: at(offset), entry: entryAt(contents, offset) });
    const [problem] = [...document.errors, ...document.warnings];
    if (problem?.code === "RESOURCE_EXHAUSTION") return { tooDeep: true };
    if (problem !== undefined) return { fault: { ...stopAt(problem.pos[0]), said: words(problem) } };
    if (contents === null || (isScalar(contents) && contents.source === "" && contents.type === "PLAIN"))
      return { empty: true };
    const builder = new Builder(largest);
    const { value } = builder.build(contents);
    if (builder.stop !== undefined) {
      const { offset, ...why } = builder.stop;
      if ("twice" in why) return { twice: { ...stopAt(offset), key: why.twice } };
      return "said" in why ? { fault: { ...stopAt(offset), said: why.said } } : { tooLarge: stopAt(offset) };
    }
    const where = (path: readonly Step[]) => at(offsetOf(contents, path));
    const count = isRecord(value) && Array.isArray(value["certificates"]) ? value["certificates"].length : 0;
    const lines = Array.from({ length: count }, (_, index) => where(["certificates", index]).line);
    return { written: { value, lines, where } };
  } catch (error) {
    if (error instanceof RangeError) return { tooDeep: true };
    throw error;
  }
}

/** The library's, but where it speaks of itself. */
function words({ code, message }: { code: string; message: string }): string {
  if (code === "MULTIPLE_DOCS") return "a second document begins here, and a list is one";
  return `${message.charAt(0).toLowerCase()}${message.slice(1)}`;
}

/** A value, and how much it would be with its aliases written out: its letters, and what every value takes beside them. */
interface Sized {
  readonly value: unknown;
  readonly size: number;
}

const least = 32;
const nothing: Sized = { value: null, size: least };

type Why = { readonly said: string } | { readonly twice: string } | { readonly isTooMuch: true };

/** Values as they are met. An alias is what it stands for itself, not a copy: a small text could stand for all of the memory. */
class Builder {
  /** The first that no list can have. Nothing said: too much. */
  stop: ({ readonly offset: number } & Why) | undefined;
  readonly #anchors = new Map<string, Sized>();
  readonly #largest: number;
  #unfolded = 0;

  constructor(largest: number) {
    this.#largest = largest;
  }

  build(node: unknown): Sized {
    if (this.stop !== undefined || !isNode(node)) return nothing;
    if (isAlias(node)) return this.#named(node.source, node);
    const built = isMap(node) ? this.#map(node) : isSeq(node) ? this.#list(node) : scalar(node);
    if (node.anchor !== undefined) this.#anchors.set(node.anchor, built);
    return built;
  }

  #named(name: string, node: Node): Sized {
    const found = this.#anchors.get(name);
    if (found === undefined)
      return this.#end(node, { said: `*${name} stands for nothing: what is called &${name} has to end before it` });
    this.#unfolded += found.size;
    return this.#unfolded > this.#largest ? this.#end(node, { isTooMuch: true }) : found;
  }

  #list({ items }: YAMLSeq): Sized {
    const built = items.map((item) => this.build(item));
    return { value: built.map(({ value }) => value), size: built.reduce((sum, { size }) => sum + size, least) };
  }

  /** What is merged counts less than what stands beside it, and of several the first counts most. */
  #map({ items }: YAMLMap): Sized {
    const [merged, own]: [[string, unknown][], [string, unknown][]] = [[], []];
    const names = new Set<string>();
    let size = least;
    for (const { key, value: node } of items) {
      const name = this.#name(key);
      if (names.has(name)) this.#end(key, { twice: name });
      names.add(name);
      const { value, size: more } = this.build(node);
      size += more + name.length;
      if (isMerge(key)) merged.push(...this.#sources(value, key).reverse().flatMap(Object.entries));
      else own.push([name, value]);
    }
    return { value: Object.fromEntries([...merged, ...own]), size };
  }

  /** It may have an anchor as well, and an alias may stand for it. */
  #name(key: unknown): string {
    const { value } = this.build(key);
    if (isScalar(key)) return keyText(key);
    if (typeof value !== "object") return String(value);
    this.#end(key, { said: "a key has to be text" });
    return "";
  }

  #sources(value: unknown, key: unknown): Record<string, unknown>[] {
    const sources = [value].flat();
    if (sources.every(isRecord)) return sources;
    this.#end(key, { said: "<< takes keys with values, or a list of such" });
    return [];
  }

  #end(node: unknown, why: Why): Sized {
    this.stop ??= { offset: isNode(node) ? (node.range?.[0] ?? 0) : 0, ...why };
    return nothing;
  }
}

function scalar(node: unknown): Sized {
  return isScalar(node) ? { value: node.value, size: String(node.value).length + least } : nothing;
}

/** As it is written: `null` is a key like others. */
function keyText(key: unknown): string {
  if (!isScalar(key)) return "";
  return typeof key.value === "string" ? key.value : (key.source ?? String(key.value));
}

/** Unless it is said to be a text like others. */
const isMerge = (key: unknown) => isScalar(key) && key.type === "PLAIN" && key.source === "<<" && key.tag === undefined;

/** Which entry that is in, as far as it was understood. */
function entryAt(root: Node | null, offset: number): number | null {
  const list = isMap(root) ? root.get("certificates") : null;
  if (!isSeq(list) || offset > (list.range?.[2] ?? 0)) return null;
  return list.items.filter((item) => isNode(item) && item.range != null && item.range[0] <= offset).length || null;
}

function offsetOf(root: Node, path: readonly Step[]): number {
  let node: unknown = root;
  let offset = root.range?.[0] ?? 0;
  for (const step of path) {
    if (isAlias(node)) return offset; // what it stands for may be far away: the alias is what was written here
    const next = isMap(node)
      ? pairOf(node, String(step))
      : isSeq(node)
        ? { key: node.items[Number(step)], value: node.items[Number(step)] }
        : undefined;
    if (next === undefined || !isNode(next.key)) return offset;
    offset = next.key.range?.[0] ?? offset;
    node = next.value;
  }
  return offset;
}

/** Its own, else one of what is merged where it is written there, else that with the alias. */
function pairOf({ items }: YAMLMap, name: string): Pair | undefined {
  const own = items.find(({ key }) => keyText(key) === name && !isMerge(key));
  const merge = items.find(({ key }) => isMerge(key));
  if (own !== undefined || merge === undefined) return own;
  const sources: unknown[] = isSeq(merge.value) ? merge.value.items : [merge.value];
  const inside = sources.filter((source) => isMap(source)).map((source) => pairOf(source, name));
  return inside.find((pair) => pair !== undefined) ?? (sources.some(isAlias) ? merge : undefined);
}
