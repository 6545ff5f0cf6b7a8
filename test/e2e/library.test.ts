/** The package as its users have it: what is built, by its name, in processes of their own; and the programs of docs/library.md. */
import { execFile, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect, type TLSSocket } from "node:tls";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Authority, createAuthority } from "../../src/dev-ca/authority.ts";
import { type DevCa, startDevCa } from "../../src/dev-ca/server.ts";
import * as source from "../../src/library/index.ts";
import { root } from "../support/program.ts";

const execute = promisify(execFile);
const folder = mkdtempSync(join(tmpdir(), "renew-library-"));
// Below the package, where its own name is known.
const within = join(root, ".cache", `library-${process.pid}`);
let authority: Authority;
let ca: DevCa;

beforeAll(async () => {
  mkdirSync(within, { recursive: true });
  authority = await createAuthority();
  ca = await startDevCa({ authority, backdateMs: 1000 });
  writeFileSync(join(folder, "root_ca.crt"), authority.root);
  await issue(24 * 3_600_000);
});
afterAll(async () => {
  await ca.close();
  for (const one of [folder, within]) rmSync(one, { recursive: true });
});

async function issue(leftMs: number, usedMs = 65_000): Promise<void> {
  const now = Date.now();
  const { chain, key } = await authority.issue({
    subject: "web.internal",
    names: ["web.internal", "localhost"],
    usages: ["serverAuth", "clientAuth"],
    provisioner: { name: "after-expiry" },
    notBefore: new Date(now - usedMs),
    notAfter: new Date(now + leftMs),
  });
  writeFileSync(join(folder, "web.crt"), chain);
  writeFileSync(join(folder, "web.key"), key, { mode: 0o600 });
}

const { PATH = "", HOME = "" } = process.env;
const options = { cwd: folder, env: { PATH, HOME, TZ: "UTC" } };

function program(name: string, text: string): string {
  const file = join(within, name);
  writeFileSync(file, text);
  return file;
}

/** A program of the page, with our CA in the place of the one in the text. */
function shown(name: string): string {
  const page = readFileSync(join(root, "docs/library.md"), "utf8");
  const programs = [...page.matchAll(/```js\n([\s\S]*?)```/g)].map(([, text = ""]) => text);
  const text = programs.find((one) => one.startsWith(`// ${name}\n`)) ?? "";
  expect(text).toContain("https://ca.internal:9000");
  return program(name, text.replace("https://ca.internal:9000", ca.url).replace("8443", "0"));
}

describe("the import", () => {
  test("gives what the source gives, and does nothing", async () => {
    const text = `
      const before = [...process.eventNames()];
      const env = JSON.stringify(process.env);
      const it = await import("x5c-renew");
      const open = process.getActiveResourcesInfo();
      console.log(JSON.stringify({ names: Object.keys(it).sort(), isSame: JSON.stringify(process.env) === env,
        events: process.eventNames().filter((name) => !before.includes(name)), open,
        loaded: process.moduleLoadList.filter((name) => /NativeModule (https?|tls|child_process|readline)$/.test(name)) }));`;
    const files = readdirSync(folder);
    const { stdout, stderr } = await execute(process.execPath, [program("import.mjs", text)], options);
    expect(JSON.parse(stdout)).toEqual({
      names: Object.keys(source).sort(),
      isSame: true,
      events: [],
      open: expect.not.arrayContaining(["Timeout", "TCPSocketWrap"]),
      loaded: [],
    });
    expect([stderr, readdirSync(folder)]).toEqual(["", files]);
  });

  test("by require, where Node can", async () => {
    const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
    const isAble = major > 22 || (major === 22 && minor >= 12) || (major === 20 && minor >= 19);
    const file = program("require.cjs", `console.log(typeof require("x5c-renew").renew);`);
    const ran = execute(process.execPath, [file], options);
    if (isAble) expect((await ran).stdout).toBe("function\n");
    else await expect(ran).rejects.toThrow("ERR_REQUIRE_ESM");
  });
});

describe("an error that nobody catches", () => {
  test("shows its own name, and no other", async () => {
    const text = `import { renew } from "x5c-renew";
      await renew({ certificate: "gone.crt", key: "gone.key", caUrl: "https://ca:9000", root: "root_ca.crt" });`;
    const ran = await execute(process.execPath, [program("uncaught.mjs", text)], options).catch((error) => error);
    expect(ran.stderr).toMatch(/^RenewError: gone\.crt does not exist/m);
  });
});

