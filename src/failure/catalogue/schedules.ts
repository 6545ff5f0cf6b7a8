/** Units of systemd and lines of cron that cannot be made, or not be put in their place. */
import { basename } from "node:path";
import type { UnitDifference } from "../schedule-facts.ts";
import { shell, shellFile } from "../shell.ts";
import { type Family, type Line, quoted } from "./explanation.ts";
import { errnoWords } from "./writing.ts";

type ScheduleCode = "BAD_UNIT_NAME" | "CANNOT_SCHEDULE" | "UNIT_EXISTS" | "NO_UNIT_FOLDER" | "CANNOT_INSTALL_UNIT";

const whyNot = {
  newline: "A line of its own begins there, which nobody meant, and no quote keeps it from that.",
  control: "Neither a unit nor a crontab has a form for a control character that holds everywhere.",
  backslash: "One cron takes a backslash away and another does not, so that no spelling holds for both.",
  long: "Debian's cron cuts a command that is longer, and would run the first part of it.",
  user: "A user's name stands between the times and the command, and ends at the first space.",
} as const;

/** So many lines tell enough: whoever wants all has both to compare. Without quotes, as they have their own. */
const mostLines = 6;

function differing({ file, there, wanted }: UnitDifference): Line[] {
  const name = basename(file);
  const lines = [...there.map((line) => ["has", line] as const), ...wanted.map((line) => ["wanted", line] as const)];
  if (lines.length === 0) return [[name, "the same lines in another order"]];
  const told = lines.slice(0, mostLines).map(([side, line]): Line => [`${name} ${side}`, line]);
  const more = lines.length - told.length;
  return more === 0 ? told : [...told, [name, `${more} lines more`]];
}

