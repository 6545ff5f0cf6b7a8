/** Exit 70, 73, 130 and 143: bugs of ours, disks, interruptions. */
import { shellFile } from "../shell.ts";
import { type Family, quoted } from "./explanation.ts";

const errnoWords: Record<string, string> = {
  ENOSPC: "the disk is full",
  EDQUOT: "the disk quota is used up",
  EROFS: "the file system is read-only",
  EACCES: "this user may not write there",
  EPERM: "this user may not do that",
  ENOENT: "the folder does not exist",
  ENOTDIR: "a part of the path is not a folder",
  EIO: "the disk reports an error",
  ELOOP: "its links lead in a circle",
  EFTYPE: "it is a device, a pipe or a socket, not a file",
};

export const writing: Family<"BUG" | "CANNOT_WRITE" | "INTERRUPTED"> = {
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
  CANNOT_WRITE: {
    exit: 73,
    retry: "after-fix",
    title: "the new certificate cannot be written",
    about:
      "Whether the folder can be written is asked before the CA is called. If the disk fails after that, the old file stays whole, and the new certificate is kept beside it where that was possible.",
    what: (f) => `${f.file} cannot be written`,
    why: (f) => {
      const reason = errnoWords[f.errno] ?? f.errno;
      const when =
        f.asked === "before-request" ? "The CA was not called." : "The CA had issued the new certificate by then.";
      return `The step that failed: ${f.step}; ${reason}. ${when}`;
    },
    evidence: (f) => [
      ["folder", f.folder],
      ["system error", f.errno],
      ...(f.kept === undefined ? [] : [["new chain is in", f.kept] as const]),
      ...(f.backup === undefined ? [] : [["old file is in", f.backup] as const]),
    ],
    help: (f) => [
      ...(f.kept === undefined
        ? []
        : [`mend the cause, then \`cp ${shellFile(f.kept)} ${shellFile(f.file)}\`, or run renew again`]),
      f.errno === "ENOSPC"
        ? `make room: \`df -h ${shellFile(f.folder, "FOLDER")}\``
        : `see who may write: \`ls -ld ${shellFile(f.folder, "FOLDER")}\``,
      "or write elsewhere: `--out FILE`; a file that is mounted alone wants its folder mounted instead",
    ],
  },
  INTERRUPTED: {
    exit: 130,
    retry: "later",
    title: "interrupted by a signal",
    about:
      "Ctrl-C or the system ended the run before the switch to the new certificate. Once the switch has begun it is finished first.",
    what: (f) => `interrupted by ${f.signal}`,
    why: () => "The run ended before anything was replaced.",
    help: () => ["run the same command again; a certificate that the CA may have issued meanwhile does no harm"],
  },
};
