/** `renew explain [CODE|CAUSE]`, `--from FILE`: the page of a code or a cause, the list of all, or what a pasted message means. */
import { catalogue, codes } from "../../failure/catalogue/catalogue.ts";
import { causes } from "../../failure/diagnosis/causes.ts";
import { type Recognised, recognise } from "../../failure/diagnosis/recognise.ts";
import type { CauseId } from "../../failure/evidence.ts";
import type { Code } from "../../failure/facts.ts";
import { Failure } from "../../failure/failure.ts";
import { largest, readNamedEnd } from "../../files/read.ts";
import { stopIfAsked } from "../../renewal/interruption.ts";
import type { Output, World } from "../../world.ts";
import type { CommandWords, Said } from "../flags.ts";
import { textOf } from "../pasted.ts";
import { explanationDocument } from "../print/explanation.ts";
import { table, wrap } from "../print/layout.ts";
import { brief, plain } from "../print/plain.ts";

const causeIds = Object.keys(causes) as CauseId[];

export const words: CommandWords = {
  name: "explain",
  summary:
    "The page of an error code or a cause; without one, the list of all. With --from, what a message of step, step-ca, Go, Node, OpenSSL, curl or Java means.",
  arguments: "[CODE|CAUSE]",
  choices: [...new Set([...codes, ...causeIds])],
  flags: [
    {
      names: ["from"],
      value: "FILE|-",
      bare: true,
      text: "read messages from FILE (its last 4 MiB), or from standard input",
    },
    { names: ["json"], bare: true, text: "print one JSON document on stdout" },
  ],
  after: `EXAMPLES
  $ renew explain
  $ renew explain CA_REFUSED
  $ renew explain NO_SERVER_AUTH_OLD_CA
  $ journalctl -u step-ca | renew explain --from -
  $ echo "remote error: tls: bad certificate" | renew explain --from -

EXIT STATUS
  0  explained      1  with --from: nothing in it is known
`,
};

const isCode = (name: string): name is Code => Object.hasOwn(catalogue, name);
const isCause = (name: string): name is CauseId => Object.hasOwn(causes, name);

export async function run(said: Said, world: World): Promise<number> {
  const [name, ...rest] = said.operands;
  const from = said.value("from");
  if (from !== undefined && name !== undefined) {
    throw new Failure("FLAG_CONFLICT", {
      flags: ["--from", name],
      because: "One explains a message, the other a code.",
    });
  }
  if (rest.length > 0) throw new Failure("BAD_FLAG", { said: "one code or cause at a time", command: "explain" });
  const show = said.isOn("json") ? asData : asWords;
  if (from !== undefined) return show.messages(recognise(textOf(await read(from, world))), from, world.stdout);
  if (name === undefined) return show.list(world.stdout);
  const ofExit = codes.filter((code) => String(catalogue[code].exit) === name);
  if (ofExit.length > 0) return show.status(ofExit, world.stdout);
  const id = name.toUpperCase().replaceAll("-", "_");
  if (!isCode(id) && !isCause(id)) throw unknownName(id);
  return show.page(id, world.stdout);
}

/** On a terminal nothing would happen until Ctrl-D, and nobody would know. */
async function read(from: string, world: World): Promise<Buffer> {
  if (from !== "-") return readNamedEnd(from, "message", world.fs);
  if (world.canAsk) world.stderr.write("paste the message; then Enter and Ctrl-D end it (Ctrl-C: never mind)\n");
  const bytes = await world.input(largest);
  stopIfAsked(world);
  return bytes;
}

interface Manner {
  messages(found: readonly Recognised[], from: string, stdout: Output): number;
  list(stdout: Output): number;
  page(id: Code | CauseId, stdout: Output): number;
  /** The codes of one exit status. */
  status(of: readonly Code[], stdout: Output): number;
}

const widthOf = ({ columns }: Output) => Math.min(Math.max(columns, 40), 100);

const asWords: Manner = {
  messages: (found, from, stdout) => explainMessages(found, from, widthOf(stdout), stdout),
  list(stdout) {
    stdout.write(list(widthOf(stdout)));
    return 0;
  },
  status(of, stdout) {
    const rows = of.map((code) => [code, catalogue[code].title] as const);
    stdout.write(`${table(rows, widthOf(stdout), 0).join("\n")}\n`);
    return 0;
  },
  page(id, stdout) {
    stdout.write(isCode(id) ? codePage(id, widthOf(stdout)) : causePage(id, widthOf(stdout)));
    // A name that is both has both pages.
    if (isCode(id) && isCause(id)) stdout.write(`\n${causePage(id, widthOf(stdout))}`);
    return 0;
  },
};

