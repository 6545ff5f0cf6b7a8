/** `renew status` through the whole program: states, exit statuses, and what Prometheus reads. */
import { spawnSync } from "node:child_process";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { metricsText } from "../../src/cli/print/metrics.ts";
import { Failure } from "../../src/failure/failure.ts";
import { release, seize } from "../../src/files/lock.ts";
import { realFileSystem } from "../../src/files/system.ts";
import { brokenStanding } from "../../src/renewal/status.ts";
import { type Scene, scene } from "../support/scene.ts";

let s: Scene;
beforeEach(async () => {
  s = await scene();
});
afterEach(() => s.end());

const usages = ["serverAuth" as const, "clientAuth" as const];
const issue = (name: string, more: Parameters<Scene["issue"]>[1] = {}) =>
  s.issue(name, { subject: `${name}.internal`, names: [`${name}.internal`], usages, ...more });
const stateOf = async (name: string, flags = "") => {
  const { stdout, exit } = await s.renew(`status --json ${flags} ${name}`);
  const [standing] = JSON.parse(stdout).certificates as Record<string, unknown>[];
  return { ...standing, file: standing?.["file"], exit };
};

describe("the state", () => {
  // Of a certificate of a day: due from 15h50m on, overdue once half of what is left then has passed.
  test.each([
    [-15, 9, "fine", 0],
    [-17, 7, "due", 0],
    [-20.5, 3.5, "overdue", 1],
    [-30, -6, "expired", 1],
    [1, 25, "not-yet-valid", 1],
  ])("of one from %d to %d hours is %s", async (from, to, state, exit) => {
    await issue("web", { from, to });
    expect(await stateOf("web.crt")).toMatchObject({ state, exit, needsAttention: exit === 1 });
  });

  test("goes by the window that is asked for", async () => {
    await issue("web", { from: -1, to: 23 });
    expect(await stateOf("web.crt", "--expires-in 23h30m")).toMatchObject({ state: "due", exit: 0 });
  });

  test("of what is no certificate is unusable, and says why", async () => {
    s.write("web.crt", "nothing");
    expect(await stateOf("web.crt")).toMatchObject({ state: "unusable", exit: 1, error: { code: "NOT_PEM" } });
    expect(await stateOf("nowhere.crt")).toMatchObject({ state: "unusable", exit: 1, error: { code: "FILE_MISSING" } });
  });

  test("tells of a hook that is owed, and of a run that died", async () => {
    await issue("web");
    await issue("mail");
    s.write(".web.crt.renew-owed", "{}");
    expect(await stateOf("web.crt")).toMatchObject({ state: "hook-owed", hookOwed: true, exit: 1 });
    s.write(".mail.crt.renew-journal", "torn");
    expect(await stateOf("mail.crt")).toMatchObject({ state: "interrupted", interrupted: true, exit: 1 });
  });

  test("says what helps: of files by flags, of a list by what it names", async () => {
    await issue("web", { from: -30, to: -6 });
    await issue("mail", { from: -20.5, to: 3.5 });
    await issue("api");
    s.write(".api.crt.renew-owed", "{}");
    const alone = (await s.renew("status web.crt mail.crt api.crt")).stderr;
    expect(alone).toContain(": `renew --force web.crt KEY`, or `renew doctor web.crt KEY`\n");
    expect(alone).toContain("does its timer run? `renew doctor mail.crt KEY`\n");
    const forget = "; `rm .api.crt.renew-owed` forgets it\n";
    const some = "the next run with --exec or --pid-file makes it good";
    expect(alone).toContain(`api.crt still owes its hook: ${some}${forget}`);

    const pairs = ["web", "mail", "api"].map((name) => ({ crt: `${name}.crt`, key: `${name}.key` }));
    const [web, ...others] = pairs;
    s.write("renew.json", JSON.stringify({ root: "ca root.crt", certificates: [web, ...others] }));
    const listed = (await s.renew("status --config renew.json")).stderr;
    const pair = "web.crt web.key --root 'ca root.crt'";
    expect(listed).toContain(`: \`renew run --config renew.json\`, or \`renew doctor ${pair}\`\n`);
    expect(listed).toContain("api.crt still owes its hook: the list has none for it, ");

    s.write("elsewhere.json", JSON.stringify({ "ca-url": "ca:9000", exec: "true", certificates: pairs }));
    const elsewhere = (await s.renew("status --config elsewhere.json")).stderr;
    expect(elsewhere).toContain("`renew doctor mail.crt mail.key --ca-url https://ca:9000`\n");
    const whole = "`renew run --config elsewhere.json` makes it good";
    expect(elsewhere).toContain(`api.crt still owes its hook: ${whole}${forget}`);
  });

  test("of a list that is named as a certificate is unusable, and says how it is meant", async () => {
    s.write("renew.json", "{}");
    expect((await s.renew("status renew.json")).stderr).toMatch(/`renew status --config renew\.json`\n$/);
  });

  test("says the same in the table, also of one that is due", async () => {
    await issue("web", { from: -17, to: 7 });
    s.write(".web.crt.renew-owed", "{}");
    expect(await stateOf("web.crt")).toMatchObject({ state: "hook-owed", hookOwed: true, exit: 1 });
    expect((await s.renew("status web.crt")).stdout).toMatch(/ now +mTLS +owes\n$/);
  });

  test("is at-work while a run holds the lock: what it has put beside the files is not left undone", async () => {
    await issue("web");
    s.write(".web.crt.renew-owed", "{}");
    s.write(".web.crt.renew-journal", "torn");
    const claim = { token: "0123456789ab", until: new Date(s.base.getTime() + 60_000).toISOString() };
    const seized = seize(`${realpathSync(".")}/web.crt`, claim, s.base, realFileSystem);
    if (seized.is !== "ours") throw new Error("the lock is free");
    const { stdout, stderr, exit } = await s.renew("status web.crt");
    expect([exit, stderr]).toEqual([0, ""]);
    expect(stdout).toMatch(/at work\n$/);
    expect(await stateOf("web.crt")).toMatchObject({ state: "at-work", hookOwed: false, interrupted: false, exit: 0 });
    release(seized.lock, claim.token, realFileSystem);
    expect(await stateOf("web.crt")).toMatchObject({ state: "interrupted", hookOwed: true, exit: 1 });
  });

  test("tells the way", async () => {
    await issue("web");
    await issue("server", { usages: ["serverAuth"] });
    expect(await stateOf("web.crt")).toMatchObject({ method: "mtls", methodReason: "valid" });
    expect(await stateOf("server.crt")).toMatchObject({ method: "token", methodReason: "not-a-client" });
  });
});

