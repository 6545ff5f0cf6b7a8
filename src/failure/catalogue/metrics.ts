/** Exit 73: what monitoring reads cannot be written. */
import { shellFile } from "../shell.ts";
import type { Family } from "./explanation.ts";
import { causeHelp, errnoWords } from "./writing.ts";

export const metrics: Family<"CANNOT_WRITE_METRICS"> = {
  CANNOT_WRITE_METRICS: {
    exit: 73,
    retry: "after-fix",
    title: "the file for Prometheus cannot be written",
    about:
      "`renew status --prometheus FILE` writes beside FILE and renames, so that the node exporter never reads a part of it. The folder is the one that its `--collector.textfile.directory` names; on Debian /var/lib/prometheus/node-exporter. It is not made here: in a folder that no exporter reads, metrics would be missed by nobody. A file that is there is replaced only where it is empty, or holds what an earlier `renew status` has written.",
    what: (f) => {
      if (f.there !== undefined) return `${f.file} holds something else than these metrics`;
      return isMissing(f) ? `the folder of ${f.file} does not exist` : `${f.file} cannot be written`;
    },
    why: (f) => {
      if (f.there !== undefined)
        return "Only an empty file, or one with the metrics of an earlier `renew status`, is replaced. Nothing was written.";
      if (f.errno === "EISDIR") return "It is a folder, and metrics go into a file. Nothing was written.";
      if (f.errno === "EFTYPE")
        return "It is a device, a pipe or a socket, and would be a file afterwards. Nothing was written.";
      return isMissing(f)
        ? "It may be misspelt, or the node exporter is not installed here. The folder is not made: one that no exporter reads would be of no use. Nothing was written."
        : `The system refuses: ${errnoWords[f.errno] ?? f.errno}. Nothing was written, and what was there is as it was.`;
    },
    evidence: (f) => [
      ...(f.there === undefined ? [] : [["looks like", f.there] as const]),
      ["folder", f.folder],
      ...(isMissing(f) ? [["the nearest that exists", f.nearest] as const] : []),
      ...(f.there === undefined ? [["system error", f.errno] as const] : []),
    ],
    help: (f) => {
      if (f.there !== undefined)
        return [
          "name another file: the metrics need one of their own",
          "or, if nobody needs it any more, remove it first",
        ];
      if (f.errno === "EFTYPE")
        return ["for standard output: `--prometheus -`", "else name a file: `--prometheus renew.prom`"];
      if (f.errno === "EISDIR") return [`name a file in it: \`--prometheus ${shellFile(`${f.file}/renew.prom`)}\``];
      const where = "see where the node exporter looks: `ps -C prometheus-node-exporter,node_exporter -o args`";
      if (isMissing(f))
        return [where, `if it is the right one, make it: \`sudo install -d -m 755 ${shellFile(f.folder, "FOLDER")}\``];
      return [...causeHelp(f), where];
    },
  },
};

function isMissing({ errno, folder, nearest }: { errno: string; folder: string; nearest: string }): boolean {
  return errno === "ENOENT" && folder !== nearest;
}
