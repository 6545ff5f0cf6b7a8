/** What a run loads, by V8's own account: a run pays for nothing that it does not need. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join, resolve } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createAuthority } from "../../src/dev-ca/authority.ts";
import { type DevCa, startDevCa } from "../../src/dev-ca/server.ts";
import { root, run } from "../support/program.ts";

const folder = mkdtempSync(join(tmpdir(), "renew-loaded-"));
const chunks = JSON.parse(readFileSync(resolve(root, ".cache/chunks.json"), "utf8")) as Record<
  string,
  { inputs: Record<string, unknown> }
>;
let ca: DevCa;

beforeAll(async () => {
  const authority = await createAuthority();
  ca = await startDevCa({ authority });
  const { chain, key } = await authority.issue({ provisioner: { name: "after-expiry" } });
  for (const [name, text] of Object.entries({ "web.crt": chain, "web.key": key, "root.crt": authority.root })) {
    writeFileSync(join(folder, name), text);
  }
});

afterAll(async () => {
  await ca.close();
  rmSync(folder, { recursive: true });
});

/** The packages, and the folders of src, whose code a run has loaded. */
async function loadedBy(args: string[], exit: number): Promise<Set<string>> {
  const coverage = mkdtempSync(join(folder, "v8-"));
  const ran = await run(args, { cwd: folder, env: { NODE_V8_COVERAGE: coverage } });
  expect(ran.exit, ran.stderr).toBe(exit);
  const scripts = readdirSync(coverage).flatMap((file) => {
    const { result } = JSON.parse(readFileSync(join(coverage, file), "utf8")) as { result: { url: string }[] };
    return result.map(({ url }) => basename(url));
  });
  const inputs = scripts.flatMap((script) => Object.keys(chunks[`dist/${script}`]?.inputs ?? {}));
  expect(inputs).toContain("src/cli/main.ts");
  return new Set(
    inputs.map((input) => /node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(input)?.[1] ?? input.replace(/^src\//, "")),
  );
}

const heavy = ["jose", "undici", "@peculiar/x509", "reflect-metadata", "jsonc-parser", "yaml"];
const diagnosis = (loaded: Set<string>) => [...loaded].filter((name) => name.startsWith("failure/diagnosis"));

test.each([
  ["--help", ["--help"], 0],
  ["a usage error", ["--nonsense"], 64],
  ["a missing file", ["--force", "nope.crt", "web.key", "--ca-url", "ca.internal"], 66],
  ["not due", ["--expires-in", "1h", "web.crt", "web.key", "--ca-url", "ca.internal"], 0],
])("%s loads no network and no token", async (_, args, exit) => {
  const loaded = await loadedBy(args, exit);
  expect(heavy.filter((name) => loaded.has(name))).toEqual([]);
  expect(diagnosis(loaded)).toEqual([]);
});

test("needs-renewal FILE loads no network at all, and nothing that is for servers", async () => {
  const loaded = await loadedBy(["needs-renewal", "web.crt"], 1);
  const forServers = [
    "ca/server.ts",
    "ca/system-roots.ts",
    "ca/proxy.ts",
    "ca/tunnel.ts",
    "ca/client.ts",
    "pki/key.ts",
  ];
  expect([...heavy, ...forServers].filter((name) => loaded.has(name))).toEqual([]);
  expect(diagnosis(loaded)).toEqual([]);
});

test.each([
  ["over mTLS", [], ["undici"]],
  ["by token", ["--mtls=false"], ["jose", "undici"]],
])("a renewal %s loads no more than it needs", async (_, flags, needed) => {
  const loaded = await loadedBy(
    [...flags, "--force", "web.crt", "web.key", "--ca-url", ca.url, "--root", "root.crt"],
    0,
  );
  expect(heavy.filter((name) => loaded.has(name)).sort()).toEqual(needed);
  expect(diagnosis(loaded)).toEqual([]);
});

test("a rekey loads no token, no diagnosis and no library for requests", async () => {
  const loaded = await loadedBy(
    ["rekey", "--force", "web.crt", "web.key", "--ca-url", ca.url, "--root", "root.crt"],
    0,
  );
  expect(heavy.filter((name) => loaded.has(name))).toEqual(["undici"]);
  expect(diagnosis(loaded)).toEqual([]);
});

test.each([
  ["JSON", "run.json", ["jsonc-parser"]],
  ["YAML", "run.yaml", ["yaml"]],
])("a list in %s loads its own language alone, and no network where nothing is due", async (_, list, needed) => {
  const contents = { "ca-url": "ca.internal", "expires-in": "1h", certificates: [{ crt: "web.crt", key: "web.key" }] };
  writeFileSync(join(folder, list), JSON.stringify(contents));
  const loaded = await loadedBy(["run", "--config", list], 0);
  expect(heavy.filter((name) => loaded.has(name))).toEqual(needed);
  expect(diagnosis(loaded)).toEqual([]);
});
