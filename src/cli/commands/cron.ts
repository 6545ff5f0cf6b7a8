/** `renew cron CRT KEY`: the line for a crontab. It is printed only: crontabs are edited by their owners. */
import { Failure } from "../../failure/failure.ts";
import { span } from "../../failure/time.ts";
import type { World } from "../../world.ts";
import type { CommandWords, Said } from "../flags.ts";
import { manners, refuseManners } from "../policy.ts";
import { noteLines } from "../print/layout.ts";
import { jsonText } from "../print/plain.ts";
import type { Reporter } from "../report.ts";
import { cronLine } from "../schedule/crontab.ts";
import { userRemark } from "../schedule/inspect.ts";
import { alsoWords, jobFlags, jobOf } from "../schedule/job.ts";
import { rhythmFor } from "../schedule/rhythm.ts";

export const words: CommandWords = {
  name: "cron",
  summary:
    "Print the line that keeps a certificate from cron: silent unless something is wrong, so that cron mails failures only.",
  arguments: "CRT KEY",
  flags: [
    { names: ["user"], value: "NAME", bare: true, text: "with the user's column, for a file in /etc/cron.d" },
    ...jobFlags,
    ...manners,
  ],
  after: `EXAMPLES
  Into the crontab of whoever owns the files:
    $ (crontab -l; renew cron /etc/ssl/web.crt /etc/ssl/web.key) | crontab -

  Into a file of its own; cron reads no file there with a dot in its name:
    $ renew cron --user root --exec 'systemctl reload nginx' \\
        /etc/ssl/web.crt /etc/ssl/web.key | sudo tee /etc/cron.d/renew-web

THE LINE
  -q says nothing of a renewal, nor that nothing is due; a failure is told in
  full, and cron mails it. The minute is drawn by lot when the line is printed,
  so that machines do not ask all at once. A % is escaped, paths are whole and
  quoted. cron does not catch up with what it missed while the machine was off;
  renew looks at least six times in the time that is left, and systemd's timers
  do catch up.

EXIT STATUS
  0 printed   64 usage, or what cron cannot say
`,
};

export async function run(said: Said, world: World, reporter: Reporter): Promise<number> {
  refuseManners(said);
  const user = said.value("user") ?? null;
  if (user !== null && !/^[A-Za-z0-9_][A-Za-z0-9_.-]*\$?$/.test(user))
    throw new Failure("CANNOT_SCHEDULE", { by: "cron", word: user, problem: "user" });
  const job = await jobOf(said, "cron", world, { isDaemon: false });
  const { rhythm, windowMs, isTight } = rhythmFor(job.window, job.leaf);
  const command = [
    ...(await world.program()),
    "-q",
    "--force",
    ...job.flags,
    ...alsoWords(job),
    job.certificate,
    job.key,
  ];
  const chance = Number.parseInt(world.random(3), 16) / 0x1000000;
  const line = cronLine(command, { rhythm, chance, user });
  reporter.passedOver(said.passedOver());
  const notes = [
    ...job.remarks,
    ...(user === null ? [] : userRemark(user, "cron", world)),
    ...(isTight && windowMs !== null
      ? [`it is due for ${span(windowMs)} only, and cron looks once a minute: \`renew --daemon\` keeps it better`]
      : []),
  ];
  if (reporter.manner.json) {
    const document = {
      schema: 1,
      command: words.name,
      ok: true,
      error: null,
      outcome: "printed",
      line,
      everyMs: rhythm.everyMs,
      notes,
    };
    world.stdout.write(`${jsonText(document, 2)}\n`);
    return 0;
  }
  world.stdout.write(`${line}\n`);
  for (const line of notes.flatMap((note) => noteLines(note, world.stderr.columns))) reporter.told(line, []);
  return 0;
}
