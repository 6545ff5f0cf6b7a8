/** Options of a caller whom no compiler has checked: names and types. What a value means is judged where it is used. */
import { nearest } from "../failure/nearest.ts";
import type { TlsServer } from "./watch-types.ts";

export type Kind =
  | "text"
  | "texts"
  | "url"
  | "switch"
  | "count"
  | "text or number"
  | "function"
  | "signal"
  | "object"
  | "list"
  | "server"
  | readonly string[];

/** Of an option: what it must be. Those with a `!` must be there. */
export type Shape = Readonly<Record<string, { readonly kind: Kind; readonly isNeeded?: true }>>;

const wrongOptions = new WeakSet<Error>();

/** Of an option whose mistake shows later: it is the caller's all the same, and no failure of a renewal. */
export function wrongOption(said: string): TypeError {
  const error = new TypeError(said);
  wrongOptions.add(error);
  return error;
}

export function isWrongOption(error: unknown): boolean {
  return error instanceof Error && wrongOptions.has(error);
}

/** Throws TypeError. `call` is whose options they are. */
export function check(call: string, options: unknown, shape: Shape): void {
  if (typeof options !== "object" || options === null)
    throw new TypeError(`${call} takes an object of options, and was given ${nameOf(options)}`);
  for (const [name, value] of Object.entries(options)) {
    const known = shape[name];
    if (known === undefined) throw new TypeError(`${call} knows no option '${name}'${hintFor(name, shape)}`);
    if (value !== undefined && !isOf(known.kind, value))
      throw new TypeError(`${call}: ${name} must be ${wordsFor(known.kind)}, and is ${nameOf(value)}`);
  }
  for (const [name, { kind, isNeeded }] of Object.entries(shape)) {
    if (isNeeded && (options as Record<string, unknown>)[name] === undefined)
      throw new TypeError(`${call} needs ${name}: ${wordsFor(kind)}`);
  }
}

function hintFor(name: string, shape: Shape): string {
  const near = nearest(name, Object.keys(shape));
  return near === undefined ? "" : `: is ${near} meant?`;
}

const serverMethods = ["setSecureContext", "once", "off"] as const;

function isOf(kind: Kind, value: unknown): boolean {
  const isText = (one: unknown) => typeof one === "string" && one !== "";
  if (typeof kind !== "string") return kind.some((one) => one === value);
  switch (kind) {
    case "text":
      return isText(value);
    case "texts":
      return isText(value) || (Array.isArray(value) && value.length > 0 && value.every(isText));
    case "url":
      return isText(value) || value instanceof URL;
    case "switch":
      return typeof value === "boolean";
    case "count":
      return typeof value === "number" && value >= 0; // and so not NaN
    case "text or number":
      return isText(value) || typeof value === "number";
    case "function":
      return typeof value === "function";
    case "signal":
      return value instanceof AbortSignal;
    case "object":
      return typeof value === "object" && value !== null;
    case "list":
      return Array.isArray(value);
    case "server":
      return serverMethods.every((name) => typeof (value as TlsServer | null)?.[name] === "function");
  }
}

function wordsFor(kind: Kind): string {
  if (typeof kind !== "string") return kind.map((one) => `"${one}"`).join(" or ");
  return {
    text: "a text that is not empty",
    texts: "a text, or an array of texts",
    url: "a text, or a URL",
    switch: "true or false",
    count: "a number that is not less than 0",
    "text or number": "a text or a number",
    function: "a function",
    signal: "an AbortSignal",
    object: "an object",
    list: "an array",
    server: "a TLS server, of node:tls, node:https or node:http2",
  }[kind];
}

/** Not the value: it may be a secret that was put into the wrong place. */
export function nameOf(value: unknown): string {
  if (value === null) return "null";
  if (value === "") return "empty";
  return Array.isArray(value) ? "an array" : `a ${typeof value}`.replace("a u", "u").replace("a o", "an o");
}
