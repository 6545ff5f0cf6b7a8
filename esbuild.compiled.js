// What V8 has made of dist by the end of a run, kept beside it: a run by the same Node then compiles next to nothing.
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { Script } from "node:vm";
import { build } from "esbuild";

const silent = { write: () => undefined, isTerminal: false, columns: 80 };
const { compiledFile } = createRequire(import.meta.url)("./bin/compiled.js");

/** Runs what most runs do, on certificates of the embedded CA. V8 refuses what was made by another Node, which then compiles. */
export async function compile() {
  const folder = mkdtempSync(join(tmpdir(), "renew-build-"));
  const ca = await startCa(folder);
  try {
    const [crt, key, root, out] = ["web.crt", "web.key", "root.crt", "new.crt"].map((name) => join(folder, name));
    const where = ["--ca-url", ca.url, "--root", root];
    const first = load("first");
    for (const argv of [
      ["needs-renewal", crt],
      ["--expires-in", "1m", crt, key, ...where],
      ["--force", crt, key, ...where],
    ])
      first.exports.answerFirst([...argv, "--quiet"].slice(0, argv[0] === "needs-renewal" ? 2 : undefined), {
        STEPPATH: folder,
      });
    first.keep();
    const main = load("main");
    const signals = { end: () => undefined, take: () => () => undefined };
    const world = main.exports.realWorld(new AbortController().signal, signals);
    for (const more of [["--out", out], [], ["--mtls=false"]]) {
      const argv = ["--force", ...more, crt, key, ...where];
      const status = await main.exports.main(argv, {
        ...world,
        stdout: silent,
        stderr: silent,
        env: { STEPPATH: folder },
      });
      if (status !== 0) throw new Error(`a renewal by the embedded CA ended with ${status}`);
    }
    main.keep();
  } finally {
    await ca.close();
    rmSync(folder, { recursive: true });
  }
}

async function startCa(folder) {
  const outfile = resolve(".cache/build/ca.js");
  const contents = 'export * from "./src/dev-ca/authority.ts"; export * from "./src/dev-ca/server.ts";';
  const stdin = { contents, resolveDir: ".", loader: "ts" };
  await build({
    stdin,
    outfile,
    bundle: true,
    packages: "external",
    format: "esm",
    platform: "node",
    target: "node20.18",
  });
  const { createAuthority, startDevCa } = await import(outfile);
  const authority = await createAuthority();
  const { chain, key } = await authority.issue({ provisioner: { name: "after-expiry" } });
  for (const [name, text] of Object.entries({ "web.crt": chain, "web.key": key, "root.crt": authority.root }))
    writeFileSync(join(folder, name), text);
  return startDevCa({ authority });
}

/** As bin/compiled.js loads it. */
function load(name) {
  const file = resolve(`dist/${name}.js`);
  const { wrap } = createRequire(import.meta.url)("node:module");
  const script = new Script(wrap(readFileSync(file, "latin1")), { filename: file });
  const module = { exports: {} };
  script.runInThisContext()(module.exports, createRequire(file), module, file, dirname(file));
  return {
    exports: module.exports,
    keep: () => {
      const kept = compiledFile(file);
      mkdirSync(dirname(kept), { recursive: true });
      writeFileSync(kept, script.createCachedData());
    },
  };
}
