/** For bash 3.2 and later, with nothing else installed. */
import { byValue, type Sketch, type Value } from "./sketch.ts";

export function bashCompletion(sketches: readonly Sketch[]): string {
  const names = sketches.map(({ name }) => name).filter((name) => name !== "renew");
  return `# completion of renew for bash: source it, or put it where bash looks (see \`renew completion --help\`)
_renew() {
  local current=\${COMP_WORDS[COMP_CWORD]} before=\${COMP_WORDS[COMP_CWORD-1]} command=renew flag
  COMPREPLY=()
  if (( COMP_CWORD > 1 )); then
    case \${COMP_WORDS[1]} in
      help) _renew_words ${quoted(names.join(" "))}; return ;;
      ${names.join("|")}) command=\${COMP_WORDS[1]} ;;
    esac
  fi
  # --flag=value is three words where = breaks words, and one where it does not
  if [[ $current == = ]]; then flag=$before current=
  elif [[ $before == = ]] && (( COMP_CWORD > 1 )); then flag=\${COMP_WORDS[COMP_CWORD-2]}
  else flag=$before
  fi
  case $command:$flag in
${byValue(sketches)
  .map(([value, patterns]) => `    ${patterns.join("|")}) ${taking(value)}; return ;;`)
  .join("\n")}
  esac
  if [[ $current == -* ]]; then
    case $command in
${sketches.map((sketch) => `      ${sketch.name}) _renew_words ${quoted(flagWords(sketch))} ;;`).join("\n")}
    esac
    return
  fi
  (( COMP_CWORD == 1 )) && _renew_words ${quoted([...names, "help"].join(" "))}
  case $command in
${sketches.flatMap(({ name, operands }) => (operands === null ? [] : [`    ${name}) ${taking(operands.value)} ;;`])).join("\n")}
  esac
}
_renew_words() {
  local word
  while IFS= read -r word; do COMPREPLY+=("$word"); done < <(compgen -W "$1" -- "$current")
}
_renew_names() {
  local word
  compopt -o filenames 2>/dev/null
  while IFS= read -r word; do COMPREPLY+=("$word"); done < <(compgen "$1" -- "$current")
}
complete -F _renew renew
`;
}

function taking(value: Value): string {
  switch (value.kind) {
    case "words":
      return `_renew_words ${quoted(value.words.join(" "))}`;
    case "file":
      return "_renew_names -f";
    case "folder":
      return "_renew_names -d";
    case "program":
      return "_renew_names -c";
    case "any":
      return ":";
  }
}

function flagWords({ flags }: Sketch): string {
  return flags.flatMap(({ names, isOn }) => (isOn ? names.map((name) => `${name}=false`) : names)).join(" ");
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
