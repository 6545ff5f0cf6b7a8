/** The machine and the versions that numbers hold for. */
import { closeSync, fsyncSync, openSync, readdirSync, readFileSync, rmSync, statSync, writeSync } from "node:fs";
import { cpus, loadavg, release, totalmem, type } from "node:os";
import { join } from "node:path";
import manifest from "../../package.json" with { type: "json" };
import { root, type Stage } from "./stage.ts";
import { median } from "./statistics.ts";
import { msText } from "./table.ts";

export interface Machine {
  processor: string;
  memory: string;
  kernel: string;
  disk: string;
  node: string;
  renew: string;
  /** For which Node dist holds what V8 made of it; with another one a run compiles it again. */
  compiled: string;
  step: string;
  ca: string;
  /** Of the minute before; a bench wants it near zero. */
  load: number;
}

export function describeMachine({ folder, nodeVersion, step, ca }: Stage): Machine {
  const cores = cpus();
  return {
    processor: `${cores.length} × ${cores[0]?.model.trim() ?? "unknown"}`,
    memory: `${(totalmem() / 2 ** 30).toFixed(1)} GiB`,
    kernel: `${type()} ${release()}`,
    disk: `${diskOf(folder)}, a write and its fsync ${msText(syncTime(folder))}`,
    node: nodeVersion,
    renew: manifest.version,
    compiled: compiledFor(),
    step: step === undefined ? "none" : "v0.30.6",
    ca: ca.name,
    load: loadavg()[0] ?? 0,
  };
}

function compiledFor(): string {
  try {
    return readdirSync(join(root, "dist/compiled")).join(", ");
  } catch {
    return "not";
  }
}

/** The file system, and what it lies on where Linux says that. */
function diskOf(folder: string): string {
  const mounts = linesOf("/proc/self/mounts").map((line) => line.split(" "));
  const inside = mounts.filter(([, place = ""]) => place === "/" || `${folder}/`.startsWith(`${place}/`));
  const [, , system = "unknown"] = inside.sort(([, a = ""], [, b = ""]) => b.length - a.length)[0] ?? [];
  const { dev } = statSync(folder);
  const block = `/sys/dev/block/${dev >> 8}:${dev & 255}`;
  const [rotates] = [...linesOf(`${block}/queue/rotational`), ...linesOf(`${block}/../queue/rotational`)];
  return rotates === undefined ? system : `${system}, reported as ${rotates === "1" ? "rotational" : "solid state"}`;
}

/** Milliseconds: what an installation cannot be faster than. */
function syncTime(folder: string): number {
  const file = join(folder, "sync");
  const times = Array.from({ length: 21 }, () => {
    const began = performance.now();
    const handle = openSync(file, "w");
    writeSync(handle, Buffer.alloc(2048));
    fsyncSync(handle);
    closeSync(handle);
    return performance.now() - began;
  });
  rmSync(file);
  return median(times);
}

function linesOf(file: string): string[] {
  try {
    return readFileSync(file, "utf8").trim().split("\n");
  } catch {
    return []; // no such account here
  }
}
