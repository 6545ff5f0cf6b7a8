/**
 * Whatever a CA says, a certificate holds and a file is called: no terminal is sent a control character, an escape sequence or
 * what turns the direction of writing, and JSON holds them escaped.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { main } from "../../src/cli/main.ts";
import { pemFor } from "../fuzz/answers.ts";
import { leaf as element, sequence } from "../fuzz/der-tree.ts";
import { type FuzzCa, type Serve, startFuzzCa } from "../fuzz/server.ts";
import {
  certificateOf,
  leafExtensions,
  nameOf,
  oids,
  type Plan,
  type Stage,
  serialFor,
  stageOf,
  utc,
} from "../fuzz/stage.ts";
import { hasRaw } from "../support/screen.ts";
import { testWorld } from "../support/world.ts";

const nasty = [
  "\u001b]0;owned\u0007",
  "\u001b[2J\u001b[1;1H",
  "\u001b[31m",
  "\u009b31m",
  "\u0085\u0090\u009c",
  "\u202egnp.exe\u202c",
  "\u202a\u202b\u202d",
  "\u2066\u2067\u2068\u2069",
  "\u200e\u200f\u061c",
  "\u0000",
  "\u007f",
  "\r\nrenewed",
  "\b\b\b",
  "\u2028\u2029",
  "\ufeff\u200b\u2060",
  "\u{e0001}\u{e0041}",
  "\u00ad",
  "web.internal",
  " ",
  "é",
];
const text = fc.array(fc.constantFrom(...nasty), { minLength: 1, maxLength: 5 }).map((parts) => parts.join(""));
/** UTF-8 that is none, among them. */
const octets = fc
  .tuple(text, fc.uint8Array({ maxLength: 4 }))
  .map(([words, more]) => Buffer.concat([Buffer.from(words), more]));

/** Where foreign words come from. */
interface Said {
  commonName: Buffer;
  name: Buffer;
  provisioner: Buffer;
  message: string;
  header: string;
  version: string;
  file: string;
  status: number;
}

const said: fc.Arbitrary<Said> = fc.record({
  commonName: octets,
  name: octets,
  provisioner: octets,
  message: text,
  header: text.map((words) => words.replace(/[\r\n\0]/g, "")),
  version: text,
  file: text.map((words) => words.replace(/[\0/]/g, "").slice(0, 60)),
  status: fc.constantFrom(200, 201, 400, 401, 403, 404, 500, 502),
});

let stage: Stage;
let ca: FuzzCa;
let folder: string;
beforeAll(async () => {
  stage = stageOf(5, new Date(Math.floor(Date.now() / 1000) * 1000));
  ca = await startFuzzCa(stage);
  folder = mkdtempSync(join(tmpdir(), "renew-screens-"));
});
afterAll(async () => {
  await ca.close();
  rmSync(folder, { recursive: true, force: true });
});

const answer = (status: number, body: unknown, header: string): Serve => {
  const bytes = Buffer.from(JSON.stringify(body));
  const head = [
    `HTTP/1.1 ${status} x`,
    `Content-Length: ${bytes.length}`,
    `X-Request-Id: ${header}`,
    `Server: ${header}`,
    `Via: ${header}`,
    "Connection: close",
  ];
  return (socket) => void socket.end(Buffer.concat([Buffer.from(`${head.join("\r\n")}\r\n\r\n`), bytes]));
};

function planOf({ commonName, name, provisioner }: Said): Plan {
  const extensions = leafExtensions.map((one) => {
    if (one.id === oids.names) return { ...one, value: sequence(element(0x82, name), element(0x86, name)) };
    if (one.id !== oids.provisioner) return one;
    return { ...one, value: sequence(element(0x02, Buffer.of(1)), element(0x04, provisioner), element(0x04, name)) };
  });
  const subject = nameOf(["O", commonName], ["CN", commonName]);
  return { ...stage.old.plan, subject, extensions };
}

/** The user's files under a folder of that name, and what the CA says to everything. */
function lay(what: Said): { crt: string; key: string; log: string; root: string } {
  const place = join(folder, `a${what.file}`);
  mkdirSync(place, { recursive: true });
  const files = { crt: "web.crt", key: "web.key", log: "log", root: "root.crt" };
  const paths = Object.fromEntries(Object.entries(files).map(([name, file]) => [name, join(place, file)]));
  const { crt = "", key = "", log = "", root = "" } = paths;
  const plan = planOf(what);
  writeFileSync(crt, pemFor(certificateOf(plan, stage.intermediate.key)) + pemFor(stage.intermediate.der));
  writeFileSync(key, stage.old.key.private.export({ type: "pkcs8", format: "pem" }), { mode: 0o600 });
  writeFileSync(
    log,
    `${what.message}\nremote error: tls: bad certificate ${what.message}\n${what.message} token expired`,
  );
  writeFileSync(root, pemFor(stage.root.der));
  const later = new Date(stage.now.getTime() + 86_400_000);
  const next = certificateOf(
    { ...plan, serial: serialFor("screens", 5), notAfter: utc(later) },
    stage.intermediate.key,
  );
  const pems = [pemFor(next), pemFor(stage.intermediate.der)];
  const body = what.status === 201 ? { certChain: pems } : { status: what.status, message: what.message };
  const provisioners = [{ type: what.version, name: what.message, claims: { x: what.message } }];
  const others = { version: what.version, status: what.message, provisioners, crts: [what.message] };
  ca.next(answer(what.status, body, what.header), answer(200, others, what.header));
  return { crt, key, log, root };
}

