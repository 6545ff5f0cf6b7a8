/** What a shell has to know of a command, from the table of its flags. */
import type { CommandWords, Flag } from "../flags.ts";

/** What can stand for a value; `words` are all there are. keyed: one of these words, `=`, and a file. */
export type Value =
  | { readonly kind: "keyed"; readonly words: readonly string[] }
  | { readonly kind: "file" | "folder" | "program" | "any" }
  | { readonly kind: "words"; readonly words: readonly string[] };

export interface SketchedFlag {
  /** With their dashes, the long one first. */
  readonly names: readonly [string, ...string[]];
  readonly text: string;
  /** Null for a switch. */
  readonly value: Value | null;
  /** What the help calls the value. */
  readonly label: string;
  /** On unless it is said to be off: `--name=false`. */
  readonly isOn: boolean;
  /** It may stand several times. */
  readonly repeats: boolean;
}

export interface Sketch {
  readonly name: string;
  /** The first sentence of its summary. */
  readonly text: string;
  readonly flags: readonly SketchedFlag[];
  /** Null where it takes none. */
  readonly operands: { readonly value: Value; readonly label: string } | null;
}

export function sketchOf({ name, summary, arguments: operands, choices, flags }: CommandWords): Sketch {
  const [text = ""] = summary.replaceAll("\n", " ").split(/[.:;] /);
  return {
    name,
    text: text.replace(/\.$/, ""),
    flags: [...flags.flatMap(flagsOf), help],
    operands: operands === "" ? null : { value: valueFor(operands, choices), label: operands },
  };
}

const help: SketchedFlag = {
  names: ["--help", "-h"],
  text: "show this help",
  value: null,
  label: "",
  isOn: false,
  repeats: false,
};

function flagsOf({ names, short, value, text, on, no, choices, keys, repeats }: Flag): SketchedFlag[] {
  const long = `--${names[0]}`;
  const flag = {
    names: short === undefined ? ([long] as const) : ([long, `-${short}`] as const),
    text,
    value: value === undefined ? null : keys ? { kind: "keyed" as const, words: keys } : valueFor(value, choices),
    label: value ?? "",
    isOn: value === undefined && on === true,
    repeats: repeats === true,
  };
  return no ? [flag, { ...flag, names: [`--no-${names[0]}`] }] : [flag];
}

/** By what the help calls it. */
function valueFor(label: string, choices: readonly string[] | undefined): Value {
  if (choices !== undefined) return { kind: "words", words: choices };
  if (/\b(FILE|CRT|KEY)\b/.test(label)) return { kind: "file" };
  if (/\bDIR\b/.test(label)) return { kind: "folder" };
  return { kind: label === "COMMAND" ? "program" : "any" };
}

/** Each different value once, with all that it can stand for: a shell's `case` is short then. */
export function byValue(sketches: readonly Sketch[]): readonly (readonly [Value, patterns: readonly string[]])[] {
  const groups = new Map<string, [Value, string[]]>();
  for (const { name, flags } of sketches) {
    for (const { names, value } of flags) {
      if (value === null) continue;
      const key = JSON.stringify(value);
      const group = groups.get(key) ?? [value, []];
      group[1].push(...names.map((one) => `${name}:${one}`));
      groups.set(key, group);
    }
  }
  return [...groups.values()];
}
