/** Exit 65 and 66 of a rollback: what is kept is not there, or is of no use. */
import { shellFile } from "../shell.ts";
import { instant, relative } from "../time.ts";
import type { Family } from "./explanation.ts";

export const backups: Family<"BACKUP_UNUSABLE" | "NO_BACKUP"> = {
  BACKUP_UNUSABLE: {
    exit: 65,
    retry: "after-fix",
    title: "a backup cannot be gone back to",
    about:
      "A backup is used only if it would work: it can be read, its key is found (KEY itself, or one that is kept beside it), and it has not expired. An expired one serves nobody until it has been renewed, so it takes --force.",
    what: (f) =>
      f.problem === "expired"
        ? `the backup of ${f.file} has expired`
        : f.problem === "no-key"
          ? `the key of the backup of ${f.file} is not found`
          : `the backup of ${f.file} cannot be used`,
    why: (f) => {
      switch (f.problem) {
        case "expired":
          return "An expired certificate serves nobody, so it is put back only where that is asked for.";
        case "no-key":
          return `Neither ${f.key} nor a key that is kept beside it belongs to this certificate.`;
        case "unreadable":
          return "What is kept there is no certificate, or not a whole one.";
      }
    },
    evidence: (f) => [
      ["backup", f.backup],
      ...(f.serial === undefined ? [] : [["serial", f.serial] as const]),
      ...(f.notAfter === undefined
        ? []
        : [["until", `${instant(f.notAfter)} (${relative(f.notAfter, f.now)})`] as const]),
      ...(f.said === undefined ? [] : [["reading it", f.said] as const]),
    ],
    help: (f) => {
      const files = `${shellFile(f.file, "CRT")} ${shellFile(f.key, "KEY")}`;
      return [
        ...(f.problem === "expired"
          ? [
              `put it back all the same: \`renew rollback --force ${files}\``,
              `and renew it then: \`renew --force ${files}\` asks by token, where the provisioner allows it`,
            ]
          : []),
        `see what else is kept: \`renew rollback --list ${files}\`, and take one with \`--to N\``,
        ...(f.problem === "no-key" ? ["only `renew rekey --backup N` keeps the old key"] : []),
      ];
    },
  },
  NO_BACKUP: {
    exit: 66,
    retry: "after-fix",
    title: "there is no backup to go back to",
    about:
      "`renew --backup N` and `renew rekey --backup N` keep the last N certificates that were replaced, beside the file and hidden: `.CRT.renew-backup-1` is the newest. A rekey keeps the old key too, beside the key. Without --backup nothing is kept.",
    what: (f) =>
      f.asked === null ? `of ${f.file} nothing is kept` : `of ${f.file} no backup is kept that is called ${f.asked}`,
    why: (f) =>
      f.known.length === 0
        ? "No run with --backup has replaced it yet, or what was kept is gone."
        : "A backup is called by its number, 1 is the newest, or by its serial number.",
    evidence: (f) =>
      f.known.length === 0 ? [["looked for", f.looked]] : f.known.map((serial, index) => [`${index + 1}`, serial]),
    help: (f) =>
      f.known.length === 0
        ? ["keep some from now on: `renew --backup 2 …`"]
        : [`see what is kept: \`renew rollback --list ${shellFile(f.file, "CRT")} ${shellFile(f.key, "KEY")}\``],
  },
};
