/** What a unit of ours may do: no more than reading its files, writing one folder and asking the CA (systemd.exec(5)). */
import { dirname } from "node:path";
import type { World } from "../../world.ts";
import { foldersWritten, type Job, realOf } from "./job.ts";
import { path } from "./unit-words.ts";

export interface Runner {
  /** Null: root. */
  readonly user: string | null;
  readonly capabilities: readonly string[];
}

export interface Sandboxed {
  readonly job: Job;
  readonly runner: Runner;
  /** As World.program says it. */
  readonly program: readonly string[];
}

/**
 * Files of one user are that user's to renew, without any right. A hook wants root: it is root that may reload a unit. The rights
 * that are left to root are those that keep a file of another owner what it was.
 */
export function runnerOf(job: Job, named: string | null, { fs }: Pick<World, "fs">): Runner {
  if (named !== null && named !== "root") return { user: named, capabilities: [] };
  const owners = [...foldersWritten(job, { fs }), job.certificate, job.key].flatMap((file) => ownerOf(file, fs));
  const [first] = owners;
  const isOfOne =
    first !== undefined && ![0, nobody].includes(first.uid) && owners.every(({ uid }) => uid === first.uid);
  const owner = isOfOne && named === null && !job.hasHook && !job.sendsSignal ? nameOf(first.uid, fs) : null;
  if (owner !== null) return { user: owner, capabilities: [] };
  const isForeign = owners.some(({ uid }) => uid !== 0);
  const capabilities = [
    ...(isForeign || owners.some(({ gid }) => gid !== 0) ? ["CAP_CHOWN"] : []),
    ...(isForeign ? ["CAP_DAC_OVERRIDE", "CAP_FOWNER"] : []),
    ...(job.sendsSignal ? ["CAP_KILL"] : []),
  ];
  return { user: null, capabilities };
}

/** ProtectProc= is left out: whether the run that holds a lock lives is seen in /proc. */
export function sandbox(
  { job, runner: { user, capabilities }, program }: Sandboxed,
  world: Pick<World, "fs">,
): string[] {
  const written = foldersWritten(job, world);
  const [node = "", script] = program;
  // The package lies around its bin.
  const read = [node, ...(script === undefined ? [] : [dirname(script)]), ...job.files].flatMap((file) => [
    file,
    realOf(file, world.fs),
  ]);
  const inTmp = (file: string) => /^\/(var\/)?tmp\//.test(file);
  const isAtHome = [...written, ...read].some((file) => /^\/(home|root|run\/user)(\/|$)/.test(file));
  const onlyRead = [...new Set(read.map((file) => dirname(file)))].filter(
    (folder) => inTmp(folder) && !written.some((one) => `${folder}/`.startsWith(`${one}/`)),
  );
  return [
    ...(user === null ? [] : [`User=${user}`]),
    "NoNewPrivileges=yes",
    `CapabilityBoundingSet=${capabilities.join(" ")}`,
    "AmbientCapabilities=",
    "ProtectSystem=strict",
    ...written.map((folder) => `ReadWritePaths=${path(folder)}`),
    `ProtectHome=${isAtHome ? "read-only" : "yes"}`,
    "PrivateTmp=yes",
    ...written.filter(inTmp).map((folder) => `BindPaths=${bound(folder)}`),
    ...onlyRead.map((folder) => `BindReadOnlyPaths=${bound(folder)}`),
    "PrivateDevices=yes",
    "ProtectClock=yes",
    "ProtectControlGroups=yes",
    "ProtectHostname=yes",
    "ProtectKernelLogs=yes",
    "ProtectKernelModules=yes",
    "ProtectKernelTunables=yes",
    "RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6",
    "RestrictNamespaces=yes",
    "RestrictRealtime=yes",
    "RestrictSUIDSGID=yes",
    "LockPersonality=yes",
    "KeyringMode=private",
    "SystemCallArchitectures=native",
    "SystemCallFilter=@system-service",
    "SystemCallErrorNumber=EPERM",
    "UMask=0077",
    "# Not MemoryDenyWriteExecute=: V8, which runs renew, writes the code that it executes.",
  ];
}

/** Whom systemd warns of: too many share it. */
const nobody = 65_534;

/** A colon parts source and destination, but in quotes. */
function bound(folder: string): string {
  const said = path(folder);
  return folder.includes(":") && !said.startsWith('"') ? `"${said}"` : said;
}

function ownerOf(file: string, fs: World["fs"]): { uid: number; gid: number }[] {
  try {
    return [fs.stat(file)];
  } catch {
    return []; // not there yet
  }
}

/** Null where the machine has no such user: systemd would not start the unit. */
function nameOf(uid: number, fs: World["fs"]): string | null {
  try {
    const rows = fs
      .read("/etc/passwd")
      .toString("utf8")
      .split("\n")
      .map((row) => row.split(":"));
    return rows.find((fields) => fields[2] === String(uid))?.[0] ?? null;
  } catch {
    return null;
  }
}