const asData: Manner = {
  status(of, stdout) {
    stdout.write(explanationDocument({ found: [], codes: of, causes: [] }));
    return 0;
  },
  messages(found, _from, stdout) {
    const ids = [...new Set(found.flatMap((one) => one.ids))];
    stdout.write(explanationDocument({ found, codes: ids.filter(isCode), causes: ids.filter(isCause) }));
    return found.length === 0 ? 1 : 0;
  },
  list(stdout) {
    stdout.write(explanationDocument({ found: [], codes, causes: causeIds }));
    return 0;
  },
  page(id, stdout) {
    stdout.write(explanationDocument({ found: [], codes: [id].filter(isCode), causes: [id].filter(isCause) }));
    return 0;
  },
};

/** Exit 1 when nothing was recognised, as grep has it. */
function explainMessages(found: readonly Recognised[], from: string, width: number, stdout: Output): number {
  if (found.length === 0) {
    const what = from === "-" ? "that" : plain(from);
    stdout.write(`${wrap(`nothing in ${what} is a message that renew knows: see \`renew explain\``, width, 0)}\n`);
    return 1;
  }
  const titleOf = (id: Code | CauseId) => (isCode(id) ? catalogue[id].title : causes[id].title);
  for (const { line, ids, count } of found) {
    const rows = table(
      ids.map((id) => [id, titleOf(id)] as const),
      width,
      2,
    ).map((row) => `  ${row}`);
    const [only] = ids;
    const page =
      ids.length === 1 && only !== undefined
        ? `see \`renew explain ${only}\``
        : "each has a page: `renew explain NAME`; a failed run of renew says which it is";
    const more = count === 1 ? "" : ` and ${count - 1} more lines like it`;
    stdout.write(
      `${[wrap(`"${brief(line)}"${more}`, width, 0), ...rows, `  ${wrap(page, width, 2)}`, ""].join("\n")}\n`,
    );
  }
  return 0;
}

function list(width: number): string {
  const codeRows = codes.map((code) => [code, catalogue[code].title] as const);
  const causeRows = causeIds.map((id) => [id, causes[id].title] as const);
  const rows = (all: readonly (readonly [string, string])[]) => table(all, width, 2).map((line) => `  ${line}`);
  return ["codes: what happened", ...rows(codeRows), "", "causes: why a CA refused", ...rows(causeRows), ""].join("\n");
}

function unknownName(name: string): Failure {
  const nearest = [...codes, ...causeIds].find((id) => id.includes(name) || name.includes(id));
  return new Failure("BAD_FLAG", {
    said: `no code or cause is called '${plain(name)}'`,
    command: "explain",
    ...(nearest && { nearest: `renew explain ${nearest}` }),
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
  return [
    wrap(`${code}: ${title}`, width, 2),
    "",
    wrap(about, width, 0),
    "",
    ...facts.map((line) => `  ${line}`),
    ...causesOf(code, width),
    "",
  ].join("\n");
}

/** Answers by which a code comes about that has a cause, and not one alone. */
const answers: { [C in Code]?: RegExp } = {
  CA_REFUSED: /^(unauthorized|token-|claim-|name-|certificate-missing|rekey-body)/,
  CLIENT_REJECTED: /^(alert-|closed)/,
};

function causesOf(code: Code, width: number): string[] {
  const isOne = answers[code];
  if (isOne === undefined) return [];
  const rows = causeIds
    .filter((id) => causes[id].symptoms.some((symptom) => isOne.test(symptom)))
    .map((id) => [id, causes[id].title] as const);
  return ["", "causes", ...table(rows, width, 2).map((line) => `  ${line}`)];
}

const menders = { you: "you", admin: "the CA's administrator", both: "you, or the CA's administrator" };

function causePage(id: CauseId, width: number): string {
  const { title, page: text, who, logs } = causes[id];
  const paragraphs = text
    .split(/\n\s*\n/)
    .map((paragraph) => (/^ {2,}/.test(paragraph) ? paragraph : wrap(paragraph, width, 0)));
  const rows = [["mended by", menders[who]] as const, ...logs.map((log) => ["CA's log", `"${log}"`] as const)];
  const facts = table(rows, width, 2).map((line) => `  ${line}`);
  return [wrap(`${id}: ${title}`, width, 2), "", paragraphs.join("\n\n"), "", ...facts, ""].join("\n");
}
