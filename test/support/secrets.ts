/**
 * Looks for secrets in whatever the tests print and leave. What is a secret is learnt on the way: every private key that a run
 * reads or writes, every passphrase that it is given. What is looked at is collected, and compared once at a file's end.
 */
import { createPrivateKey, KeyObject } from "node:crypto";
import { readFileSync, statSync } from "node:fs";
import { resolve } from "node:path";
import type { FileSystem } from "../../src/files/system.ts";
import { pemBlocks } from "../../src/pki/pem.ts";

/** Where something was seen. */
export type Place = "screen" | "child" | "file" | "failure";

export interface Count {
  secrets: number;
  screen: number;
  child: number;
  file: number;
  failure: number;
}

/** As many characters of a key are no chance, and a key that is cut by a line's end still has them. */
const piece = 20;

export class Watch {
  readonly #pieces = new Map<string, string>();
  readonly #phrases = new Set<string>();
  readonly #keys = new Set<string>();
  #seen: { place: Place; text: string; what: string }[] = [];
  readonly count: Count = { secrets: 0, screen: 0, child: 0, file: 0, failure: 0 };

  /** Something that a reader could get at. */
  saw(place: Place, text: string, what = ""): void {
    this.count[place]++;
    if (text !== "") this.#seen.push({ place, text, what });
  }

  /** Bytes that may hold private keys: those are secrets from now on. */
  learnKeys(bytes: Uint8Array): void {
    if (bytes.length > 64 * 1024) return;
    const text = Buffer.from(bytes).toString("latin1");
    // A kubeconfig has PEM in base64.
    for (const [inside] of text.matchAll(/LS0tLS1CRUdJTi[A-Za-z0-9+/]{40,}={0,2}/g))
      this.learnKeys(Buffer.from(inside, "base64"));
    if (!text.includes("PRIVATE KEY-----") || this.#keys.has(text)) return;
    this.#keys.add(text);
    for (const block of pemBlocks(text)) this.#learnKey(block.text);
  }

  /** Words that are hardly said by chance. */
  learnPhrase(phrase: string): void {
    const words = phrase.trim();
    if (words.length < 8 || this.#phrases.has(words)) return;
    this.#phrases.add(words);
    this.count.secrets++;
  }

  /** Every secret that stands where it should not, by place. */
  found(): string[] {
    const found = this.#seen.flatMap(({ place, text, what }) =>
      this.#in(text).map((secret) => `${secret} in a ${place} ${what}`),
    );
    this.#seen = [];
    return [...new Set(found)];
  }

  #in(text: string): string[] {
    const found: string[] = [];
    if (/PRIVATE KEY-----\s+(?:[\w-]+: .*\s+)*[A-Za-z0-9+/]{16}/.test(text)) found.push("a private key");
    if (/eyJ[\w-]{8,}\.eyJ[\w-]{8,}\.[\w-]{16,}/.test(text.replace(/\s+/g, ""))) found.push("a token");
    const flat = text.replace(/\s+/g, " ");
    for (const phrase of this.#phrases) if (flat.includes(phrase)) found.push("a passphrase");
    if (this.#pieces.size > 0) found.push(...this.#piecesIn(text));
    return found;
  }

  /** Lines are broken wherever a layout or PEM wants it. */
  #piecesIn(text: string): string[] {
    const found: string[] = [];
    for (const [run] of text.replace(/\\n|\s+/g, "").matchAll(/[A-Za-z0-9+/_-]{20,}/g)) {
      for (let at = 0; at + piece <= run.length; at++) {
        const secret = this.#pieces.get(run.slice(at, at + piece));
        if (secret !== undefined) found.push(secret);
      }
    }
    return [...new Set(found)];
  }

  #learnKey(pem: string): void {
    const parts = secretParts(pem);
    if (parts.length > 0) this.count.secrets++;
    for (const { name, bytes } of [...parts, ...twice(pem, parts)])
      for (const form of formsOf(bytes)) if (form.length === piece) this.#pieces.set(form, `a key's ${name}`);
  }
}

/** The private numbers of a key; none of one that is encrypted, which is no secret. */
function secretParts(pem: string): { name: string; bytes: Buffer }[] {
  try {
    const jwk = createPrivateKey(pem).export({ format: "jwk" });
    return (["d", "p", "q"] as const).flatMap((name) => {
      const value = jwk[name];
      return typeof value === "string" ? [{ name, bytes: Buffer.from(value, "base64url") }] : [];
    });
  } catch {
    return [];
  }
}

/** The lines of PEM that hold a part, for where all of it is in base64 once more. */
function twice(pem: string, parts: readonly { name: string; bytes: Buffer }[]): { name: string; bytes: Buffer }[] {
  const [block] = pemBlocks(pem);
  const lines = pem.split("\n").filter((line) => /^[A-Za-z0-9+/=]{20,}$/.test(line));
  if (block === undefined) return [];
  return parts.flatMap(({ name, bytes }) => {
    const at = block.der.indexOf(bytes);
    if (at < 0) return [];
    const [from, to] = [Math.ceil((at * 4) / 3) + 1, Math.floor(((at + bytes.length) * 4) / 3) - 1];
    return lines.flatMap((line, index) => {
      const inLine = line.slice(Math.max(0, from - index * 64), Math.max(0, to - index * 64));
      return inLine.length >= piece ? [{ name: `${name}, in base64 twice`, bytes: Buffer.from(inLine) }] : [];
    });
  });
}

