/** `renew kubectl-credential CRT KEY`: kubectl's plugin, and the way into a kubeconfig. */

import { attempt, Failure } from "../../failure/failure.ts";
import { instant, relative } from "../../failure/time.ts";
import { credentialText, execInfo, expiryFor, usualWindow } from "../../kube/exec-credential.ts";
import { handOut } from "../../kube/plugin.ts";
import type { Policy, Progress } from "../../renewal/renew.ts";
import type { World } from "../../world.ts";
import { parseWindow } from "../duration.ts";
import type { CommandWords, Said } from "../flags.ts";
import { connectionFlags, expiresInFlag, filesOf, lockFlag, manners, policyOf, windowOf } from "../policy.ts";
import type { Reporter } from "../report.ts";
import { turnWords } from "../turn-words.ts";
import { kubectlCredentialHelp } from "./kubectl-credential-help.ts";

const command = "kubectl-credential";

export const words: CommandWords = {
  name: command,
  summary:
    "Hand a client certificate and its key to kubectl, renewed when it is due: a credential plugin (ExecCredential). With --install, write it into a kubeconfig.",
  arguments: "CRT KEY",
  flags: [
    { names: ["install"], bare: true, text: "write the stanza for --user into the kubeconfig, and hand out nothing" },
    { names: ["user"], value: "NAME", bare: true, text: "with --install: the user in the kubeconfig" },
    {
      names: ["kubeconfig"],
      value: "FILE",
      bare: true,
      text: "with --install: the file to write (default: that of KUBECONFIG which has the user, else the first of them that is there; without KUBECONFIG ~/.kube/config)",
    },
    { names: ["force"], short: "f", bare: true, text: "with --install: in place of other credentials of the user" },
    expiresInFlag("renew when less than DURATION is left, or PERCENT of the lifetime is used (default: 66%)"),
    ...connectionFlags,
    lockFlag,
    ...manners.filter(({ names: [name] }) => name !== "json"),
  ],
  after: kubectlCredentialHelp,
};

/** In ms: somebody waits at a terminal. */
const connectTimeoutMs = 5_000;

/** Runs it. Failures are thrown; the reporter has learnt by then which certificate they are about. */
export async function run(said: Said, world: World, reporter: Reporter): Promise<number> {
  const files = filesOf(said, command);
  if (said.isOn("install")) {
    const { install } = await import("../install-plugin.ts");
    return install(said, { files, policy: pluginPolicy(said) }, world, reporter);
  }
  const stray = ["user", "kubeconfig", "force"].find((name) => said.given(name) !== undefined);
  if (stray !== undefined)
    throw new Failure("BAD_FLAG", { said: `--${stray} goes with --install`, command, nearest: "--install" });
  const info = execInfo(world.env["KUBERNETES_EXEC_INFO"]);
  if ("problem" in info) throw new Failure("KUBE_EXEC_INFO", info);
  const policy = attempt(() => pluginPolicy(said));
  if (policy.failure !== undefined && isUsage(policy.failure)) throw policy.failure;
  const window = policy.failure === undefined ? policy.value.window : parseWindow(usualWindow, "--expires-in");
  const passphraseFile = said.value("password-file");
  const paths = { ...files, ...(passphraseFile !== undefined && { passphraseFile }) };
  const asked = { ...world, ask: once(world), canAsk: world.canAsk && info.isInteractive };
  const policyNow = () => {
    if (policy.failure !== undefined) throw policy.failure;
    return policy.value;
  };
  const out = await handOut(paths, policyNow, asked, progressOf(files.certificate, reporter));
  const { leaf, pair, failure } = out;
  if (failure !== null) reporter.repaired(warning(files.certificate, leaf.notAfter, failure, { world, reporter }));
  world.stdout.write(credentialText(pair, info.version, expiryFor(leaf, window, world.now())));
  return 0;
}

/** The words of the command line are wrong whatever the files hold. */
function isUsage({ code }: Failure): boolean {
  return ["BAD_FLAG", "FLAG_CONFLICT", "FLAG_NOT_BUILT", "BAD_DURATION", "BAD_URL"].includes(code);
}

export function pluginPolicy(said: Said): Policy {
  const policy = policyOf(said, command);
  const window = policy.window ?? windowOf(usualWindow, "--expires-in");
  return { ...policy, window, connectTimeoutMs };
}

/** The same passphrase is not asked for twice. */
function once(world: World): World["ask"] {
  const answers = new Map<string, Promise<string | null>>();
  return (question, kind) => {
    const answer = answers.get(question) ?? world.ask(question, kind);
    answers.set(question, answer);
    return answer;
  };
}

function progressOf(file: string, reporter: Reporter): Progress {
  return {
    ...turnWords(reporter),
    loaded: ({ leaf }) => reporter.about(file, leaf),
    decided: (due) => reporter.detail(due.due ? `${file} is due` : `${file} is not due`),
    chose: ({ method, because }) => reporter.chose(method, because),
    installed: (_, leaf) => {
      reporter.installed(file, leaf);
      reporter.detail(`renewed ${file}: good until ${instant(leaf.notAfter)}`);
    },
  };
}

/** kubectl goes on, and whoever reads its words should know that it will not do so for ever. */
function warning(
  file: string,
  end: Date,
  failure: Failure,
  { world, reporter }: { world: World; reporter: Reporter },
): string {
  const { what, code } = reporter.describe(failure).document;
  const until = `${instant(end)} (${relative(end, world.now())})`;
  return `renew: ${file} is due and was not renewed, kubectl takes it as it is until ${until}: error[${code}]: ${what}; more: renew explain ${code}`;
}
