/** `renew run`: many certificates from one file. */
import { basename } from "node:path";
import { parseCaUrl } from "../../ca/url.ts";
import { attempt, Failure, isFailure } from "../../failure/failure.ts";
import { shellFile } from "../../failure/shell.ts";
import type { Plan, RunOptions } from "../../renewal/many/plan.ts";
import type { World } from "../../world.ts";
import type { Around } from "../config/entry.ts";
import { findConfig } from "../config/find.ts";
import { isList } from "../config/include.ts";
import { concurrencyOf, methodOf } from "../config/keys.ts";
import { readPlan } from "../config/read.ts";
import type { CommandWords, Said } from "../flags.ts";
import { notesOf } from "../many/notes.ts";
import { tellEnd } from "../many/tell.ts";
import { Ticker } from "../many/ticker.ts";
import { caOf, manners, placeFlags, refuseFiles, refuseManners, rootOf } from "../policy.ts";
import type { Reporter } from "../report.ts";
import { runHelp } from "./run-help.ts";

export { blank } from "../print/many.ts";
export { blankEvent } from "../print/many-event.ts";

export const words: CommandWords = {
  name: "run",
  summary:
    "Renew the certificates that a file lists: what is due, many at once, each hook that several share once for all of them. Ends with a summary.",
  arguments: "",
  flags: [
    {
      names: ["config"],
      value: "FILE",
      bare: true,
      own: true,
      text: "the list, JSON or YAML (default: $STEPPATH/renew.json, else /etc/renew/renew.json)",
    },
    { names: ["force"], short: "f", bare: true, text: "renew all, due or not" },
    {
      names: ["concurrency"],
      value: "N",
      bare: true,
      text: "so many at once (default: the list's, else 8)",
      check: concurrencyOf,
    },
    {
      names: ["method"],
      value: "auto|mtls|token",
      choices: ["auto", "mtls", "token"],
      bare: true,
      text: "how to prove identity, whatever the list says (default: auto)",
      check: methodOf,
    },
    { names: ["keep-going"], bare: true, text: "renew the others where an entry or its files are broken" },
    { names: ["dry-run"], bare: true, text: "say what would be done, and why; ask no CA, change nothing" },
    {
      names: ["daemon"],
      bare: true,
      text: "stay, and renew each in time; SIGHUP: read the list again, SIGUSR1: say how it stands",
    },
    { names: ["ca-url"], value: "URL", vital: true, text: "the CA, where the list names none", check: parseCaUrl },
    {
      names: ["root"],
      value: "FILE[,FILE...]|DIR",
      vital: true,
      text: "its root certificates, where the list names none (default: $STEPPATH/certs/root_ca.crt)",
    },
    ...placeFlags.filter(({ names: [name] }) => name === "context"),
    { names: ["exit-code"], bare: true, text: "exit 10 when no certificate was due, whatever hooks were owed" },
    ...manners,
  ],
  after: runHelp,
};

/** Exit status for "nothing was due" under --exit-code. */
const notDueExit = 10;

/** Runs it. What is wrong as a whole is thrown; what is wrong with single certificates is told at the end. */
export async function run(said: Said, world: World, reporter: Reporter): Promise<number> {
  refuseWords(said);
  const options = optionsOf(said);
  if (said.isOn("daemon")) return stay(said, options, world, reporter);
  world.endOnHangup();
  const started = world.elapsed();
  const file = findConfig(said.given("config"), world);
  const plan = await readPlan(file, aroundOf(said, world));
  reporter.passedOver(said.passedOver());
  if (!options.keepGoing && !options.dryRun) refuseBroken(plan);
  const { json, quiet } = reporter.manner;
  const ticker = new Ticker(world, !json && !quiet);
  const chosen = new Map();
  const { runMany } = await import("../../renewal/many/run.ts");
  const summary = await runMany(plan, options, world, notesOf(reporter, { ticker, chosen })).finally(() =>
    ticker.clear(),
  );
  const ended = { file, plan, summary, chosen, tookMs: world.elapsed() - started, isDryRun: options.dryRun };
  const exit = tellEnd(ended, world, reporter);
  // What is owed of a renewal before, and made good now, was not due.
  const isNothingDue = summary.results.every(({ result }) => result === "not-due" || result === "would-settle");
  return exit === 0 && isNothingDue && said.isOn("exit-code") ? notDueExit : exit;
}

/** What is wrong with the list as a whole at the start ends it; later the list from before stays. */
async function stay(said: Said, options: RunOptions, world: World, reporter: Reporter): Promise<number> {
  const { stayWithMany } = await import("../many/stay.ts");
  let file = findConfig(said.given("config"), world);
  const look = async () => {
    const now = said.again();
    file = findConfig(now.given("config"), world);
    const plan = await readPlan(file, aroundOf(now, world));
    reporter.passedOver(now.passedOver());
    return plan;
  };
  return stayWithMany(look, { options, world, reporter, file: () => file });
}

/** Throws the failures of family 64. */
function refuseWords(said: Said): void {
  refuseManners(said);
  const [first = "", ...others] = said.operands;
  const isMeant = isList(basename(first)) && others.length === 0;
  refuseFiles(said, "run", {
    because: "The certificates are listed in a file, which --config names.",
    ...(isMeant && { nearest: `renew run --config ${shellFile(first)}` }),
  });
  const conflicts = [
    ["daemon", "dry-run", "One stays and renews, the other changes nothing."],
    ["daemon", "exit-code", "A daemon ends when it is told to, with 0."],
    ["daemon", "force", "A daemon renews each certificate in time; all of them at each start would be too much."],
  ] as const;
  for (const [one, other, because] of conflicts)
    if (said.isOn(one) && said.isOn(other))
      throw new Failure("FLAG_CONFLICT", { flags: [`--${one}`, `--${other}`], because });
}

function optionsOf(said: Said): RunOptions {
  const concurrency = said.given("concurrency");
  return {
    force: said.isOn("force"),
    keepGoing: said.isOn("keep-going"),
    dryRun: said.isOn("dry-run"),
    concurrency: concurrency === undefined ? null : concurrencyOf(concurrency, "--concurrency"),
  };
}

/** What the list may leave to flags, the environment and step's configuration, read when it does. */
function aroundOf(said: Said, { fs }: World): Around {
  const method = said.given("method");
  return {
    fs,
    ca: () => {
      const ca = attempt(() => caOf(said));
      if (ca.failure === undefined) return ca.value;
      if (isFailure(ca.failure, "CA_URL_MISSING")) return null;
      throw ca.failure;
    },
    root: () => rootOf(said),
    method: method === undefined ? null : methodOf(method, "--method"),
  };
}

/** Before anything else is opened, and told as the one failure that it is. */
function refuseBroken({ entries, broken: [first, ...others] }: Plan): void {
  if (first === undefined) return;
  const { failure } = first;
  if (!isFailure(failure, "BAD_RUN_CONFIG") || entries.length + others.length === 0) throw failure;
  throw new Failure("BAD_RUN_CONFIG", { ...failure.facts, others: others.length }, failure);
}
