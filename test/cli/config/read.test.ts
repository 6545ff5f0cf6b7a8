/** What a file of many certificates becomes, and each way in which it can be wrong. */
import { mkdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { parseCaUrl } from "../../../src/ca/url.ts";
import { settingKeys } from "../../../src/cli/config/keys.ts";
import { within } from "../../../src/cli/config/within.ts";
import { isFailure } from "../../../src/failure/failure.ts";
import { realFileSystem } from "../../../src/files/system.ts";
import { folderWith, known, pair, planOf } from "./lists.ts";

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});
const made = (files: Readonly<Record<string, unknown>>) => {
  const folder = folderWith(files);
  folders.push(folder);
  return folder;
};

const one = (more: object = {}, top: object = {}) => ({ ...top, certificates: [pair("a", more)] });
const policyOf = async (contents: unknown) => {
  const folder = made({ "renew.json": contents });
  const { entries, broken } = await planOf(folder);
  expect(broken).toEqual([]);
  const text = JSON.stringify(entries[0]).replaceAll(folder, "/etc/renew");
  return JSON.parse(text) as Record<string, unknown>;
};

describe("the smallest file", () => {
  test("is complete", async () => {
    const smallest = {
      "ca-url": "https://ca:9000",
      root: "root_ca.crt",
      certificates: [{ crt: "a.crt", key: "a.key" }],
    };
    const entry = await policyOf(smallest);
    expect(entry).toMatchObject({
      origin: { file: "/etc/renew/renew.json", line: 5, entry: 1 },
      method: "auto",
      policy: {
        paths: { certificate: "/etc/renew/a.crt", key: "/etc/renew/a.key" },
        force: true,
        mtls: true,
        window: { kind: "percent", used: 66 },
        ca: { href: "https://ca:9000" },
        root: { value: "/etc/renew/root_ca.crt" },
        timeoutMs: 30_000,
        lockTimeoutMs: 30_000,
        hooks: null,
      },
    });
  });
});

