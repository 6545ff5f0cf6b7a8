/** A process that writes down the signals it gets. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";

export interface Listener {
  readonly pid: number;
  /** All it got; ends it. It waits for as many as should come, since a signal may be late. */
  heard(wanted: number): Promise<string>;
}

const code = `
for (const name of ["HUP", "USR1", "TERM", "INT"]) process.on("SIG" + name, () => process.stdout.write(name + "\\n"));
process.on("SIGUSR2", () => process.exit());
process.stdout.write("ready\\n");
setInterval(() => {}, 60_000);
`;

export async function listen(): Promise<Listener> {
  const child: ChildProcess = spawn(process.execPath, ["-e", code], { stdio: ["ignore", "pipe", "inherit"] });
  const said: string[] = [];
  const { stdout, pid } = child;
  if (stdout === null || pid === undefined) throw new Error("no listener");
  stdout.setEncoding("utf8").on("data", (text: string) => said.push(text));
  await once(stdout, "data");
  const names = () => said.join("").trim().split("\n").slice(1);
  return {
    pid,
    async heard(wanted) {
      const limit = setTimeout(() => stdout.emit("data", ""), 5_000);
      const deadline = Date.now() + 5_000;
      while (names().length < wanted && Date.now() < deadline) await once(stdout, "data");
      clearTimeout(limit);
      const closed = once(child, "close");
      child.kill("SIGUSR2");
      await closed;
      return `signals: ${names().join(" ") || "none"}`;
    },
  };
}
