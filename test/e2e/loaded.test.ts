/**
 * What a run loads, by V8's own account and by Node's: a run pays for nothing that it does not need. This is the short form of
 * `npm run bench`, without its times: nothing here depends on how busy the machine is.
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createAuthority } from "../../src/dev-ca/authority.ts";
import { type DevCa, startDevCa } from "../../src/dev-ca/server.ts";
import { root, run } from "../support/program.ts";

const folder = mkdtempSync(join(tmpdir(), "renew-loaded-"));
const chunks = JSON.parse(readFileSync(resolve(root, ".cache/chunks.json"), "utf8")) as Record<
  string,
  { inputs: Record<string, unknown> }
>;
let ca: DevCa;
let ofNodeAlone: ReadonlySet<string>;

beforeAll(async () => {
  const authority = await createAuthority();
  ca = await startDevCa({ authority });
  const { chain, key } = await authority.issue({ provisioner: { name: "after-expiry" } });
  for (const [name, text] of Object.entries({ "web.crt": chain, "web.key": key, "root.crt": authority.root })) {
    writeFileSync(join(folder, name), text);
  }
  const pair = { crt: "web.crt", key: "web.key" };
  const list = { "ca-url": "ca.internal", root: "root.crt", "expires-in": "1h", certificates: [pair] };
  for (const name of ["run.json", "run.yaml"]) writeFileSync(join(folder, name), JSON.stringify(list));
  ofNodeAlone = new Set((await loadedBy([], 0, ["-e", "0"])).modules);
});

afterAll(async () => {
  await ca.close();
  rmSync(folder, { recursive: true });
});

interface Loaded {
  /** Of dist. */
  files: string[];
  /** Packages, and files of src: "commander", "failure/diagnosis/cause.ts". */
  sources: ReadonlySet<string>;
  /** Of Node: public names, and internal ones as Node itself calls them. */
  modules: string[];
  /** What was open when the process ended, by Node's own names. */
  open: string[];
}

