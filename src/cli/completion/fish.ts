/** For fish: a line for each thing that can stand somewhere. */
import type { Sketch, SketchedFlag, Value } from "./sketch.ts";

export function fishCompletion(sketches: readonly Sketch[]): string {
  const others = sketches.filter(({ name }) => name !== "renew");
  const names = [...others.map(({ name }) => name), "help"];
  const lines = [
    ...others.map(({ name, text }) => `complete -c renew -n __renew_is_first -a ${name} -d ${quoted(text)}`),
    "complete -c renew -n __renew_is_first -a help -d 'Show the help of a command'",
    `complete -c renew -n '__renew_is help' -f -a ${quoted(others.map(({ name }) => name).join(" "))}`,
    ...sketches.flatMap(linesOf),
  ];
  return `# completion of renew for fish: ~/.config/fish/completions/renew.fish (see \`renew completion --help\`)
function __renew_is_first
    test (count (commandline -opc)) -eq 1
end
function __renew_is
    set -l words (commandline -opc)
    set -l command renew
    if set -q words[2]; and contains -- $words[2] ${names.join(" ")}
        set command $words[2]
    end
    test $command = $argv[1]
end
function __renew_keyed # a word, =, and a file
    set -l parts (string split -m 1 = -- (commandline -ct | string replace -r '^--[a-z0-9-]+=' ''))
    if set -q parts[2]
        printf '%s\\n' $parts[1]=(__fish_complete_path $parts[2])
    else
        printf '%s=\\n' $argv
    end
end
${lines.join("\n")}
`;
}

function linesOf({ name, flags, operands }: Sketch): string[] {
  const where = `complete -c renew -n '__renew_is ${name}'`;
  const rest = operands === null ? ["-f"] : operands.value.kind === "words" ? [taking(operands.value)] : [];
  return [...flags.map(flagLine), ...rest].map((line) => `${where} ${line}`);
}

function flagLine({ names, text, value, isOn }: SketchedFlag): string {
  const words = names.map((name) => (name.startsWith("--") ? `-l ${name.slice(2)}` : `-s ${name.slice(1)}`));
  const what = value !== null ? [`-r ${taking(value)}`] : isOn ? ["-x -a 'true false'"] : [];
  return [...words, ...what, `-d ${quoted(text)}`].join(" ");
}

function taking(value: Value): string {
  switch (value.kind) {
    case "words":
      return `-f -a ${quoted(value.words.join(" "))}`;
    case "keyed":
      return `-f -a '(__renew_keyed ${value.words.join(" ")})'`;
    case "file":
      return "-F";
    case "folder":
      return "-f -a '(__fish_complete_directories)'";
    case "program":
      return "-f -a '(__fish_complete_command)'";
    case "any":
      return "-f";
  }
}

function quoted(text: string): string {
  return `'${text.replace(/[\\']/g, "\\$&")}'`;
}
