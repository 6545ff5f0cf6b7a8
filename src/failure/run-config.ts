/** What can be wrong with a file of many certificates, and where in it. */

/** A place in such a file. Lines, columns and entries count from 1; entry 0 is what stands above the entries of an included file. */
export interface RunPlace {
  readonly file: string;
  readonly line?: number;
  readonly column?: number;
  readonly entry?: number;
  /** As the entry names it. */
  readonly crt?: string;
}

export type RunConfigProblem =
  | { kind: "unreadable"; errno: string }
  | { kind: "folder" | "included-folder" | "pipe" | "empty" | "not-utf8" | "too-deep" | "own-include" }
  | { kind: "huge"; limit: number }
  /** `text`: the line as it stands there. `isYaml`: it would be YAML by another name. */
  | { kind: "syntax"; language: "JSON" | "YAML"; said: string; text: string; isYaml?: true }
  | { kind: "not-a-map"; what: "file" | "entry"; found: string }
  | { kind: "unknown-key"; key: string; nearest?: string; isEntry: boolean }
  /** It is a key, but of another place. */
  | { kind: "misplaced-key"; key: string; belongs: "top" | "entry" | "including-file" }
  | { kind: "twice-key"; key: string }
  | { kind: "wrong-type"; key: string; wanted: string; found: string }
  /** In the words of the flag of that name. */
  | { kind: "bad-value"; key: string; said: string; because: string; help: readonly string[] }
  | { kind: "missing-key"; key: "crt" | "key" | "ca-url" | "certificates" }
  | { kind: "rivals"; keys: readonly [string, string]; because: string }
  | { kind: "no-certificates"; included: readonly string[] }
  | { kind: "no-include"; folder: string; errno: string }
  /** One folder under two names, or under one twice. */
  | { kind: "twice-include"; folders: readonly [string, string] };

/** One file, and what an entry wants with it. */
export interface FileUse {
  readonly place: RunPlace;
  readonly role: "crt" | "out" | "also" | "key" | "root" | "config" | "include" | "password-file" | "exec" | "pid-file";
  /** As it is named there. */
  readonly named: string;
}
