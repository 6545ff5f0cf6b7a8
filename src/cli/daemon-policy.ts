/** The flags that make a run last, and every impossible pair of them. */
import { Failure } from "../failure/failure.ts";
import type { Cadence } from "../renewal/cadence.ts";
import { parseDuration } from "./duration.ts";
import type { Flag, Said } from "./flags.ts";
import { windowOf } from "./policy.ts";

/** `--renew-period` or `--rekey-period`. */
export type PeriodFlag = "renew-period" | "rekey-period";

export function daemonFlags(period: PeriodFlag): readonly Flag[] {
  return [
    { names: ["daemon"], text: "stay, and renew in time, again and again; SIGHUP: now, SIGUSR1: say how it stands" },
    {
      names: [period],
      value: "DURATION",
      text: "with --daemon: every so often (default: in the last third of the lifetime)",
      check: periodOf,
    },
  ];
}

/** Null where the run is to end after one renewal. Throws the failures of family 64. */
export function cadenceOf(said: Said, period: PeriodFlag): Cadence | null {
  const conflict = (first: string, second: string, because: string) =>
    new Failure("FLAG_CONFLICT", { flags: [first, second], because });
  const [every, expiresIn] = [said.setting(period), said.setting("expires-in")];
  const isLasting = said.isOn("daemon");
  if (every?.value && !isLasting) {
    throw new Failure("BAD_FLAG", {
      said: `${every.from} is for a run that stays: it needs --daemon`,
      command: "renew",
    });
  }
  if (every?.value && expiresIn?.value)
    throw conflict(every.from, expiresIn.from, "One renews by the calendar, the other by what is left.");
  if (!isLasting) return null;
  if (said.isOn("exit-code")) throw conflict("--daemon", "--exit-code", "A daemon ends when it is told to, with 0.");
  const window = expiresIn && windowOf(expiresIn.value, expiresIn.from);
  return { window, periodMs: every?.value ? periodOf(every.value, every.from) : null };
}

function periodOf(value: string, flag: string): number {
  const ms = parseDuration(value, flag);
  if (ms > 0) return ms;
  throw new Failure("BAD_DURATION", { flag, value, problem: "It must be longer than nothing." });
}