/** In hexadecimal and base64, wherever in a longer text it begins: 20 characters of each. */
function formsOf(bytes: Buffer): string[] {
  const hex = bytes.toString("hex");
  const shifted = [0, 1, 2].map((offset) => Buffer.concat([Buffer.alloc(offset), bytes]).toString("base64"));
  // The first characters hold what stands before, and a key may be longer than a piece: two pieces, from the middle.
  const base64 = shifted.flatMap((text) => [text.slice(4, 4 + piece), text.slice(18, 18 + piece)]);
  const forms = [hex.slice(0, piece), hex.slice(32, 32 + piece), ...base64];
  return [...forms, ...forms.map((form) => form.toUpperCase()).slice(0, 2), ...base64.map(urlSafe)];
}

const urlSafe = (text: string) => text.replaceAll("+", "-").replaceAll("/", "_");

/** The one of this test file. */
export const watch = new Watch();

/** The same file system; what a program reads as a key, and writes anywhere else, is noted. */
export function watched(fs: FileSystem): FileSystem {
  const open = new Map<number, string>();
  const noted: Partial<FileSystem> = {
    read: (file, limit) => {
      const bytes = fs.read(file, limit);
      watch.learnKeys(bytes);
      return bytes;
    },
    open: (file, how, mode) => {
      const handle = fs.open(file, how, mode);
      open.set(handle, file);
      return handle;
    },
    symlink: (text, file) => {
      watch.saw("file", text, file);
      fs.symlink(text, file);
    },
    write: (handle, bytes, offset) => {
      const file = open.get(handle) ?? "";
      if (isForKeys(file)) watch.learnKeys(bytes);
      else watch.saw("file", Buffer.from(bytes).toString("latin1"), file);
      return fs.write(handle, bytes, offset);
    },
  };
  return new Proxy(fs, {
    get: (target, name) => {
      const own: unknown = Reflect.get(noted, name) ?? Reflect.get(target, name, target);
      return typeof own === "function" ? own.bind(target) : own;
    },
  });
}

/** Files that are named as holding keys may hold them. */
export function isForKeys(file: string): boolean {
  return /key|combined|both|bundle|pem|config/i.test(file.split("/").at(-1) ?? "");
}

/** What a command line names: its keys, and its passphrase. */
export function learnFrom(argv: readonly string[], folder: string): void {
  argv.forEach((word, index) => {
    const file = resolve(folder, word);
    if (!isSmallFile(file)) return;
    const bytes = readFileSync(file);
    watch.learnKeys(bytes);
    if (/pass(word|phrase)-file$/.test(argv[index - 1] ?? "")) watch.learnPhrase(bytes.toString("utf8"));
  });
}

function isSmallFile(file: string): boolean {
  try {
    const stat = statSync(file);
    return stat.isFile() && stat.size < 64 * 1024;
  } catch {
    return false;
  }
}

/**
 * The one place where a private key is printed: standard output of `renew kubectl-credential`, in the answer that kubectl
 * waits for. What else is in it is looked through.
 */
export function withoutHandedOut(stdout: string): string {
  const lines = stdout.split("\n");
  return lines.map((line) => (isHandedOut(line) ? line.replace(/"clientKeyData":"[^"]*"/, "") : line)).join("\n");
}

function isHandedOut(line: string): boolean {
  try {
    const { kind, status } = JSON.parse(line) as { kind?: unknown; status?: { clientKeyData?: unknown } };
    return kind === "ExecCredential" && typeof status?.clientKeyData === "string";
  } catch {
    return false;
  }
}

/** Everything that hangs on an error: its words, facts, stack and causes. A private key among them is found by itself. */
export function textOf(value: unknown, seen = new Set<unknown>()): string {
  if (typeof value === "string") return `${value}\n`;
  if (typeof value !== "object" || value === null || seen.has(value) || seen.size > 20_000) return "";
  seen.add(value);
  if (value instanceof KeyObject)
    return value.type === "public" ? "" : "-----BEGIN PRIVATE KEY-----\nAAAAAAAAAAAAAAAAAAAA\n";
  if (value instanceof Uint8Array) {
    const bytes = Buffer.from(value);
    return `${bytes.toString("latin1")}\n${bytes.toString("base64")}\n`;
  }
  const inside = value instanceof Map || value instanceof Set ? [...value] : [];
  const own = Object.getOwnPropertyNames(value).map((name) => (value as Record<string, unknown>)[name]);
  return [...inside, ...own].map((part) => textOf(part, seen)).join("");
}