const commands: Record<string, (files: ReturnType<typeof lay>, what: Said) => string[]> = {
  renew: ({ crt, key, root }) => ["--force", "-v", crt, key, "--ca-url", ca.url, "--root", root],
  "renew by token": ({ crt, key, root }) => ["--force", "--mtls=false", crt, key, "--ca-url", ca.url, "--root", root],
  rekey: ({ crt, key, root }) => ["rekey", "--force", "-v", crt, key, "--ca-url", ca.url, "--root", root],
  "rollback, of nothing": ({ crt, key }) => ["rollback", "--force", "-v", crt, key],
  doctor: ({ crt, key, root }) => ["doctor", crt, key, "--ca-url", ca.url, "--root", root],
  "needs-renewal": ({ crt }) => ["needs-renewal", "-v", crt],
  "needs-renewal of nothing": ({ log }) => ["needs-renewal", log],
  "explain --from": ({ log }) => ["explain", "--from", log],
  "explain NAME": (_, { message }) => ["explain", message],
  daemon: ({ crt, key, root }) => [
    "--daemon",
    "-v",
    "--expires-in",
    "1s",
    crt,
    key,
    "--ca-url",
    ca.url,
    "--root",
    root,
  ],
  "a file that is missing": ({ crt, key, root }) => [`${crt}x`, key, "--ca-url", ca.url, "--root", root],
  "another word": (_, { message, file }) => [message, file, "--root", message, "--timeout", message],
  "another flag": (_, { message }) => [`--${message}`],
};

async function played(argv: readonly string[]): Promise<string> {
  const end = new AbortController();
  const world = testWorld({ signal: end.signal });
  const sleep = async () => end.abort("SIGTERM");
  const exit = await main(argv, { ...world, sleep, elapsed: () => performance.now() });
  expect(exit, world.err.text).not.toBe(70);
  return world.out.text + world.err.text;
}

describe("no screen holds anything raw", () => {
  test.each(Object.entries(commands))(
    "%s",
    async (_, words) => {
      await fc.assert(
        fc.asyncProperty(said, async (what) => {
          const argv = words(lay(what), what);
          for (const manner of [[], ["--json"]]) {
            const screen = await played([...argv, ...manner]);
            expect(hasRaw(screen), JSON.stringify(screen)).toBe(false);
          }
        }),
        { seed: 1, numRuns: 8 },
      );
    },
    120_000,
  );
});

test("what is kept, and a way back to it, hold nothing raw either", async () => {
  await fc.assert(
    fc.asyncProperty(said, async (words) => {
      const files = lay({ ...words, status: 201 });
      const { crt, key, root } = files;
      await played(["--force", "--backup", "2", crt, key, "--ca-url", ca.url, "--root", root]);
      for (const argv of [
        ["--list", "-v"],
        ["--list", "--json"],
        ["--dry-run", "-v"],
        ["--force", "--json"],
      ]) {
        const screen = await played(["rollback", ...argv, crt, key]);
        expect(hasRaw(screen), JSON.stringify(screen)).toBe(false);
        expect(screen).not.toBe("");
      }
    }),
    { seed: 1, numRuns: 8 },
  );
}, 120_000);

test("JSON keeps what it escapes", async () => {
  const what = { file: "\u202e\u009b\u007f", message: "no", header: "x", version: "v0.30.2", status: 401 };
  const files = lay({ ...what, commonName: Buffer.from("a"), name: Buffer.from("a"), provisioner: Buffer.from("a") });
  const screen = await played(["needs-renewal", "--json", files.crt]);
  expect(JSON.parse(screen).certificate.file).toBe(files.crt);
  expect(screen).toContain("\\u202e\\u009b\\u007f");
});

test("what is looked for is found where it is", () => {
  for (const one of ["\u001b[0m", "\u0000", "\u007f", "\u009b", "\u202e", "\u2066", "\u200f", "\ud800", "\r", "\t"])
    expect(hasRaw(`a${one}b`), JSON.stringify(one)).toBe(true);
  expect(hasRaw("plain words, é, 😀\n")).toBe(false);
});
