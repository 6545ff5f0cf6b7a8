/** Real shells: what they offer for a line that is being typed. */
import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

export type Shell = "bash" | "zsh" | "fish";

export function isThere(shell: Shell): boolean {
  return spawnSync(shell, ["-c", "exit 0"]).status === 0;
}

/** What `shell` offers after `renew LINE`, in `folder`, with this completion; the last word is the one that is being typed. */
export function offered(shell: Shell, script: string, line: string, folder: string): Promise<string[]> {
  return { bash: inBash, zsh: inZsh, fish: inFish }[shell](script, line, folder);
}

/** As readline does it: words are broken at `=` too, and the function is called. */
async function inBash(script: string, line: string, folder: string): Promise<string[]> {
  const words = ["renew", ...(line.match(/=|[^\s=]+|\s+$/g) ?? [""]).map((word) => word.trim())];
  if (line === "" || /\s$/.test(line)) words[words.length - 1] = "";
  const text = `source ${script}
    COMP_WORDS=(${words.map((word) => `'${word}'`).join(" ")}) COMP_CWORD=${words.length - 1}
    _renew; printf '%s\\n' "\${COMPREPLY[@]}"`;
  const said = execFileSync("bash", ["--norc", "-c", text], { cwd: folder, encoding: "utf8" });
  return said.split("\n").filter(Boolean);
}

async function inFish(script: string, line: string, folder: string): Promise<string[]> {
  const text = `source ${script}; complete -C ${JSON.stringify(`renew ${line}`)}`;
  const env = { ...process.env, HOME: folder, XDG_CONFIG_HOME: folder, XDG_DATA_HOME: folder };
  const said = execFileSync("fish", ["--no-config", "-c", text], { cwd: folder, encoding: "utf8", env });
  return said
    .split("\n")
    .filter(Boolean)
    .map((row) => row.split("\t")[0] ?? "");
}

/** On a terminal of its own; what is offered passes through `compadd`, and is noted there. */
async function inZsh(script: string, line: string, folder: string): Promise<string[]> {
  const [noted, prepared] = [join(folder, ".offers"), join(folder, ".prepared")];
  rmSync(noted, { force: true });
  const preparation = `PS1=; setopt noautolist nobeep; cd ${folder}; autoload -U compinit; compinit -u -d ${folder}/.zcompdump; source ${script}
    compadd() {
      if [[ \${@[1,(i)(-|--)]} != *-(O|A|D)\\ * ]]; then
        local -a hits; builtin compadd -A hits "$@"; print -rl -- $hits >>${noted}
      fi
      builtin compadd "$@"
    }
    zle-line-init() { print -n RE""ADY }; zle -N zle-line-init
    over() { print -n OV""ER }; zle -N over; bindkey '^X' over`; // keys are pressed once somebody listens to them
  writeFileSync(prepared, preparation);
  const text = `
    zmodload zsh/zpty
    zpty shell zsh -f -i
    zpty -w shell 'source ${prepared}'
    zpty -r shell said '*READY*'
    zpty -w -n shell 'renew ${line}'$'\\t'
    zpty -w -n shell $'\\C-x'
    zpty -r shell said '*OVER*'
    zpty -d shell`;
  const env = { ...process.env, TERM: "dumb", HOME: folder, ZDOTDIR: folder };
  execFileSync("zsh", ["-f", "-c", text], {
    cwd: folder,
    env,
    stdio: ["ignore", "ignore", "inherit"],
    timeout: 20_000,
  });
  const words = existsSync(noted) ? readFileSync(noted, "utf8").split("\n") : [];
  return words.filter(Boolean).map((word) => word.replace(/^(--.*)=$/, "$1"));
}