describe("a setting", () => {
  test.each<[string, unknown, object]>([
    [
      "of the top counts for an entry",
      one({}, { "expires-in": "8h" }),
      { window: { kind: "duration", ms: 28_800_000 } },
    ],
    ["of an entry counts more", one({ "expires-in": "50%" }, { "expires-in": "8h" }), { window: { used: 50 } }],
    [
      "that is empty is the usual one",
      one({ "expires-in": "" }, { "expires-in": "8h" }),
      { window: { kind: "percent", used: 66 } },
    ],
    ["token proves nothing over mTLS", one({ method: "token" }), { mtls: false }],
    ["exec is split as the flag's", one({ exec: "run 'a b' c" }), { hooks: { exec: { words: ["run", "a b", "c"] } } }],
    ["exec may be words", one({ exec: ["run", "a b"] }), { hooks: { exec: { words: ["run", "a b"] } } }],
    [
      "exec is found beside the file",
      one({ exec: "./go x/y" }),
      { hooks: { exec: { words: ["/etc/renew/go", "x/y"] } } },
    ],
    [
      "exec-shell takes exec's place",
      one({ "exec-shell": "a | b" }, { exec: "c" }),
      { hooks: { exec: { line: "a | b" } } },
    ],
    ["exec can be taken back", one({ exec: "" }, { exec: "c" }), { hooks: null }],
    ["exec can be taken back in its rival's name", one({ "exec-shell": "" }, { exec: "c" }), { hooks: null }],
    [
      "an empty rival beside it takes nothing",
      one({ exec: "c", "exec-shell": "" }),
      { hooks: { exec: { words: ["c"] } } },
    ],
    [
      "pid-file takes pid's place",
      one({ "pid-file": "p" }, { pid: 7 }),
      { hooks: { pid: null, pidFile: "/etc/renew/p" } },
    ],
    ["signal may be a number", one({ pid: 7, signal: 10 }), { hooks: { pid: 7, signal: { number: 10 } } }],
    [
      "exec-timeout counts for a hook of the top",
      one({ "exec-timeout": "5s" }, { exec: "c" }),
      { hooks: { execTimeoutMs: 5000 } },
    ],
    ["backup may be text", one({ backup: "3" }), { backups: 3 }],
    [
      "root may be a list",
      one({ root: ["r1", "/r,2"] }),
      { root: { value: "/etc/renew/r1,/r,2", files: ["/etc/renew/r1", "/r,2"] } },
    ],
    ["root may be a list with commas", one({ root: "r1,/r2" }), { root: { files: ["/etc/renew/r1", "/r2"] } }],
    ["out is beside the file", one({ out: "new.crt" }), { out: "/etc/renew/new.crt" }],
    ["outputs is another name of it", one({ outputs: ["new.crt"] }), { out: "/etc/renew/new.crt" }],
    [
      "password-file, timeouts",
      one({ "password-file": "pw", timeout: "5s", "lock-timeout": "0" }),
      { paths: { passphraseFile: "/etc/renew/pw" }, timeoutMs: 5000, lockTimeoutMs: 0 },
    ],
  ])("%s", async (_, contents, policy) => {
    expect(await policyOf(contents)).toMatchObject({ policy });
  });

  test("that is empty is as if nothing above had said it: each but the CA and its roots", async () => {
    const said: Record<string, unknown> = {
      "expires-in": "8h",
      method: "token",
      "password-file": "pw",
      "p12-password-file": "p12.pw",
      exec: "c",
      "exec-timeout": "5s",
      pid: 7,
      signal: 10,
      backup: 3,
      timeout: "5s",
      "lock-timeout": "5s",
    };
    const rivals = { exec: "exec-shell", pid: "pid-file" };
    expect([...Object.keys(said), ...Object.values(rivals), "ca-url", "root"].sort()).toEqual(
      Object.keys(settingKeys).sort(),
    );
    for (const key of Object.keys(said)) {
      const { [key]: _, ...others } = said;
      const untold = await policyOf(one({}, others));
      expect(await policyOf(one({ [key]: "" }, said))).toEqual({ ...untold, origin: expect.anything() });
    }
    for (const key of ["ca-url", "root"]) {
      const { broken } = await planOf(made({ "renew.json": one({ [key]: "" }) }));
      expect(broken).toMatchObject([{ failure: { facts: { problem: { kind: "bad-value", key } } } }]);
    }
  });

  test("that many have is one and the same", async () => {
    const folder = made({
      "renew.json": { exec: "c", root: "r", certificates: [pair("a"), pair("b"), pair("c", { exec: "c" })] },
    });
    const { entries } = await planOf(folder);
    const [first, ...others] = entries.map(({ policy }) => policy);
    for (const other of others) {
      expect(other.hooks).toBe(first?.hooks);
      expect(other.ca).toBe(first?.ca);
      expect(other.root).toBe(first?.root);
    }
  });

  test("of the command line: the CA and the root where the file has none, the method always", async () => {
    const folder = made({
      "renew.json": { certificates: [pair("a", { "ca-url": "own.internal" }), pair("b", { method: "mtls" })] },
    });
    const { entries } = await planOf(folder, "renew.json", { ...known, method: "token" });
    expect(entries.map(({ policy, method }) => [policy.ca.href, policy.mtls, method])).toEqual([
      ["https://own.internal", false, "token"],
      ["https://flag.internal", false, "token"],
    ]);
    expect(entries[0]?.policy.root.value).toBe("/step/certs/root_ca.crt");
  });

  test("concurrency is the whole file's", async () => {
    expect((await planOf(made({ "renew.json": one({}, { concurrency: 7 }) }))).concurrency).toBe(7);
    expect((await planOf(made({ "renew.json": one() }))).concurrency).toBe(null);
  });
});

describe("names count", () => {
  test("from the folder of a link, not of what it leads to", async () => {
    const folder = made({ "lists/renew.json": one(), "live/x": "" });
    symlinkSync("../lists/renew.json", join(folder, "live/renew.json"));
    const { entries } = await planOf(join(folder, "live"));
    expect(entries[0]?.policy.paths.certificate).toBe(`${folder}/live/a.crt`);
  });

  test.each([
    ["renew.json", "a.crt"],
    ["./renew.json", "a.crt"],
    ["lists/renew.json", "lists/a.crt"],
    ["/renew.json", "/a.crt"],
    ["/dev/stdin", "a.crt"],
    ["/dev/fd/63", "a.crt"],
    ["/proc/self/fd/0", "a.crt"],
    ["/dev/shm/renew.json", "/dev/shm/a.crt"],
  ])("in %s from where %s is", (file, name) => {
    expect(within(file)("a.crt")).toBe(name);
    expect(within(file)("/a.crt")).toBe("/a.crt");
  });
});

