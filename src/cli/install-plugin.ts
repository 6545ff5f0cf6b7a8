/** `renew kubectl-credential --install`: what kubectl will run, and where that is written. */
import { resolve } from "node:path";
import { isSea } from "node:sea";
import { Failure } from "../failure/failure.ts";
import { type Installed, installPlugin } from "../kube/install.ts";
import { stanzaOf } from "../kube/stanza.ts";
import { load } from "../renewal/load.ts";
import type { Policy } from "../renewal/renew.ts";
import { filesIn, readRoots } from "../renewal/trust.ts";
import type { World } from "../world.ts";
import type { Said } from "./flags.ts";
import { kubeUserOf } from "./kube-user.ts";
import { noteLines } from "./print/layout.ts";
import type { Reporter } from "./report.ts";
import { thisProgram } from "./this-program.ts";
import { turnWords } from "./turn-words.ts";

const command = "kubectl-credential";

interface Plan {
  readonly files: { readonly certificate: string; readonly key: string };
  readonly policy: Policy;
}

/** Certificate, key and root are looked at first: a kubectl that meets their mistakes is a bad place to learn of them. */
export async function install(said: Said, { files, policy }: Plan, world: World, reporter: Reporter): Promise<number> {
  const { file, user } = kubeUserOf(said, said.given("kubeconfig"), command);
  if (user === undefined) {
    const words = "--install is for a user of the kubeconfig, which --user has to name";
    throw new Failure("BAD_FLAG", { said: words, command, nearest: "--user" });
  }
  const { leaf } = await load(policy.paths, world);
  reporter.about(files.certificate, leaf);
  readRoots(policy.root, world.fs);
  const [, script = ""] = process.argv;
  // The standalone executable is its own script.
  const words = [process.execPath, isSea() ? process.execPath : script] as const;
  const program = thisProgram(words, world.env["PATH"], world.fs);
  const stanza = stanzaOf(program, argsOf(said, { files, policy }));
  const pair = { keyFile: files.key, spki: leaf.spki };
  const plan = { file, user, stanza, pair, force: said.isOn("force"), lockTimeoutMs: policy.lockTimeoutMs };
  const installed = await installPlugin(plan, world, turnWords(reporter));
  for (const text of [textOf(installed, user), ...notesOf(installed)])
    reporter.told(...lines(text, world.stderr.columns));
  return 0;
}

/** Whole paths: nobody knows in which folder kubectl will run it. What was said stays said, whatever the environment has then. */
function argsOf(said: Said, { files, policy }: Plan): string[] {
  const kept = ["expires-in", "timeout", "lock-timeout", "mtls"].flatMap((name) => {
    const value = said.has(name) ? said.given(name) : undefined;
    return value === undefined ? [] : [`--${name}`, value];
  });
  const password = policy.paths.passphraseFile;
  const root = filesIn(policy.root.value)
    .map((one) => resolve(one))
    .join(",");
  return [
    ...["--ca-url", policy.ca.href, "--root", root],
    ...kept,
    ...(password === undefined ? [] : ["--password-file", resolve(password)]),
    resolve(files.certificate),
    resolve(files.key),
  ];
}

/** On as many as the terminal's width takes. */
function lines(text: string, columns: number): [string, string[]] {
  const [first = "", ...others] = noteLines(text, columns);
  return [first, others];
}

function textOf({ file, did }: Installed, user: string): string {
  if (did === "there")
    return `the user ${user} in ${file} gets its certificate from renew already: nothing was written`;
  const which = did === "new-user" ? `a new user ${user}` : `the user ${user}`;
  return `installed in ${file}: ${which} gets its certificate from renew, which renews it when kubectl asks and it is due`;
}

function notesOf({ taken }: Installed): string[] {
  return taken.length === 0 ? [] : [`taken out, as they would win over it: ${taken.join(", ")}`];
}
