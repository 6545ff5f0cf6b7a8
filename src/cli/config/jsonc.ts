/** JSON with comments and trailing commas. The door of jsonc-parser. */
import {
  findNodeAtLocation,
  type Node,
  type ParseErrorCode,
  parseTree,
  printParseErrorCode,
  visit,
} from "jsonc-parser";
import { type Position, type Reading, ruler, type Step } from "./written.ts";

const options = { allowTrailingComma: true };

/** One pass for the values; a tree only for a position. */
export function readJsonc(text: string): Reading {
  const builder = new Builder();
  let fault: { code: ParseErrorCode; offset: number; entry: number | null } | undefined;
  try {
    visit(
      text,
      {
        onObjectBegin: (_offset, _length, line) => builder.open({}, line),
        onArrayBegin: (_offset, _length, line) => builder.open([], line),
        onObjectEnd: () => builder.close(),
        onArrayEnd: () => builder.close(),
        onObjectProperty: (key, offset) => builder.key(key, offset),
        onLiteralValue: (value, _offset, _length, line) => builder.add(value, line),
        onError: (code, offset) => {
          fault ??= { code, offset, entry: builder.entry };
        },
      },
      options,
    );
  } catch (error) {
    if (error instanceof RangeError) return { tooDeep: true };
    throw error;
  }
  const { twice } = builder;
  // A comma or a brace alone is no value either, but something stands there.
  if (builder.root === undefined && fault?.offset === text.length) return { empty: true };
  if (fault !== undefined) {
    const { code, offset, entry } = fault;
    return { fault: { position: ruler(text)(offset), entry, said: words(code) } };
  }
  if (twice !== undefined) return { twice: { ...twice, position: ruler(text)(twice.offset) } };
  return { written: { value: builder.root, lines: builder.lines, where: finder(text) } };
}

/** Values as they are met. A key may be any word, also one that objects have of themselves. */
class Builder {
  root: unknown;
  twice: { key: string; offset: number; entry: number | null } | undefined;
  readonly lines: number[] = [];
  readonly #open: { value: unknown[] | Record<string, unknown>; key: string }[] = [];

  /** Lines count from 0 here. */
  open(value: unknown[] | Record<string, unknown>, line: number): void {
    this.add(value, line);
    this.#open.push({ value, key: "" });
  }

  /** That is open. */
  get entry(): number | null {
    return this.#open.length > 2 && this.#open[0]?.key === "certificates" ? this.lines.length : null;
  }

  close(): void {
    this.#open.pop();
  }

  key(key: string, offset: number): void {
    const top = this.#open.at(-1);
    if (top === undefined) return;
    if (Object.hasOwn(top.value, key)) this.twice ??= { key, offset, entry: this.entry };
    top.key = key;
  }

  add(value: unknown, line: number): void {
    const top = this.#open.at(-1);
    if (this.#open.length === 2 && this.#open[0]?.key === "certificates") this.lines.push(line + 1);
    if (top === undefined) this.root = value;
    else if (Array.isArray(top.value)) top.value.push(value);
    else if (top.key === "__proto__") Object.defineProperty(top.value, top.key, { value, enumerable: true });
    else top.value[top.key] = value;
  }
}

function finder(text: string): (path: readonly Step[]) => Position {
  let known: { tree: Node | undefined; at: (offset: number) => Position } | undefined;
  return (path) => {
    known ??= { tree: parseTree(text, [], options), at: ruler(text) };
    const node = known.tree && findNodeAtLocation(known.tree, [...path]);
    const whole = node?.parent?.type === "property" ? node.parent : node;
    return known.at(whole?.offset ?? 0);
  };
}

const wordsOf: Record<string, string> = {
  PropertyNameExpected: "a key in double quotes is expected",
  ValueExpected: "a value is expected",
  ColonExpected: "a colon is expected",
  CommaExpected: "a comma is expected",
  CloseBraceExpected: "a closing brace } is expected",
  CloseBracketExpected: "a closing bracket ] is expected",
  EndOfFileExpected: "something stands behind its end",
  UnexpectedEndOfComment: "a comment is not closed",
  UnexpectedEndOfString: "a text is not closed on its line",
  InvalidNumberFormat: "a number is not well written",
  UnexpectedEndOfNumber: "a number is not well written",
  InvalidUnicode: "\\u wants four hexadecimal digits",
  InvalidEscapeCharacter: "a backslash is followed by what it cannot be followed by",
  InvalidCharacter: "a text holds a control character",
};

function words(code: ParseErrorCode): string {
  return wordsOf[printParseErrorCode(code)] ?? "texts and keys stand in double quotes";
}
