/** Go's crypto/x509, asked through the program next to this file; built on first use into the folder that git ignores. */
import { type ChildProcessByStdio, spawn, spawnSync } from "node:child_process";
import { createInterface } from "node:readline";
import type { Readable, Writable } from "node:stream";
import { fileURLToPath } from "node:url";
import { readDer } from "../../../src/pki/der.ts";
import { readName } from "../../../src/pki/name.ts";
import type { PathQuestion } from "../../../src/pki/path.ts";

export interface GoVerdict {
  ok: boolean;
  reason?: string;
  detail?: string;
  /** The names one of which it is about, where Go tells them. */
  who?: string[] | undefined;
}

const program = fileURLToPath(new URL("../../../.cache/gochain", import.meta.url));

export function hasGo(): boolean {
  return spawnSync("go", ["version"]).status === 0;
}

const nameText = (base64: string) => readName(readDer(Buffer.from(base64, "base64"))).text;

/** One process for many questions. */
export class Go {
  readonly #process: ChildProcessByStdio<Writable, Readable, null>;
  readonly #answers: AsyncIterator<string>;

  constructor() {
    const source = fileURLToPath(new URL(".", import.meta.url));
    const built = spawnSync("go", ["build", "-o", program, "."], { cwd: source, encoding: "utf8" });
    if (built.status !== 0) throw new Error(`go build failed: ${built.stderr}`);
    this.#process = spawn(program, { stdio: ["pipe", "pipe", "inherit"] });
    this.#answers = createInterface({ input: this.#process.stdout })[Symbol.asyncIterator]();
  }

  async verify({ leaf, intermediates, roots, usage, at }: PathQuestion): Promise<GoVerdict> {
    const base64 = ({ der }: { der: Uint8Array }) => Buffer.from(der).toString("base64");
    const question = {
      leaf: base64(leaf),
      intermediates: intermediates.map(base64),
      roots: roots.map(base64),
      usage,
      at,
    };
    this.#process.stdin.write(`${JSON.stringify(question)}\n`);
    const { value } = await this.#answers.next();
    const { who, ...answer }: GoVerdict = JSON.parse(value);
    return who === undefined ? answer : { ...answer, who: who.map(nameText) };
  }

  close(): void {
    this.#process.stdin.end();
  }
}
