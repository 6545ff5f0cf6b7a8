/** `renew rekey CRT KEY`: from words to a policy, and from the outcome to words. */
import { Failure } from "../../failure/failure.ts";
import { instant, relative, span } from "../../failure/time.ts";
import { whom } from "../../pki/certificate.ts";
import { kindText } from "../../pki/new-key.ts";
import { formFiles } from "../../renewal/also/form.ts";
import { type RekeyOutcome, type RekeyPolicy, rekeyOnce } from "../../renewal/rekey.ts";
import type { Progress } from "../../renewal/renew.ts";
import { nothingDue } from "../../renewal/schedule.ts";
import type { World } from "../../world.ts";
import { alsoFlags, alsoWritten } from "../also-policy.ts";
import { backupFlag, notKeptText } from "../backup-policy.ts";
import type { Lasting } from "../daemon.ts";
import { daemonFlags, isLasting, paceOf } from "../daemon-policy.ts";
import type { CommandWords, Said } from "../flags.ts";
import { hookFlags } from "../hook-policy.ts";
import { connectionFlags, expiresInFlag, lockFlag, manners } from "../policy.ts";
import { keyFlags, pairFlags, rekeyPolicyOf } from "../rekey-policy.ts";
import type { Report, Reporter } from "../report.ts";
import { overtakenReport, turnWords } from "../turn-words.ts";

export const words: CommandWords = {
  name: "rekey",
  summary:
    "Get the same certificate for a new key, over mTLS, and put both in their places as\none. The new key has the old one's type, size, form, passphrase, mode and owner.",
  arguments: "CRT KEY",
  flags: [
    { names: ["force"], short: "f", text: "replace both files without asking" },
    ...pairFlags,
    ...keyFlags,
    backupFlag("pairs"),
    ...alsoFlags,
    expiresInFlag("only when less than DURATION is left, or PERCENT of the lifetime is used: 8h, 2d, 66%"),
    ...daemonFlags("rekey-period"),
    ...hookFlags,
    ...connectionFlags,
    lockFlag,
    { names: ["exit-code"], bare: true, text: "exit 10 when the certificate is not due, whatever hook was owed" },
    ...manners,
  ],
  after: `EXAMPLES
  A new key of the same kind, in place, without a question:
    $ renew rekey --force web.crt web.key --ca-url https://ca.internal:9000 \\
        --root root_ca.crt

  Another kind of key:
    $ renew rekey --force --kty EC --curve P-384 web.crt web.key
    $ renew rekey --force --kty RSA --size 3072 web.crt web.key

  Keep the old pair, write the new one beside it:
    $ renew rekey web.crt web.key --out-cert new.crt --out-key new.key

  Keep the last two pairs, for \`renew rollback\`:
    $ renew rekey --force --backup 2 web.crt web.key

  For HAProxy as well, certificate and new key in one file:
    $ renew rekey --force web.crt web.key --also combined=haproxy.pem

  Reload a service afterwards:
    $ renew rekey --force web.crt web.key --exec 'systemctl reload nginx'

  For a key that is there already:
    $ renew rekey --force web.crt web.key --private-key mine.key

WHAT CANNOT BE REKEYED
  A rekey works over mTLS only. A certificate that has expired is renewed first
  (\`renew --force CRT KEY\`, by token), and one that is not for clients is
  enrolled anew. So is one behind a registration authority.

WHAT AN INTERRUPTION LEAVES
  The old pair, until the new one is whole on the disk. A run that dies while
  it switches leaves a journal beside the certificate (.CRT.renew-journal, no
  secrets in it): the next run of renew finishes the pair before anything else.

EXIT STATUS
  0 rekeyed or not due   64 usage   65 content of a file   66 missing file
  69 rekeyed, but the hook failed   70 bug   73 cannot write   75 try later
  76 wrong answer   77 refused   78 trust, configuration
  129, 130, 143 interrupted   10 not due (--exit-code)
`,
};

/** Exit status for "not due" under --exit-code; 0 otherwise. */
const notDueExit = 10;

