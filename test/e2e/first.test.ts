/** What bin asks before it loads the rest, and how it loads it: the built program as it is run. */
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import {
  chmodSync,
  chownSync,
  closeSync,
  cpSync,
  existsSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { basename, join, resolve } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { commandNames } from "../../src/cli/command-names.ts";
import { main } from "../../src/cli/main.ts";
import { createAuthority } from "../../src/dev-ca/authority.ts";
import { bin, root, run } from "../support/program.ts";
import { testWorld } from "../support/world.ts";

const folder = mkdtempSync(join(tmpdir(), "renew-first-"));

beforeAll(async () => {
  const { chain, key } = await (await createAuthority()).issue();
  writeFileSync(join(folder, "web.crt"), chain);
  writeFileSync(join(folder, "web.key"), key);
});
afterAll(() => rmSync(folder, { recursive: true }));

const notDue = ["--expires-in", "1h", "web.crt", "web.key", "--ca-url", "ca.internal"];

/** By the whole program: an empty setting more is none, and its word is not one that is asked at first. */
const wholly = (args: readonly string[]) => run(args, { cwd: folder, env: { STEP_LOCK_TIMEOUT: "1s" } });

describe("help", () => {
  test.each(commandNames)("%s prints what the command itself does", async (name) => {
    const world = testWorld();
    expect(await main([name, "--help"], world)).toBe(0);
    expect(readFileSync(resolve(root, `dist/help/${name}.txt`), "utf8")).toBe(world.out.text);
    expect(await run([name, "--help"])).toMatchObject({ exit: 0, stdout: world.out.text, stderr: "" });
  });

  test.each([
    ["--help"],
    ["-h"],
    ["help"],
    ["help", "rekey"],
    ["help", "nobody"],
    ["doctor", "-h"],
    ["help", "--help"],
  ])("%s %s", async (...args) => {
    const words = args.filter((word) => word !== undefined);
    const world = testWorld();
    const exit = await main(words, world);
    expect(await run(words)).toMatchObject({ exit, stdout: world.out.text, stderr: world.err.text });
  });

  test.each(["--help", "explain"])("%s to a reader that went away", async (word) => {
    const child = spawn(process.execPath, [bin, word], { stdio: ["ignore", "pipe", "pipe"] });
    child.stdout.destroy();
    expect(await once(child, "close")).toEqual([0, null]);
  });
});

test.each([
  ["--help", 73],
  ["explain", 73],
  ["status --json web.crt", 73],
  ["--json --expires-in 1h web.crt web.key --ca-url ca", 73],
  ["kubectl-credential --expires-in 1h web.crt web.key --ca-url ca", 73],
  ["needs-renewal --json web.crt", 255],
  ["needs-renewal --json nowhere.crt", 255],
  ["status --json --no-such-flag", 64],
  ["status -q web.crt", 0],
])("%s to a device that is full ends with %i, and says why", (line, exit) => {
  const full = openSync("/dev/full", "w");
  const options = { cwd: folder, env: { HOME: folder }, stdio: ["ignore" as const, full, "pipe" as const] };
  const { status, stderr } = spawnSync(process.execPath, [bin, ...line.split(" ")], { ...options, encoding: "utf8" });
  closeSync(full);
  expect(status).toBe(exit);
  const said = "error[CANNOT_WRITE]: standard output cannot be written: ENOSPC; what the run did stands\n";
  expect(stderr).toBe(exit === 0 ? "" : said);
});

describe("a certificate that is not due", () => {
  test.each([[notDue], [["--exit-code", ...notDue]], [["-q", ...notDue]], [["needs-renewal", "web.crt"]]])(
    "%j: the same as the whole program says",
    async (args) => {
      const relative = (text: string) => text.replace(/\(.*?\)/, "");
      const [quick, whole] = [await run(args, { cwd: folder }), await wholly(args)];
      expect({ ...quick, stderr: relative(quick.stderr) }).toEqual({ ...whole, stderr: relative(whole.stderr) });
    },
  );

  test("loads neither the program nor Node's cryptography and network", () => {
    const look = `process.on("exit", () => {
      const loaded = process.moduleLoadList.filter((one) => /^NativeModule (crypto|tls|net|_tls_wrap|https?|stream)$/.test(one));
      console.error(JSON.stringify([loaded, Object.keys(require.cache).map((file) => file.replace(/.*[/]/, ""))]));
    });`;
    const hook = join(folder, "hook.cjs");
    writeFileSync(hook, look);
    for (const args of [notDue, ["needs-renewal", "web.crt"], ["--help"]]) {
      const { stderr } = spawnSync(process.execPath, ["--require", hook, bin, ...args], {
        cwd: folder,
        env: { HOME: folder },
        encoding: "utf8",
      });
      const [loaded, files] = JSON.parse(stderr.trim().split("\n").at(-1) ?? "") as [string[], string[]];
      expect(loaded).toEqual([]);
      expect(files.sort()).toEqual(["first.js", "hook.cjs", "renew.js"]);
    }
  });
});

/** By the Node that built dist; another one compiles it anew, as all tests then show. */
const isBuiltHere = existsSync(resolve(root, "dist/compiled", `${process.version}-${process.arch}`, "main.js"));

describe("what V8 compiled beforehand", () => {
  const copy = join(folder, "copy");
  const compiled = join(copy, "dist/compiled", `${process.version}-${process.arch}`);
  const lay = () => {
    rmSync(copy, { recursive: true, force: true });
    for (const name of ["bin", "dist"]) cpSync(resolve(root, name), join(copy, name), { recursive: true });
  };
  const say = (args: readonly string[]) =>
    spawnSync(process.execPath, [join(copy, "bin/renew.js"), ...args], {
      cwd: folder,
      env: { HOME: folder },
      encoding: "utf8",
    });
  const works = () => {
    expect(say(["needs-renewal", "web.crt"])).toMatchObject({ status: 1, stdout: "", stderr: "", signal: null });
    expect(say(["--version"])).toMatchObject({ status: 0, stdout: expect.stringMatching(/^renew \d/), signal: null });
  };

  /** Of each file whether V8 refused what was made of it; undefined where nothing was. */
  const refused = () => {
    const hook = join(folder, "seen.cjs");
    const look = `const vm = require("node:vm");
      vm.Script = class extends vm.Script {
        constructor(text, options) { super(text, options); console.error(options.filename.replace(/.*[/]/, "") + " " + this.cachedDataRejected); }
      };`;
    writeFileSync(hook, look);
    const { stderr } = spawnSync(process.execPath, ["--require", hook, join(copy, "bin/renew.js"), "--version"], {
      encoding: "utf8",
    });
    return stderr.trim().split("\n");
  };

  test.skipIf(!isBuiltHere)("is used by the Node that built it", () => {
    lay();
    expect(refused()).toContain("main.js false");
    expect(refused().filter((line) => line.endsWith("true"))).toEqual([]);
  });

  describe("by another Node", () => {
    const byAnother = join(copy, "dist/compiled/v20.0.0-none");
    const kept = () => (existsSync(compiled) ? readdirSync(compiled).sort() : []);
    const layOfAnother = () => {
      lay();
      const folder = join(copy, "dist/compiled");
      const [whole = ""] = readdirSync(folder).filter((name) => existsSync(join(folder, name, "main.js")));
      renameSync(join(folder, whole), byAnother);
      for (const name of readdirSync(folder))
        if (name !== basename(byAnother)) rmSync(join(folder, name), { recursive: true });
    };
    beforeEach(layOfAnother);

    test("is kept by the first run about files, and used by the next", () => {
      works();
      expect(kept()).toEqual(["first.js"]); // the words of --version are few
      const { status } = say(["--json", ...notDue]);
      expect(status).toBe(0);
      expect(kept()).toEqual(["cli-remarks.js", "first.js", "main.js"]);
      expect(refused()).toContain("main.js false");
      works();
    });

    test("is made again where it was spoilt, or is of other text", () => {
      works();
      const file = join(compiled, "first.js");
      const whole = readFileSync(file);
      for (const bad of [whole.subarray(0, whole.length - 1000), Buffer.from("of other text")]) {
        writeFileSync(file, bad);
        works();
        expect(readFileSync(file).length).toBeGreaterThan(whole.length - 1000);
      }
      expect(kept()).toEqual(["first.js"]);
    });

    test("is kept of no more than the build keeps", () => {
      rmSync(join(byAnother, "first.js"));
      works();
      expect(kept()).toEqual([]);
    });

    test("is not kept by a Node that has flags of its own, nor of a run that failed", () => {
      spawnSync(process.execPath, ["--stack-size=900", join(copy, "bin/renew.js"), "needs-renewal", "web.crt"], {
        cwd: folder,
      });
      spawnSync(process.execPath, [join(copy, "bin/renew.js"), "needs-renewal", "web.crt"], {
        cwd: folder,
        env: { NODE_OPTIONS: "--max-old-space-size=100" },
      });
      expect(say(["needs-renewal", "./no.crt"]).status).toBe(2);
      expect(kept()).toEqual([]);
    });

    test("is not kept for a program that is gone, or another one by now", () => {
      const change = (script: string) => {
        const program = join(copy, "bin/renew.js");
        const before = `process.once("exit", () => { ${script} });`; // the program's own comes after it
        writeFileSync(program, readFileSync(program, "utf8").replace('"use strict";', `"use strict";\n${before}`));
        expect(say(["needs-renewal", "web.crt"])).toMatchObject({ status: 1, stderr: "" });
      };
      const first = join(copy, "dist/first.js");
      change(`require("node:fs").appendFileSync(${JSON.stringify(first)}, "\\n// another")`);
      expect(kept()).toEqual([]);
      layOfAnother();
      change(`require("node:fs").rmSync(${JSON.stringify(join(copy, "dist"))}, { recursive: true, force: true })`);
      expect(existsSync(join(copy, "dist"))).toBe(false);
    });

    test("is not kept where others may write, or the folder is another's", () => {
      chmodSync(join(copy, "dist/compiled"), 0o775);
      works();
      expect(kept()).toEqual([]);
      if (process.getuid?.() !== 0) return;
      chmodSync(join(copy, "dist/compiled"), 0o755);
      chownSync(join(copy, "dist/compiled"), 12345, 12345);
      works();
      expect(kept()).toEqual([]);
    });

    test("is not kept where something is in its place, and nothing is said of it", () => {
      writeFileSync(compiled, "");
      works();
      expect(readdirSync(join(copy, "dist/compiled")).sort()).toEqual([basename(compiled), basename(byAnother)].sort());
    });
  });

  test.skipIf(!isBuiltHere).each<[string, (bytes: Buffer, text: number) => Buffer]>([
    ["of nothing", () => Buffer.alloc(0)],
    ["of a few bytes", () => Buffer.from("nonsense")],
    ["cut short", (bytes) => bytes.subarray(0, bytes.length - 1000)],
    ["cut short in the text", (bytes) => bytes.subarray(0, 1000)],
    [
      "of another version",
      (bytes, text) =>
        Buffer.concat([bytes.subarray(0, text + 4), Buffer.from([1, 2, 3, 4]), bytes.subarray(text + 8)]),
    ],
    ["of garbage", (bytes, text) => Buffer.concat([bytes.subarray(0, text), Buffer.alloc(bytes.length - text, 0xa5)])],
  ])("is of no use: %s", (_, spoil) => {
    lay();
    for (const name of readdirSync(compiled)) {
      const text = readFileSync(join(copy, "dist", name)).length;
      writeFileSync(join(compiled, name), spoil(readFileSync(join(compiled, name)), text));
    }
    works();
  });

  test("is of no use: there is none, or it is of other text", () => {
    lay();
    rmSync(join(copy, "dist/compiled"), { recursive: true });
    works();
    lay();
    // Of the same length: V8 looks at no more than that.
    const file = join(copy, "dist/main.js");
    writeFileSync(file, readFileSync(file, "utf8").replace(/`renew \$\{/, "`RENEW ${"));
    expect(say(["--version"]).stdout).toMatch(/^RENEW /);
  });
});
