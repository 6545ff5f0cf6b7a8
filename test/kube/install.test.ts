/** `renew kubectl-credential --install`: the stanza, wherever it has to stand, and every other byte as it was. */
import { createPrivateKey, generateKeyPairSync } from "node:crypto";
import { readFileSync, statSync } from "node:fs";
import fc from "fast-check";
import { afterEach, describe, expect, test } from "vitest";
import { parse } from "yaml";
import { thisProgram } from "../../src/cli/this-program.ts";
import { parseKubeconfig } from "../../src/kube/kubeconfig.ts";
import { type Stanza, stanzaOf, yaml } from "../../src/kube/stanza.ts";
import { withStanza } from "../../src/kube/write-stanza.ts";
import { inline, kubeconfig } from "../support/kubeconfig.ts";
import { shaped, shapes } from "../support/kubeconfig-shapes.ts";
import { type Scene, scene } from "../support/scene.ts";

const stanza = stanzaOf(
  ["/usr/bin/renew"],
  ["--ca-url", "https://ca.internal:9000", "--root", "/etc/my root.crt", "66%", "a: b", "null", "12"],
);
type Config = { users: { name: string; user: Record<string, unknown> | null }[] } & Record<string, unknown>;

/** Null where nothing is to be written. */
function written(text: string, user = "dave", what: Stanza = stanza): string | null {
  return withStanza(parseKubeconfig("config", Buffer.from(text)), user, what)?.text ?? null;
}
const userIn = (text: string, name = "dave") => (parse(text) as Config).users.find((one) => one.name === name)?.user;

const others = "- name: robot\n  user: {token: abc} # keep\n";
const head = "# lab\napiVersion: v1\nkind: Config\n";

