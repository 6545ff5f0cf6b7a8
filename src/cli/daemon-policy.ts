/** The flags that make a run last, and every impossible pair of them. */
import type { Setting } from "../ca/settings.ts";
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

/** Whether the run is to stay. Throws the failures of family 64. */
export function isLasting(said: Said, period: PeriodFlag, command: string): boolean {
  const every = said.setting(period);
  const isOn = said.isOn("daemon");
  if (every?.value && !isOn) {
    throw new Failure("BAD_FLAG", {
      said: `${every.from} is for a run that stays: it needs --daemon`,
      command,
    });
  }
  if (isOn && said.has("exit-code") && said.isOn("exit-code"))
    throw conflict("--daemon", "--exit-code", "A daemon ends when it is told to, with 0.");
  return isOn;
}

/** When it renews. Throws the failures of family 64. */
export function paceOf(said: Said, period: PeriodFlag): Pace {
  const [every, expiresIn] = [said.setting(period), said.setting("expires-in")];
  if (every?.value && expiresIn?.value)
    throw conflict(every.from, expiresIn.from, "One renews by the calendar, the other by what is left.");
  const window = expiresIn && windowOf(expiresIn.value, expiresIn.from);
  return { window, ...(every?.value ? { periodMs: periodOf(every.value, every.from), period: every } : noPeriod) };
}

/** A cadence, and where its period is from. */
export interface Pace extends Cadence {
  readonly period: Setting | null;
}

const noPeriod = { periodMs: null, period: null };

function conflict(first: string, second: string, because: string): Failure {
  return new Failure("FLAG_CONFLICT", { flags: [first, second], because });
}

function periodOf(value: string, flag: string): number {
  const ms = parseDuration(value, flag);
  if (ms > 0) return ms;
  throw new Failure("BAD_DURATION", { flag, value, limit: "least" });
}