describe("the table", () => {
  const long = "a-very-long-name-of-a-server-that-nobody-would-type-twice.example";
  const screen = async (world?: { isTerminal: boolean; columns: number }) =>
    (await s.renew(`status ./${long}.crt nowhere.crt`, world)).stdout;
  beforeEach(() => issue(long));

  test.each([20, 80, 100, 160])("fits a terminal of %i columns, whatever the names", async (columns) => {
    const widest = Math.max(columns, 80);
    const lines = (await screen({ isTerminal: true, columns })).split("\n");
    expect(lines.filter((line) => line.length > widest)).toEqual([]);
    expect(lines[1]).toContain("…");
    expect(lines[1]?.length).toBeGreaterThan(widest - 10);
  });

  test("cuts nothing on a wide terminal, or in a pipe", async () => {
    for (const world of [{ isTerminal: true, columns: 300 }, undefined]) {
      const [, line] = (await screen(world)).split("\n");
      expect(line).toMatch(new RegExp(`^\\./${long}\\.crt  ${long}\\.internal  `));
    }
  });
});

test("without a list and without a name, it asks for one in its own words", async () => {
  const { exit, stderr } = await s.renew("status");
  expect(exit).toBe(78);
  expect(stderr).toContain("`renew status CRT...`");
  expect(stderr).not.toContain("renew run --config");
});