describe("what is included", () => {
  test("comes in the order of names, with defaults of its own over the including file's, hidden files left out", async () => {
    const folder = made({
      "renew.json": { include: "conf.d", "expires-in": "8h", timeout: "5s", certificates: [pair("a")] },
      "conf.d/2.yaml": "expires-in: 50%\ncertificates:\n  - {crt: c.crt, key: c.key}\n  - crt: d.crt\n    key: d.key\n",
      "conf.d/1.json": { certificates: [pair("b")] },
      "conf.d/.hidden.json": "{",
      "conf.d/README": "no list",
    });
    const { entries } = await planOf(folder);
    expect(
      entries.map(({ origin, policy: { paths, window, timeoutMs } }) => [
        `${origin.file}:${origin.line}:${origin.entry}`.replace(`${folder}/`, ""),
        paths.certificate.replace(`${folder}/`, ""),
        window?.kind,
        timeoutMs,
      ]),
    ).toEqual([
      ["renew.json:6:1", "a.crt", "duration", 5000],
      ["conf.d/1.json:3:1", "conf.d/b.crt", "duration", 5000],
      ["conf.d/2.yaml:3:1", "conf.d/c.crt", "percent", 5000],
      ["conf.d/2.yaml:4:2", "conf.d/d.crt", "percent", 5000],
    ]);
  });

  test("names a hook and a pid file in one spelling, so that what is the same is seen to be", async () => {
    const hook = (dots: string) => ({ exec: `${dots}/hook.sh x`, "pid-file": `${dots}/run/pid` });
    const folder = made({
      "renew.json": { include: "conf.d", certificates: [pair("a", hook("."))] },
      "conf.d/1.json": { certificates: [pair("b", hook(".."))] },
      "run/other": "",
    });
    const [first, second] = (await planOf(folder)).entries.map(({ policy }) => policy.hooks);
    expect(first?.exec).toEqual({ words: [`${folder}/hook.sh`, "x"] });
    expect(second).toBe(first);
  });

  test("keeps the spelling of a hook where it leads elsewhere: behind a link, `..` is another folder", async () => {
    const folder = made({
      "renew.json": { certificates: [pair("a", { exec: "far/../hook.sh" })] },
      "deep/er/x": "",
    });
    symlinkSync("deep/er", `${folder}/far`);
    const [entry] = (await planOf(folder)).entries;
    expect(entry?.policy.hooks?.exec).toEqual({ words: [`${folder}/far/../hook.sh`] });
  });

  test.each<[string, readonly string[], readonly [string, string]]>([
    ["by one name", ["conf.d", "conf.d"], ["conf.d", "conf.d"]],
    ["by two names", ["other.d", "conf.d", "./conf.d/"], ["conf.d", "./conf.d/"]],
    ["by a link", ["conf.d", "linked.d"], ["conf.d", "linked.d"]],
  ])("may not be one folder twice, %s", async (_, include, names) => {
    const folder = made({ "renew.json": { include }, "conf.d/1.json": one(), "other.d/README": "" });
    symlinkSync("conf.d", join(folder, "linked.d"));
    const folders = names.map((name) => `${folder}/${name}`);
    await expect(planOf(folder)).rejects.toMatchObject({
      code: "BAD_RUN_CONFIG",
      facts: { line: 2, problem: { kind: "twice-include", folders } },
    });
  });

  test("may be twice a folder that has no list yet", async () => {
    const folder = made({
      "renew.json": { include: ["conf.d", "./conf.d"], certificates: [pair("a")] },
      "conf.d/x": "",
    });
    expect((await planOf(folder)).entries.length).toBe(1);
  });

  test("and is a folder by the name of a list is one broken entry", async () => {
    const folder = made({ "renew.json": { include: "conf.d" }, "conf.d/1.json/2.json": one(), "conf.d/3.json": one() });
    const { entries, broken } = await planOf(folder);
    expect(entries.length).toBe(1);
    expect(broken).toMatchObject([{ failure: { facts: { problem: { kind: "included-folder" } } } }]);
  });

  test("and cannot be used is one broken entry", async () => {
    const folder = made({
      "renew.json": { include: ["conf.d/"] },
      "conf.d/1.json": one(),
      "conf.d/2.json": '{\n  "certificates": [}\n',
      "conf.d/3.json": one({}, { include: "x" }),
      "conf.d/4.json": one({}, { concurrency: 3 }),
    });
    const { entries, broken } = await planOf(folder);
    expect(entries.length).toBe(1);
    expect(broken.map(({ origin, failure }) => [origin.line, origin.entry, failure.facts])).toMatchObject([
      [2, 0, { line: 2, column: 20, problem: { kind: "syntax" } }],
      [2, 0, { problem: { kind: "misplaced-key", belongs: "including-file" } }],
      [2, 0, { problem: { kind: "misplaced-key", key: "concurrency" } }],
    ]);
  });
});

