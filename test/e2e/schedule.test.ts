/** What `renew systemd` and `renew cron` print does what it is for, when it is run without anything of this shell. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createAuthority } from "../../src/dev-ca/authority.ts";
import { type DevCa, startDevCa } from "../../src/dev-ca/server.ts";
import { splitWords } from "../../src/renewal/command-line.ts";
import { run } from "../support/program.ts";

const folder = mkdtempSync(join(tmpdir(), "renew it's 100%-"));
const [crt, key] = [join(folder, "my web.crt"), join(folder, "my web.key")];
let ca: DevCa;

beforeAll(async () => {
  const authority = await createAuthority();
  ca = await startDevCa({ authority });
  const issued = await authority.issue({ provisioner: { name: "after-expiry" } });
  writeFileSync(crt, issued.chain);
  writeFileSync(key, issued.key, { mode: 0o600 });
  writeFileSync(join(folder, "root.crt"), authority.root);
});
afterAll(async () => {
  await ca.close();
  rmSync(folder, { recursive: true });
});

const schedule = async (command: string, ...more: string[]) => {
  const words = [command, ...more, "--ca-url", ca.url, "--root", "root.crt", "my web.crt", "my web.key"];
  return run(words, { cwd: folder });
};

/** With no more of an environment than cron and systemd give. */
async function bare(words: readonly string[]) {
  const [program = "", ...args] = words;
  const child = spawn(program, args, { cwd: "/", env: { PATH: "/usr/bin:/bin" }, stdio: ["ignore", "pipe", "pipe"] });
  let said = "";
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding("utf8").on("data", (text) => (said += text));
  const [exit] = await once(child, "close");
  return { exit, said };
}

/** As systemd reads it, of an instance. */
function execStart(unit: string, instance: string): string[] {
  const line = /^ExecStart=((?:.*\\\n)*.*)$/m.exec(unit)?.[1]?.replaceAll("\\\n", " ") ?? "";
  const words = splitWords(line) ?? [];
  return words.map((word) => word.replaceAll("%I", instance).replaceAll("%%", "%").replaceAll("$$", "$"));
}

/** What cron hands to sh. */
const commandOf = (line: string) => line.trimEnd().split(" ").slice(5).join(" ").replaceAll("\\%", "%");

describe("cron's line", () => {
  test("is silent when nothing is due and when it renews, and tells a failure", async () => {
    const [fresh, due] = [await schedule("cron"), await schedule("cron", "--expires-in", "0%")];
    expect(fresh).toMatchObject({ exit: 0, stderr: "" });
    const before = readFileSync(crt, "utf8");
    expect(await bare(["sh", "-c", commandOf(fresh.stdout)])).toEqual({ exit: 0, said: "" });
    expect(readFileSync(crt, "utf8")).toBe(before);
    expect(await bare(["sh", "-c", commandOf(due.stdout)])).toEqual({ exit: 0, said: "" });
    expect(readFileSync(crt, "utf8")).not.toBe(before);
    const lost = due.stdout.replace(/localhost:\d+/, "localhost:1");
    expect(await bare(["sh", "-c", commandOf(lost)])).toMatchObject({
      exit: 75,
      said: expect.stringMatching(/^error\[/),
    });
  });
});

describe("the unit's command", () => {
  test("renews the instance, and runs the hook", async () => {
    const done = join(folder, "done");
    const { stdout } = await schedule(
      "systemd",
      "--expires-in",
      "0%",
      "--exec-shell",
      `echo "$RENEW_CERT" > '${done.replace("'", "'\\''")}'`,
    );
    const before = readFileSync(crt, "utf8");
    expect(await bare(execStart(stdout, "my web"))).toMatchObject({
      exit: 0,
      said: expect.stringMatching(/^renewed /),
    });
    expect(readFileSync(crt, "utf8")).not.toBe(before);
    expect(readFileSync(done, "utf8")).toBe(`${crt}\n`);
  });

  test("of a daemon stays, renews at a signal, and ends when it is told to", async () => {
    const [program = "", ...args] = execStart((await schedule("systemd", "--daemon")).stdout, "my web");
    const before = statSync(crt).ino;
    const child = spawn(program, args, {
      cwd: "/",
      env: { PATH: "/usr/bin:/bin" },
      stdio: ["ignore", "ignore", "pipe"],
    });
    let said = "";
    for await (const piece of child.stderr.setEncoding("utf8")) {
      if (said === "") child.kill("SIGHUP");
      said += piece;
      if (/renewed/.test(said)) child.kill("SIGTERM");
    }
    if (child.exitCode === null) await once(child, "exit");
    expect(child.exitCode).toBe(0);
    expect(statSync(crt).ino).not.toBe(before);
  });
});

test("nothing else is left in the folder", () => {
  expect(readdirSync(folder).sort()).toEqual(["done", "my web.crt", "my web.key", "root.crt"]);
});
