/** `--backup N`, of the commands that replace something. */
import { Failure } from "../failure/failure.ts";
import { mostBackups } from "../files/names.ts";
import type { NotKept } from "../renewal/keep.ts";
import type { Flag, Said } from "./flags.ts";

/** `what`: all that is kept. */
export function backupFlag(what: string): Flag {
  return {
    names: ["backup"],
    value: "N",
    text: `keep the last N ${what} that were replaced, 1 to ${mostBackups}; see \`renew rollback\``,
    check: countOf,
  };
}

/** Undefined where nothing is to be kept. Throws BAD_FLAG. */
export function backupsOf(said: Said, command: string): number | undefined {
  const setting = said.setting("backup");
  return setting === null ? undefined : countOf(setting.value, setting.from, command);
}

export function notKeptText({ file, errno }: NotKept): string {
  return errno === null
    ? `what ${file} was is not kept: it was no certificate with the key that belongs to it`
    : `what ${file} was could not be kept (${errno}): there is no backup of it`;
}

export function countOf(text: string, from: string, command: string): number {
  if (/^\d{1,2}$/.test(text) && Number(text) > 0) return Number(text);
  throw new Failure("BAD_FLAG", { said: `${from} is not a number from 1 to ${mostBackups}: '${text}'`, command });
}
