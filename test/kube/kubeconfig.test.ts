/** `renew kubeconfig` on the embedded CA: what is renewed, what stays, and whose it is. */
import { X509Certificate } from "node:crypto";
import { chmodSync, mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { afterEach, describe, expect, test } from "vitest";
import { realFileSystem } from "../../src/files/system.ts";
import { base64, inline, kubeconfig } from "../support/kubeconfig.ts";
import { type Scene, scene } from "../support/scene.ts";
import { byChance } from "../support/world.ts";

let current: Scene | undefined;
afterEach(() => current?.end());

const reach = "--ca-url CA --root root.crt";

async function stage(hours: { from?: number; to?: number } = {}): Promise<Scene> {
  const s = await scene({ intermediate: true });
  current = s;
  await s.issue("dave", { subject: "dave", organization: "system:masters", ...hours });
  await s.ca();
  return s;
}

const text = () => readFileSync("config", "utf8");
/** What stands in the place of certificate and key, and the rest with nothing there. */
function parts(whole: string): { certificates: string[]; rest: string } {
  const found = [...whole.matchAll(/[A-Za-z0-9+/=]{60,}(?:\r?\n *[A-Za-z0-9+/=]{20,})*/g)].map(([one]) =>
    one.replace(/\s/g, ""),
  );
  return { certificates: found, rest: whole.replace(/[A-Za-z0-9+/=]{60,}(?:\r?\n *[A-Za-z0-9+/=]{1,})*/g, "…") };
}
const leafOf = (data: string) => new X509Certificate(Buffer.from(data, "base64"));
const wrapped = (data: string, width: number, indent: string) =>
  (data.match(new RegExp(`.{1,${width}}`, "g")) ?? []).map((line) => indent + line);

describe("what is written inline is renewed, and every other byte stays", () => {
  const forms: [string, (c: string, k: string) => string][] = [
    ["plain words", (c, k) => kubeconfig("dave", [`client-certificate-data: ${c}`, `client-key-data: ${k} # mine`])],
    ["quoted", (c, k) => kubeconfig("dave", [`client-certificate-data: "${c}"   # here`, `client-key-data: '${k}'`])],
    [
      "the key first",
      (c, k) => kubeconfig("dave", [`client-key-data: ${k}`, "", "# between", `"client-certificate-data":   ${c}`]),
    ],
    [
      "a block",
      (c, k) => kubeconfig("dave", ["client-certificate-data: |", ...wrapped(c, 76, "  "), `client-key-data: ${k}`]),
    ],
    [
      "a stripped block",
      (c, k) =>
        kubeconfig("dave", [
          "client-certificate-data: |-  # wrapped",
          ...wrapped(c, 64, "      "),
          "",
          `client-key-data: ${k}`,
        ]),
    ],
    [
      "a folded block of one line",
      (c, k) => kubeconfig("dave", ["client-certificate-data: >-", `  ${c}`, `client-key-data: ${k}`]),
    ],
    ["in braces", (c, k) => kubeconfig("dave", [`{client-certificate-data: ${c}, client-key-data: "${k}"}`])],
    [
      "with line ends of Windows",
      (c, k) => kubeconfig("dave", [`client-certificate-data: ${c}`, `client-key-data: ${k}`]).replaceAll("\n", "\r\n"),
    ],
    [
      "a block with line ends of Windows",
      (c, k) =>
        kubeconfig("dave", ["client-certificate-data: |", ...wrapped(c, 76, "  "), `client-key-data: ${k}`]).replaceAll(
          "\n",
          "\r\n",
        ),
    ],
    [
      "with a byte order mark",
      (c, k) => `\ufeff${kubeconfig("dave", [`client-certificate-data: ${c}`, `client-key-data: ${k}`])}`,
    ],
    [
      "without a line end at the end",
      (c, k) => kubeconfig("dave", [`client-certificate-data: ${c}`, `client-key-data: ${k}`]).trimEnd(),
    ],
    [
      "a document's marks",
      (c, k) => `---\n${kubeconfig("dave", [`client-certificate-data: ${c}`, `client-key-data: ${k}`])}...\n`,
    ],
    [
      "an anchor elsewhere",
      (c, k) =>
        `x-lab: &lab {a: b}\nx-other: *lab\n${kubeconfig("dave", [`client-certificate-data: ${c}`, `client-key-data: ${k}`])}`,
    ],
    [
      "names that are not ASCII",
      (c, k) =>
        kubeconfig("dave", [`client-certificate-data: ${c}`, `client-key-data: ${k}`]).replace(
          "# the cluster",
          "# der Würfel 方 🎲",
        ),
    ],
    [
      "the block last, without a line end",
      (c, k) =>
        `users:\n- name: dave\n  user:\n    client-key-data: ${k}\n    client-certificate-data: |\n${wrapped(c, 76, "      ").join("\n")}`,
    ],
    [
      "JSON",
      (c, k) =>
        JSON.stringify(
          {
            apiVersion: "v1",
            kind: "Config",
            users: [
              { name: "a", user: { token: "t" } },
              { name: "dave", user: { "client-certificate-data": c, "client-key-data": k } },
            ],
            contexts: [{ name: "x", context: { user: "dave" } }],
            "current-context": "x",
          },
          null,
          "\t",
        ),
    ],
    [
      "JSON in one line",
      (c, k) =>
        JSON.stringify({ users: [{ name: "dave", user: { "client-certificate-data": c, "client-key-data": k } }] }),
    ],
    [
      "JSON that escapes the slash",
      (c, k) =>
        JSON.stringify({
          users: [{ name: "dave", user: { "client-certificate-data": c, "client-key-data": k } }],
        }).replaceAll("/", "\\/"),
    ],
  ];

  test.each(forms)("%s", async (name, make) => {
    const s = await stage();
    const before = make(base64("dave.crt"), base64("dave.key"));
    s.write("config", before, 0o600);
    const { exit, screen } = await s.renew(`kubeconfig config --force ${reach}`);
    expect(exit, screen).toBe(0);
    const after = text();
    const [was, is] = [before, after].map((whole) => parts(whole.replaceAll("\\/", "/")));
    expect(is?.rest).toBe(was?.rest);
    const isNew = (data: string) => !was?.certificates.includes(data);
    expect(is?.certificates.filter(isNew).length, name).toBe(1);
    const leaf = leafOf(is?.certificates.find(isNew) ?? "");
    expect(leaf.subject).toBe("O=system:masters\nCN=dave");
    expect(leaf.serialNumber).not.toBe(leafOf(base64("dave.crt")).serialNumber);
    expect(statSync("config").mode & 0o777).toBe(0o600);
    expect(readdirSync(".").filter((file) => file.includes("renew"))).toEqual([]);
    // And once more: what was written is what is read.
    expect((await s.renew(`kubeconfig config --force ${reach}`)).exit).toBe(0);
    expect(parts(text().replaceAll("\\/", "/")).rest).toBe(was?.rest);
  });
});

describe("whose certificate", () => {
  const two = () => kubeconfig("dave", inline("dave"));

  test.each<[string, string, Record<string, string>]>([
    ["the current context's, in ~/.kube/config", "", { HOME: "." }],
    ["by name", "--user dave", { HOME: "." }],
    ["in the file that KUBECONFIG names", "", { KUBECONFIG: ".kube/config" }],
    ["in the second one, where the first is not there", "", { KUBECONFIG: "nope:.kube/config" }],
    ["in the second one, which has the user", "--user dave", { KUBECONFIG: "first:.kube/config" }],
    ["the context is in the first one", "", { KUBECONFIG: "pointing:.kube/config" }],
    ["empty entries say nothing", "", { KUBECONFIG: ":.kube/config:" }],
  ])("%s", async (_, flags, env) => {
    const s = await stage();
    mkdirSync(".kube");
    const before = two();
    s.write(".kube/config", before, 0o640);
    s.write("first", "users:\n- name: robot\n  user: {token: x}\n");
    s.write("pointing", "current-context: mine\ncontexts: [{name: mine, context: {user: dave}}]\n");
    const { exit, screen } = await s.renew(`kubeconfig --force ${flags} ${reach}`, { env });
    expect(exit, screen).toBe(0);
    const after = readFileSync(".kube/config", "utf8");
    expect([after === before, parts(after).rest === parts(before).rest]).toEqual([false, true]);
    expect(statSync(".kube/config").mode & 0o777).toBe(0o640);
  });

  test("the first context of a name wins, and the first user", async () => {
    const s = await stage();
    s.write("one-config", `current-context: c\nusers:\n- name: dave\n  user:\n    ${inline("dave").join("\n    ")}\n`);
    s.write("two", `contexts: [{name: c, context: {user: dave}}]\nusers: [{name: dave, user: {token: t}}]\n`);
    const before = readFileSync("two");
    expect((await s.renew(`kubeconfig --force ${reach}`, { env: { KUBECONFIG: "one-config:two" } })).exit).toBe(0);
    expect(readFileSync("two").equals(before)).toBe(true);
    expect(readFileSync("one-config", "utf8")).not.toContain(base64("dave.crt"));
  });

  test("files that it names are renewed as files, from the kubeconfig's folder on", async () => {
    const s = await stage();
    mkdirSync("kube/pki", { recursive: true });
    for (const end of ["crt", "key"]) writeFileSync(`kube/pki/dave.${end}`, readFileSync(`dave.${end}`));
    const before = kubeconfig("dave", ["client-certificate: pki/dave.crt", "client-key: ./pki/dave.key"]);
    s.write("kube/config", before);
    const { exit, stderr } = await s.renew(`kubeconfig kube/config --force ${reach}`);
    expect([exit, readFileSync("kube/config", "utf8") === before]).toEqual([0, true]);
    expect(stderr).toMatch(/^renewed kube\/pki\/dave\.crt for dave /);
    expect(readFileSync("kube/pki/dave.crt").equals(readFileSync("dave.crt"))).toBe(false);
  });

  test.each([
    ["the certificate inline, the key in a file", [0, "client-key: dave.key"], "config"],
    ["the certificate in a file, the key inline", ["client-certificate: dave.crt", 1], "dave.crt"],
  ])("%s", async (_, [first, second], written) => {
    const s = await stage();
    const credentials = [first, second].map((one, index) =>
      typeof one === "string" ? one : (inline("dave")[index] ?? ""),
    );
    s.write("config", kubeconfig("dave", credentials));
    const files = ["config", "dave.crt", "dave.key"];
    const before = files.map((file) => readFileSync(file, "utf8"));
    const { exit, screen } = await s.renew(`kubeconfig config --force ${reach}`);
    expect(exit, screen).toBe(0);
    expect(files.filter((file, index) => readFileSync(file, "utf8") !== before[index])).toEqual([written]);
    expect((await s.renew(`kubeconfig config --force --rekey ${reach}`)).screen).toContain("error[BAD_FLAG]");
  });

  test.each(["client-certificate: dave.crt", "client-key: dave.key"])(
    "refused, as by kubectl: %s besides",
    async (path) => {
      const s = await stage();
      s.write("config", kubeconfig("dave", [...inline("dave"), path]));
      const before = text();
      const { exit, stderr } = await s.renew(`kubeconfig config --force ${reach}`);
      const key = path.replace(/:.*/, "");
      expect([exit, text() === before]).toEqual([65, true]);
      expect(stderr).toContain(`${key} and ${key}-data`);
      s.write("config", kubeconfig("dave", [...inline("dave"), `${key}: ""`]));
      expect((await s.renew(`kubeconfig config --force ${reach}`)).exit).toBe(0);
    },
  );

  test("through a link, the file behind it", async () => {
    const s = await stage();
    s.write("real-config", two());
    symlinkSync("real-config", "config");
    expect((await s.renew(`kubeconfig config --force ${reach}`)).exit).toBe(0);
    expect([realFileSystem.lstat("config").isSymbolicLink(), text().includes(base64("dave.crt"))]).toEqual([
      true,
      false,
    ]);
  });
});

describe("as any other renewal", () => {
  const set = async (hours: { from?: number; to?: number } = {}) => {
    const s = await stage(hours);
    s.write("config", kubeconfig("dave", inline("dave")));
    return s;
  };

  test("not due, and 10 if that is asked for", async () => {
    const s = await set({ from: -1, to: 23 });
    const before = text();
    const { exit, stderr } = await s.renew(`kubeconfig config --expires-in 66% --exit-code ${reach}`);
    expect([exit, text() === before]).toEqual([10, true]);
    expect(stderr).toMatch(/^config is not due: /);
  });

  test("expired: by --force alone, then by token", async () => {
    const s = await set({ from: -30, to: -6 });
    const refused = await s.renew(`kubeconfig config ${reach}`);
    expect([refused.exit, refused.stderr]).toEqual([
      65,
      expect.stringContaining("`renew kubeconfig --force --user dave config`"),
    ]);
    const { exit, stderr } = await s.renew(`kubeconfig config --force ${reach}`);
    expect([exit, stderr]).toEqual([0, expect.stringContaining(" by token: ")]);
  });

  test("asked on a terminal", async () => {
    const s = await set();
    const before = text();
    const no = await s.renew(`kubeconfig config ${reach}`, { answers: ["n"] });
    expect([no.exit, no.stderr.split("\n")[0], text() === before]).toEqual([
      64,
      "overwrite the certificate in config? [y/N] n",
      true,
    ]);
    expect((await s.renew(`kubeconfig config ${reach}`, { answers: ["y"] })).exit).toBe(0);
  });

  test("hooks are told of the kubeconfig, and what fails is owed", async () => {
    const s = await set();
    const asked: Record<string, string>[] = [];
    const failed = await s.renew(`kubeconfig config --force ${reach} --exec ./reload`, {
      run: async ({ env }) => {
        asked.push({ ...env } as Record<string, string>);
        return { how: "exit", status: 1 };
      },
    });
    expect(failed.exit).toBe(69);
    expect(asked[0]?.["RENEW_CERT"]).toBe(`${s.folder}/config`);
    const settled = await s.renew(`kubeconfig config --expires-in 1h ${reach} --exec ./reload`);
    expect([settled.exit, settled.stderr.split("\n")[0]]).toEqual([
      0,
      "what an earlier run owed, its hook or signal, has succeeded now",
    ]);
  });

  test("a rekey replaces certificate and key in one rename", async () => {
    const s = await set();
    const before = text();
    let renames = 0;
    const fs = {
      ...realFileSystem,
      rename: (from: string, to: string) => {
        renames++;
        realFileSystem.rename(from, to);
      },
    };
    const { exit, screen, stderr } = await s.renew(`kubeconfig config --force --rekey ${reach}`, { fs });
    expect([exit, renames], screen).toEqual([0, 1]);
    expect(stderr).toMatch(/^rekeyed config for dave, its key \(ECDSA P-256\) is in config: /);
    const [was, is] = [parts(before), parts(text())];
    expect(is.rest).toBe(was.rest);
    expect(is.certificates.filter((one) => was.certificates.includes(one))).toEqual([]);
    expect((await s.renew(`kubeconfig config --force --rekey --kty RSA ${reach}`)).exit).toBe(0);
    expect(parts(text()).rest).toBe(was.rest);
    expect((await s.renew(`kubeconfig config --force ${reach}`)).exit).toBe(0);
  });

  test("what kubectl changes while the CA is asked, stays", async () => {
    const s = await set();
    const before = text();
    let isChanged = false;
    // Between the answer and the first byte of the new file.
    const fs = {
      ...realFileSystem,
      exists: (file: string) => {
        if (file.endsWith("config.lock") && !isChanged) {
          isChanged = true;
          writeFileSync("config", before.replace("current-context: dave@lab", "current-context: other"));
        }
        return realFileSystem.exists(file);
      },
    };
    const { exit, screen } = await s.renew(`kubeconfig config --force ${reach}`, { fs });
    expect([exit, isChanged], screen).toEqual([0, true]);
    expect(text()).toContain("current-context: other");
    expect(parts(text()).certificates).not.toEqual(parts(before).certificates);
  });

  test("another certificate that somebody has put there meanwhile is not written over", async () => {
    const s = await set();
    await s.issue("other", { subject: "dave" });
    const theirs = kubeconfig("dave", inline("other"));
    const fs = {
      ...realFileSystem,
      exists: (file: string) => {
        if (file.endsWith("config.lock")) writeFileSync("config", theirs);
        return realFileSystem.exists(file);
      },
    };
    const { exit, screen } = await s.renew(`kubeconfig config --force ${reach}`, { fs });
    expect([exit, screen.includes("error[TARGET_CHANGED]"), text() === theirs], screen).toEqual([73, true, true]);
  });

  test("a disk that refuses leaves it as it was", async () => {
    const s = await set();
    chmodSync("config", 0o600);
    const before = text();
    const fs = {
      ...realFileSystem,
      rename: () => {
        throw Object.assign(new Error("EIO"), { code: "EIO" });
      },
    };
    const { exit } = await s.renew(`kubeconfig config --force ${reach}`, { fs });
    expect([exit, text() === before]).toEqual([73, true]);
  });

  test("a run that dies at any of its steps leaves the old one or the new one, and the next run is none the worse", async () => {
    const s = await set();
    const before = text();
    const changing = [
      "open",
      "write",
      "sync",
      "chmod",
      "chown",
      "truncate",
      "rename",
      "remove",
      "symlink",
      "link",
      "copyAttributes",
    ];
    const outcomes = new Set<string>();
    for (let steps = 0; steps < 100; steps++) {
      writeFileSync("config", before);
      let left = steps;
      const fs = new Proxy(realFileSystem, {
        get: (target, name) => {
          const own: unknown = Reflect.get(target, name);
          if (typeof own !== "function" || !changing.includes(String(name))) return own;
          return (...args: unknown[]) => {
            if (left-- <= 0) throw Object.assign(new Error("dead"), { code: "EIO" });
            return own.apply(target, args);
          };
        },
      });
      const { exit } = await s.renew(`kubeconfig config --force ${reach}`, { fs, random: byChance });
      const state = text() === before ? "old" : "new";
      expect(parts(text()).rest).toBe(parts(before).rest);
      outcomes.add(`${state} ${exit === 0}`);
      if (left > 0) break;
      expect(
        (await s.renew(`kubeconfig config --force ${reach}`, { random: byChance })).exit,
        `after ${steps} steps`,
      ).toBe(0);
      expect(readdirSync(".").filter((file) => file.includes("renew-"))).toEqual([]);
    }
    expect(outcomes.has("old false") && outcomes.has("new true")).toBe(true);
  }, 60_000);
});