test("nothing is changed", async () => {
  await issue("web");
  const before = readdirSync(".").map((name) => [name, statSync(name).mtimeMs]);
  await s.renew("status web.crt");
  expect(readdirSync(".").map((name) => [name, statSync(name).mtimeMs])).toEqual(before);
});

test("a list and files do not go together", async () => {
  const { exit, stderr } = await s.renew("status web.crt --config renew.json");
  expect(stderr).toContain("error[FLAG_CONFLICT]");
  expect(exit).toBe(64);
});

test("a list says itself when each is due: only the command line is refused for saying so", async () => {
  await issue("web");
  s.write("renew.json", JSON.stringify({ certificates: [{ crt: "web.crt", key: "web.key" }] }));
  const { stderr, exit } = await s.renew("status --config renew.json --expires-in 30h");
  expect(stderr).toContain("error[FLAG_CONFLICT]: --expires-in and --config cannot go together");
  expect(exit).toBe(64);
  expect((await s.renew("status --expires-in 30h")).stderr).toContain("--expires-in and a list cannot go together");
  const env = { STEP_EXPIRES_IN: "30h" };
  expect((await s.renew("status --config renew.json", { env })).exit).toBe(0);
});

test("of a list, the certificate that is written counts, by the window of its entry", async () => {
  await issue("web", { from: -17, to: 7 });
  await issue("new", { from: -1, to: 23 });
  const certificates = [
    { crt: "web.crt", key: "web.key", "expires-in": "1h" },
    { crt: "web.crt", key: "web.key", out: "new.crt", method: "token" },
  ];
  s.write("renew.json", JSON.stringify({ certificates: certificates.slice(0, 1) }));
  expect(await stateOf("", "--config renew.json")).toMatchObject({ state: "fine", method: "mtls" });
  s.write("renew.json", JSON.stringify({ certificates: certificates.slice(1) }));
  const { file, ...rest } = await stateOf("", "--config renew.json");
  expect(file).toMatch(/new\.crt$/);
  expect(rest).toMatchObject({ state: "fine", method: "token", methodReason: "asked" });
});

describe("a list and its run say the same", () => {
  const pair = (name: string, more: object = {}) => ({ crt: `${name}.crt`, key: `${name}.key`, ...more });
  const status = async (certificates: readonly object[]) => {
    s.write("renew.json", JSON.stringify({ "ca-url": s.url(), root: "root.crt", certificates }));
    const { stdout } = await s.renew("status --json --config renew.json");
    const { stdout: table, stderr } = await s.renew("status --config renew.json");
    const { stdout: planned } = await s.renew("run --dry-run --json --force --keep-going --config renew.json");
    return { all: JSON.parse(stdout).certificates, runs: JSON.parse(planned).results, table, stderr };
  };

  test("of the way, where the entry has it mtls", async () => {
    await issue("web", { from: -30, to: -6 });
    await issue("server", { usages: ["serverAuth"] });
    const certificates = [pair("web", { method: "mtls" }), pair("server", { method: "mtls" })];
    const { all, runs, table, stderr } = await status(certificates);
    expect(all).toMatchObject([{ state: "expired", method: null }, { method: "mtls" }]);
    expect(runs).toMatchObject([{ error: { code: "EXPIRED_NEEDS_FORCE" } }, { method: "mtls" }]);
    expect(table).toMatch(/ - +expired\n/);
    expect(stderr).toContain(': `"method": "auto"` in the list, or ');
    await s.ca();
    const { stdout } = await s.renew("run --json --force --keep-going --config renew.json");
    expect(JSON.parse(stdout).results[1]).toMatchObject({ method: "mtls", ok: false });
  });

  test("of a certificate of a CA, also where it is named alone", async () => {
    await issue("web", { from: -30, to: -6 });
    await issue("ca", { isCa: true });
    const { all, runs, stderr } = await status([pair("web"), pair("ca")]);
    expect(all[1]).toMatchObject({ state: "unusable", error: { code: "CA_CERTIFICATE" } });
    expect(runs[1]).toMatchObject({ error: { code: "CA_CERTIFICATE" } });
    expect(stderr).toContain(": `renew run --config renew.json --keep-going`, or");
    expect(await stateOf("ca.crt")).toMatchObject({ state: "unusable", exit: 1, error: { code: "CA_CERTIFICATE" } });
  });

  test("of one that every run renews", async () => {
    await issue("web", { from: -20, to: 4 });
    const certificates = [pair("web", { "expires-in": "0" })];
    const { all, table } = await status(certificates);
    expect(all).toMatchObject([{ state: "due", dueFrom: new Date(s.base.getTime() - 20 * 3_600_000).toISOString() }]);
    expect(table).toMatch(/ now +mTLS +due\n/);
    const { stderr } = await s.renew("run --dry-run --config renew.json");
    expect(stderr).toContain("over mTLS: `expires-in` says so");
  });

  test("of broken entries, each by a name of its own, on one line as well", async () => {
    const certificates = [pair("web", { kee: 1 }), pair("mail", { kee: 1 }), { kee: 1 }, { kee: 1 }];
    s.write("renew.json", JSON.stringify({ certificates }));
    const { stdout } = await s.renew("status --config renew.json --prometheus -");
    const names = [...stdout.matchAll(/^renew_certificate_usable\{file="(.*)"\} 0$/gm)].map(([, name]) => name);
    const places = ["web.crt", "mail.crt", "renew.json:1, entry 3", "renew.json:1, entry 4"];
    expect(names).toEqual(places.map((name) => `${process.cwd()}/${name}`));
  });
});

