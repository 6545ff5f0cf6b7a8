/** The words for each thing that can be wrong with a file of many certificates. */
import type { RunConfigProblem, RunPlace } from "../run-config.ts";
import { shellFile } from "../shell.ts";
import { type Line, quoted, sentence } from "./explanation.ts";
import { unreadableHelp, whyUnreadable } from "./unreadable.ts";

export const smallest = `{"ca-url": "https://ca.internal:9000", "root": "root_ca.crt", "certificates": [{"crt": "web.crt", "key": "web.key"}]}`;

export function whatIsWrong(problem: RunConfigProblem): string {
  switch (problem.kind) {
    case "unreadable":
      return "it cannot be read";
    case "folder":
    case "included-folder":
      return "it is a folder";
    case "pipe":
      return "it is a pipe";
    case "empty":
      return "it is empty, or has only comments";
    case "huge":
      return "it is too large";
    case "not-utf8":
      return "it is not UTF-8 text";
    case "too-deep":
      return "it is nested too deeply";
    case "own-include":
      return "it includes itself";
    case "syntax":
      return `it is not ${problem.language}`;
    case "not-a-map":
      return problem.what === "entry"
        ? `an entry is ${problem.found}, and not keys with values`
        : `it is ${problem.found}, and not keys with values`;
    case "unknown-key":
      return `'${problem.key}' is no key ${problem.isEntry ? "of a certificate" : "that this file can have"}`;
    case "misplaced-key":
      return `'${problem.key}' does not belong here`;
    case "twice-key":
      return `'${problem.key}' stands there twice`;
    case "wrong-type":
      return `'${problem.key}' has to be ${problem.wanted}`;
    case "bad-value":
      return problem.said;
    case "missing-key":
      return problem.key === "ca-url" ? "nobody said where the CA is" : `'${problem.key}' is missing`;
    case "rivals":
      return `'${problem.keys[0]}' and '${problem.keys[1]}' cannot go together`;
    case "no-certificates":
      return "it lists no certificate";
    case "no-include":
      return `it includes ${problem.folder}, which cannot be read`;
    case "twice-include":
      return `it includes ${problem.folders[0]} twice`;
  }
}

export function whyOf(problem: RunConfigProblem, { line }: RunPlace): string {
  switch (problem.kind) {
    case "unreadable":
      return whyUnreadable(problem.errno);
    case "syntax":
      return sentence(problem.said);
    case "unknown-key":
      return "An unknown key may be a mistyped one, so it is not passed over.";
    case "misplaced-key":
      return placesOfKeys[problem.belongs];
    case "wrong-type":
      return `It is ${problem.found}. Every value is checked before anything else is done.`;
    case "not-a-map":
      return "A list of certificates is keys with values, and so is each of its entries.";
    case "no-include":
      return "What lies in that folder belongs to the list, so without it the list is not whole. Nothing was renewed.";
    case "twice-key":
      return "One of the two would be lost, and nothing says which is meant.";
    case "bad-value":
      return problem.because || "Every value is checked before anything else is done.";
    case "rivals":
      return problem.because;
    case "missing-key":
      return problem.key === "ca-url"
        ? "Neither the entry nor the top of the file nor a flag, the environment or step's configuration has its address."
        : problem.key === "certificates"
          ? "It has neither `certificates` nor `include`, so there is nothing to renew."
          : "Each entry names its certificate, `crt`, and its private key, `key`.";
    case "no-certificates":
      return problem.included.length === 0
        ? "With nothing to renew it would end well each time, and nobody would know."
        : "Neither it nor what it includes has an entry: it would end well each time, and nobody would know.";
    case "huge":
      return `${line === undefined ? "More" : "What its aliases stand for is counted each time: more"} than ${problem.limit / 1024 / 1024} MiB is no list of certificates.`;
    case "twice-include":
      return "Each certificate in that folder would be renewed twice. Links are followed.";
    case "included-folder":
      return "What lies in a folder of `include` with such a name is read as a list.";
    case "own-include":
      return "The folder that it includes is the one that it lies in itself.";
    default:
      return "The file says what to renew; without it nothing can be done, and nothing was.";
  }
}

const placesOfKeys = {
  top: "It is for all certificates, and stands at the top of the file, not in an entry.",
  entry: "It is each certificate's own, and stands in an entry of `certificates`.",
  "including-file": "It belongs into the file that `renew run` reads first, not into one that is included.",
};

