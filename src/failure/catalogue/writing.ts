/** Exit 70, 73, 130 and 143: bugs of ours, disks, interruptions. */
import type { Facts } from "../facts.ts";
import { shellFile } from "../shell.ts";
import { instant, span } from "../time.ts";
import { type Family, quoted, sentence } from "./explanation.ts";

export const errnoWords: Record<string, string> = {
  ENOSPC: "the disk is full",
  EDQUOT: "the disk quota is used up",
  EROFS: "the file system is read-only",
  EACCES: "this user may not write there",
  EPERM: "this user may not do that",
  ENOENT: "the folder does not exist",
  ENOTDIR: "a part of the path is not a folder",
  EIO: "the disk reports an error",
  ELOOP: "its links lead in a circle",
  ENAMETOOLONG: "its name is too long",
  EISDIR: "it is a folder",
  EFBIG: "what is there is larger than 4 MiB",
  ERENEW: "renew itself keeps locks, notes, journals and backups under such names",
  EFTYPE: "it is a device, a pipe or a socket, not a file",
};

/** The ways out where the file may be written and its folder may not. */
function folderHelp(
  { folder, errno }: Pick<Facts["CANNOT_WRITE"], "folder" | "errno">,
  elsewhere: string | null,
): string[] {
  const place = shellFile(folder, "FOLDER");
  const unit = `in a systemd unit with ProtectSystem=: \`ReadWritePaths=${folder}\`, the folder and not the file`;
  const owner = `give the folder to the user that renew runs as: \`chown USER ${place}\``;
  return [
    ...(errno === "EROFS" ? [unit] : [owner]),
    ...(elsewhere === null ? [] : [`or write into a folder that this user may write: \`${elsewhere}\``]),
    ...(errno === "EROFS" ? ["a file that is mounted alone wants its folder mounted instead"] : [unit]),
  ];
}

/** What there is to do about the folder itself. */
export function causeHelp({ errno, folder }: { errno: string; folder: string }): string[] {
  const name = shellFile(folder, "FOLDER");
  if (errno === "EFTYPE") return ["name a file: one that is replaced by another in one step"];
  if (errno === "ENOSPC") return [`make room: \`df -h ${name}\``];
  return errno === "ENOENT"
    ? [`make the folder, if it is the right one: \`mkdir -p ${name}\``]
    : [`see who may write: \`ls -ld ${name}\``];
}

export const writing: Family<
  "BUG" | "TOO_MANY_FILES" | "CANNOT_WRITE" | "TARGET_CHANGED" | "LOCKED" | "PAIR_UNFINISHED" | "INTERRUPTED"