describe("the types", () => {
  test("say to a user what is right and what is wrong", { timeout: 120_000 }, async () => {
    const file = program("consumer.mts", readFileSync(join(root, "test/library/consumer.mts"), "utf8"));
    const config = {
      compilerOptions: {
        module: "nodenext",
        target: "es2022",
        strict: true,
        exactOptionalPropertyTypes: true,
        noEmit: true,
        types: ["node"],
      },
      files: [file],
    };
    const tsc = join(root, "node_modules/typescript/bin/tsc");
    await execute(process.execPath, [tsc, "-p", program("tsconfig.json", JSON.stringify(config))]).catch((error) => {
      throw new Error(error.stdout);
    });
  });
});

describe("docs/library.md", () => {
  test("one renewal", async () => {
    const file = shown("once.mjs");
    const ran = await execute(process.execPath, [file], options);
    expect(ran).toEqual({ stdout: expect.stringMatching(/^not-due \d{4}-/), stderr: "" });
    await issue(-1000);
    const failed = await execute(process.execPath, [file], options).catch((error) => error);
    expect(failed).toMatchObject({
      code: 65,
      stdout: "",
      stderr: expect.stringMatching(/^error\[EXPIRED_NEEDS_FORCE\]/),
    });
  });

  test("a server renews itself, and answers what was asked before", async () => {
    await issue(3500, 8500);
    const child = spawn(process.execPath, [shown("server.mjs")], { ...options, stdio: ["ignore", "pipe", "pipe"] });
    try {
      let said = "";
      /** Resolves with how often it was said, once that is often enough. */
      const told = (pattern: RegExp, often: number) =>
        new Promise<RegExpMatchArray[]>((resolve, reject) => {
          const look = () => {
            const found = [...said.matchAll(pattern)];
            if (found.length >= often) resolve(found);
          };
          for (const stream of [child.stdout, child.stderr]) stream.on("data", look);
          child.once("close", () => reject(new Error(`it ended: ${said}`)));
          look();
        });
      for (const stream of [child.stdout, child.stderr])
        stream.setEncoding("utf8").on("data", (text: string) => {
          said += text;
        });
      const [port] = (await told(/^port (\d+)/gm, 1)).map(([, digits]) => Number(digits));
      const before = await open(port ?? 0);
      const serial = serialOf(before);
      before.write("GET / HTTP/1.1\r\nHost: localhost\r\n");
      const renewals = /^new certificate by watch, good until \S+$/gm;
      await told(renewals, [...said.matchAll(renewals)].length + 1);
      const answer = new Promise<string>((resolve, reject) => {
        before.setEncoding("utf8").once("data", resolve).once("close", reject);
      });
      before.write("\r\n");
      expect(await answer).toMatch(/^HTTP\/1\.1 200 /);
      const after = await open(port ?? 0);
      expect(serialOf(after)).not.toBe(serial);
      for (const socket of [before, after]) socket.destroy();
      expect(said).not.toContain("error[");
    } finally {
      child.kill();
    }
  });
});

test("what a handler throws is an uncaught exception, as of any listener", async () => {
  await issue(3500, 8500);
  const text = `
    import { watch } from "x5c-renew";
    const onRenewed = () => { throw new Error("of the handler"); };
    const pair = { certificate: "web.crt", key: "web.key", caUrl: ${JSON.stringify(ca.url)}, root: "root_ca.crt" };
    await watch(pair, { onRenewed });`;
  const ran = await execute(process.execPath, [program("handler.mjs", text)], options).catch((error) => error);
  expect(ran).toMatchObject({ code: 1, stderr: expect.stringContaining("Error: of the handler") });
});

/** A connection that trusts our root only. */
function open(port: number): Promise<TLSSocket> {
  return new Promise((resolve, reject) => {
    const to = { host: "127.0.0.1", port, servername: "localhost", ca: authority.root };
    const socket: TLSSocket = connect(to, () => resolve(socket)).once("error", reject);
  });
}

function serialOf(socket: TLSSocket): string {
  return socket.getPeerCertificate().serialNumber;
}