/** `node`: words for Node, which then runs those. */
async function loadedBy(args: readonly string[], exit: number, node: readonly string[] = []): Promise<Loaded> {
  const coverage = mkdtempSync(join(folder, "v8-"));
  const ending = join(coverage, "ending");
  const ran = await run(args, {
    cwd: folder,
    node: ["--require", resolve(root, "test/support/ending.cjs"), ...node],
    env: { NODE_V8_COVERAGE: coverage, RENEW_TEST_ENDING: ending },
  });
  expect(ran.exit, ran.stderr).toBe(exit);
  const scripts = readdirSync(coverage)
    .filter((file) => file.endsWith(".json"))
    .flatMap((file) => {
      const { result } = JSON.parse(readFileSync(join(coverage, file), "utf8")) as { result: { url: string }[] };
      return result.map(({ url }) => basename(url));
    });
  const files = scripts.filter((script) => Object.hasOwn(chunks, `dist/${script}`));
  const inputs = files.flatMap((script) => Object.keys(chunks[`dist/${script}`]?.inputs ?? {}));
  const sources = inputs.map(
    (input) => /node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(input)?.[1] ?? input.replace(/^src\//, ""),
  );
  const { modules, open } = JSON.parse(readFileSync(ending, "utf8")) as { modules: string[]; open: string[] };
  return {
    files,
    sources: new Set(sources),
    modules: modules.map((name) => name.replace(/^NativeModule /, "")),
    open,
  };
}

/** Packages that are on the way of few runs. */
const packages = ["commander", "chalk", "jose", "undici", "@peculiar/x509", "reflect-metadata", "yaml", "jsonc-parser"];

/** What of Node takes time to load, in the order of a run; the last are its loader of ES modules and its `fetch`. */
const dear = [
  ...["stream", "net", "os", "crypto", "tls", "dns", "http", "https", "http2"],
  ...["child_process", "zlib", "worker_threads", "readline", "tty", "internal/modules/esm/translators"],
  "internal/deps/undici/undici",
];

/** Node asks for these itself when something is printed on a pipe. */
const printing = ["stream", "net"];
const toRenew = [...printing, "os", "crypto", "tls", "dns", "http", "https", "child_process"];

const toCa = ["web.crt", "web.key", "--root", "root.crt"];
const offline = ["web.crt", "web.key", "--ca-url", "ca.internal"];

interface Path {
  name: string;
  args: readonly string[];
  exit: number;
  /** Exactly these. */
  packages: readonly string[];
  /** No more than these of what is dear. */
  node: readonly string[];
  /** Of dist, so many at most: about a tenth more than there are. */
  kibibytes: number;
}

const paths: readonly Path[] = [
  { name: "--help", args: ["--help"], exit: 0, packages: [], node: [], kibibytes: 30 },
  { name: "needs-renewal FILE", args: ["needs-renewal", "web.crt"], exit: 1, packages: [], node: [], kibibytes: 30 },
  { name: "not due", args: ["--expires-in", "1h", ...offline], exit: 0, packages: [], node: [], kibibytes: 30 },
  {
    name: "kubectl's plugin, not due",
    args: ["kubectl-credential", "--expires-in", "1h", ...offline],
    exit: 0,
    packages: [],
    node: [],
    kibibytes: 30,
  },
  { name: "--version", args: ["--version"], exit: 0, packages: [], node: printing, kibibytes: 210 },
  {
    name: "a usage error",
    args: ["--nonsense"],
    exit: 64,
    packages: ["chalk", "commander"],
    node: [...printing, "child_process", "tty"], // the first by commander
    kibibytes: 395,
  },
  {
    name: "a missing file",
    args: ["--force", "nope.crt", "web.key", "--ca-url", "ca.internal"],
    exit: 66,
    packages: ["chalk"],
    node: [...printing, "os", "crypto", "tty"],
    kibibytes: 335,
  },
  { name: "a renewal over mTLS", args: ["--force", ...toCa], exit: 0, packages: [], node: toRenew, kibibytes: 210 },
  {
    name: "a renewal by token",
    args: ["--force", "--mtls=false", ...toCa],
    exit: 0,
    packages: ["jose"],
    node: toRenew,
    kibibytes: 245,
  },
  {
    name: "a list in JSON, nothing due",
    args: ["run", "--config", "run.json"],
    exit: 0,
    packages: ["chalk", "jsonc-parser"],
    node: [...printing, "os", "crypto", "tty"],
    kibibytes: 365,
  },
  {
    name: "a list in YAML, nothing due",
    args: ["run", "--config", "run.yaml"],
    exit: 0,
    packages: ["chalk", "yaml"],
    node: [...printing, "os", "crypto", "tty"],
    kibibytes: 490,
  },
  { name: "a rekey", args: ["rekey", "--force", ...toCa], exit: 0, packages: [], node: toRenew, kibibytes: 245 },
];

describe.each(paths)("$name", ({ args, exit, packages: needed, node, kibibytes }) => {
  let loaded: Loaded;
  beforeAll(async () => {
    loaded = await loadedBy(args.includes("--root") ? [...args, "--ca-url", ca.url] : args, exit);
  });

  test("loads the packages that it needs, and no diagnosis", () => {
    expect(packages.filter((name) => loaded.sources.has(name)).sort()).toEqual(needed);
    expect([...loaded.sources].filter((name) => /^(failure\/diagnosis|dev-ca)\//.test(name))).toEqual([]);
  });

  test("loads no more of Node", () => {
    const more = dear.filter((name) => loaded.modules.includes(name) && !ofNodeAlone.has(name));
    expect(more.filter((name) => !node.includes(name))).toEqual([]);
  });

  test("loads no more bytes than it needs", () => {
    const bytes = loaded.files.reduce((sum, file) => sum + statSync(resolve(root, "dist", file)).size, 0);
    expect(bytes).toBeGreaterThan(0);
    expect(bytes / 1024).toBeLessThan(kibibytes);
  });

  test("leaves no timer, no child and no file open", () => {
    // its own output may be on its way, and a connection that has said goodbye
    const allowed = [
      "PipeWrap",
      "TTYWrap",
      "TCPSocketWrap",
      "SimpleShutdownWrap",
      "ShutdownWrap",
      "Immediate",
      "CloseReq",
    ];
    const network = args.includes("--root") ? [] : ["TCPSocketWrap"];
    expect(loaded.open.filter((name) => !allowed.includes(name) || network.includes(name))).toEqual([]);
  });
});
