/** `renew explain [CODE|CAUSE]`, `--from FILE`: the page of a code or a cause, the list of all, or what a pasted message means. */
import { catalogue, codes } from "../../failure/catalogue/catalogue.ts";
import { causes } from "../../failure/diagnosis/causes.ts";
import { recognise } from "../../failure/diagnosis/recognise.ts";
import type { CauseId } from "../../failure/evidence.ts";
import type { Code } from "../../failure/facts.ts";
import { Failure } from "../../failure/failure.ts";
import { readNamed } from "../../files/read.ts";
import type { Output, World } from "../../world.ts";
import type { CommandWords, Said } from "../flags.ts";
import { table, wrap } from "../print/layout.ts";
import { plain } from "../print/plain.ts";

export const words: CommandWords = {
  name: "explain",
  summary:
    "The page of an error code or a cause; without one, the list of all. With --from, what a\nmessage of step, step-ca, Go, Node or OpenSSL means.",
  arguments: "[CODE|CAUSE]",
  flags: [{ names: ["from"], value: "FILE|-", bare: true, text: "read messages from FILE, or from standard input" }],
  after: `EXAMPLES
  $ renew explain
  $ renew explain CA_REFUSED
  $ renew explain NO_SERVER_AUTH_OLD_CA
  $ journalctl -u step-ca | renew explain --from -
  $ echo "remote error: tls: bad certificate" | renew explain --from -
`,
};

const causeIds = Object.keys(causes) as CauseId[];

export function run({ operands, value }: Said, { stdout, fs }: World): number {
  const width = Math.min(stdout.columns, 100);
  const [name, ...rest] = operands;
  const from = value("from");
  if (from !== undefined && name !== undefined) {
    throw new Failure("FLAG_CONFLICT", {
      flags: ["--from", name],
      because: "One explains a message, the other a code.",
    });
  }
  if (from !== undefined) {
    const text = readNamed(from === "-" ? "/dev/stdin" : from, "message", fs).toString("utf8");
    return explainMessages(text, from, width, stdout);
  }
  if (rest.length > 0) throw new Failure("BAD_FLAG", { said: "one code or cause at a time", command: "explain" });
  stdout.write(name === undefined ? list(width) : page(name.toUpperCase().replaceAll("-", "_"), width));
  return 0;
}

/** Exit 1 when nothing was recognised, as grep has it. */
function explainMessages(text: string, from: string, width: number, stdout: Output): number {
  const found = recognise(text);
  if (found.length === 0) {
    stdout.write(
      `nothing in ${from === "-" ? "that" : plain(from)} is a message that renew knows: see \`renew explain\`\n`,
    );
    return 1;
  }
  const titles = (id: Code | CauseId) => (id in catalogue ? catalogue[id as Code].title : causes[id as CauseId].title);
  for (const { line, ids } of found) {
    const rows = table(
      ids.map((id) => [id, titles(id)] as const),
      width,
      2,
    ).map((row) => `  ${row}`);
    const [only] = ids;
    const page =
      ids.length === 1 && only !== undefined
        ? `see \`renew explain ${only}\``
        : "each has a page: `renew explain NAME`; a failed run of renew says which it is";
    stdout.write(`${[wrap(`"${plain(line)}"`, width, 0), ...rows, `  ${wrap(page, width, 2)}`, ""].join("\n")}\n`);
  }
  return 0;
}

function list(width: number): string {
  const codeRows = codes.map((code) => [code, catalogue[code].title] as const);
  const causeRows = causeIds.map((id) => [id, causes[id].title] as const);
  const rows = (all: readonly (readonly [string, string])[]) => table(all, width, 2).map((line) => `  ${line}`);
  return ["codes: what happened", ...rows(codeRows), "", "causes: why a CA refused", ...rows(causeRows), ""].join("\n");
}

function page(name: string, width: number): string {
  const isCode = (text: string): text is Code => text in catalogue;
  const isCause = (text: string): text is CauseId => text in causes;
  if (isCode(name)) return codePage(name, width);
  if (isCause(name)) return causePage(name, width);
  const nearest = [...codes, ...causeIds].filter((id) => id.includes(name) || name.includes(id));
  throw new Failure("BAD_FLAG", {
    said: `no code or cause is called '${plain(name)}'`,
    command: "explain",
    ...(nearest[0] && { nearest: `renew explain ${nearest[0]}` }),
  });
}

const retries = {
  never: "trying the same again cannot help",
  later: "may pass: try again later",
  "after-fix": "passes once the cause is mended",
};

function codePage(code: Code, width: number): string {
  const { title, about, exit, retry } = catalogue[code];
  const facts = table(
    [
      ["exit", String(exit)],
      ["retry", retries[retry]],
    ],
    width,
    2,
  );
  return [`${code}: ${title}`, "", wrap(about, width, 0), "", ...facts.map((line) => `  ${line}`), ""].join("\n");
}

const menders = { you: "you", admin: "the CA's administrator", both: "you, or the CA's administrator" };

function causePage(id: CauseId, width: number): string {
  const { title, page: text, who, logs } = causes[id];
  const paragraphs = text
    .split(/\n\s*\n/)
    .map((paragraph) => (/^ {2,}/.test(paragraph) ? paragraph : wrap(paragraph, width, 0)));
  const rows = [["mended by", menders[who]] as const, ...logs.map((log) => ["CA's log", `"${log}"`] as const)];
  const facts = table(rows, width, 2).map((line) => `  ${line}`);
  return [`${id}: ${title}`, "", paragraphs.join("\n\n"), "", ...facts, ""].join("\n");
}
