/** A daemon over many, as it is told: whatever its events are, each has its words and its line of data. */
import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { resolve } from "node:path";
import { Ajv2020 } from "ajv/dist/2020.js";
import { afterEach, describe, expect, test } from "vitest";
import { main } from "../../../src/cli/main.ts";
import type { World } from "../../../src/world.ts";
import { type Scene, scene } from "../../support/scene.ts";
import { type TestWorld, testWorld } from "../../support/world.ts";

const schema = JSON.parse(
  readFileSync(resolve(import.meta.dirname, "../../../src/cli/print/output.schema.json"), "utf8"),
);
const ajv = new Ajv2020({ strict: true, strictTypes: false, strictRequired: false });
ajv.addFormat("date-time", /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
const validate = ajv.compile(schema);

let current: Scene | undefined;
afterEach(() => current?.end());

const hour = 3_600_000;
const pair = (name: string, more: object = {}) => ({ crt: `${name}.crt`, key: `${name}.key`, ...more });

/**
 * Runs `renew run --daemon` on a clock of its own, which each sleep puts on. `steps` are taken one after the other, one at each
 * sleep; after the last one the end is asked for. Hooks fail until there is a file `mended`; one that meets a file `last` is
 * interrupted by the end.
 */
async function stayed(s: Scene, flags: string, steps: readonly ((world: Signals) => void)[]): Promise<TestWorld> {
  const end = new AbortController();
  const handlers = new Map<string, () => void>();
  let now = s.base.getTime();
  let step = 0;
  const run = async () => {
    if (!existsSync("last")) return { how: "exit" as const, status: existsSync("mended") ? 0 : 1 };
    end.abort("SIGTERM");
    return { how: "interrupted" as const };
  };
  const world = testWorld({ now: () => new Date(now), signal: end.signal, run });
  const given: World = {
    ...world,
    onSignal: (name, handler) => {
      handlers.set(name, handler);
      return () => void handlers.delete(name);
    },
    sleep: async (ms) => {
      if (ms === 0) return;
      now += ms;
      const next = steps[step++];
      if (next === undefined) end.abort("SIGTERM");
      else next({ send: (name) => handlers.get(name)?.(), wait: (hours) => (now += hours * hour) });
    },
  };
  expect(await main(["run", "--daemon", "--config", "renew.json", ...flags.split(" ").filter(Boolean)], given)).toBe(0);
  return world;
}

interface Signals {
  send(name: "SIGHUP" | "SIGUSR1"): void;
  wait(hours: number): void;
}

async function three(): Promise<Scene> {
  const s = await scene();
  current = s;
  await s.ca();
  await s.issue("web");
  await s.issue("mail", { from: -20, to: 4 });
  s.write("renew.json", list(s, [pair("web"), pair("mail"), pair("gone"), { kee: "x" }]));
  return s;
}

const list = (s: Scene, certificates: readonly object[]) =>
  JSON.stringify({ "ca-url": s.url(), root: "root.crt", certificates });

describe("in words", () => {
  test("each event has its line, and each failure its page and its place in the list", async () => {
    const s = await three();
    const { err } = await stayed(s, "", [
      () => undefined,
      ({ send }) => send("SIGUSR1"),
      ({ send }) => {
        s.write("renew.json", list(s, [pair("web")]));
        send("SIGHUP");
      },
      ({ send }) => {
        s.write("renew.json", "{");
        send("SIGHUP");
      },
    ]);
    const { text } = err;
    expect(text).toMatch(/^\S+ \S+ UTC renew\.json: keeping 3 certificates; next is \S+, (now|in \S+)$/m);
    expect(text).toMatch(/^\S+ \S+ UTC mail\.crt: renewed, serial \d+; next renewal in \S+$/m);
    expect(text).toContain("error[BAD_RUN_CONFIG]: renew.json:1: 'kee' is no key of a certificate");
    expect(text).toContain("  next: it is left out until the list is read again (SIGHUP)\n");
    expect(text).toContain("error[FILE_MISSING]: gone.crt does not exist");
    expect(text).toMatch(/ {2}listed: entry 3, renew\.json:1\n {2}next: it is tried again in \S+\n/);
    expect(text).toMatch(/^\S+ \S+ UTC renew\.json: 3 certificates, 1 failing; next is .*\n {2}gone\.crt: failed /m);
    expect(text).toMatch(/^\S+ \S+ UTC renew\.json: read again, 1 certificate: 0 new, 2 gone$/m);
    expect(text).toContain("error[BAD_RUN_CONFIG]: renew.json:1:2: it is not JSON");
    expect(text).toContain("  next: the list as it was read before stays\n");
    expect(text).toMatch(/^\S+ \S+ UTC renew\.json: stopped\n$/m);
  });

  test("with -q failures and what is asked for alone", async () => {
    const s = await three();
    const { err } = await stayed(s, "-q", [() => undefined, ({ send }) => send("SIGUSR1")]);
    expect(err.text).not.toMatch(/keeping|renewed|stopped/);
    expect(err.text).toMatch(/error\[FILE_MISSING\]/);
    expect(err.text).toMatch(/renew\.json: 3 certificates/);
  });
});

test("forms that are missing are written at the start, and when the list is read again", async () => {
  const s = await scene();
  current = s;
  await s.ca();
  await s.issue("web", { from: -1, to: 23 });
  const also = { combined: "as.pem" };
  s.write("renew.json", list(s, [pair("web", { also })]));
  const seen: boolean[] = [];
  await stayed(s, "", [
    () => void seen.push(existsSync("as.pem")),
    ({ send }) => {
      rmSync("as.pem");
      send("SIGHUP");
    },
    () => void seen.push(existsSync("as.pem")),
  ]);
  expect(seen).toEqual([true, true]);
  rmSync("as.pem");
  s.write("renew.json", list(s, [pair("web", { also: { combined: "nowhere/as.pem" } })]));
  const { err } = await stayed(s, "", [() => undefined]);
  expect(err.text).toContain("error[CANNOT_WRITE]: nowhere/as.pem cannot be written");
});

test("keys that are not there are told of at the start, though nothing is due: once for all of them", async () => {
  const s = await scene();
  current = s;
  await s.ca();
  for (const name of ["web", "mail", "api"]) await s.issue(name, { from: -1, to: 23 });
  const without = (name: string) => ({ ...pair(name), key: `no-${name}.key` });
  s.write("renew.json", list(s, [pair("web"), without("mail"), without("api")]));
  const { err } = await stayed(s, "", [() => undefined]);
  expect(err.text.match(/^error\[\w+\].*/gm)).toEqual(["error[FILE_MISSING]: no-mail.key does not exist"]);
  expect(err.text).toContain("next: nothing is due yet: mend it before mail.crt and 1 more are");
});

test("as data each event is a line that fits the schema", async () => {
  const s = await three();
  const { out, err } = await stayed(s, "--json", [
    () => undefined,
    ({ send }) => send("SIGUSR1"),
    ({ send }) => send("SIGHUP"),
    ({ send }) => {
      s.write("renew.json", "{");
      send("SIGHUP");
    },
  ]);
  const events = out.text
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as { event: string });
  for (const event of events) expect([event, validate(event), validate.errors]).toEqual([event, true, null]);
  const kinds = new Set(events.map(({ event }) => event));
  expect([...kinds].sort()).toEqual([
    "broken",
    "failed",
    "not-reloaded",
    "reloaded",
    "renewed",
    "started",
    "state",
    "stopped",
  ]);
  expect(err.text).toBe("");
});

