/** `renew needs-renewal FILE|URL`: step's words, streams and exit statuses, so that timers, units and scripts go on as they are. */
import { parseServerAddress } from "../../ca/server-address.ts";
import { errnoOf, Failure, isFailure } from "../../failure/failure.ts";
import { type Answer, type NeedPolicy, needsRenewal } from "../../renewal/needs-renewal.ts";
import type { World } from "../../world.ts";
import type { CommandWords, Flag, Said } from "../flags.ts";
import { expiresInFlag, manners, placeFlags, refusePairs, timeoutFlag, timeoutOf, windowOf } from "../policy.ts";
import { needDocument } from "../print/need.ts";
import { jsonText } from "../print/plain.ts";
import type { Reporter } from "../report.ts";
import { needsRenewalHelp } from "./needs-renewal-help.ts";

const verbose: Flag = { names: ["verbose"], short: "v", text: "say it in words, too" };

export const words: CommandWords = {
  name: "needs-renewal",
  summary:
    "Does a certificate need renewal? The exit status says it: 0 it does, 1 it does not. It is that of a file, or the one that a TLS server presents. Nothing is changed.",
  arguments: "FILE|URL",
  flags: [
    expiresInFlag("when no more than DURATION is left, or PERCENT of the lifetime is used: 8h, 2d (default: 66%)"),
    { names: ["bundle"], text: "every certificate of the file, or of the server, counts (default: the first)" },
    {
      names: ["roots"],
      value: "FILE[,FILE...]|DIR",
      text: "the roots that a server's certificate has to lead to (default: the system's)",
    },
    { names: ["servername"], value: "NAME", text: "the name to ask a server for, and to hold it to" },
    timeoutFlag("limit for reaching a server (default: 10s)"),
    ...placeFlags,
    verbose,
    ...manners.filter(({ names: [name] }) => name !== "verbose" && name !== "quiet"),
  ],
  after: needsRenewalHelp,
};

/** step's default. */
const usual = { value: "66%", from: "the default" };

/** What a failed run's document has besides what all have. */
export const blank = { expiresIn: null, checked: [] };

/** step's, not the family's: 2 where there is no file, and 255 for all else. An interrupted program ends as one. */
export function exitOf(failure: Failure, exit: number): number {
  if (isFailure(failure, "INTERRUPTED")) return exit;
  return isFailure(failure, "FILE_MISSING") && errnoOf(failure.cause) === "ENOENT" ? 2 : 255;
}

/** Runs it. Silent, but for a failure and under -v and --json. */
export async function run(said: Said, world: World, reporter: Reporter): Promise<number> {
  const { policy, expiresIn, name } = asked(said);
  reporter.passedOver(said.passedOver());
  const answer = await needsRenewal(policy, world);
  if (reporter.manner.json) {
    const document = needDocument({ command: words.name, name, expiresIn, answer });
    world.stdout.write(`${jsonText(document, 2)}\n`);
  } else if (said.isOn("verbose")) sayAsStep(answer, world);
  return answer.needed ? 0 : 1;
}

/** Word for word, and each on its own stream. */
function sayAsStep({ needed, isHalfWay }: Answer, { stdout, stderr }: World): void {
  if (isHalfWay) stderr.write("an interrupted run has left it half-way: the next renewal makes it whole\n");
  if (needed) stdout.write("certificate needs renewal\n");
  else stderr.write("certificate does not need renewal\n");
}

interface Wanted {
  policy: NeedPolicy;
  expiresIn: string;
  /** What the certificate is called: the file, or the address. */
  name: string;
}

/** Throws the failures of family 64. */
function asked(said: Said): Wanted {
  const [operand, ...rest] = said.operands;
  if (operand === undefined || rest.length > 0) {
    const count = operand === undefined ? "nothing was" : `${said.operands.length} words were`;
    throw new Failure("BAD_FLAG", {
      said: `${count} given, and one is wanted: FILE or URL`,
      command: words.name,
    });
  }
  refusePairs(said);
  const address = parseServerAddress(operand);
  const given = said.setting("expires-in");
  const { value: expiresIn, from } = given === null || given.value === "" ? usual : given;
  const roots = said.setting("roots");
  const policy = {
    subject: address ?? operand,
    window: windowOf(expiresIn, from) ?? { kind: "percent" as const, used: 66 },
    bundle: said.isOn("bundle"),
    roots: roots === null || roots.value === "" ? null : roots,
    serverName: said.value("servername") || null,
    timeoutMs: timeoutOf(said, "10s"),
  };
  return { policy, expiresIn, name: address?.url ?? operand };
}
