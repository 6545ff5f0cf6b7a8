/** For zsh: a function for its own completion system. */
import type { Sketch, SketchedFlag, Value } from "./sketch.ts";

export function zshCompletion(sketches: readonly Sketch[]): string {
  const others = sketches.filter(({ name }) => name !== "renew");
  return `#compdef renew
# completion of renew for zsh: a file called _renew in a folder of $fpath, or sourced (see \`renew completion --help\`)
_renew_keyed() { # a word, =, and a file
  if compset -P '*='; then _files; else compadd -S '' -- "$@"; fi
}
_renew() {
  local -a commands
  commands=(
${others.map(({ name, text }) => `    ${quoted(`${name}:${text}`)}`).join("\n")}
    'help:Show the help of a command'
  )
  local command=renew
  if (( CURRENT > 2 )); then
    case $words[2] in
      ${[...others.map(({ name }) => name), "help"].join("|")})
        command=$words[2]
        shift words
        (( CURRENT-- )) ;;
    esac
  fi
  if (( CURRENT == 2 )) && [[ $command == renew && $PREFIX != -* ]]; then
    _describe -t commands 'command of renew' commands
  fi
  case $command in
${sketches.map((sketch) => `    ${sketch.name}) _arguments -s ${specs(sketch)} ;;`).join("\n")}
    help) _arguments ${quoted(`1:command:(${others.map(({ name }) => name).join(" ")})`)} ;;
  esac
}
if [[ $funcstack[1] == _renew ]]; then _renew "$@"; else compdef _renew renew; fi
`;
}

function specs({ flags, operands }: Sketch): string {
  const all = flags.flatMap(flagSpecs);
  const rest = operands === null ? [] : [quoted(`*:${escaped(operands.label)}:${action(operands.value)}`)];
  return [...all, ...rest].map((spec) => `\\\n      ${spec}`).join(" ");
}

function flagSpecs({ names, text, value, label, isOn, repeats }: SketchedFlag): string[] {
  const [long] = names;
  const about = `[${text.replace(/[[\]\\]/g, "\\$&")}]`;
  if (value !== null) return [quoted(`${repeats ? "*" : ""}${long}=${about}:${escaped(label)}:${action(value)}`)];
  if (isOn) return [quoted(`${long}=-${about}:on or off:(true false)`)];
  return names.map((name) => quoted(`(${names.join(" ")})${name}${about}`));
}

function action(value: Value): string {
  switch (value.kind) {
    case "words":
      return `(${value.words.join(" ")})`;
    case "keyed":
      return ` _renew_keyed ${value.words.map((word) => `${word}=`).join(" ")}`;
    case "file":
      return "_files";
    case "folder":
      return "_files -/";
    case "program":
      return "_command_names";
    case "any":
      return " ";
  }
}

function escaped(label: string): string {
  return label.replace(/[:\\]/g, "\\$&");
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