describe("a hook that two share", () => {
  const steps = (s: Scene) => [
    () => undefined,
    ({ send }: Signals) => send("SIGUSR1"),
    ({ send }: Signals) => {
      s.write("mended", "");
      send("SIGHUP");
    },
    ({ send }: Signals) => send("SIGUSR1"),
  ];
  const twoOwing = async () => {
    const s = await scene();
    current = s;
    await s.ca();
    await s.issue("web", { from: -20, to: 4 });
    await s.issue("mail", { from: -20, to: 4 });
    const certificates = ["web", "mail"].map((name) => pair(name, { exec: ["./reload"] }));
    s.write("renew.json", list(s, certificates));
    s.write("reload", "");
    chmodSync("reload", 0o755);
    return s;
  };

  test("and that fails is told in the state, and once it has succeeded", async () => {
    const s = await twoOwing();
    const { text } = (await stayed(s, "", steps(s))).err;
    expect(text).toContain("error[HOOK_FAILED]");
    expect(text).toMatch(
      /, 1 failing; next is .*\n {2}web\.crt and 1 more: failed (once|\d+ times) with HOOK_FAILED; next try/,
    );
    expect(text).toMatch(
      /^\S+ \S+ UTC web\.crt and 1 more: what an earlier renewal owed, its hook or signal, has succeeded now$/m,
    );
    expect(text.split("has succeeded now")[1]).toMatch(/renew\.json: 2 certificates; next is /);
  });

  test("is owed also where the disk takes no note of it, as long as the daemon goes on", async () => {
    const s = await twoOwing();
    for (const name of ["web", "mail"]) mkdirSync(`.${name}.crt.renew-owed.new`); // in the way of the note
    const { text } = (await stayed(s, "", steps(s))).err;
    expect([".web.crt.renew-owed", ".mail.crt.renew-owed"].filter((file) => existsSync(file))).toEqual([]);
    expect(text).toMatch(/web\.crt and 1 more: failed (once|\d+ times) with HOOK_FAILED; next try/);
    expect(text).toMatch(/web\.crt and 1 more: what an earlier renewal owed, its hook or signal, has succeeded now$/m);
  });

  test("and that the end interrupts is not said to be tried again soon", async () => {
    const s = await twoOwing();
    s.write("last", "");
    expect((await stayed(s, "", [])).err.text).toMatch(
      /\n {2}next: it is tried again when renew runs again, as this run ends\n\S+ \S+ UTC renew\.json: stopped\n$/,
    );
    await s.issue("web", { from: -20, to: 4 });
    const lines = (await stayed(s, "--json", [])).out.text.trimEnd().split("\n");
    const failed = lines.map((line) => JSON.parse(line)).filter(({ event }) => event === "hooks-failed");
    expect(failed).toMatchObject([{ next: null }]);
  });

  test("as data too", async () => {
    const s = await twoOwing();
    const { out } = await stayed(s, "--json", steps(s));
    const events = out.text
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line));
    for (const event of events) expect([event, validate(event), validate.errors]).toEqual([event, true, null]);
    const told = events.filter(({ event }) => ["hooks-failed", "state", "hooks-settled"].includes(event));
    expect(told).toMatchObject([
      { event: "hooks-failed", files: ["web.crt", "mail.crt"] },
      { event: "state", failing: [{ file: "web.crt", code: "HOOK_FAILED", others: 1 }] },
      { event: "hooks-settled", files: ["web.crt", "mail.crt"], error: null },
      { event: "state", failing: [] },
    ]);
  });
});

