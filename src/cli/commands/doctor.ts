/** `renew doctor CRT KEY`: a check-up, for people or as one JSON document. */
import { attempt, Failure } from "../../failure/failure.ts";
import { whom } from "../../pki/certificate.ts";
import { judge } from "../../renewal/checkup/verdict.ts";
import { type DoctorPolicy, examine } from "../../renewal/doctor.ts";
import type { Policy } from "../../renewal/renew.ts";
import type { World } from "../../world.ts";
import { alsoFlags } from "../also-policy.ts";
import type { CommandWords, Said } from "../flags.ts";
import { hookFlags } from "../hook-policy.ts";
import { kubeUserOf, userFlag } from "../kube-user.ts";
import { connectionFlags, expiresInFlag, filesOf, manners, policyOf } from "../policy.ts";
import { checkupDocument, renderCheckup } from "../print/checkup.ts";
import { certificateDocument } from "../print/json.ts";
import { jsonText } from "../print/plain.ts";
import type { Reporter } from "../report.ts";

const texts: Readonly<Record<string, string>> = {
  also: "is the other form in FILE what it should be, and can it be written? May be repeated",
  exec: "the hook after a renewal: is its program there?",
  "pid-file": "the pid that a renewal would signal: is there such a process?",
};

/** The flags of a renewal, so that its command line can be had checked as it is. */
const hookChecked = hookFlags.map((flag) => ({ ...flag, text: texts[flag.names[0]] ?? "as `renew` takes it" }));

export const words: CommandWords = {
  name: "doctor",
  summary:
    "Look at a certificate, its key and its CA before anything fails: what is well, what is not, and whether a renewal works now and after the expiry. Changes nothing.",
  arguments: "[CRT KEY|FILE]",
  flags: [
    { names: ["kubeconfig"], bare: true, text: "of a user in a kubeconfig: FILE, or as kubectl finds it" },
    { ...userFlag, text: "with --kubeconfig: the user (default: the current context's, else the only one)" },
    { names: ["rehearse"], bare: true, text: "prove it: renew by token for real, and install nothing" },
    expiresInFlag("how your timer renews, to be checked against the lifetime: 8h, 2d, 66%"),
    ...alsoFlags.map((flag) => ({ ...flag, text: texts[flag.names[0]] ?? flag.text })),
    ...hookChecked,
    ...connectionFlags,
    ...manners,
  ],
  after: `EXAMPLES
  Will it renew tonight, and what if tonight's run is missed?
    $ renew doctor web.crt web.key --ca-url https://ca.internal:9000 \\
        --root root_ca.crt

  The same, proved by a renewal that is thrown away (the CA will hold one
  certificate more):
    $ renew doctor --rehearse web.crt web.key

  The certificate of the current context's user in kubectl's own file:
    $ renew doctor --kubeconfig ~/.kube/config

  In monitoring: silent and 0 while all is well:
    $ renew doctor -q web.crt web.key

WHAT IT ASKS
  The CA's public endpoints, and /renew once without certificate and token:
  that renews nothing, leaves a line with status 400 in the CA's log, and shows
  whether a renewal's request gets through.

THE FORECAST
  over mTLS and by token, now and after the expiry: works, will be refused, or
  cannot be known. What the CA does not show is said as "unless"; --rehearse
  tells, as it renews for real.

EXIT STATUS
  0 all is well, as far as the CA shows it: a revocation without a CRL and the
    claims of the whole CA are known by --rehearse alone
  1 warnings: it renews now and something is not well, or whether it renews
    cannot be known
  64 and above: as \`renew --force\` would end now (77: the CA would refuse)
`,
};

/** Runs it. Only usage errors and interruptions are thrown: everything else is a finding. */
export async function run(said: Said, world: World, reporter: Reporter): Promise<number> {
  const asked = said.isOn("kubeconfig") ? await inKubeconfig(said, world) : ofFiles(said, world);
  reporter.passedOver(said.passedOver());
  const policy: DoctorPolicy = { ...asked.policy, force: true, rehearse: said.isOn("rehearse") };
  const checkup = await examine(policy, asked.world);
  const { certificate: file } = policy.paths;
  if (checkup.leaf !== null) reporter.about(file, checkup.leaf);
  const judgement = judge(checkup);
  const { json, quiet, command } = reporter.manner;
  const failure = judgement.failure && reporter.describe(judgement.failure);
  if (json) {
    const certificate = checkup.leaf && certificateDocument(file, checkup.leaf);
    const whole = checkupDocument({ command, certificate, checkup, judgement, error: failure?.document ?? null });
    world.stdout.write(`${jsonText(whole, 2)}\n`);
  } else if (!quiet || judgement.outcome !== "healthy") {
    const title = `${checkup.leaf === null ? file : `${file} for ${whom(checkup.leaf)}`}, at ${policy.ca.href}`;
    const page = { title, ...checkup, judgement, columns: world.stdout.columns, style: reporter.styleOf(world.stdout) };
    world.stdout.write(renderCheckup(page) + (failure === null ? "" : `\n${failure.rendered}`));
  }
  return judgement.exit;
}

interface Asked {
  readonly policy: Policy & { readonly plugin?: readonly [string, ...string[]] };
  readonly world: World;
}

function ofFiles(said: Said, world: World): Asked {
  const policy = policyOf(said, "doctor", filesOf(said, "doctor"));
  if (said.given("user") === undefined) return { policy, world };
  throw new Failure("BAD_FLAG", { said: "--user goes with --kubeconfig", command: "doctor", nearest: "--kubeconfig" });
}

/** Which user it is, and where its pair, comes before all findings. Throws what `renew kubeconfig` would. */
async function inKubeconfig(said: Said, world: World): Promise<Asked> {
  const [file, ...others] = said.operands;
  if (others.length > 0) {
    const words = `${said.operands.length} files were given, and with --kubeconfig one is wanted at most: FILE`;
    throw new Failure("BAD_FLAG", { said: words, command: "doctor" });
  }
  if (said.given("also") !== undefined)
    throw new Failure("BAD_FLAG", { said: "--also goes with CRT KEY, not with --kubeconfig", command: "doctor" });
  const own = attempt(() => policyOf(said, "doctor", { certificate: "", key: "" }));
  // Our own plugin may know the CA.
  if (own.failure !== undefined && own.failure.code !== "CA_URL_MISSING") throw own.failure;
  const asked = kubeUserOf(said, file, "doctor");
  const [{ choose }, { findPaths }, { ownPlugin }] = await Promise.all([
    import("../../kube/which.ts"),
    import("../../kube/paths.ts"),
    import("../../kube/credentials.ts"),
  ]);
  const chosen = choose(asked, world);
  const plugin = ownPlugin(chosen);
  if (plugin !== null) {
    const { policyOfPlugin } = await import("../plugin-policy.ts");
    return { policy: { ...policyOfPlugin(plugin, said, world), plugin: plugin.program }, world };
  }
  if (own.failure !== undefined) throw own.failure;
  const found = findPaths(chosen, own.value.paths.passphraseFile, world);
  return { policy: { ...own.value, paths: found.paths }, world: found.world };
}
