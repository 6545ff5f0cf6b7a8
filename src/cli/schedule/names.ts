/** Names of units: what they may be made of, and how any text becomes one (systemd-escape(1)). */
import { Failure } from "../../failure/failure.ts";

/** As `systemd-escape TEXT`. */
export function escapeName(text: string): string {
  return [...Buffer.from(text)]
    .map((byte, index) => {
      const sign = String.fromCharCode(byte);
      if (sign === "/") return "-";
      const isPlain = /[A-Za-z0-9:_]/.test(sign) || (sign === "." && index > 0);
      return isPlain ? sign : `\\x${byte.toString(16).padStart(2, "0")}`;
    })
    .join("");
}

/** As `systemd-escape --path FILE`, of an absolute path without `.` and `..`. */
export function escapePath(file: string): string {
  const inner = file.split("/").filter(Boolean).join("/");
  return inner === "" ? "-" : escapeName(inner);
}

const kinds = /\.(service|timer|socket|target|path|mount|automount|device|swap|slice|scope)$/;
/** Of the file's name; systemd allows no longer one (UNIT_NAME_MAX). */
const longest = 255;

/** A unit that is named to systemctl, with its kind. Throws BAD_UNIT_NAME. */
export function unitOf(name: string, from: string): string {
  const unit = kinds.test(name) ? name : `${name}.service`;
  refuseBadName(name, unit, from, /[^A-Za-z0-9:_.\\@-]/);
  return unit;
}

/** What our own units are called, without kind and instance. Throws BAD_UNIT_NAME. */
export function baseOf(name: string, from: string): string {
  const base = name.replace(/@?(\.(service|timer))?$/, "");
  refuseBadName(name, `${base}@.service`, from, /[^A-Za-z0-9:_.\\-]/, base);
  return base;
}

/** One that was made of a file's name. Throws BAD_UNIT_NAME. */
export function refuseLongName(unit: string, file: string, of: "instance" | "path"): void {
  if (unit.length > longest)
    throw new Failure("BAD_UNIT_NAME", { from: file, name: unit, problem: "long", limit: longest, of });
}

function refuseBadName(name: string, unit: string, from: string, bad: RegExp, base: string = name): void {
  if (base === "" || base.startsWith(".")) throw new Failure("BAD_UNIT_NAME", { from, name, problem: "empty" });
  // systemctl would take it for a flag.
  if (base.startsWith("-")) throw new Failure("BAD_UNIT_NAME", { from, name, problem: "dash" });
  const character = bad.exec(base)?.[0];
  if (character !== undefined) {
    const escaped = escapeName(base);
    const joined = base.replace(/[^A-Za-z0-9:_.]+/g, "-").replace(/^[-.]+|-+$/g, "");
    throw new Failure("BAD_UNIT_NAME", { from, name, problem: "character", character, escaped, joined });
  }
  if (unit.length > longest) throw new Failure("BAD_UNIT_NAME", { from, name, problem: "long", limit: longest });
}
