/** Whenever there is a quick answer, the whole program says the very same; and what is plain has one. */
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import { main } from "../../src/cli/main.ts";
import { quickAnswer } from "../../src/cli/quick.ts";
import { realFileSystem } from "../../src/files/system.ts";
import { kinds, lay, now, type Place, places, type Usual } from "../support/quick-places.ts";
import { testWorld } from "../support/world.ts";

const folder = mkdtempSync(join(tmpdir(), "renew-quick-"));
let known: Usual;

beforeAll(async () => {
  known = await places();
});
afterEach(() => vi.restoreAllMocks());
afterAll(() => rmSync(folder, { recursive: true }));

type Env = Record<string, string | undefined>;

/** Answers as if in the folder: what it names is looked for there. */
function quickly(argv: readonly string[], env: Env) {
  vi.spyOn(process, "cwd").mockReturnValue(folder);
  return quickAnswer(argv, { env, now, fs: inFolder });
}

/** Names on the command line are the user's; the folder they are in is the place's. */
const at = (file: string) => (file.startsWith("/") ? file : join(folder, file));
const inFolder = new Proxy(realFileSystem, {
  get: (fs, name: keyof typeof realFileSystem) => {
    if (!["read", "readEnd", "list", "stat", "lstat", "realpath", "readlink", "checkWritable", "open"].includes(name))
      return fs[name];
    const call = fs[name] as (file: string, ...rest: unknown[]) => unknown;
    return (file: string, ...rest: unknown[]) => call(at(file), ...rest);
  },
});

async function wholly(argv: readonly string[], env: Env) {
  const world = testWorld({ now, fs: inFolder });
  const exit = await main(argv, { ...world, env });
  return { exit, stdout: world.out.text, stderr: world.err.text };
}

const list = () => readdirSync(folder, { recursive: true }).sort();

/** The quick answer, having seen that the whole program agrees, and that nothing has changed. */
async function agreed(argv: readonly string[], env: Env) {
  const before = list();
  const answer = quickly(argv, env);
  if (answer === null) return null;
  const whole = await wholly(argv, env);
  expect({ argv, ...answer, stdout: "" }).toEqual({ argv, ...whole });
  expect(list()).toEqual(before);
  return answer;
}

const env = { HOME: folder };
const ca = ["--ca-url", "ca.internal"];
const lines: readonly (readonly string[])[] = [
  ["needs-renewal", "web.crt"],
  ["needs-renewal", "--expires-in", "9h", "web.crt"],
  ["--expires-in", "8h", "web.crt", "web.key", ...ca],
  ["--expires-in", "8h", "web.crt", "web.key"],
  ["--expires-in=99%", "--exit-code", "web.crt", "web.key", ...ca],
  ["--expires-in=40%", "web.crt", "web.key", ...ca],
];

describe("what is plain is answered quickly", () => {
  test.each<[string, readonly string[], number]>([
    ["needs-renewal", ["needs-renewal", "web.crt"], 1],
    ["needs-renewal, due", ["needs-renewal", "--expires-in", "11h", "web.crt"], 0],
    ["needs-renewal, a share", ["needs-renewal", "web.crt", "--expires-in=50%"], 0],
    [
      "a timer",
      ["--expires-in", "8h", "--force", "web.crt", "web.key", "--ca-url", "https://ca.internal", "--root", "r.crt"],
      0,
    ],
    ["a quiet timer", ["-f", "-q", "--expires-in", "8h", "web.crt", "web.key", ...ca], 0],
    ["a script", ["--exit-code", "--expires-in=66%", "web.crt", "web.key", ...ca], 10],
  ])("%s", async (_, argv, exit) => {
    lay(folder, known.usual);
    expect(await agreed(argv, env)).toMatchObject({ exit });
  });

  test.each(kinds.slice(0, 4))("a key of %s", async (kind) => {
    for (const form of ["pkcs8", "pkcs8 with CRLF", "pkcs8, DER", kind === "RSA-2048" ? "pkcs1" : "sec1"]) {
      lay(folder, known.usual, known.odd[`${kind}, ${form}`] ?? {});
      expect(await agreed(lines[2] ?? [], env), form).not.toBe(null);
    }
  });

  test.each(["bootstrap's defaults", "one plain context"])("with %s", async (name) => {
    lay(folder, known.usual, known.odd[name] ?? {});
    expect(await agreed(lines[3] ?? [], env)).not.toBe(null);
  });

  test.each(["DER", "the leaf alone", "CRLF", "links", "backups", "step's own", "a name with controls"])(
    "%s",
    async (name) => {
      lay(folder, known.usual, known.odd[name] ?? {});
      expect(await agreed(lines[2] ?? [], env), "not due").not.toBe(null);
      expect(await agreed(lines[0] ?? [], env), "needs-renewal").not.toBe(null);
    },
  );
});

