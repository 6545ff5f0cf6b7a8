/** `renew completion bash|zsh|fish`: what completes the words of `renew` in a shell, from the same tables as the help. */
import { Failure } from "../../failure/failure.ts";
import { nearest } from "../../failure/nearest.ts";
import type { World } from "../../world.ts";
import { bashCompletion } from "../completion/bash.ts";
import { fishCompletion } from "../completion/fish.ts";
import { type Sketch, sketchOf } from "../completion/sketch.ts";
import { zshCompletion } from "../completion/zsh.ts";
import type { CommandWords, Said } from "../flags.ts";
import { commandWords } from "../main.ts";
import { plain } from "../print/plain.ts";

const shells: Readonly<Record<string, (sketches: readonly Sketch[]) => string>> = {
  bash: bashCompletion,
  zsh: zshCompletion,
  fish: fishCompletion,
};

export const words: CommandWords = {
  name: "completion",
  summary:
    "Print what completes commands, flags, files, signals and codes in a shell. Put it where the shell looks for it.",
  arguments: "bash|zsh|fish",
  choices: Object.keys(shells),
  flags: [],
  after: `EXAMPLES
  In this shell, to try it (zsh: after \`autoload -U compinit; compinit\`):
    $ source <(renew completion bash)
    $ source <(renew completion zsh)
    $ renew completion fish | source

  For good, bash (with the package bash-completion; else source it in .bashrc):
    $ mkdir -p ~/.local/share/bash-completion/completions
    $ renew completion bash >~/.local/share/bash-completion/completions/renew

  For good, zsh (and \`fpath=(~/.zfunc $fpath)\` before compinit in .zshrc):
    $ mkdir -p ~/.zfunc
    $ renew completion zsh >~/.zfunc/_renew

  For good, fish:
    $ renew completion fish >~/.config/fish/completions/renew.fish

  Again after an update of renew, whose flags may be others.
`,
};

/** Runs it. Throws BAD_FLAG. */
export async function run(said: Said, world: World): Promise<number> {
  const [shell, ...rest] = said.operands;
  const script = shell !== undefined && Object.hasOwn(shells, shell) ? shells[shell] : undefined;
  if (script === undefined || rest.length > 0) throw wrong(shell, rest);
  world.stdout.write(script((await commandWords()).map(sketchOf)));
  return 0;
}

function wrong(shell: string | undefined, rest: readonly string[]): Failure {
  const known = Object.keys(shells);
  const near = shell === undefined || rest.length > 0 ? undefined : nearest(shell.replace(/^.*\//, ""), known);
  const said =
    shell === undefined
      ? "no shell was given"
      : rest.length > 0
        ? "one shell at a time"
        : `there is no completion for '${plain(shell)}'`;
  return new Failure("BAD_FLAG", {
    said,
    because: "It is made for bash, zsh and fish.",
    command: words.name,
    ...(near !== undefined && { nearest: `renew completion ${near}` }),
  });
}