describe("--prometheus", () => {
  const write = (file = "renew.prom", certificates = 'web.crt odd"\\.crt nowhere.crt') =>
    s.renew(`status -q ${certificates} --prometheus ${file}`);
  beforeEach(async () => {
    await issue("web");
    await issue('odd"\\', { subject: "odd" });
  });

  test("writes metrics that promtool finds no fault with", async () => {
    const { exit, stdout } = await write();
    expect([exit, stdout]).toEqual([1, ""]);
    const text = readFileSync("renew.prom", "utf8");
    const notAfter = Math.floor(s.base.getTime() / 1000) + 12 * 3600;
    expect(text).toContain(
      `renew_certificate_not_after_timestamp_seconds{file="${process.cwd()}/web.crt"} ${notAfter}\n`,
    );
    expect(text).toContain(`renew_certificate_usable{file="${process.cwd()}/nowhere.crt"} 0\n`);
    expect(text).toContain('odd\\"\\\\.crt",subject="CN=odd"');
    const promtool = spawnSync("promtool", ["check", "metrics"], { input: text, encoding: "utf8" });
    if (promtool.error === undefined) expect([promtool.status, promtool.stdout, promtool.stderr]).toEqual([0, "", ""]);
    const lines = text.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
    expect(lines.filter((line) => !/^[a-z_]+(\{([a-z]+="([^"\\\n]|\\[\\"n])*",?)+\})? \d+$/.test(line))).toEqual([]);
  });

  test("keep a name of two lines on one", () => {
    const standing = brokenStanding("/etc/two\nlines.crt", new Failure("NO_CONTEXT", { file: "x", known: [] }));
    expect(metricsText([standing], s.base)).toContain('renew_certificate_usable{file="/etc/two\\nlines.crt"} 0');
  });

  test("are for everybody to read, replaced whole, and leave nothing beside them", async () => {
    await write();
    chmodSync("renew.prom", 0o600);
    await write("renew.prom", "web.crt");
    expect(readFileSync("renew.prom", "utf8")).not.toContain("nowhere.crt");
    expect((statSync("renew.prom").mode & 0o777).toString(8)).toBe("644");
    expect(readdirSync(".").filter((name) => name.startsWith("renew.prom"))).toEqual(["renew.prom"]);
  });

  test("are written behind a link", async () => {
    mkdirSync("metrics");
    symlinkSync("metrics/renew.prom", "renew.prom");
    await write();
    expect(readFileSync("metrics/renew.prom", "utf8")).toContain("renew_certificate_usable");
  });

  test("name a file once that is named twice", async () => {
    await write("renew.prom", "web.crt ./web.crt");
    expect(readFileSync("renew.prom", "utf8").match(/^renew_certificate_usable/gm)).toHaveLength(1);
  });

  test.each([
    ["nowhere/deep/renew.prom", /evidence +folder +\S+\/nowhere\/deep\n +the nearest that exists +\S+/],
    ["folder", /It is a folder/],
    ["web.crt/renew.prom", /system error +ENOTDIR/],
    ["certificate.prom", /looks like +PEM: CERTIFICATE\n/],
    ["key.prom", /looks like +PEM: PRIVATE KEY\n/],
    ["others.prom", /looks like +plain text\n/],
    ["pipe.prom", /system error +EFTYPE/],
  ])("into %s is refused, and nothing is written", async (file, words) => {
    mkdirSync("folder");
    symlinkSync("web.crt", "certificate.prom");
    symlinkSync("web.key", "key.prom");
    writeFileSync("others.prom", "# HELP backup_age_seconds How old the last backup is.\nbackup_age_seconds 7\n");
    spawnSync("mkfifo", ["pipe.prom"]);
    const before = ["web.crt", "web.key", "others.prom"].map((name) => readFileSync(name, "utf8"));
    // The pair is not what is asked for: what is in a file counts.
    const { exit, stderr } = await write(file, "nowhere.crt");
    expect(exit).toBe(73);
    expect(stderr).toContain("error[CANNOT_WRITE_METRICS]");
    expect(stderr).toMatch(words);
    expect(existsSync("nowhere")).toBe(false);
    expect(readdirSync("folder")).toEqual([]);
    expect(["web.crt", "web.key", "others.prom"].map((name) => readFileSync(name, "utf8"))).toEqual(before);
    expect(statSync("pipe.prom").isFIFO()).toBe(true);
  });

  test.each([
    ["m.txt", "--prometheus m.prom"],
    ["/dev/stdout", "--prometheus -"],
    ["web.crt", "--prometheus web.prom"],
  ])("into %s would be read by no collector", async (file, near) => {
    const { exit, stderr } = await write(file, "web.crt");
    expect(exit).toBe(64);
    expect(stderr).toContain(`did you mean \`${near}\`?`);
    expect(existsSync("m.txt")).toBe(false);
  });

  test.each([
    ["status empty.prom", "CRT"],
    ["status linked.prom", "CRT"],
    ["status --config list.json", "'key' in the list"],
  ])("%s: never over what it tells of, though that be empty", async (command, what) => {
    writeFileSync("empty.prom", "");
    symlinkSync("empty.prom", "linked.prom");
    s.write("list.json", JSON.stringify({ certificates: [{ crt: "web.crt", key: "empty.prom" }] }));
    const { exit, stderr } = await s.renew(`${command} --prometheus empty.prom`);
    expect(exit).toBe(64);
    expect(stderr).toContain(`error[FLAG_CONFLICT]: --prometheus empty.prom and ${what} cannot go together`);
    expect(statSync("empty.prom").size).toBe(0);
  });

  test("to standard output, in place of the table", async () => {
    const { exit, stdout, stderr } = await s.renew("status web.crt nowhere.crt --prometheus -");
    expect(exit).toBe(1);
    expect(stdout).toMatch(/^# HELP renew_certificate_not_before/);
    expect(stdout).not.toContain("UNTIL");
    expect(stderr).toContain("nowhere.crt does not exist");
    expect(existsSync("-")).toBe(false);
    expect((await s.renew("status web.crt --json --prometheus -")).stdout).toContain("FLAG_CONFLICT");
  });

  test.skipIf(process.getuid?.() === 0)("into a folder that may not be written is refused", async () => {
    mkdirSync("folder");
    chmodSync("folder", 0o500);
    const { exit, stderr } = await write("folder/renew.prom");
    expect(exit).toBe(73);
    expect(stderr).toMatch(/system error +EACCES/);
  });
});
