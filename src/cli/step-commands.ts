/** A whole command of step's behind `renew`, as people paste it: `renew ca renew CRT KEY`. */
import { Failure } from "../failure/failure.ts";
import { shell } from "../failure/shell.ts";

/** What each of step's commands is called here, by its last word. */
const ours: Readonly<Record<string, string>> = {
  renew: "renew",
  rekey: "renew rekey",
  "needs-renewal": "renew needs-renewal",
};

const groups: Readonly<Record<string, readonly string[]>> = {
  ca: ["renew", "rekey"],
  certificate: ["needs-renewal"],
};

/** The failure that names the command that is meant; undefined for a command line that is none of step's. */
export function refusePasted(argv: readonly string[]): Failure | undefined {
  const isTwice = argv[0] === "renew";
  const words = argv.slice(isTwice ? 1 : 0);
  const [group = "", last = "", ...rest] = words[0] === "step" ? words.slice(1) : words;
  const isOfStep = Object.hasOwn(groups, group) && groups[group]?.includes(last) === true;
  if (!isTwice && !isOfStep) return undefined;
  const isCommand = isTwice && Object.hasOwn(ours, group);
  const command = isOfStep ? ours[last] : isCommand ? ours[group] : "renew";
  const others = isOfStep ? rest : isCommand ? words.slice(1) : words;
  const taken = ["renew", ...argv.slice(0, argv.length - others.length)].join(" ");
  return new Failure("BAD_FLAG", {
    said: `'${taken}' is not a command`,
    because: "`renew` alone stands for `step ca renew`, and is followed by the files and flags.",
    nearest: [command, ...others.map((word) => (isFlag(word) ? word : shell(word, "''")))].join(" "),
    command: "renew",
  });
}

/** A flag as a shell takes it without quotes. */
function isFlag(word: string): boolean {
  return /^--?[\w=%+:,./@-]+$/.test(word);
}