/** The whole is refused. */
describe("the file", () => {
  test.each<[string, unknown, object]>([
    ["empty", " \n", { kind: "empty" }],
    ["not UTF-8", Buffer.from([0xff, 0xfe, 0x7b, 0]), { kind: "not-utf8" }],
    [
      "JSON that is none",
      '{\n  "certificates": [\n    {"crt": "a" "key": "b"}\n  ]\n}',
      { kind: "syntax", said: "a comma is expected", text: '{"crt": "a" "key": "b"}' },
    ],
    ["JSON that ends too early", '{"certificates": [', { kind: "syntax" }],
    ["two documents", '{"certificates": []} {}', { kind: "syntax" }],
    ["comments alone", "// nothing\n", { kind: "empty" }],
    ["a comment that is not closed", "/* nothing\n", { kind: "syntax" }],
    ["nested too deeply", "[".repeat(200_000), { kind: "too-deep" }],
    ["a list", [pair("a")], { kind: "not-a-map", what: "file", found: "a list" }],
    ["a text", '"x"', { kind: "not-a-map", what: "file", found: "text" }],
    ["a key twice", '{"root": "a",\n"root": "b", "certificates": []}', { kind: "twice-key", key: "root" }],
    [
      "an unknown key",
      one({}, { ca_url: "x" }),
      { kind: "unknown-key", key: "ca_url", nearest: "ca-url", isEntry: false },
    ],
    ["a key of no object", one({}, { toString: "x" }), { kind: "unknown-key", key: "toString" }],
    [
      "a key that is none in JavaScript",
      '{"__proto__": {"crt": "x"}, "certificates": [{"crt":"a","key":"b"}]}',
      { kind: "unknown-key", key: "__proto__" },
    ],
    ["crt at the top", one({}, { crt: "x" }), { kind: "misplaced-key", key: "crt", belongs: "entry" }],
    ["no certificates", { root: "x" }, { kind: "missing-key", key: "certificates" }],
    ["certificates without one", { certificates: [] }, { kind: "no-certificates" }],
    ["certificates that are no list", { certificates: pair("a") }, { kind: "wrong-type", found: "keys with values" }],
    ["a default that is wrong", one({}, { "expires-in": "8" }), { kind: "bad-value", key: "expires-in" }],
    [
      "defaults that are rivals",
      one({}, { exec: "a", "exec-shell": "b" }),
      { kind: "rivals", keys: ["exec", "exec-shell"] },
    ],
    ["concurrency 0", one({}, { concurrency: 0 }), { kind: "bad-value", key: "concurrency" }],
    ["concurrency in words", one({}, { concurrency: "4" }), { kind: "wrong-type", wanted: "a whole number" }],
    ["a folder that is not there", one({}, { include: "conf.d" }), { kind: "no-include", errno: "ENOENT" }],
    ["a folder that is a file", one({}, { include: ["renew.json"] }), { kind: "no-include", errno: "ENOTDIR" }],
    ["itself included", one({}, { include: "." }), { kind: "own-include" }],
    ["an empty folder", { include: "empty" }, { kind: "no-certificates" }],
  ])("%s is refused", async (_, contents, problem) => {
    const folder = made({ "renew.json": contents });
    mkdirSync(join(folder, "empty"));
    await expect(planOf(folder)).rejects.toMatchObject({ code: "BAD_RUN_CONFIG", facts: { problem } });
  });

  test.each<[string, string, string, object]>([
    ["YAML that is none", "renew.yaml", "certificates:\n  - crt: [a\n", { kind: "syntax", language: "YAML" }],
    ["a tab", "renew.yml", "certificates:\n\t- crt: a\n", { kind: "syntax" }],
    ["a key twice", "renew.yaml", "root: a\nroot: b\ncertificates: []\n", { kind: "twice-key", key: "root" }],
    ["two documents", "renew.yaml", "certificates: []\n---\na: b\n", { kind: "syntax" }],
    [
      "a laugh",
      "renew.yaml",
      `a: &a [x,x,x,x,x,x,x,x,x]\n${[..."bcdefghi"].map((name, index) => `${name}: &${name} [${Array(9).fill(`*${"abcdefgh"[index]}`)}]\n`).join("")}`,
      { kind: "huge" },
    ],
    ["comments alone", "renew.yaml", "# nothing\n", { kind: "empty" }],
    ["a document without anything", "renew.yaml", "---\n", { kind: "empty" }],
    ["nothing by its name", "renew.yaml", "null\n", { kind: "not-a-map", found: "nothing (null)" }],
    ["two merge keys", "renew.yaml", "<<: {root: a}\n<<: {root: b}\n", { kind: "twice-key", key: "<<" }],
    ["a quoted merge key", "renew.yaml", '"<<": {root: a}\n', { kind: "unknown-key", key: "<<" }],
  ])("%s is refused in YAML", async (_, file, contents, problem) => {
    const found = await planOf(made({ [file]: contents }), file).then(
      ({ broken: [first] }) => first?.failure,
      (error: unknown) => error,
    );
    expect(found).toMatchObject({ code: "BAD_RUN_CONFIG", facts: { problem } });
  });

  test("that is a folder, or that is not there, is refused", async () => {
    const folder = made({ "renew.json/x": "" });
    await expect(planOf(folder)).rejects.toMatchObject({ facts: { problem: { kind: "folder" } } });
    await expect(planOf(folder, "x.json")).rejects.toMatchObject({
      facts: { problem: { kind: "unreadable", errno: "ENOENT" } },
    });
  });

  test.each<[string, string, string, object]>([
    [
      "that is cut off",
      "renew.json",
      '{"certificates": [\n  {"crt": "a"\n\n\n',
      { line: 2, problem: { text: '{"crt": "a"' } },
    ],
    ["that is cut off in YAML", "renew.yaml", "certificates: [\n  a\n\n\n", { line: 2, problem: { text: "a" } }],
  ])("%s is told on a line that is there", async (_, file, text, facts) => {
    await expect(planOf(made({ [file]: text }), file)).rejects.toMatchObject({ facts });
  });

  test.each<[string, string, true | undefined]>([
    ["YAML by another name", "ca-url: x\ncertificates: []\n", true],
    ["YAML by another name, behind a comment", "# mine\ncertificates:\n  - crt: a\n", true],
    ["JSON without quotes", "{certificates: []}\n", undefined],
    ["text", "nothing of that kind\n", undefined],
    ["a key's file", "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIA==\n", undefined],
  ])("%s: that it may be YAML is said where it is", async (_, text, isYaml) => {
    const refused = await planOf(made({ "renew.conf": text }), "renew.conf").catch((error: unknown) => error);
    expect(refused).toMatchObject({ facts: { problem: { kind: "syntax", language: "JSON" } } });
    expect(isFailure(refused, "BAD_RUN_CONFIG") && "isYaml" in refused.facts.problem).toBe(isYaml === true);
  });

  test("with a password in an address is shown without it", async () => {
    const folder = made({ "renew.json": '{"ca-url": "https://me:secret@ca.internal" "root": "x"}' });
    const refused = await planOf(folder).catch((error: unknown) => error);
    expect(refused).toMatchObject({ facts: { problem: { kind: "syntax", text: expect.stringContaining("//…@ca") } } });
  });

  test("with a private key in it is not shown", async () => {
    const folder = made({
      "renew.json": "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIA==\n-----END PRIVATE KEY-----\n",
    });
    await expect(planOf(folder)).rejects.toMatchObject({ facts: { problem: { kind: "syntax", text: "" } } });
  });
});

