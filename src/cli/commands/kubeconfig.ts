/** `renew kubeconfig [FILE]`: the client certificate that a kubeconfig holds, or names. */
import { Failure } from "../../failure/failure.ts";
import { type Found, findPaths } from "../../kube/paths.ts";
import { choose } from "../../kube/which.ts";
import { rekeyOnce } from "../../renewal/rekey.ts";
import { type Policy, renewOnce } from "../../renewal/renew.ts";
import type { World } from "../../world.ts";
import type { CommandWords, Said } from "../flags.ts";
import { hookFlags } from "../hook-policy.ts";
import { kubeUserOf, userFlag } from "../kube-user.ts";
import { connectionFlags, expiresInFlag, lockFlag, manners, policyOf } from "../policy.ts";
import { keyFlags, keyWish } from "../rekey-policy.ts";
import type { Reporter } from "../report.ts";
import { kubeconfigHelp } from "./kubeconfig-help.ts";
import * as rekey from "./rekey.ts";
import * as renew from "./renew.ts";

export const words: CommandWords = {
  name: "kubeconfig",
  summary:
    "Renew the client certificate of a Kubernetes user, where its kubeconfig holds it (client-certificate-data) or names its file. Every other byte of the kubeconfig stays.",
  arguments: "[FILE]",
  flags: [
    userFlag,
    { names: ["force"], short: "f", text: "replace it without asking; renew also when expired" },
    { names: ["rekey"], bare: true, text: "get a new key as well, as `renew rekey` does" },
    ...keyFlags.map((flag) => ({ ...flag, text: `with --rekey: ${flag.text.replace(/^with /, "and ")}` })),
    {
      names: ["mtls"],
      on: true,
      text: "prove identity in the TLS handshake; false: by token (default: what can work)",
    },
    expiresInFlag(
      "only when less than DURATION is left, or PERCENT of the lifetime is used: 8h, 2d, 66%; 0 or less: always",
    ),
    ...hookFlags,
    ...connectionFlags,
    lockFlag,
    { names: ["exit-code"], bare: true, text: "exit 10 when the certificate is not due" },
    ...manners,
  ],
  after: kubeconfigHelp,
};

/** Exit status for "not due" under --exit-code; 0 otherwise. */
const notDueExit = 10;

/** Runs it. Failures are thrown; the reporter has learnt by then which certificate they are about. */
export async function run(said: Said, world: World, reporter: Reporter): Promise<number> {
  const [file, ...others] = said.operands;
  if (others.length > 0) {
    const words = `${said.operands.length} files were given, and one is wanted at most: FILE`;
    throw new Failure("BAD_FLAG", { said: words, command: "kubeconfig" });
  }
  const asked = kubeUserOf(said, file, "kubeconfig");
  const isRekey = said.isOn("rekey");
  const kind = isRekey ? keyWish(said) : refuseKind(said);
  if (isRekey && !said.isOn("mtls"))
    throw new Failure("FLAG_CONFLICT", {
      flags: ["--rekey", "--mtls=false"],
      because: "A rekey works over mTLS only.",
    });
  const policy = policyOf(said, "kubeconfig", { certificate: "", key: "" });
  reporter.passedOver(said.passedOver());
  const found = findPaths(choose(asked, world), policy.paths.passphraseFile, world);
  const outcome = isRekey ? await rekeyed(found, { policy, kind }, reporter) : await renewed(found, policy, reporter);
  return outcome === "not-due" && said.isOn("exit-code") ? notDueExit : 0;
}

async function renewed({ paths, world }: Found, asked: Policy, reporter: Reporter): Promise<string> {
  const policy = { ...asked, paths };
  const outcome = await renewOnce(policy, world, renew.progressOf(policy, reporter));
  reporter.done({ keyFile: null, ...renew.reportOf(outcome, policy, world.now()) });
  return outcome.outcome;
}

async function rekeyed(
  { paths, world, are }: Found,
  asked: { policy: Policy; kind: ReturnType<typeof keyWish> },
  reporter: Reporter,
): Promise<string> {
  if (are === "apart") {
    const because =
      "Certificate and key stand in different files, of which one is the kubeconfig: they cannot be replaced as one.";
    throw new Failure("BAD_FLAG", { said: "--rekey does not go with this user", because, command: "kubeconfig" });
  }
  const policy = { ...asked.policy, paths, kind: asked.kind };
  const outcome = await rekeyOnce(policy, world, rekey.progressOf(policy, reporter));
  reporter.done(rekey.reportOf(outcome, policy, world.now()));
  return outcome.outcome;
}

function refuseKind(said: Said): null {
  const flag = ["kty", "curve", "size"].find((name) => said.given(name) !== undefined);
  if (flag === undefined) return null;
  const words = `--${flag} is about a new key, which --rekey makes`;
  throw new Failure("BAD_FLAG", { said: words, command: "kubeconfig", nearest: "--rekey" });
}
