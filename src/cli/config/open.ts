/** From a file's name to what is written in it, by its ending. Only what it takes is loaded. */
import { isUtf8 } from "node:buffer";
import { errnoOf, Failure } from "../../failure/failure.ts";
import type { RunConfigProblem, RunPlace } from "../../failure/run-config.ts";
import { isNamedPipe } from "../../files/read.ts";
import type { FileSystem } from "../../files/system.ts";
import { type Position, type Reading, ruler, type Stop, type Written } from "./written.ts";

/** A list of 100,000 certificates has a third of it. */
const largest = 32 * 1024 * 1024;
/** The same with its YAML aliases written out, each setting of each entry. */
const largestUnfolded = 4 * largest;
/** Of a text that is not what its name says: comments, and a first key. */
const longestBeginning = 16 * 1024;
/** Of a line that is shown. */
const longestLine = 200;

export const isYaml = (file: string) => /\.ya?ml$/i.test(file);

export interface How {
  readonly fs: FileSystem;
  /** By a folder that another file names. */
  readonly isIncluded: boolean;
}

/** Throws BAD_RUN_CONFIG. */
export async function openConfig(file: string, how: How): Promise<Written> {
  const text = readText(file, how);
  const reading = isYaml(file)
    ? (await import("./yaml.ts")).readYaml(text, largestUnfolded)
    : (await import("./jsonc.ts")).readJsonc(text);
  if ("written" in reading) return reading.written;
  throw faultOf(reading, { file, text, isOther: !isYaml(file) && beginsAsYaml(text) });
}

/** By its first line that is no comment: of no use as JSON, and read as YAML the whole of it might take for ever. */
function beginsAsYaml(text: string): boolean {
  const lines = text.slice(0, longestBeginning).split("\n");
  const first = lines.find((line) => !/^\s*(#.*|---.*|)$/.test(line)) ?? "";
  return /^["']?[a-z$][\w$-]*["']?:(\s|$)/.test(first);
}

export function badRunConfig(place: RunPlace, problem: RunConfigProblem, cause?: unknown): Failure<"BAD_RUN_CONFIG"> {
  return new Failure("BAD_RUN_CONFIG", { ...place, problem }, cause);
}

function readText(file: string, how: How): string {
  const bytes = readBytes(file, how);
  if (!isUtf8(bytes)) throw badRunConfig({ file }, { kind: "not-utf8" });
  const text = bytes.toString("utf8").replace(/^\ufeff/, "");
  if (text.trim() === "") throw badRunConfig({ file }, { kind: "empty" });
  return text;
}

function readBytes(file: string, { fs, isIncluded }: How): Buffer {
  try {
    const stat = fs.stat(file);
    if (stat.isDirectory()) throw badRunConfig({ file }, { kind: isIncluded ? "included-folder" : "folder" });
    if (isNamedPipe(file, stat)) throw badRunConfig({ file }, { kind: "pipe" });
    return fs.read(file, largest);
  } catch (error) {
    const errno = errnoOf(error);
    if (error instanceof Failure || errno === "") throw error;
    if (errno === "EFBIG") throw badRunConfig({ file }, { kind: "huge", limit: largest }, error);
    throw badRunConfig({ file }, { kind: "unreadable", errno }, error);
  }
}

interface Unread {
  readonly file: string;
  readonly text: string;
  /** Whether it is a list in the other language. */
  readonly isOther: boolean;
}

function faultOf(reading: Exclude<Reading, { written: Written }>, { file, text, isOther }: Unread): Failure {
  if ("tooDeep" in reading) return badRunConfig({ file }, { kind: "too-deep" });
  if ("empty" in reading) return badRunConfig({ file }, { kind: "empty" });
  if ("tooLarge" in reading)
    return badRunConfig(placeOf(file, reading.tooLarge), { kind: "huge", limit: largestUnfolded });
  if ("twice" in reading) {
    const { key, ...stop } = reading.twice;
    return badRunConfig(placeOf(file, stop), { kind: "twice-key", key });
  }
  const { said, entry } = reading.fault;
  const position = seen(text, reading.fault.position);
  const language = isYaml(file) ? "YAML" : "JSON";
  const problem = { kind: "syntax", language, said, text: lineOf(text, position) } as const;
  return badRunConfig(placeOf(file, { position, entry }), isOther ? { ...problem, isYaml: true } : problem);
}

function placeOf(file: string, { position, entry }: Stop): RunPlace {
  return { file, ...position, ...(entry !== null && { entry }) };
}

/** What is cut off is told where it ends, and not on the line behind it, on which nothing is to be seen. */
function seen(text: string, position: Position): Position {
  const end = ruler(text)(text.trimEnd().length);
  return position.line > end.line ? end : position;
}

/** Nothing of a file that is another one, perhaps a private key, and no password of an address. */
function lineOf(text: string, { line }: Position): string {
  if (text.includes("-----BEGIN ")) return "";
  const whole = (text.split("\n", line)[line - 1] ?? "").trim();
  return whole.replace(/\/\/[^/\s"']*@/g, "//…@").slice(0, longestLine);
}
