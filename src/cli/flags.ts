/** The flags of a command as a table: read from its words, completed from the environment and step's configuration. */
import { type Configuration, configuration } from "../ca/configuration.ts";
import { findSetting, type Setting } from "../ca/settings.ts";
import { Failure } from "../failure/failure.ts";
import type { World } from "../world.ts";
import { readByCommander } from "./commander.ts";
import type { Remark } from "./remarks.ts";

export interface Flag {
  /** Long names, the first one first: it is the one in messages. */
  names: readonly [string, ...string[]];
  short?: string;
  /** What a value is called in the help; absent for switches. */
  value?: string;
  text: string;
  /** All values that there are, for shells that complete them. */
  choices?: readonly string[];
  /** All that can stand before a `=` in the value, with a file after it. */
  keys?: readonly string[];
  /** A switch that is neither on nor off without it: `--no-NAME` is offered as well. */
  no?: true;
  /** Switches that are on unless they are said to be off. */
  on?: boolean;
  /** Only a flag: not read from the environment and defaults.json. */
  bare?: boolean;
  /** Throws for a value that is none, before any file is opened; what it returns is not used. */
  check?: (value: string, from: string, command: string) => unknown;
  /** May be given several times; each value counts. */
  repeats?: true;
  /** Bears the name of a flag that every command has from step, and means something else: --config of `run`. */
  own?: boolean;
  /** Without it nothing can be done: then a defaults.json that cannot be read is a failure, and otherwise it is passed over. */
  vital?: boolean;
}

export interface CommandWords {
  name: string;
  summary: string;
  arguments: string;
  /** All that can stand there, for shells that complete it; else it is a file. */
  choices?: readonly string[];
  flags: readonly Flag[];
  /** Below the flags: examples, environment, exit codes. */
  after: string;
}

/** What was said on the command line, and how to look up what was not. */
export interface Said {
  readonly operands: readonly string[];
  /** As it stands on the command line, and nowhere else. */
  given(name: string): string | undefined;
  /** The value, null where neither flag nor environment nor defaults.json has it. */
  setting(name: string): Setting | null;
  value(name: string): string | undefined;
  /** Of a flag that may stand several times: each, in their order, all from the same place. */
  values(name: string): readonly string[];
  isOn(name: string): boolean;
  /** Whether this command has such a flag at all. */
  has(name: string): boolean;
  /** Where step's configuration is, for what has a place in it. */
  place(): ReturnType<Configuration["place"]>;
  /** What is odd and no failure, such as a defaults.json that cannot be used and was not needed. */
  passedOver(): readonly Remark[];
  /** What is odd in the command line itself, and was taken as meant. */
  readonly hints: readonly Remark[];
  /** The same words with step's configuration as it is now. */
  again(): Said;
}

/** Either what was said, or text to print because help was asked for. */
export type Parsed = { said: Said } | { help: string };

/** Reads a command line. Throws BAD_FLAG; opens no file but defaults.json, and that only when a value is looked up. */
export function parseFlags(words: CommandWords, argv: readonly string[], { env, fs }: World): Parsed {
  const meant = goStyle(argv, words.flags);
  const read = readPlain(meant.words, words.flags) ?? readByCommander(words, meant.words, argv);
  if ("help" in read) return read;
  const { given, operands } = read;
  const written = ({ names }: Pick<Flag, "names">) => {
    const [said] = names.map((name) => given[name]).filter((value) => value !== undefined);
    return said;
  };
  for (const flag of words.flags) checkGiven(flag, written(flag), words);
  const context = findSetting(written({ names: ["context"] }), ["context"], { env, defaults: () => ({}) });
  const line = { words, operands, written, hints: meant.remarks, env };
  const isOwn = words.flags.some(({ names, own }) => own && names.includes("config"));
  const look = (): Said => {
    const config = isOwn ? undefined : written({ names: ["config"] });
    const settings = configuration({ context, config }, { env, fs });
    return { ...lookUp(line, settings), again: look };
  };
  return { said: look() };
}

interface Asked {
  words: CommandWords;
  operands: readonly string[];
  written(flag: Flag): string | undefined;
  hints: readonly Remark[];
  env: World["env"];
}

function lookUp({ words, operands, written, hints, env }: Asked, settings: Configuration): Omit<Said, "again"> {
  const lookup = (flag: Flag): Setting | null => {
    const source = {
      env: flag.bare ? {} : env,
      defaults: () => (flag.bare ? {} : settings.values(flag.vital === true)),
    };
    const names = flag.short === undefined ? flag.names : ([...flag.names, flag.short] as const);
    const found = findSetting(written(flag), names, source);
    if (found?.list !== undefined) refuseList(flag, found, words);
    return found;
  };
  const flagOf = (name: string): Flag => {
    const flag = words.flags.find(({ names }) => names.includes(name));
    if (flag === undefined) throw new Error(`no flag is called ${name}`);
    return flag;
  };
  const find = (name: string) => ({ flag: flagOf(name), setting: lookup(flagOf(name)) });
  return {
    operands,
    given: (name) => written(flagOf(name)),
    setting: (name) => find(name).setting,
    value: (name) => find(name).setting?.value,
    values: (name) => valuesOf(find(name), written),
    place: () => settings.place(),
    passedOver: () => settings.remarks(),
    hints,
    has: (name) => words.flags.some(({ names }) => names.includes(name)),
    isOn: (name) => {
      const { flag, setting } = find(name);
      return setting === null ? flag.on === true : parseSwitch(setting, words);
    },
  };
}

/** Between the values of a flag that stands several times: no word of a command line can hold it. */
const between = "\0";

