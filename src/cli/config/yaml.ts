/** YAML 1.2. The door of yaml. */
import { isAlias, isMap, isNode, isScalar, isSeq, LineCounter, type Node, parseDocument } from "yaml";
import { isRecord } from "../../ca/response.ts";
import type { Position, Reading, Step } from "./written.ts";

export function readYaml(text: string): Reading {
  const counter = new LineCounter();
  const at = (offset: number): Position => {
    const { line, col } = counter.linePos(offset);
    return { line: Math.max(line, 1), column: Math.max(col, 1) };
  };
  try {
    const document = parseDocument(text, { lineCounter: counter, prettyErrors: false });
    const [problem] = [...document.errors, ...document.warnings];
    if (problem?.code === "RESOURCE_EXHAUSTION") return { tooDeep: true };
    if (problem !== undefined) {
      const [offset] = problem.pos;
      const key = problem.code === "DUPLICATE_KEY" ? keyAt(text, offset) : undefined;
      const stop = { position: at(offset), entry: entryAt(document.contents, offset) };
      if (key !== undefined) return { twice: { ...stop, key } };
      return { fault: { ...stop, said: `${problem.message.charAt(0).toLowerCase()}${problem.message.slice(1)}` } };
    }
    const value: unknown = document.toJS();
    const where = (path: readonly Step[]) => at(offsetOf(document.contents, path));
    const count = isRecord(value) && Array.isArray(value["certificates"]) ? value["certificates"].length : 0;
    const lines = Array.from({ length: count }, (_, index) => where(["certificates", index]).line);
    return { written: { value, lines, where } };
  } catch (error) {
    if (error instanceof RangeError) return { tooDeep: true };
    // Too many aliases of aliases, which would fill the memory, or one of something that is not there.
    if (error instanceof ReferenceError)
      return { fault: { position: at(0), entry: null, said: error.message.toLowerCase() } };
    throw error;
  }
}

/** Which entry that is in, as far as it was understood. */
function entryAt(root: Node | null, offset: number): number | null {
  const list = isMap(root) ? root.get("certificates") : null;
  if (!isSeq(list) || offset > (list.range?.[2] ?? 0)) return null;
  return list.items.filter((item) => isNode(item) && (item.range?.[0] ?? offset) < offset).length || null;
}

/** The key that begins there. */
function keyAt(text: string, offset: number): string | undefined {
  return /^["']?([\w$-]+)/.exec(text.slice(offset, offset + 100))?.[1];
}

function offsetOf(root: Node | null, path: readonly Step[]): number {
  let node: unknown = root;
  let offset = root?.range?.[0] ?? 0;
  for (const step of path) {
    if (isAlias(node)) return offset; // what it stands for may be far away: the alias is what was written here
    const next = isMap(node)
      ? node.items.find(({ key }) => (isScalar(key) ? String(key.value) : key) === String(step))
      : isSeq(node)
        ? { key: node.items[Number(step)], value: node.items[Number(step)] }
        : undefined;
    if (next === undefined || !isNode(next.key)) return offset;
    offset = next.key.range?.[0] ?? offset;
    node = next.value;
  }
  return offset;
}