export function evidenceOf(problem: RunConfigProblem): Line[] {
  switch (problem.kind) {
    case "no-include":
      return [["system error", problem.errno]];
    case "syntax":
      return problem.text === "" ? [] : [["the line", quoted(problem.text)]];
    case "twice-include":
      return [["include", problem.folders.join(", ")]];
    case "no-certificates":
      return problem.included.length === 0 ? [] : [["included", problem.included.join(", ")]];
    default:
      return [];
  }
}

export function helpFor(problem: RunConfigProblem, { file, line }: RunPlace): string[] {
  const open = `look at it: \`${line === undefined ? "cat" : `sed -n ${line}p`} ${shellFile(file)}\``;
  switch (problem.kind) {
    case "unknown-key":
      return problem.nearest === undefined
        ? ["all keys: `renew run --help`"]
        : [`did you mean '${problem.nearest}'? All keys: \`renew run --help\``];
    case "misplaced-key":
      return [
        problem.belongs === "entry"
          ? "move it into the entries that it is meant for"
          : problem.belongs === "top"
            ? "move it to the top of the file"
            : "move it there",
      ];
    case "twice-key":
      return ["take one of them out"];
    case "bad-value":
      return problem.help.length === 0 ? ["see `renew run --help`"] : [...problem.help];
    case "wrong-type":
      return [`write it like ${examples[problem.key] ?? problem.wanted}; see \`renew run --help\``];
    case "missing-key":
      return [hintsForMissing[problem.key]];
    case "rivals":
      return [`leave out '${problem.keys[0]}' or '${problem.keys[1]}'`];
    case "no-certificates":
    case "empty":
      return [`list one, the smallest file is ${smallest}`];
    case "not-a-map":
      return [`write it like ${problem.what === "entry" ? `{"crt": "web.crt", "key": "web.key"}` : smallest}`];
    case "no-include":
      return ["check the name of the folder; it counts from the folder of the file that it stands in"];
    case "own-include":
      return ["keep what is to be included in a folder of its own, such as `conf.d`"];
    case "twice-include":
      return ["take one of the two out of `include`"];
    case "included-folder":
      return ["give it a name that does not end like a list's; if there are lists in it, name it in `include`, too"];
    case "folder":
      return ["name the file in it: `--config FILE`; a folder is what `include` in a file takes"];
    case "pipe":
      return ["name a file: it is read again by a daemon"];
    case "unreadable":
      return [unreadableHelp(file, problem.errno)];
    case "syntax":
      return problem.isYaml ? ["if it is YAML, give it a name that ends in .yaml: by that it is known", open] : [open];
    case "not-utf8":
      return [`save it as UTF-8; what is it? \`file ${shellFile(file)}\``];
    case "huge":
      return ["is it the right file? Many certificates can be spread over files with `include`"];
    default:
      return [open];
  }
}

const hintsForMissing = {
  crt: `write it like {"crt": "web.crt", "key": "web.key"}`,
  key: `write it like {"crt": "web.crt", "key": "web.key"}`,
  "ca-url": `write "ca-url": "https://ca.internal:9000" at the top of the file, or say \`--ca-url URL\``,
  certificates: `list one, the smallest file is ${smallest}`,
};

/** Of keys whose values are often written in another form. */
const examples: Readonly<Record<string, string>> = {
  certificates: `"certificates": [{"crt": "web.crt", "key": "web.key"}]`,
  include: `"include": "conf.d"`,
  concurrency: `"concurrency": 8`,
  crt: `"crt": "web.crt"`,
  key: `"key": "web.key"`,
  out: `"out": "new.crt"`,
  outputs: `"outputs": ["new.crt"]`,
  "ca-url": `"ca-url": "https://ca.internal:9000"`,
  root: `"root": "root_ca.crt"`,
  "expires-in": `"expires-in": "66%", or "8h"`,
  method: `"method": "token"`,
  exec: `"exec": "systemctl reload nginx", or ["systemctl", "reload", "nginx"]`,
  "exec-timeout": `"exec-timeout": "60s"`,
  timeout: `"timeout": "30s"`,
  "lock-timeout": `"lock-timeout": "30s"`,
};