/** Runs it. Failures are thrown; the reporter has learnt by then which certificate they are about. */
export async function run(said: Said, world: World, reporter: Reporter): Promise<number> {
  const policy = rekeyPolicyOf(said);
  const isStaying = isLasting(said, "rekey-period", "rekey");
  paceOf(said, "rekey-period");
  if (isStaying) refuseElsewhere(policy);
  reporter.passedOver(said.passedOver());
  if (isStaying) return stay(said, world, reporter);
  world.endOnHangup();
  const outcome = await rekeyOnce(policy, world, progressOf(policy, reporter));
  reporter.done(reportOf(outcome, policy, world.now()));
  return outcome.outcome === "not-due" && said.isOn("exit-code") ? notDueExit : 0;
}

/** The next rekey starts from the pair of the last one, and a key that is given is no new key. */
function refuseElsewhere({ outCertificate, outKey, privateKey }: RekeyPolicy): void {
  const given = { "--out-cert": outCertificate, "--out-key": outKey, "--private-key": privateKey };
  const [flag] = Object.entries(given).find(([, value]) => value !== undefined) ?? [];
  if (flag === undefined) return;
  const because = "A daemon makes a new key each time, and replaces the pair that it starts from.";
  throw new Failure("FLAG_CONFLICT", { flags: ["--daemon", flag], because });
}

async function stay(said: Said, world: World, reporter: Reporter): Promise<number> {
  const { last } = await import("../daemon.ts");
  return last(() => lastingOf(said.again(), reporter), world, reporter);
}

function lastingOf(said: Said, reporter: Reporter): Lasting {
  const policy = rekeyPolicyOf(said);
  refuseElsewhere(policy);
  const { certificate } = policy.paths;
  return {
    pace: paceOf(said, "rekey-period"),
    file: certificate,
    firstFile: certificate,
    settings: policy,
    written: [certificate, policy.paths.key],
    run: (what, _file, world) => {
      const window = what === "renew" ? null : nothingDue;
      return rekeyOnce({ ...policy, window, force: true }, world, progressOf(policy, reporter));
    },
  };
}

export function progressOf({ paths, ca, ...policy }: RekeyPolicy, reporter: Reporter): Progress {
  return {
    settled: (left) => reporter.settled(left),
    owing: (file) => reporter.owing(file),
    notKept: (what) => reporter.repaired(notKeptText(what)),
    freshened: (files) => reporter.freshened(files),
    installed: (file, leaf, keyFile) => reporter.installed(file, leaf, keyFile, formFiles(policy)),
    ...turnWords(reporter),
    loaded: ({ leaf }) => {
      reporter.about(paths.certificate, leaf);
      reporter.detail(`${paths.certificate} is for ${whom(leaf)}, until ${instant(leaf.notAfter)}`);
    },
    decided: (due) => reporter.detail(due.due ? "it is due" : "it is not due"),
    chose: ({ method, because }) => {
      reporter.chose(method, because);
      reporter.detail(`asking ${ca.href} over mTLS: a rekey knows no other way`);
    },
  };
}

export function reportOf(outcome: RekeyOutcome, policy: RekeyPolicy, now: Date): Report {
  const { paths, kind, privateKey, hooks } = policy;
  const { leaf } = outcome;
  if (outcome.outcome === "not-due") {
    const until = `${instant(leaf.notAfter)} (${relative(leaf.notAfter, now)})`;
    return {
      outcome: "not-due",
      text: `${paths.certificate} is not due: good until ${until}, due from ${instant(outcome.due.from)}`,
      about: { file: paths.certificate, leaf },
      keyFile: null,
      dueFrom: outcome.due.from,
    };
  }
  if (outcome.outcome === "overtaken") return overtakenReport("rekeyed", outcome, { now, hasHooks: hooks !== null });
  const { file, keyFile, key, isSameKey } = outcome;
  const tookMs = Math.round(outcome.tookMs);
  const left = span(leaf.notAfter.getTime() - now.getTime());
  return {
    outcome: "rekeyed",
    text: `rekeyed ${file} for ${whom(leaf)}, its key (${kindText(key)}) is in ${keyFile}: good until ${instant(leaf.notAfter)} (${left}), in ${tookMs} ms${alsoWritten(formFiles(policy))}`,
    notes: [
      ...(isSameKey ? [`${keyFile} is the key that ${paths.certificate} had before: it is no new key`] : []),
      ...(privateKey !== undefined && kind !== null ? [`--kty was passed over: ${privateKey} is what it is`] : []),
    ],
    about: { file, leaf },
    file,
    keyFile,
    tookMs,
  };
}