describe("what is named in vain, though nothing is due", () => {
  const fresh = async (s: Scene) => {
    current = s;
    await s.issue("web");
    await s.issue("mail");
    await s.issue("other");
  };

  test("by all: it does not start", async () => {
    const s = await scene();
    await fresh(s);
    s.write("renew.json", JSON.stringify({ "ca-url": "ca.internal", certificates: [pair("web"), pair("mail")] }));
    const { exit, stderr } = await s.renew("run --daemon --config renew.json --root nope");
    expect([exit, stderr.split("\n")[0]]).toEqual([
      78,
      "error[ROOT_MISSING]: the root certificate nope cannot be read",
    ]);
  });

  test("by some: it is told once, and the others are kept", async () => {
    const s = await scene();
    await fresh(s);
    const hooked = { exec: "./nope.sh" };
    s.write("renew.json", list(s, [pair("web", hooked), pair("mail", hooked), pair("other")]));
    const steps = [({ send }: Signals) => send("SIGHUP")];
    const { err } = await stayed(s, "", steps);
    expect(
      err.text.match(/error\[FILE_MISSING\]: .*\/nope\.sh does not exist/g)?.length,
      "at the start, and read again",
    ).toBe(2);
    expect(err.text).toMatch(
      /listed: .*renew\.json.*\n {2}next: nothing is due yet: mend it before web\.crt and 1 more are\n/,
    );
    const { out } = await stayed(s, "--json", steps);
    const events = out.text
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line) as { event: string });
    for (const event of events) expect([event, validate(event), validate.errors]).toEqual([event, true, null]);
    expect(events[0]).toMatchObject({ event: "unready", entries: 2, error: { code: "FILE_MISSING" } });
  });
});

test("a list with a mistake drops nothing that is kept, until it is whole", async () => {
  const s = await scene();
  current = s;
  await s.issue("web");
  await s.issue("mail");
  const whole = list(s, [pair("web"), pair("mail")]);
  s.write("renew.json", whole);
  const reload =
    (text: string) =>
    ({ send }: Signals) => {
      s.write("renew.json", text);
      send("SIGHUP");
    };
  const { err } = await stayed(s, "", [
    reload(list(s, [pair("web"), { crt: "mail.crt", kee: "mail.key" }])),
    ({ send }) => send("SIGUSR1"),
    reload(list(s, [pair("web")])),
  ]);
  expect(err.text).toMatch(/next: what the list before had and this one has not is kept as it was/);
  expect(err.text).toMatch(/renew\.json: read again, 2 certificates: 0 new, 0 gone, 1 kept as before\n/);
  expect(err.text).toMatch(/renew\.json: 2 certificates; next is/);
  expect(err.text).toMatch(/renew\.json: read again, 1 certificate: 0 new, 1 gone\n/);
});

test("a list that cannot be used at the start ends it", async () => {
  const s = await scene();
  current = s;
  s.write("renew.json", "[]");
  const { exit, stderr } = await s.renew("run --daemon --config renew.json");
  expect([exit, stderr.split("\n")[0]]).toEqual([
    78,
    "error[BAD_RUN_CONFIG]: renew.json:1:1: it is a list, and not keys with values",
  ]);
  rmSync("renew.json");
  expect((await s.renew("run --daemon --config renew.json")).exit).toBe(78);
});
