/** `renew CRT KEY`: from words to a policy, and from the outcome to words. */

import { reasons } from "../../ca/credential.ts";
import { instant, span } from "../../failure/time.ts";
import { type Certificate, whom } from "../../pki/certificate.ts";
import { formFiles } from "../../renewal/also/form.ts";
import { type Outcome, type Policy, type Progress, renewOnce } from "../../renewal/renew.ts";
import { nothingDue } from "../../renewal/schedule.ts";
import type { World } from "../../world.ts";
import { alsoFlags, alsoWritten } from "../also-policy.ts";
import { backupFlag, notKeptText } from "../backup-policy.ts";
import type { Lasting } from "../daemon.ts";
import { daemonFlags, isLasting, paceOf } from "../daemon-policy.ts";
import type { CommandWords, Said } from "../flags.ts";
import { hookFlags } from "../hook-policy.ts";
import { notDueText } from "../not-due.ts";
import { connectionFlags, expiresInFlag, lockFlag, manners, policyOf, unbuiltFlags } from "../policy.ts";
import type { Report, Reporter } from "../report.ts";
import { overtakenReport, turnWords } from "../turn-words.ts";
import { renewHelp } from "./renew-help.ts";

export const words: CommandWords = {
  name: "renew",
  summary:
    "Renew an X.509 certificate issued by step-ca: over mTLS while it is valid, by a\nsigned token under --force once it has expired. Refusals are explained.",
  arguments: "CRT KEY",
  flags: [
    { names: ["force"], short: "f", text: "replace the file without asking; renew also when expired" },
    {
      names: ["mtls"],
      on: true,
      text: "prove identity in the TLS handshake; false: by token (default: what can work)",
    },
    { names: ["out", "output-file"], value: "FILE", text: "write the new chain to FILE instead of CRT" },
    backupFlag("certificates"),
    ...alsoFlags,
    expiresInFlag(
      "only when less than DURATION is left, or PERCENT of the lifetime is used: 8h, 2d, 66%; 0 or less: always",
    ),
    ...daemonFlags("renew-period"),
    ...hookFlags,
    ...connectionFlags,
    ...unbuiltFlags,
    lockFlag,
    { names: ["exit-code"], bare: true, text: "exit 10 when the certificate is not due, whatever hook was owed" },
    ...manners,
  ],
  after: renewHelp,
};

/** Exit status for "not due" under --exit-code; 0 otherwise. */
const notDueExit = 10;

/** Runs it. Failures are thrown; the reporter has learnt by then which certificate they are about. */
export async function run(said: Said, world: World, reporter: Reporter): Promise<number> {
  const policy = policyOf(said, "renew");
  const isStaying = isLasting(said, "renew-period", "renew");
  paceOf(said, "renew-period");
  reporter.passedOver(said.passedOver());
  if (isStaying) return stay(said, world, reporter);
  world.endOnHangup();
  const outcome = await renewOnce(policy, world, progressOf(policy, reporter));
  reporter.done(reportOf(outcome, policy, world.now()));
  return outcome.outcome === "not-due" && said.isOn("exit-code") ? notDueExit : 0;
}

async function stay(said: Said, world: World, reporter: Reporter): Promise<number> {
  const { last } = await import("../daemon.ts");
  return last(() => lastingOf(said.again(), reporter), world, reporter);
}

function lastingOf(said: Said, reporter: Reporter): Lasting {
  const policy = policyOf(said, "renew");
  const { certificate } = policy.paths;
  return {
    pace: paceOf(said, "renew-period"),
    file: policy.out ?? certificate,
    firstFile: certificate,
    settings: policy,
    written: [policy.out ?? certificate],
    run: (what, file, world) => {
      const paths = { ...policy.paths, certificate: file };
      const window = what === "renew" ? null : nothingDue;
      return renewOnce({ ...policy, paths, window, force: true }, world, progressOf(policy, reporter));
    },
  };
}

export function progressOf(policy: Policy, reporter: Reporter): Progress {
  return {
    ...turnWords(reporter),
    loaded: ({ leaf, chain }) => {
      reporter.about(policy.paths.certificate, leaf);
      reporter.detail(
        `${policy.paths.certificate} is for ${whom(leaf)} (${usagesOf(leaf)}), ${chain.length} in the file, until ${instant(leaf.notAfter)}`,
      );
    },
    decided: (due) => reporter.detail(due.due ? `it is due: ${dueWords[due.because]}` : "it is not due"),
    chose: ({ method, because }) => {
      reporter.chose(method, because);
      reporter.detail(`asking ${policy.ca.href} ${method === "mtls" ? "over mTLS" : "by token"}: ${reasons[because]}`);
    },
    settled: (left) => reporter.settled(left),
    owing: (file) => reporter.owing(file),
    notKept: (what) => reporter.repaired(notKeptText(what)),
    freshened: (files) => reporter.freshened(files),
    installed: (file, leaf) => reporter.installed(file, leaf, null, formFiles(policy)),
    completed: (count) =>
      reporter.detail(
        `the chain in the file does not hold: the token's is made whole from the CA's, ${count} above the leaf`,
      ),
  };
}

const dueWords = {
  expired: "it has expired",
  asked: "no --expires-in limits it",
  "inside-window": "--expires-in says so",
};

export function reportOf(outcome: Outcome, { paths, hooks }: Policy, now: Date): Report {
  const { leaf } = outcome;
  if (outcome.outcome === "not-due") {
    const { from } = outcome.due;
    return {
      outcome: "not-due",
      text: notDueText(paths.certificate, leaf, from, now),
      about: { file: paths.certificate, leaf },
      dueFrom: from,
    };
  }
  if (outcome.outcome === "overtaken") return overtakenReport("renewed", outcome, { now, hasHooks: hooks !== null });
  const { file, choice, how, tookMs } = outcome;
  const way = choice.method === "mtls" ? "over mTLS" : "by token";
  return {
    outcome: "renewed",
    text: `renewed ${file} for ${whom(leaf)} ${way}: good until ${instant(leaf.notAfter)} (${span(leaf.notAfter.getTime() - now.getTime())}), in ${Math.round(tookMs)} ms${alsoWritten(outcome.forms)}`,
    notes: how === "renamed" ? [] : [`${file} is a mount of its own, and was written in place`],
    about: { file, leaf },
    file,
    tookMs: Math.round(tookMs),
  };
}

function usagesOf({ usages }: Certificate): string {
  return usages === null ? "any usage" : usages.join(", ");
}
