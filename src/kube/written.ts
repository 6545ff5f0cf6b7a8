/** YAML and JSON as they are written: values with their places in the text, so that one of them can be replaced and no other. */
import { isAlias, isMap, isScalar, isSeq, type Node, type ParsedNode, parseDocument } from "yaml";

interface Spot {
  /** Of its first character, and of what follows its last one. */
  readonly start: number;
  readonly end: number;
  /** It is an alias, or has a name by which an alias elsewhere stands for it: a change of one would be a change of both. */
  readonly isShared: boolean;
}

export type Style = "plain" | "single" | "double" | "block";

export interface Words extends Spot {
  readonly kind: "words";
  readonly value: string;
  readonly style: Style;
}

export interface Entries extends Spot {
  readonly kind: "entries";
  readonly isFlow: boolean;
  readonly entries: readonly Entry[];
}

export interface Items extends Spot {
  readonly kind: "items";
  readonly isFlow: boolean;
  readonly items: readonly Written[];
}

/** What an alias stands for is written elsewhere. */
export interface Elsewhere extends Spot {
  readonly kind: "elsewhere";
}

export type Written = Words | Entries | Items | Elsewhere;

export interface Entry {
  readonly key: string;
  readonly start: number;
  readonly value: Written;
}

export type Reading = { readonly root: Written } | { readonly fault: { readonly at: number; readonly said: string } };

/** Every value is words here: kubectl, too, takes what stands where words belong for words. */
export function read(text: string): Reading {
  try {
    const { errors, contents } = parseDocument(text, { schema: "failsafe", prettyErrors: false });
    const [problem] = errors;
    if (problem !== undefined) return { fault: { at: problem.pos[0], said: saidOf(problem) } };
    return { root: written(contents, 0) };
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    return { fault: { at: 0, said: tooDeep } };
  }
}

const tooDeep = "it is nested too deeply";

function saidOf({ code, message }: { code: string; message: string }): string {
  if (code === "MULTIPLE_DOCS") return "another document begins here";
  if (code === "RESOURCE_EXHAUSTION") return tooDeep;
  if (code === "DUPLICATE_KEY") return "the same key stands here once more";
  return `${message.charAt(0).toLowerCase()}${message.slice(1)}`;
}

function written(node: Node | ParsedNode | null, otherwise: number): Written {
  const [start, end] = node?.range ?? [otherwise, otherwise];
  const spot = { start, end, isShared: isAlias(node) || (node !== null && "anchor" in node && Boolean(node.anchor)) };
  if (isAlias(node)) return { ...spot, kind: "elsewhere" };
  if (isMap(node)) {
    const entries = node.items.map(({ key, value }) => {
      const [at, after] = (key as Node).range ?? [start, start];
      const name = isScalar(key) ? String(key.value) : "";
      return { key: name, start: at, value: written((value ?? null) as Node | null, after) };
    });
    return { ...spot, kind: "entries", isFlow: node.flow === true, entries };
  }
  if (isSeq(node)) {
    const items = node.items.map((item) => written(item as Node | null, start));
    return { ...spot, kind: "items", isFlow: node.flow === true, items };
  }
  const { value, type } = isScalar(node) ? node : { value: "", type: "PLAIN" };
  return { ...spot, kind: "words", value: String(value ?? ""), style: styles[type ?? ""] ?? "plain" };
}

const styles: Record<string, Style> = {
  QUOTE_SINGLE: "single",
  QUOTE_DOUBLE: "double",
  BLOCK_LITERAL: "block",
  BLOCK_FOLDED: "block",
};

/** The value of a key; undefined where there is none, or none that says anything. */
export function at(map: Written | undefined, key: string): Written | undefined {
  if (map?.kind !== "entries") return undefined;
  const found = map.entries.find((entry) => entry.key === key)?.value;
  return found !== undefined && isNothing(found) ? undefined : found;
}

/** YAML's words for nothing, and an empty text: the same to kubectl. */
export function isNothing(value: Written): boolean {
  return value.kind === "words" && (value.value === "" || (value.style === "plain" && /^(~|null)$/i.test(value.value)));
}

export function wordsAt(map: Written | undefined, key: string): string | undefined {
  const value = at(map, key);
  return value?.kind === "words" ? value.value : undefined;
}

/** Counted from 1. */
export function positionOf(text: string, offset: number): { line: number; column: number } {
  const before = text.slice(0, offset).split("\n");
  return { line: before.length, column: (before.at(-1) ?? "").length + 1 };
}