export function joined(before: string | undefined, value: string): string {
  return before === undefined ? value : `${before}${between}${value}`;
}

/** In a variable they are separated by commas, as Go's flags have it. */
function valuesOf({ flag, setting }: { flag: Flag; setting: Setting | null }, written: Asked["written"]) {
  if (setting === null) return [];
  if (written(flag) !== undefined) return parted(setting.value);
  return setting.list ?? (setting.from.startsWith("STEP_") ? setting.value.split(",") : [setting.value]);
}

/** In step's configuration. */
function refuseList({ repeats }: Flag, { from, list }: Setting, { name: command }: CommandWords): void {
  if (list && repeats) return;
  const is =
    list && !repeats
      ? "is a list, and takes one value"
      : repeats
        ? "is neither a text nor a list of texts"
        : "is no text, number or truth value";
  const because = "A flag has one value there, as on the command line; only those that may be repeated have a list.";
  throw new Failure("BAD_FLAG", { said: `${from} ${is}`, because, command });
}

function parted(value: string | undefined): readonly string[] {
  return value === undefined ? [] : value.split(between);
}

/** What a command line says: flags by name, and what is no flag. */
export interface Line {
  readonly given: Readonly<Record<string, string>>;
  readonly operands: readonly string[];
}

/** Words as `goStyle` leaves them, when all of them are understood; null when commander is to say what is wrong, or to help. */
export function readPlain(words: readonly string[], flags: readonly Flag[]): Line | null {
  const end = words.indexOf("--");
  const given: Record<string, string> = {};
  const operands: string[] = [];
  for (const word of end < 0 ? words : words.slice(0, end)) {
    const [, name = "", value = ""] = /^--([a-z][a-z0-9-]*)=(.*)$/s.exec(word) ?? [];
    const flag = flags.find(({ names }) => names[0] === name);
    if (flag !== undefined) given[name] = flag.repeats ? joined(given[name], value) : value;
    else if (word.startsWith("-") && word !== "-") return null;
    else operands.push(word);
  }
  return { given, operands: end < 0 ? operands : [...operands, ...words.slice(end + 1)] };
}

/**
 * step's flags come from Go: `-force` for `--force`, `--force=true`, `--mtls=false`. a switch's next word is none of its own, so each
 * switch gets its value here; `--mtls false`, with a space, is understood as what was meant.
 */
export function goStyle(argv: readonly string[], flags: readonly Flag[]): { words: string[]; remarks: Remark[] } {
  const words: string[] = [];
  const remarks: Remark[] = [];
  for (let index = 0; index < argv.length; index++) {
    const word = argv[index] ?? "";
    if (word === "--") return { words: [...words, ...argv.slice(index)], remarks };
    const cluster = clusterOf(word, flags);
    if (cluster !== undefined) {
      words.push(...cluster);
      continue;
    }
    const [, dashes = "", name = "", value] = /^(--?)([a-z][a-z0-9-]*)(?:=(.*))?$/s.exec(word) ?? [];
    const negated = name.startsWith("no-") ? flags.find(({ names }) => names.includes(name.slice(3))) : undefined;
    const flag = flags.find(({ names, short }) => names.includes(name) || (short !== undefined && short === name));
    if (negated && negated.value === undefined && value === undefined) words.push(`--${negated.names[0]}=false`);
    // An unknown one, so that it is looked up among the long names.
    else if (flag === undefined && dashes === "-" && name.length > 1) words.push(`-${word}`);
    else if (flag === undefined || dashes === "") words.push(word);
    else if (flag.value !== undefined && value !== undefined) words.push(`--${flag.names[0]}=${value}`);
    else if (flag.value !== undefined) {
      words.push(`--${flag.names[0]}`);
      // The value is taken whatever it looks like: `--expires-in -1h`.
      const next = argv[++index];
      if (next !== undefined) words[words.length - 1] += `=${next}`;
    } else if (value === undefined && /^(true|false)$/i.test(argv[index + 1] ?? "")) {
      const next = argv[++index] ?? "";
      words.push(`--${flag.names[0]}=${next}`);
      remarks.push({ kind: "spaced-switch", flag: word, value: next });
    } else words.push(`--${flag.names[0]}=${value ?? "true"}`);
  }
  return { words, remarks };
}

/** `-fv`: several short switches in one word. */
function clusterOf(word: string, flags: readonly Flag[]): string[] | undefined {
  const letters = /^-([a-z]{2,})$/.exec(word)?.[1] ?? "";
  if (flags.some(({ names }) => names.includes(letters))) return undefined;
  const found = [...letters].map((letter) => flags.find(({ short, value }) => short === letter && value === undefined));
  const whole = found.filter((flag) => flag !== undefined);
  return letters !== "" && whole.length === letters.length ? whole.map(({ names }) => `--${names[0]}=true`) : undefined;
}

/** Go's strconv.ParseBool. */
function parseSwitch({ value, from }: Setting, { name }: CommandWords): boolean {
  if (/^(1|t|true)$/i.test(value)) return true;
  if (/^(0|f|false)$/i.test(value)) return false;
  throw new Failure("BAD_FLAG", { said: `${from} is neither true nor false: '${value}'`, command: name });
}

/** What was given is looked at before anything is read. */
function checkGiven(flag: Flag, value: string | undefined, words: CommandWords): void {
  if (value === undefined) return;
  const from = `--${flag.names[0]}`;
  if (flag.value === undefined) parseSwitch({ value, from }, words);
  for (const one of flag.repeats ? parted(value) : [value]) flag.check?.(one, from, words.name);
}
