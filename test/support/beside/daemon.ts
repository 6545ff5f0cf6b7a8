/** A daemon, step's or ours, that is watched while something happens to it. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { cpSync, existsSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { program as ours } from "../program.ts";
import { effectOf, snapshot } from "./effect.ts";
import type { Lane } from "./lane.ts";
import { hookIn, passphrase, prepare, type Stage } from "./play.ts";
import type { Row } from "./row.ts";

/** What can be done to a daemon, and waited for. */
export interface Hands {
  readonly folder: string;
  readonly lane: Lane;
  /** Until it has said something, and more than before. */
  speaks(): Promise<void>;
  signal(name: NodeJS.Signals): void;
  /** Until a file of the folder is another than it was at the last call, or at the start; false when the time is up. */
  changes(file: string, withinMs?: number): Promise<boolean>;
  /** Until the hook has run, and is owed no more. */
  settled(): Promise<void>;
  /** Until the hook has begun. */
  hooked(): Promise<void>;
  /** Nothing is done; a daemon may. */
  passes(ms: number): Promise<void>;
  /** Somebody else's work: the new file is there as a whole at once. */
  replace(file: string, by: string): void;
  write(file: string, text: string): void;
  remove(file: string): void;
}

export interface DaemonRow extends Omit<Row, "does"> {
  /** The CA is not there when the daemon starts. */
  down?: boolean;
  /** What happens until the daemon is ended. May return what it has noticed. */
  during(hands: Hands): Promise<unknown>;
  /** Both have to say on stderr what went wrong. */
  isError?: boolean;
  /** By what it is ended; null where it ends by itself. Default SIGTERM. */
  end?: NodeJS.Signals | null;
  does: { readonly step: string; readonly renew: string } | string;
}

export interface Watched {
  exit: number | null;
  does: string;
  stdout: string;
  stderr: string;
  /** From the signal to the end. */
  endedInMs: number;
}

const patienceMs = 15_000;

export async function playDaemon(
  row: DaemonRow,
  stage: Omit<Stage, "lane"> & { lanes: readonly [Lane, Lane] },
): Promise<{ step: Watched; renew: Watched }> {
  const made = join(stage.folder, "made");
  const plain: Row = { ...row, does: "" };
  // The scene has no address of the CA's in it: each of the two has a CA of its own.
  await prepare(plain, { ...stage, lane: stage.lanes[0], folder: made });
  const [step, renew] = await Promise.all(
    (["step", "renew"] as const).map((who, index) => watch(who, row, { ...stage, lane: stage.lanes[index] as Lane })),
  );
  return { step: step as Watched, renew: renew as Watched };
}

async function watch(who: "step" | "renew", row: DaemonRow, { lane, step, folder }: Stage): Promise<Watched> {
  const cwd = join(folder, who);
  cpSync(join(folder, "made"), cwd, { recursive: true });
  const before = snapshot(cwd);
  await lane.seen();
  if (row.down) await lane.shut();
  const { program = "renew", args, end = "SIGTERM" } = row;
  const words = [...(typeof args === "string" ? args.split(" ") : args), "--ca-url", lane.url, "--root", "root.crt"];
  const command =
    who === "step" ? [step, "ca", program, ...words] : [...ours, ...(program === "renew" ? [] : [program]), ...words];
  const { PATH = "" } = process.env;
  const child = spawn(command[0] ?? "", command.slice(1), {
    cwd,
    env: { PATH, HOME: cwd, TZ: "UTC", STEPPATH: "sp", ...row.env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const limit = setTimeout(() => child.kill("SIGKILL"), 45_000);
  const [out, err]: [string[], string[]] = [[], []];
  child.stdout.setEncoding("utf8").on("data", (text: string) => out.push(text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => err.push(text));
  const closed = once(child, "close");
  const told = await row.during(handsOf(child, () => out.length + err.length, { cwd, lane }));
  const isAlive = child.exitCode === null && child.signalCode === null;
  const asked = performance.now();
  if (end !== null) child.kill(end);
  const [exit] = await closed;
  const endedInMs = performance.now() - asked;
  clearTimeout(limit);
  const seen = await lane.seen();
  if (row.down && !lane.isOpen()) await lane.open();
  const noticed = [
    ...(Array.isArray(told) ? told : []),
    ...(words.some((word) => word.includes("./hook")) ? [hookIn(cwd)] : []),
    ...(end !== null && !isAlive ? ["ENDED BY ITSELF"] : []),
  ];
  const does = effectOf({ folder: cwd, before, seen, keyFile: "web.key", owner: false, passphrase, noticed });
  return { exit, does, stdout: out.join(""), stderr: err.join(""), endedInMs };
}

function handsOf(child: ChildProcess, heard: () => number, { cwd, lane }: { cwd: string; lane: Lane }): Hands {
  const path = (file: string) => join(cwd, file);
  const read = (file: string) => (existsSync(path(file)) ? readFileSync(path(file), "latin1") : "");
  const last = new Map<string, string>([["web.crt", read("web.crt")]]);
  let known = 0;
  const until = async (isSo: () => boolean, withinMs = patienceMs): Promise<boolean> => {
    const deadline = performance.now() + withinMs;
    while (!isSo()) {
      if (performance.now() > deadline || child.exitCode !== null || child.signalCode !== null) return false;
      await delay(10);
    }
    return true;
  };
  return {
    folder: cwd,
    lane,
    async speaks() {
      await until(() => heard() > known);
      known = heard();
    },
    signal: (name) => void child.kill(name),
    async changes(file, withinMs) {
      // step truncates first: an empty file is not done yet.
      const isDone = await until(
        () => read(file) !== last.get(file) && /-----END [A-Z ]+-----\n$/.test(read(file)),
        withinMs,
      );
      last.set(file, read(file));
      return isDone;
    },
    async hooked() {
      await until(() => existsSync(path("hook.out")));
    },
    async settled() {
      await this.hooked();
      await until(() => !existsSync(path(".web.crt.renew-owed")));
    },
    passes: async (ms) => void (await until(() => false, ms)),
    replace(file, by) {
      cpSync(path(by), path(`${file}.tmp`));
      renameSync(path(`${file}.tmp`), path(file));
      last.set(file, read(file));
    },
    write: (file, text) => writeFileSync(path(file), text),
    remove: (file) => rmSync(path(file)),
  };
}