/** The others stand. */
describe("an entry", () => {
  test.each<[string, unknown, object]>([
    ["that is a text", "a.crt", { kind: "not-a-map", what: "entry" }],
    ["that is a list", ["a.crt"], { kind: "not-a-map", what: "entry" }],
    ["without crt", { key: "a.key" }, { kind: "missing-key", key: "crt" }],
    ["without key", { crt: "a.crt" }, { kind: "missing-key", key: "key" }],
    ["with an empty crt", { crt: "", key: "k" }, { kind: "bad-value", key: "crt" }],
    [
      "with a crt that is none",
      { crt: 7, key: "k" },
      { kind: "wrong-type", key: "crt", wanted: "text", found: "the number 7" },
    ],
    ["with null", pair("b", { root: null }), { kind: "wrong-type", key: "root", found: "nothing (null)" }],
    [
      "with an unknown key",
      pair("b", { "expire-in": "8h" }),
      { kind: "unknown-key", key: "expire-in", nearest: "expires-in", isEntry: true },
    ],
    ["with a key of the top", pair("b", { include: "x" }), { kind: "misplaced-key", key: "include", belongs: "top" }],
    ["with a bad duration", pair("b", { "expires-in": "8x" }), { kind: "bad-value", key: "expires-in" }],
    ["with no duration at all", pair("b", { timeout: 30 }), { kind: "wrong-type", key: "timeout" }],
    ["with a bad URL", pair("b", { "ca-url": "http://x" }), { kind: "bad-value", key: "ca-url" }],
    ["with another way", pair("b", { method: "ssh" }), { kind: "bad-value", key: "method" }],
    [
      "with a bad signal",
      pair("b", { signal: "HUPP" }),
      { kind: "bad-value", key: "signal", help: ["did you mean 'HUP'?"] },
    ],
    [
      "with a pid that is a name",
      pair("b", { pid: "nginx" }),
      { kind: "bad-value", key: "pid", help: ["did you mean 'pid-file'?"] },
    ],
    ["with half a pid", pair("b", { pid: 1.5 }), { kind: "bad-value", key: "pid" }],
    ["with no program", pair("b", { exec: "''" }), { kind: "bad-value", key: "exec" }],
    ["with an open quote", pair("b", { exec: "a 'b" }), { kind: "bad-value", key: "exec" }],
    ["with an empty list", pair("b", { exec: [] }), { kind: "wrong-type", key: "exec", found: "an empty list" }],
    ["with a list of numbers", pair("b", { exec: ["sleep", 1] }), { kind: "wrong-type", key: "exec" }],
    [
      "with two outputs",
      pair("b", { outputs: ["x", "y"] }),
      { kind: "wrong-type", key: "outputs", wanted: "one file" },
    ],
    ["with two names for one", pair("b", { out: "x", outputs: "x" }), { kind: "rivals", keys: ["out", "outputs"] }],
    ["with rivals", pair("b", { pid: 7, "pid-file": "x" }), { kind: "rivals", keys: ["pid", "pid-file"] }],
    ["with a key in a device", { crt: "b.crt", key: "yubikey:slot-id=9a" }, { kind: "bad-value", key: "key" }],
    [
      "with a form that is mistyped as a key",
      pair("b", { also: { combind: "b.pem" } }),
      { kind: "bad-value", key: "also", help: ["did you mean 'combined'?"] },
    ],
    [
      "with a form that is mistyped as on a command line",
      pair("b", { also: ["combind=b.pem"] }),
      { kind: "bad-value", key: "also", help: ["did you mean 'combined=FILE'?"] },
    ],
    [
      "with a form without a file",
      pair("b", { also: "combined" }),
      {
        kind: "bad-value",
        key: "also",
        because: 'A form is named with its file, such as `"also": {"combined": "web.pem"}`.',
      },
    ],
    ["with 0 backups", pair("b", { backup: 0 }), { kind: "bad-value", key: "backup" }],
  ])("%s is broken, and alone", async (_, entry, problem) => {
    const { entries, broken } = await planOf(made({ "renew.json": { certificates: [pair("a"), entry, pair("c")] } }));
    expect(entries.map(({ origin }) => origin.entry)).toEqual([1, 3]);
    expect(broken.map(({ origin }) => origin.entry)).toEqual([2]);
    expect(broken[0]?.failure).toMatchObject({ code: "BAD_RUN_CONFIG", facts: { entry: 2, problem } });
  });

  test("is broken without a CA", async () => {
    const folder = made({ "renew.json": { certificates: [pair("a"), pair("b", { "ca-url": "x.internal" })] } });
    const { entries, broken } = await planOf(folder, "renew.json", {});
    expect(entries.map(({ origin }) => origin.entry)).toEqual([2]);
    expect(broken[0]?.failure).toMatchObject({
      facts: { crt: "a.crt", problem: { kind: "missing-key", key: "ca-url" } },
    });
  });

  test("is named by the line of what is wrong, also behind comments", async () => {
    const text = `// all\n{ "certificates": [\n  /* one */ {"crt": "a.crt", "key": "a.key"},\n  {\n    "crt": "b.crt",\n    // here\n    "kee": "b.key",\n  },\n] }`;
    const { broken } = await planOf(made({ "renew.json": text }));
    expect(broken).toMatchObject([
      {
        origin: { line: 4, entry: 2 },
        failure: { facts: { line: 7, entry: 2, crt: "b.crt", problem: { nearest: "key" } } },
      },
    ]);
  });

  test.each<[string, string, string, number | null]>([
    ["a comma is missing", "renew.json", '{"certificates": [{"crt": "a", "key": "b"}, {"crt": "c" "key": "d"}]}', 2],
    ["a key stands twice", "renew.json", '{"certificates": [{"crt": "a", "key": "b"}, {"crt": "c", "crt": "d"}]}', 2],
    ["it is no entry's", "renew.json", '{"certificates": [{"crt": "a", "key": "b"}], "root" "c"}', null],
    ["the quote is open", "renew.yaml", 'certificates:\n  - crt: a\n    key: b\n  - crt: "c\n    key: d\n', 2],
    ["a key stands twice", "renew.yaml", "certificates:\n  - crt: a\n    key: b\n  - crt: c\n    crt: d\n", 2],
    ["it is no entry's", "renew.yaml", "certificates:\n  - crt: a\n    key: b\nroot: c\nroot: d\n", null],
  ])("is named where %s in %s", async (_, file, text, entry) => {
    const refused = await planOf(made({ [file]: text }), file).catch((error: unknown) => error);
    expect(refused).toMatchObject({ code: "BAD_RUN_CONFIG" });
    if (isFailure(refused, "BAD_RUN_CONFIG")) expect(refused.facts.entry ?? null).toBe(entry);
  });

  test("of ten thousand is found", async () => {
    const certificates = Array.from({ length: 10_000 }, (_, index) =>
      pair(`c/${index}`, index === 7776 ? { exek: "x" } : {}),
    );
    const { entries, broken } = await planOf(made({ "renew.json": { certificates } }));
    expect(entries.length).toBe(9999);
    const line = 3 + 7776 * 4 + 3;
    expect(broken).toMatchObject([{ origin: { entry: 7777, line: line - 3 }, failure: { facts: { line } } }]);
  });
});