describe("what is odd", () => {
  test("in the folder", async () => {
    const quick = new Set<string>();
    for (const [name, place] of Object.entries(known.odd)) {
      lay(folder, known.usual, place);
      for (const argv of lines) if ((await agreed(argv, env)) !== null) quick.add(name);
    }
    for (const name of ["a lock", "a journal", "a debt", "what a dead run left of the key", "another pair's journal"])
      expect(quick).not.toContain(name);
  });

  test.each<readonly string[][]>([
    [["ca", "renew", "--expires-in", "1h", ...ca]],
    [["certificate", "needs-renewal", "--expires-in", "1h", ...ca]],
    [["renew", "ca", "--expires-in", "1h", ...ca]],
    [["renew", "--expires-in", "1h", "ca", "renew", ...ca]],
  ])("step's words, where there are files of these names: %j", async (argv) => {
    lay(folder, known.usual, known.odd["files that are called as step's words"] ?? {});
    expect(await agreed(argv, env)).toBe(null);
  });

  test("files that are called as commands, and a key as a manager's", async () => {
    lay(folder, known.usual, known.odd["a file that is called as a command"] ?? {});
    expect(await agreed(["needs-renewal", "needs-renewal"], env)).not.toBe(null);
    expect(await agreed(["help", "web.key", "--expires-in", "1h", ...ca], env)).toBe(null);
    lay(folder, known.usual, known.odd["a key that is called as a manager's"] ?? {});
    expect(await agreed(["--expires-in", "1h", "web.crt", "pkcs11:id=1", ...ca], env)).toBe(null);
  });

  test.each<[string, Env]>([
    ["a setting", { HOME: folder, STEP_EXPIRES_IN: "100h" }],
    ["an empty setting", { HOME: folder, STEP_EXPIRES_IN: "" }],
    ["a switch", { HOME: folder, STEP_QUIET: "1" }],
    ["another's setting", { HOME: folder, STEP_X: "1" }],
    ["STEPPATH", { STEPPATH: join(folder, ".step") }],
    ["STEPPATH that is nowhere", { HOME: folder, STEPPATH: "/nonexistent" }],
    ["no home", {}],
    ["Windows' home", { USERPROFILE: folder }],
    ["a proxy", { HOME: folder, HTTPS_PROXY: "http://127.0.0.1:1" }],
  ])("in the environment: %s", async (_, around) => {
    lay(folder, known.usual);
    for (const argv of lines) await agreed(argv, around);
    if (around["STEP_EXPIRES_IN"]) expect(quickly(lines[0] ?? [], around)).toBe(null);
  });
});

/** Words of which some make a line that is meant, and most do not. */
const word = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.constantFrom("web.crt", "web.key", "--ca-url", "ca.internal", "--expires-in", "8h", "66%"),
  },
  { weight: 3, arbitrary: fc.constantFrom("--force", "-f", "--quiet", "-q", "--exit-code", "--root", "r.crt") },
  fc.constantFrom(
    "--expires-in=1h",
    "--expires-in=",
    "--expires-in=-1h",
    "-expires-in=8h",
    "--ca-url=",
    "--ca-url=ca:9000",
  ),
  fc.constantFrom(
    "true",
    "false",
    "TRUE",
    "",
    "-",
    "--",
    "-qf",
    "--force=true",
    "--quiet=false",
    "--no-force",
    "-force",
  ),
  fc.constantFrom(
    "--json",
    "--verbose",
    "-v",
    "--mtls=false",
    "--out",
    "--backup",
    "--daemon",
    "--unknown",
    "--bundle",
  ),
  fc.constantFrom("renew", "doctor", "needs-renewal", "help", "step", "ca", "certificate", "rekey", "nope.crt"),
  fc.constantFrom(
    "0",
    "50",
    "100%",
    "101%",
    "1d",
    "999999h",
    "https://ca.internal/x",
    "http://ca",
    "ca internal",
    "1.2.3.4",
    "[::1]:9",
  ),
  fc.string({ maxLength: 4 }),
);
const line = fc.oneof(
  fc.array(word, { maxLength: 8 }),
  // Nearly meant: the plain lines with a word put in, or taken out.
  fc
    .record({
      of: fc.constantFrom(...lines),
      at: fc.nat(9),
      words: fc.array(word, { maxLength: 2 }),
      without: fc.nat(1),
    })
    .map(({ of, at: place, words, without }) => {
      const changed = [...of];
      changed.splice(place % (of.length + 1), without, ...words);
      return changed;
    }),
);

test("any line, in any place", async () => {
  const names = Object.keys(known.odd);
  const settings = fc.constantFrom<Env>(env, env, env, { HOME: folder, STEP_FORCE: "1" }, {}, { HOME: "/nonexistent" });
  let quick = 0;
  const property = fc.asyncProperty(
    line,
    fc.option(fc.constantFrom(...names), { freq: 2 }),
    settings,
    async (argv, name, around) => {
      const place: Place = name === null ? {} : (known.odd[name] ?? {});
      lay(folder, known.usual, place);
      if ((await agreed(argv, around)) !== null) quick++;
    },
  );
  await fc.assert(property, { numRuns: 1500 });
  expect(quick).toBeGreaterThan(10);
});