> = {
  BUG: {
    exit: 70,
    retry: "never",
    title: "a mistake in renew itself",
    about:
      "Something happened that the program has no explanation for. That is a bug: please report it with the lines shown.",
    what: () => "this is a bug in renew",
    why: (f) => `Nobody expected ${quoted(f.said)}.`,
    evidence: (f) =>
      f.stack
        .split("\n")
        .slice(1, 4)
        .map((line) => ["at", line.trim().replace(/^at /, "")]),
    help: () => ["report it with the lines above and `renew --version`"],
  },
  TOO_MANY_FILES: {
    exit: 75,
    retry: "after-fix",
    title: "no more files can be opened",
    about:
      "A process may have so many files and connections open at once, and so may the whole system. A renewal needs a handful; `renew run` needs as many for each that it does at once.",
    what: () => "too many files are open at once",
    why: (f) =>
      f.errno === "ENFILE"
        ? "The whole system has no more of them."
        : "The system lets this process have no more of them (`ulimit -n`).",
    evidence: (f) => [["system said", quoted(f.said)]],
    help: () => [
      "renew fewer at once: `--concurrency 8`",
      "allow more: `ulimit -n 4096`, in a systemd unit `LimitNOFILE=4096`",
    ],
  },
  CANNOT_WRITE: {
    exit: 73,
    retry: "after-fix",
    title: "the new certificate cannot be written",
    about:
      "Whether the folder can be written is asked before the CA is called. It must be writable also where the file itself is: the new file is written beside the old one and renamed over it, so that no crash leaves a part of one. If the disk fails after that, the old file stays whole, and the new certificate is kept beside it where that was possible.",
    what: (f) =>
      f.onlyFolder ? `${f.file} cannot be replaced: its folder is not writable` : `${f.file} cannot be written`,
    why: (f) => {
      const reason = errnoWords[f.errno] ?? f.errno;
      if (f.onlyFolder)
        return `The file may be written, but not its folder: ${reason}. The new one is written beside the old one and renamed over it; written into the file itself, a crash or a full disk would leave a part of it. The CA was not called.`;
      if (f.operation === "rollback")
        return `The step that failed: ${f.step}; ${reason}. The backups are where they were.`;
      const when =
        f.asked === "before-request" ? "The CA was not called." : "The CA had issued the new certificate by then.";
      return `The step that failed: ${f.step}; ${reason}. ${when}`;
    },
    evidence: (f) => [
      ["folder", f.folder],
      ...(f.errno === "ERENEW" ? [] : [["system error", f.errno] as const]),
      ...(f.kept === undefined ? [] : [["new chain is in", f.kept] as const]),
      ...(f.keptKey === undefined ? [] : [["new key is in", f.keptKey] as const]),
      ...(f.left ?? []).map((file, index) => [index === 0 ? "left beside it" : "and", file] as const),
    ],
    help: (f, { has }) => {
      const said = f.also !== undefined ? f.also : f.ofPair ? "--out-cert FILE --out-key FILE" : "--out FILE";
      const elsewhere = has(/^--([\w-]+)/.exec(said)?.[1] ?? "") ? said : null;
      const mounted = "a file that is mounted alone wants its folder mounted instead";
      if (f.errno === "ERENEW")
        return [`write to a name of another kind${elsewhere === null ? "" : `: \`${elsewhere}\``}`];
      if (f.onlyFolder) return folderHelp(f, f.operation === "rollback" ? null : elsewhere);
      return [
        ...(f.unfinished ? ["mend the cause, then run renew again: it finishes this before anything else"] : []),
        ...(f.kept !== undefined && f.keptKey !== undefined
          ? [
              "mend the cause and run it again; chain and key above belong together, and can be moved into place by hand",
            ]
          : []),
        ...(f.kept === undefined || f.keptKey !== undefined
          ? []
          : [`mend the cause, then \`cp ${shellFile(f.kept)} ${shellFile(f.file)}\`, or run renew again`]),
        ...causeHelp(f),
        ...(f.operation === "rollback"
          ? []
          : [elsewhere === null ? mounted : `or write elsewhere: \`${elsewhere}\`; ${mounted}`]),
      ];
    },
  },
  TARGET_CHANGED: {
    exit: 73,
    retry: "later",
    title: "somebody else replaced a file while the CA was asked",
    about:
      "What a certificate or a key held when it was loaded is compared with what it holds before it is replaced. Where it differs, another program or a person was at work meanwhile, and nothing of theirs is written over.",
    what: (f) => `${f.file} was changed by somebody else meanwhile`,
    why: (f) =>
      `It is not what it was when it was loaded, so nothing was replaced.${f.operation === undefined ? " The CA had issued a certificate by then." : ""}`,
    evidence: (f) => f.kept.map((file, index) => [index === 0 ? "kept" : "and", file]),
    help: (f) => [
      "see who else renews this certificate: two timers, or a tool that deploys it; then run renew again",
      ...(f.kept.length === 0
        ? []
        : ["chain and key that are kept belong together; the next renewal that succeeds takes them away"]),
    ],
  },
  LOCKED: {
    exit: 73,
    retry: "later",
    title: "another run is at work on the same certificate",
    about:
      "A run that is about to replace a certificate holds its lock, a link beside it that says which process it is. Others wait for it, up to --lock-timeout, and are done when it has renewed the certificate. The lock of a process that has died is taken over at once; one of another container or machine, whose processes cannot be seen from here, when the time is over that it had given itself.",
    what: (f) => `another run is at work on ${f.file}`,
    why: (f) => {
      const where = f.isSeen ? `Process ${f.pid}` : `Process ${f.pid} on ${f.host}, which cannot be seen from here,`;
      const waited = f.waitedMs === 0 ? "" : ` This run waited ${span(f.waitedMs)} for it.`;
      return `${where} has held its lock since ${instant(new Date(f.since))}.${waited}`;
    },
    evidence: (f) => [["lock", f.lock], ...(f.command === null ? [] : [["process", f.command] as const])],
    help: (f, { has }) => [
      `wait until it has ended, and run the command again${has("lock-timeout") ? "; or let it wait longer: `--lock-timeout 2m`" : ""}`,
      ...(f.isSeen
        ? [`see what it does: \`ps -p ${f.pid} -f\``]
        : [`if no such process is left there: \`rm ${shellFile(f.lock)}\``]),
    ],
  },
  PAIR_UNFINISHED: {
    exit: 73,
    retry: "after-fix",
    title: "a pair that was left half-way can neither be finished nor taken back",
    about:
      "A run that died while it replaced a certificate and its key leaves a journal, by which the next run finishes the pair or takes it back. Here the journal or one of the files that it names is missing or not whole, so that nothing can be done without guessing, and nothing is done.",
    what: (f) => `an interrupted run has left ${f.file} half-way`,
    why: (f) => sentence(f.problem),
    evidence: (f) => [["journal", f.journal], ...f.kept.map((file) => ["looked for", file] as const)],
    help: (f) => [
      "if the journal is another user's, run the command as that user: nothing else is needed then",
      `else put a certificate and its key in place by hand, from the files above, and only then \`rm ${shellFile(f.journal)}\``,
      "`renew doctor CRT KEY` says whether the two belong together",
    ],
  },
  INTERRUPTED: {
    exit: 130,
    retry: "later",
    title: "interrupted by a signal",
    about:
      "Ctrl-C or the system ended the run before the switch to the new certificate. Once the switch has begun it is finished first. A run of many ends after those that it is at: what it has renewed is in its place, and nothing else is begun.",
    what: (f) => `interrupted by ${f.signal}`,
    why: ({ replaced = 0 }) =>
      replaced === 0
        ? "The run ended before anything was replaced."
        : `The run ended before it was done: ${replaced === 1 ? "one certificate was" : `${replaced} certificates were`} renewed by then, and nothing else was replaced.`,
    help: () => ["run the same command again; a certificate that the CA may have issued meanwhile does no harm"],
  },
};
