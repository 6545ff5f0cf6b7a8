/** Puts one row to step and to `renew`, one after the other, on copies of the same folder and at the same real CA. */
import { execFileSync } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Authority, Issued, LeafSpec } from "../../../src/dev-ca/authority.ts";
import { program as ours, type Ran } from "../program.ts";
import { runRenew, runStep } from "../real-step.ts";
import { freePort } from "../step-ca.ts";
import { effectOf, snapshot } from "./effect.ts";
import type { Lane } from "./lane.ts";
import { doesOf, type Program, type Row, type Scene } from "./row.ts";
import { listen } from "./signals.ts";
import { onTerminal } from "./terminal.ts";
import { asOwner, giveBack, giveFilesAlone } from "./user.ts";

export interface Played {
  exit: number | null;
  does: string;
  stdout: string;
  stderr: string;
}

export interface Stage {
  lane: Lane;
  step: string;
  authority: Authority;
  stranger: Authority;
  folder: string;
}

/** Where a key is encrypted. */
export const passphrase = "correct horse";

const hour = 3_600_000;

/** As the CA would have issued it. */
export function issue(authority: Authority, { hours = 2, used = 0.5, ...spec }: Row["leaf"] & object): Promise<Issued> {
  const notBefore = new Date(Date.now() - used * hours * hour);
  return authority.issue({
    subject: "web",
    names: ["web.internal"],
    usages: ["serverAuth", "clientAuth"],
    provisioner: { name: "admin" },
    notBefore,
    notAfter: new Date(notBefore.getTime() + hours * hour),
    ...spec,
  } satisfies LeafSpec);
}

export async function play(row: Row, stage: Stage): Promise<{ step: Played; renew: Played }> {
  const { folder } = stage;
  const scene = await prepare(row, { ...stage, folder: join(folder, "made") });
  const front = await row.through?.(scene);
  const port = front?.port ?? stage.lane.port;
  const step = await one("step", row, { ...stage, port });
  const renew = await one("renew", row, { ...stage, port });
  await front?.close();
  return { step, renew };
}

export async function prepare(
  row: Row,
  { lane, authority, stranger, folder }: Omit<Stage, "step">,
): Promise<Omit<Scene, "write">> {
  const issued = await issue(authority, row.leaf ?? {});
  mkdirSync(folder, { recursive: true });
  const write: Scene["write"] = (name, contents, mode) => {
    const path = join(folder, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, typeof contents === "string" ? contents.replaceAll("https://CA", lane.url) : contents);
    if (mode !== undefined) chmodSync(path, mode);
  };
  write("root.crt", authority.root, 0o644);
  write("web.crt", issued.chain, 0o644);
  write("web.key", issued.key, 0o600);
  write("hook", '#!/bin/sh\nfor word; do printf "[%s] " "$word"; done >>hook.out\n', 0o755);
  const scene = { folder, issued, authority, stranger, ca: lane.ca, url: lane.url };
  await row.files?.({ ...scene, write });
  return scene;
}

async function one(
  who: "step" | "renew",
  row: Row,
  { lane, step, folder, port }: Stage & { port: number },
): Promise<Played> {
  const cwd = join(folder, who);
  execFileSync("cp", ["-a", join(folder, "made"), cwd]);
  const before = snapshot(cwd);
  if (row.isFolderForeign) giveFilesAlone(cwd);
  const given = wordsOf(row);
  const listener = given.includes("PID") || existsSync(join(cwd, "pid")) ? await listen() : null;
  if (listener !== null && existsSync(join(cwd, "pid"))) writeFileSync(join(cwd, "pid"), `${listener.pid}\n`);
  const down = given.some((word) => word.includes("DOWN")) ? await freePort() : 0;
  const fill = (word: string) =>
    word
      .replace(/\bCA\b/, `https://localhost:${port}`)
      .replace(/\bDOWN\b/, String(down))
      .replace(/\bPORT\b/, String(port))
      .replace(/^PID$/, String(listener?.pid));
  const env = Object.entries(row.env ?? {}).map(([name, value]) => [name, fill(value)] as const);
  const place = { cwd, env: { STEPPATH: "sp", ...Object.fromEntries(env) } };
  await lane.seen();
  const asked: string[] = [];
  const start = lane.connections();
  const onAsked = () => asked.push(lane.connections() === start ? "asked before the CA was" : "asked after the CA was");
  const { program = "renew" } = row;
  const command = [...(who === "step" ? stepName : ourName)[program], ...given.map(fill)];
  const ran = await run({ who, step, command, place, row, onAsked });
  const seen = await lane.seen();
  if (row.isFolderForeign) giveBack(cwd);
  const noticed = [
    ...asked,
    ...(listener === null ? [] : [await listener.heard(/signals: (?!none)/.test(doesOf(row)[who]) ? 1 : 0)]),
    ...(given.some((word) => word.includes("./hook")) ? [hookIn(cwd)] : []),
  ];
  const { keyFile = "web.key", owner = false } = row;
  const does = effectOf({ folder: cwd, before: withPid(before, listener), seen, keyFile, owner, passphrase, noticed });
  return { exit: ran.exit, does, stdout: ran.stdout, stderr: ran.stderr };
}

/** The pid is this run's own. */
function withPid(before: ReturnType<typeof snapshot>, listener: { pid: number } | null): ReturnType<typeof snapshot> {
  if (listener === null || before["pid"] === undefined) return before;
  return { ...before, pid: { ...before["pid"], text: `${listener.pid}\n` } };
}

interface Start {
  who: "step" | "renew";
  step: string;
  command: readonly string[];
  place: { cwd: string; env: Record<string, string> };
  row: Row;
  onAsked(): void;
}

async function run({
  who,
  step,
  command,
  place,
  row: { types, isFolderForeign },
  onAsked,
}: Start): Promise<Pick<Ran, "exit" | "stdout" | "stderr">> {
  const program = who === "step" ? [step] : ours;
  const [first = "", ...others] = [...(asOwner ?? []), ...program, ...command];
  if (isFolderForeign) return runStep(first, others, place);
  if (types === undefined) return who === "step" ? runStep(step, command, place) : runRenew(command, place);
  const { PATH = "" } = process.env;
  const env = { PATH, HOME: place.cwd, TZ: "UTC", TERM: "xterm", ...place.env };
  const exit = await onTerminal([...program, ...command], { cwd: place.cwd, env, types, onAsked });
  return { exit, stdout: "", stderr: "" };
}

const stepName: Record<Program, readonly string[]> = {
  renew: ["ca", "renew"],
  rekey: ["ca", "rekey"],
  "needs-renewal": ["certificate", "needs-renewal"],
};
const ourName: Record<Program, readonly string[]> = {
  renew: [],
  rekey: ["rekey"],
  "needs-renewal": ["needs-renewal"],
};

export function wordsOf({ args, reach = true, program }: Row): string[] {
  const words = typeof args === "string" ? args.split(" ").filter(Boolean) : [...args];
  return reach && program !== "needs-renewal" ? [...words, "--ca-url", "CA", "--root", "root.crt"] : words;
}

export function hookIn(folder: string): string {
  const file = join(folder, "hook.out");
  return existsSync(file) ? `hook: ${readFileSync(file, "utf8").trim() || "no argument"}` : "hook not run";
}
