/** What follows a renewal: a program, a signal. */
import { asking, owing, type Row, refused, renewed, untouched, with_ } from "../row.ts";

const web = "web.crt web.key";
const exec = (command: string, ...more: string[]) => [...web.split(" "), "--force", ...more, "--exec", command];
const owed = "said to be renewed, with a status of its own; the hook is owed to the next run";
const failing = ({ write }: { write(name: string, text: string, mode: number): void }) =>
  write("hook", "#!/bin/sh\n: >hook.out\nexit 3\n", 0o755);
const signalled = (names: string) => with_(renewed, `signals: ${names}`);

export const hookRows: readonly Row[] = [
  { id: "exec", about: "two arguments", args: exec("./hook one two"), does: with_(renewed, "hook: [one] [two]") },
  {
    id: "exec-quotes",
    about: "quotes and two spaces",
    args: exec("./hook 'a b'  c"),
    does: { step: with_(renewed, "hook: ['a] [b'] [] [c]"), renew: with_(renewed, "hook: [a b] [c]") },
    why: "words are split as a shell does; step splits at each space, through the quotes",
  },
  {
    id: "exec-not-due",
    about: "does not run when nothing was renewed",
    args: exec("./hook", "--expires-in", "1h"),
    leaf: { hours: 20 },
    does: with_(untouched, "hook not run"),
  },
  {
    id: "exec-refused",
    about: "does not run when the CA refuses",
    args: exec("./hook"),
    leaf: { provisioner: { name: "no-renewal" } },
    exits: [1, 77],
    does: { step: with_(refused, "hook not run"), renew: asking(with_(refused, "hook not run")) },
    why: "the cause is found out",
  },
  {
    id: "exec-fails",
    about: "ends with 3: renewed all the same",
    args: exec("./hook"),
    files: failing,
    exits: [3, 69],
    does: { step: with_(renewed, "hook: no argument"), renew: with_(owing(renewed), "hook: no argument") },
    why: owed,
  },
  {
    id: "exec-missing",
    about: "does not exist: renewed all the same",
    args: exec("./no-such-hook"),
    exits: [1, 69],
    does: { step: renewed, renew: owing(renewed) },
    why: owed,
  },
  {
    id: "exec-stdout",
    about: "prints: where that goes",
    args: exec("./hook"),
    files: ({ write }) => write("hook", "#!/bin/sh\necho words\n: >hook.out\n", 0o755),
    does: with_(renewed, "hook: no argument"),
    why: "its words go to stderr, as stdout is for data",
  },
  { id: "pid", about: "--pid: SIGHUP", args: `${web} --force --pid PID`, does: signalled("HUP") },
  { id: "pid-usr1", about: "--signal 10", args: `${web} --force --pid PID --signal 10`, does: signalled("USR1") },
  {
    id: "pid-file",
    about: "--pid-file with a newline at its end",
    args: `${web} --force --pid-file pid`,
    files: ({ write }) => write("pid", ""),
    does: signalled("HUP"),
  },
  {
    id: "pid-not-due",
    about: "no signal when nothing was renewed",
    args: `${web} --force --expires-in 1h --pid PID`,
    leaf: { hours: 20 },
    does: with_(untouched, "signals: none"),
  },
  {
    id: "pid-and-exec",
    about: "a signal and a hook",
    args: [...web.split(" "), "--force", "--pid", "PID", "--exec", "./hook x"],
    does: with_(renewed, "signals: HUP", "hook: [x]"),
  },
  {
    id: "signal-name",
    about: "--signal USR1 by name",
    args: `${web} --force --pid PID --signal USR1`,
    exits: [1, 0],
    does: { step: with_(untouched, "signals: none"), renew: signalled("USR1") },
    why: "names are understood",
  },
  {
    id: "pid-gone",
    about: "the pid does not exist: renewed all the same",
    args: `${web} --force --pid 3999999`,
    exits: [1, 69],
    does: { step: renewed, renew: owing(renewed) },
    why: owed,
  },
  {
    id: "pid-gone-and-exec",
    about: "the pid does not exist, and there is a hook",
    args: [...web.split(" "), "--force", "--pid", "3999999", "--exec", "./hook x"],
    exits: [1, 69],
    does: { step: with_(renewed, "hook not run"), renew: with_(owing(renewed), "hook: [x]") },
    why: `${owed}; the one does not depend on the other`,
  },
  {
    id: "pid-file-missing",
    about: "the pid file does not exist",
    args: `${web} --force --pid-file nope`,
    exits: [1, 69],
    does: { step: untouched, renew: owing(renewed) },
    why: "read at the moment of use: a service that is down needs its new certificate as well",
  },
  {
    id: "pid-and-pid-file",
    about: "--pid and --pid-file together",
    args: `${web} --force --pid 999999 --pid-file web.crt`,
    exits: [1, 64],
    does: untouched,
  },
  {
    id: "signal-negative",
    about: "--signal=-1",
    args: `${web} --force --pid 999999 --signal=-1`,
    exits: [1, 64],
    does: untouched,
  },
  { id: "pid-negative", about: "--pid=-5", args: `${web} --force --pid=-5`, exits: [1, 64], does: untouched },
  { id: "pid-word", about: "--pid nginx", args: `${web} --force --pid nginx`, exits: [1, 64], does: untouched },
];
