/** A mount namespace of its own, for what needs a mount: nothing of it is seen outside, and it ends with its holder. */
import { execFile, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { promisify } from "node:util";

export interface Space {
  /** What goes before a command, so that it runs inside. */
  readonly within: readonly string[];
  run(...words: readonly string[]): Promise<void>;
  /** A path inside, as it is reached from outside. */
  outside(path: string): string;
  close(): Promise<void>;
}

/** The flags with which this user may make one: root has them, others perhaps by a user namespace. */
function flagsHere(): { unshare: string[]; nsenter: string[] } | undefined {
  const ways = [
    { unshare: ["--mount"], nsenter: ["--mount"] },
    { unshare: ["--mount", "--map-root-user"], nsenter: ["--mount", "--user", "--preserve-credentials"] },
  ];
  const script = "mount -t tmpfs tmpfs /mnt && strace -o /dev/null true";
  return ways.find(({ unshare }) => spawnSync("unshare", [...unshare, "sh", "-c", script]).status === 0);
}

const flags = flagsHere();

/** Why nothing can be mounted; null where it can. */
export function mountIsMissing(): string | null {
  return flags === undefined ? "this user may not mount anything, or there is no unshare" : null;
}

/** `script` mounts what is wanted; its arguments are $1, $2, … */
export async function space(script: string, ...args: readonly string[]): Promise<Space> {
  if (flags === undefined) throw new Error("nothing can be mounted here");
  const words = [...flags.unshare, "sh", "-ec", `${script}\necho ready\nexec cat`, "sh", ...args];
  const holder = spawn("unshare", words, { stdio: ["pipe", "pipe", "inherit"] });
  const ended = once(holder, "close");
  await Promise.race([
    once(holder.stdout, "data"),
    ended.then(() => Promise.reject(new Error(`could not mount: ${script}`))),
  ]);
  const within = ["nsenter", "--target", String(holder.pid), ...flags.nsenter] as const;
  return {
    within,
    run: async (...words) => void (await promisify(execFile)(within[0], [...within.slice(1), ...words])),
    outside: (path) => `/proc/${holder.pid}/root${path}`,
    async close() {
      holder.stdin.end();
      await ended;
    },
  };
}