export const schedules: Family<ScheduleCode> = {
  BAD_UNIT_NAME: {
    exit: 64,
    retry: "never",
    title: "that cannot be the name of a systemd unit",
    about:
      "A unit's name is made of ASCII letters, digits and `: - _ . \\`, at most 255 characters with its ending; `@` parts a template from its instance. systemd-escape(1) turns any text into one.",
    what: (f) =>
      f.problem === "long"
        ? `${f.of === undefined ? f.from : "these files"} would make the name of a unit too long`
        : f.problem === "empty"
          ? `${f.from} names no unit`
          : `${f.from} is no name that a unit can have: '${f.name}'`,
    why: (f) => {
      if (f.problem === "empty") return "Before the ending a name has at least one character, and the first is no dot.";
      if (f.problem === "dash")
        return "It begins with a dash, and systemctl takes such a word for a flag. Nothing was written.";
      if (f.problem === "long")
        return `It would have ${f.of === undefined ? "more than" : `${f.name.length} characters, and systemd takes at most`} ${f.limit}, with its ending. Nothing was written.`;
      const sign = f.character === " " ? "a space" : f.character === "@" ? "an @" : quoted(f.character);
      return `It has ${sign} in it, and units are made of letters, digits and : - _ . \\ alone. Nothing was written.`;
    },
    evidence: (f) => (f.problem === "character" ? [["as systemd-escape has it", f.escaped]] : []),
    help: (f) =>
      f.problem === "character"
        ? [
            f.joined === ""
              ? "take another name: letters, digits, `-` and `_`"
              : `take another name: \`${f.from} ${f.joined}\``,
            ...(f.from === "--reload" ? ["which units are there? `systemctl list-units --type=service`"] : []),
          ]
        : f.problem === "long" && f.of === "instance"
          ? ["give both files shorter names, or links that have them: `ln -s`"]
          : f.problem === "long" && f.of === "path"
            ? ["name the units: `--name NAME`"]
            : ["take another name: letters, digits, `-` and `_`"],
  },
  CANNOT_SCHEDULE: {
    exit: 64,
    retry: "never",
    title: "a name or a value cannot be said in a unit or a crontab",
    about:
      "A crontab is made of lines, gives `%` a meaning, and treats backslashes differently from one cron to the next; a unit's file has lines as well. What cannot be said in a way that holds everywhere is refused, not guessed.",
    what: (f) =>
      f.problem === "long"
        ? `the line for ${f.by} is longer than ${f.limit} bytes`
        : `${f.by} cannot be told of '${f.word.replaceAll("\n", "\\n")}'`,
    why: (f) => `${whyNot[f.problem]} Nothing was written.`,
    evidence: (f) => (f.problem === "long" ? [["it is", `${Buffer.byteLength(f.word)} bytes long`]] : []),
    help: (f) =>
      f.problem === "long"
        ? ["put the flags into a list, and let cron run `renew run`: `renew run --help`"]
        : f.problem === "user"
          ? ["name a user of this machine: `getent passwd`"]
          : [
              "give it another name, or a link with a plain one: `ln -s`",
              "or put the pair into a list, and run that: `renew run --help`",
            ],
  },
  UNIT_EXISTS: {
    exit: 64,
    retry: "never",
    title: "a unit of that name is there, and says something else",
    about:
      "`renew systemd --install` writes over no unit without --force: not over another's, not over its own for other files, and not over its own where a setting differs. A template is for all pairs of its folder, so that a change for one is a change for all of them; what one pair has of its own stands in a drop-in (`systemctl edit`) or in units of another --name. A unit that says the same stays as it is.",
    what: (f) => {
      if (f.purpose === f.wanted) return `${f.file} has other settings`;
      return `${f.file} is there, ${f.purpose === null ? "and not of renew" : "for other files"}`;
    },
    why: (f) => {
      if (f.purpose === f.wanted)
        return f.wanted.includes("*")
          ? `It is for all pairs ${f.wanted}, and they would get these settings as well. It was kept.`
          : "It was made with other flags, or edited since, and that would be lost. It was kept.";
      return f.purpose === null
        ? "Its first line is not the one that units of renew have, so somebody else has made it. It was kept."
        : "It was made for other files, which nothing would renew any more if it were replaced. It was kept.";
    },
    evidence: (f) =>
      f.purpose === f.wanted
        ? f.differs.flatMap(differing)
        : [
            ["its first line", quoted(f.line)],
            ["wanted for", f.wanted],
          ],
    help: (f) =>
      f.purpose === f.wanted
        ? [
            `leave it${f.wanted.includes("*") ? ", and let it keep this pair too" : " as it is"}: \`systemctl enable --now ${shell(f.start, "UNIT")}\`; what is this pair's alone goes into a drop-in: \`systemctl edit ${shell(f.service, "UNIT")}\``,
            `or take units of another name: \`--name ${shell(f.name, "NAME")}\``,
            "or replace it, for all that it is for: `--force`",
          ]
        : [
            `take a name of its own: \`--name ${shell(f.name, "NAME")}\``,
            `or look at it, and replace it all the same with --force: \`cat ${shellFile(f.file)}\``,
          ],
  },
  NO_UNIT_FOLDER: {
    exit: 66,
    retry: "after-fix",
    title: "the folder for units is not there",
    about:
      "Units of the administrator lie in /etc/systemd/system. Where systemd does not run, as in most containers, there is none, and `renew cron` or `renew --daemon` is the way.",
    what: (f) => `${f.folder} ${f.problem === "missing" ? "is not there" : "is no folder"}`,
    why: (f) =>
      f.isUsual
        ? "systemd reads its units there, so it may not be what runs this machine. Nothing was written."
        : "Units were to be written there; a folder that systemd reads is there before. Nothing was written.",
    evidence: (f) => [["folder", f.folder]],
    help: (f) => [
      ...(f.isUsual
        ? ["does systemd run here? `ps -o comm= -p 1`; if not: `renew cron --help`, or `renew --daemon`"]
        : f.problem === "missing"
          ? [`make it: \`mkdir -p ${shellFile(f.folder, "DIR")}\`; or leave --dir out`]
          : ["name a folder, or leave --dir out"]),
      "print the units, and put them where they belong: without `--install`",
    ],
  },
  CANNOT_INSTALL_UNIT: {
    exit: 73,
    retry: "after-fix",
    title: "a unit cannot be written",
    about:
      "All units are written beside their places first and renamed then; where one cannot be, none is left, and those that were there stay as they were.",
    what: (f) => `${f.file} cannot be written`,
    why: (f) => `The system says: ${errnoWords[f.errno] ?? f.errno}. No unit was changed.`,
    evidence: (f) => [
      ["folder", f.folder],
      ["system error", f.errno],
    ],
    help: (f) => [
      f.errno === "ENAMETOOLONG"
        ? "take units of a shorter name: `--name NAME`"
        : f.errno === "EISDIR" || f.errno === "EFTYPE" || f.errno === "EFBIG"
          ? `see what is there: \`ls -ld ${shellFile(f.file)}\`; or take units of another name: \`--name NAME\``
          : "as root: `sudo` before the same command",
      "or print the units, and let an administrator put them there: without `--install`",
    ],
  },
};