describe("wherever it has to stand", () => {
  test.each<[string, string]>([
    ["a new user, last in the file", `${head}users:\n${others}`],
    ["a new user, with more behind it", `${head}users:\n${others}current-context: x # keep\n`],
    ["a new user in an indented list", `${head}users:\n  - name: robot\n    user:\n      token: abc\ncontexts: []\n`],
    ["without a line end at the end", `${head}users:\n${others}`.trimEnd()],
    ["line ends of Windows", `${head}users:\n${others}contexts: []\n`.replaceAll("\n", "\r\n")],
    ["an empty list", `${head}users: []\ncontexts: []\n`],
    ["a list that is null", `${head}users: null\ncontexts: []\n`],
    ["a list of which nothing is said", `${head}users:\ncontexts: []\n`],
    ["no list", `${head}contexts: [] # none\n`],
    ["no list, and the end of the document", `---\n${head}contexts: []\n...\n`],
    ["a list in brackets", `${head}users: [{name: robot, user: {token: abc}}]\n`],
    ["a list in brackets with a comma at the end", `${head}users: [\n  {name: robot, user: {token: abc}},\n]\n`],
    ["JSON", `${JSON.stringify({ kind: "Config", users: [{ name: "robot", user: { token: "abc" } }] }, null, 2)}\n`],
    ["JSON without users", JSON.stringify({ kind: "Config", contexts: [] })],
    ["JSON with none", JSON.stringify({ kind: "Config", users: null })],
    ["a user of whom nothing is said", `${head}users:\n- name: dave\n  user:\n${others}`],
    ["a user that is null", `${head}users:\n${others}- name: dave\n  user: null\n`],
    ["a user that is empty", `${head}users:\n- name: dave\n  user: {}\n${others}`],
    ["a user without more than a name", `${head}users:\n- name: dave\n${others}`],
    ["a user in braces without more than a name", `${head}users: [{name: dave}]\n`],
    ["a user who acts as another", `${head}users:\n- name: dave\n  user:\n    as: root # keep\n${others}`],
    [
      "a user with an older stanza of ours",
      `${head}users:\n- name: dave\n  user:\n    exec:\n      command: renew\n      args: [kubectl-credential, a, b]\n    as: root\n${others}`,
    ],
  ])("%s", (_, text) => {
    const after = written(text);
    expect(after).not.toBeNull();
    const lines = (whole: string) => whole.split("\n").map((line) => line.trimEnd());
    expect(userIn(after ?? "")?.["exec"]).toEqual(stanza);
    const was = parse(text) as Config;
    const is = parse(after ?? "") as Config;
    const without = (config: Config) => ({
      ...config,
      users: (config.users ?? []).filter(({ name }) => name !== "dave"),
    });
    expect(without(is)).toEqual(without(was));
    if (!/[[{]/.test(text))
      expect(lines(after ?? "").filter((line) => lines(text).includes(line))).toEqual(lines(text));
    if (text.includes("\r\n")) expect((after ?? "").replaceAll("\r\n", "")).not.toContain("\n");
    // The second time there is nothing to do.
    expect(written(after ?? "")).toBeNull();
  });

  test.each(["dave", "new"])("whatever the file looks like: the user %s", (name) => {
    fc.assert(
      fc.property(shapes, (shape) => {
        const text = shaped(shape);
        const after = written(text, name) ?? "";
        const value = (whole: string) => parse(whole.replaceAll("\r\n", "\n")) as Config;
        const without = (config: Config) => ({ ...config, users: config.users.filter((user) => user.name !== name) });
        expect(without(value(after))).toEqual(without(value(text)));
        const before = value(text).users.find((user) => user.name === name)?.user ?? {};
        const own = Object.fromEntries(Object.entries(before).filter(([key]) => !key.startsWith("client-")));
        expect(userIn(after.replaceAll("\r\n", "\n"), name)).toEqual({ ...own, exec: stanza });
        expect(written(after, name)).toBeNull();
        const [first = 0] = parseKubeconfig("", Buffer.from(text)).users.flatMap((user) =>
          user.name === "dave" ? [user.start] : [],
        );
        expect(after.startsWith(text.slice(0, first))).toBe(true);
      }),
      { numRuns: 200 },
    );
  });

  test("lines that stay are the same, byte by byte", () => {
    const text = kubeconfig("dave", [
      "# before",
      "client-certificate-data: QUJD # c",
      "# between",
      "as: root",
      "client-key-data: |",
      "  QUJD",
      "# after",
    ]);
    const after = written(text) ?? "";
    const rest = text
      .replace("    client-certificate-data: QUJD # c\n", "")
      .replace("    client-key-data: |\n      QUJD\n", "");
    expect(
      after.replace(/ {4}exec:\n( {6}.*\n)+/, (found) => (found.includes("kubectl-credential") ? "" : found)),
    ).toBe(rest);
    expect(userIn(after)).toEqual({ as: "root", exec: stanza });
  });

  test.each([
    "plain",
    "a b",
    "-",
    "--root",
    "66%",
    "yes",
    "1e3",
    "0x1f",
    "12:30:45",
    "#x",
    "a #b",
    "a: b",
    "*a",
    "&a",
    "!a",
    "%a",
    "@a",
    "'",
    '"',
    "{",
    "ü",
    "~",
    "",
    " ",
    "-1",
    ".5",
    "null",
    "a:",
    "= ",
    "\t",
  ])("a word as YAML has it: %j", (word) => {
    expect(parse(`- ${yaml(word)}\n`)).toEqual([word]);
    expect(parse(`- ${yaml(word)}\n`, { version: "1.1" })).toEqual([word]);
  });
});

function newKey(passphrase?: string): string {
  const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const cipher = passphrase === undefined ? {} : { cipher: "aes-256-cbc", passphrase };
  return privateKey.export({ type: "pkcs8", format: "pem", ...cipher }).toString();
}

describe("as a command", () => {
  let current: Scene | undefined;
  afterEach(() => current?.end());
  const stage = async (credentials: (name: string) => string[] = () => ["as: root"]) => {
    const s = await scene({ intermediate: true });
    current = s;
    await s.issue("dave", { subject: "dave", organization: "system:masters" });
    await s.ca();
    s.write("config", kubeconfig("dave", credentials("dave")), 0o600);
    return s;
  };
  const install = "kubectl-credential --install --user dave dave.crt dave.key --ca-url CA --root root.crt";

  test("by KUBECONFIG, with whole paths and what was said", async () => {
    const s = await stage();
    const { exit, stdout, stderr } = await s.renew(`${install} --expires-in 4h`, {
      env: { KUBECONFIG: "nope:config" },
    });
    expect([exit, stdout]).toEqual([0, ""]);
    expect(stderr).toBe(
      "installed in config: the user dave gets its certificate from renew, which\n  renews it when kubectl asks and it is due\n",
    );
    const exec = userIn(readFileSync("config", "utf8"))?.["exec"] as Stanza;
    const args = exec.args.slice(exec.args.indexOf("kubectl-credential"));
    expect(args).toEqual([
      "kubectl-credential",
      "--ca-url",
      s.url(),
      "--root",
      `${s.folder}/root.crt`,
      "--expires-in",
      "4h",
      `${s.folder}/dave.crt`,
      `${s.folder}/dave.key`,
    ]);
    expect(statSync("config").mode & 0o777).toBe(0o600);
    const before = readFileSync("config");
    const again = await s.renew(`${install} --expires-in 4h`, { env: { KUBECONFIG: "nope:config" } });
    expect([again.exit, again.stderr]).toEqual([
      0,
      "the user dave in config gets its certificate from renew already: nothing was\n  written\n",
    ]);
    expect(readFileSync("config").equals(before)).toBe(true);
  });

  test.each<[string, (name: string) => string[], string]>([
    ["a certificate", inline, "client-certificate-data, client-key-data"],
    ["a token", () => ["token: abc"], "token"],
    ["another plugin", () => ["exec: {command: aws, args: [eks]}"], "exec"],
  ])("%s goes with --force only", async (_, credentials, what) => {
    const s = await stage(credentials);
    const before = readFileSync("config", "utf8");
    const refused = await s.renew(`${install} --kubeconfig config`);
    expect([
      refused.exit,
      refused.stderr.includes("error[KUBE_WOULD_REPLACE]"),
      readFileSync("config", "utf8") === before,
    ]).toEqual([64, true, true]);
    const { exit, stderr } = await s.renew(`${install} --force --kubeconfig config`);
    expect([exit, stderr.split("\n")[2]]).toEqual([0, `taken out, as they would win over it: ${what}`]);
    expect(Object.keys(userIn(readFileSync("config", "utf8")) ?? {})).toEqual(["exec"]);
  });

  test.each<[string, (key: string) => string, number]>([
    ["the same", (key) => key, 0],
    [
      "the same, written otherwise",
      (key) => createPrivateKey(key).export({ type: "sec1", format: "pem" }).toString(),
      0,
    ],
    ["another one", () => newKey(), 64],
    ["one that is encrypted, of which nobody knows", () => newKey("secret"), 64],
    ["one that does not open", (key) => key.replace(/\n.{20}/, "\nAAAAAAAAAAAAAAAAAAAA"), 64],
    ["none", () => "nothing", 0],
  ])("a key that the kubeconfig holds goes where it is that of the pair: %s", async (_, change, exit) => {
    const s = await stage();
    const key = Buffer.from(change(readFileSync("dave.key", "utf8"))).toString("base64");
    s.write("config", kubeconfig("dave", [inline("dave")[0] ?? "", `client-key-data: ${key}`]), 0o600);
    const before = readFileSync("config", "utf8");
    const ran = await s.renew(`${install} --force --kubeconfig config`);
    expect([ran.exit, readFileSync("config", "utf8") === before]).toEqual([exit, exit !== 0]);
    if (exit !== 0) expect(ran.stderr).toContain("error[WOULD_LOSE_KEY]");
  });

  test.each([
    ["no user", install.replace("--user dave ", ""), 64],
    ["no such file", `${install} --kubeconfig nope`, 66],
    ["no pair", install.replace("dave.key", "root.crt"), 65],
    ["no root", install.replace("root.crt", "nope.crt"), 78],
    ["--user without --install", "kubectl-credential --user dave dave.crt dave.key --ca-url CA", 64],
    ["--json", `${install} --json`, 64],
  ])("refused, with nothing written: %s", async (_, command, exit) => {
    const s = await stage();
    const before = readFileSync("config", "utf8");
    expect((await s.renew(command, { env: { KUBECONFIG: "config" } })).exit).toBe(exit);
    expect(readFileSync("config", "utf8")).toBe(before);
  });
});

test("how kubectl starts the standalone executable", () => {
  const fs = { realpath: (file: string) => file };
  expect(thisProgram(["/opt/renew", "/opt/renew"], "/usr/bin", fs)).toEqual(["/opt/renew"]);
  expect(thisProgram(["/opt/renew", "/opt/renew"], "/usr/bin:/opt", fs)).toEqual(["/opt/renew"]);
});

test.each<[string, string | undefined, string[]]>([
  ["by its name on the PATH", "/usr/local/bin:/opt/bin", ["/opt/bin/renew"]],
  ["not by that of another program", "/usr/local/bin", ["/usr/bin/node", "/lib/x5c-renew/bin/renew.js"]],
  ["not by a folder that is relative", ".:bin", ["/usr/bin/node", "/lib/x5c-renew/bin/renew.js"]],
  ["without a PATH", undefined, ["/usr/bin/node", "/lib/x5c-renew/bin/renew.js"]],
])("how kubectl starts it: %s", (_, path, words) => {
  const links: Record<string, string> = {
    "/opt/bin/renew": "/lib/x5c-renew/bin/renew.js",
    "/usr/local/bin/renew": "/other",
  };
  const fs = { realpath: (file: string) => links[file] ?? file };
  expect(thisProgram(["/usr/bin/node", "/lib/x5c-renew/bin/renew.js"], path, fs)).toEqual(words);
});