describe("two that write one file", () => {
  test.each<[string, readonly object[], readonly [string, string]]>([
    ["by the same name", [pair("a"), pair("a")], ["crt", "crt"]],
    ["by a longer name", [pair("a"), pair("sub/../a")], ["crt", "crt"]],
    ["through a link", [pair("a"), pair("link")], ["crt", "crt"]],
    ["through a linked folder", [pair("sub/a"), pair("linked/a")], ["crt", "crt"]],
    ["out and crt", [pair("a"), pair("b", { out: "a.crt" })], ["crt", "out"]],
    ["out and out", [pair("a", { out: "x" }), pair("b", { outputs: ["x"] })], ["out", "out"]],
    ["out and what another reads", [pair("a", { out: "x" }), pair("b", { out: "a.crt" })], ["out", "crt"]],
    ["crt and another's key", [pair("a"), { crt: "a.key", key: "b.key" }], ["crt", "key"]],
    ["crt and its own key", [{ crt: "a.pem", key: "a.pem" }], ["crt", "key"]],
    ["out and its own key", [pair("a", { out: "a.key" })], ["out", "key"]],
    ["crt that is only read and another's key", [pair("a"), { crt: "a.key", key: "b.key", out: "x" }], ["crt", "key"]],
    ["out and the root", [pair("a", { out: "r.crt", root: "r.crt" })], ["out", "root"]],
    ["out and the list", [pair("a", { out: "renew.json" })], ["out", "config"]],
    ["out and its password-file", [pair("a", { out: "pw", "password-file": "./pw" })], ["out", "password-file"]],
    ["crt and another's password-file", [pair("a"), pair("b", { "password-file": "a.crt" })], ["crt", "password-file"]],
    ["out and its hook", [pair("a", { out: "hook.sh", exec: ["./hook.sh", "x"] })], ["out", "exec"]],
    [
      "out and a linked pid file",
      [pair("a"), pair("b", { out: "a.pid", "pid-file": "linked.pid" })],
      ["out", "pid-file"],
    ],
    [
      "out and a program of the system",
      [pair("a"), pair("b", { out: "sub/nginx", exec: "linked/nginx -t" })],
      ["out", "exec"],
    ],
  ])("%s are refused as a whole", async (_, certificates, roles) => {
    const folder = made({ "renew.json": { certificates }, "a.crt": "", "sub/a.crt": "" });
    symlinkSync("a.crt", join(folder, "link.crt"));
    symlinkSync("sub", join(folder, "linked"));
    symlinkSync("a.pid", join(folder, "linked.pid"));
    const refused = await planOf(folder).catch((error: unknown) => error);
    expect(refused).toMatchObject({ code: "SAME_FILE_TWICE" });
    if (isFailure(refused, "SAME_FILE_TWICE")) expect(refused.facts.uses.map(({ role }) => role)).toEqual(roles);
  });

  test.each(["new.json", "new.yaml", "./New.YML", "../linked.d/new.yml"])(
    "a certificate written to %s of an included folder would be read as a list",
    async (name) => {
      const certificates = [pair("b", { out: `conf.d/${name}` })];
      const folder = made({
        "renew.json": { include: "conf.d", certificates },
        "conf.d/a.json": { certificates: [pair("a")] },
      });
      symlinkSync("conf.d", join(folder, "linked.d"));
      const refused = await planOf(folder).catch((error: unknown) => error);
      expect(refused).toMatchObject({ code: "SAME_FILE_TWICE" });
      if (isFailure(refused, "SAME_FILE_TWICE"))
        expect(refused.facts.uses.map(({ role }) => role)).toEqual(["out", "include"]);
    },
  );

  test("what is no list may be written there", async () => {
    const certificates = ["conf.d/new.crt", "conf.d/.new.json", "conf.d/sub/new.json", "conf.json"].map((out) =>
      pair("b", { out }),
    );
    const folder = made({ "renew.json": { include: "conf.d", certificates }, "conf.d/sub/x": "" });
    expect((await planOf(folder)).entries.length).toBe(4);
  });

  test.each<[string, readonly object[]]>([
    ["a shell's line is no file", [pair("a", { out: "x/y", "exec-shell": "x/y" })]],
    ["one certificate into two outputs", [pair("a", { out: "x" }), pair("a", { out: "y" })]],
    ["a file with its key, read only", [{ crt: "a.pem", key: "a.pem", out: "x" }]],
    [
      "one key for two",
      [
        { crt: "a.crt", key: "k" },
        { crt: "b.crt", key: "k" },
      ],
    ],
    ["links that lead nowhere", [pair("dangling"), pair("loop")]],
    ["out is its own crt", [pair("a", { out: "a.crt" })]],
  ])("are not: %s", async (_, certificates) => {
    const folder = made({ "renew.json": { certificates } });
    symlinkSync("nothing", join(folder, "dangling.crt"));
    symlinkSync("loop.crt", join(folder, "loop.crt"));
    expect((await planOf(folder)).entries.length).toBe(certificates.length);
  });
});

