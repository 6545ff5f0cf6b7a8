/** For bash 3.2 and later, with nothing else installed. */
import { byValue, type Sketch, type Value } from "./sketch.ts";

export function bashCompletion(sketches: readonly Sketch[]): string {
  const names = sketches.map(({ name }) => name).filter((name) => name !== "renew");
  return `# completion of renew for bash: source it, or put it where bash looks (see \`renew completion --help\`)
_renew() {
  local current=\${COMP_WORDS[COMP_CWORD]} command=renew flag= key= assigned= at=$COMP_CWORD
  COMPREPLY=()
  if (( COMP_CWORD > 1 )); then
    case \${COMP_WORDS[1]} in
      help) _renew_words ${quoted(names.join(" "))}; return ;;
      ${names.join("|")}) command=\${COMP_WORDS[1]} ;;
    esac
  fi
  # --flag=value is three words where = breaks words, and one where it does not
  if [[ $current == = ]]; then current=; (( at++ )); fi
  flag=\${COMP_WORDS[at-1]}
  if [[ $flag == = ]] && (( at > 2 )); then
    flag=\${COMP_WORDS[at-2]} assigned=1
    if [[ $flag != -* ]] && (( at > 3 )); then
      key=\${COMP_WORDS[at-3]}
      if [[ $key == = ]] && (( at > 4 )); then key=\${COMP_WORDS[at-4]}; fi
    fi
  fi
  case $command:$key in
${keyedPatterns(sketches)}) _renew_names -f; return ;;
  esac
  case $command:$flag in
${byValue(sketches)
  .map(([value, patterns]) => `    ${patterns.join("|")}) ${taking(value)}; return ;;`)
  .join("\n")}
  esac
  if [[ -n $assigned && $flag == --* ]]; then _renew_words 'true false'; return; fi
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
_renew_keyed() {
  local file
  if [[ $current == *=* ]]; then
    compopt -o filenames 2>/dev/null
    while IFS= read -r file; do COMPREPLY+=("\${current%%=*}=$file"); done < <(compgen -f -- "\${current#*=}")
  else
    compopt -o nospace 2>/dev/null
    _renew_words "$1"
  fi
}
_renew_names() {
  local word
  compopt -o filenames 2>/dev/null
  while IFS= read -r word; do COMPREPLY+=("$word"); done < <(compgen "$1" -- "$current")
}
complete -F _renew renew
`;
}

/** Those whose value has a `=` of its own, which may break words as well. */
function keyedPatterns(sketches: readonly Sketch[]): string {
  const keyed = byValue(sketches).flatMap(([value, patterns]) => (value.kind === "keyed" ? patterns : []));
  return `    ${keyed.join("|")}`;
}

function taking(value: Value): string {
  switch (value.kind) {
    case "words":
      return `_renew_words ${quoted(value.words.join(" "))}`;
    case "keyed":
      return `_renew_keyed ${quoted(value.words.map((word) => `${word}=`).join(" "))}`;
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