test("the work grows with the list: each file is looked at once, each folder once for all, and no other file is opened", async () => {
  const callsFor = async (count: number) => {
    const certificates = Array.from({ length: count }, (_, index) =>
      pair(`c${index % 7}/${index}`, { "expires-in": "8h" }),
    );
    const folder = made({ "renew.json": { certificates } });
    const calls: Record<string, number> = {};
    const counting = Object.fromEntries(
      Object.entries(realFileSystem).map(([name, method]) => [
        name,
        (...args: never[]) => {
          calls[name] = (calls[name] ?? 0) + 1;
          return (method as (...all: never[]) => unknown)(...args);
        },
      ]),
    ) as unknown as typeof realFileSystem;
    const { entries } = await planOf(folder, "renew.json", { ...known, fs: counting });
    expect(entries.length).toBe(count);
    const [first, ...others] = entries;
    expect(
      others.every(({ policy: { window, ca } }) => window === first?.policy.window && ca === first?.policy.ca),
    ).toBe(true);
    return calls;
  };
  const [small, large] = [await callsFor(100), await callsFor(1000)];
  expect(small).toEqual({ stat: 1, read: 1, realpath: 9, lstat: 202 });
  expect(large).toEqual({ stat: 1, read: 1, realpath: 9, lstat: 2002 });
});

test("a bad address of the command line is told where it is needed, and only there", async () => {
  const bad = { ca: () => parseCaUrl("http://x", "--ca-url") };
  await expect(planOf(made({ "renew.json": one() }), "renew.json", bad)).rejects.toMatchObject({ code: "BAD_URL" });
  const folder = made({});
  writeFileSync(join(folder, "renew.json"), JSON.stringify(one({}, { "ca-url": "ca.internal" })));
  expect((await planOf(folder, "renew.json", bad)).entries.length).toBe(1);
});
