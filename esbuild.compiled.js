// What V8 has made of dist by the end of a run, kept beside it: a run by the same Node then compiles next to nothing.
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { Script } from "node:vm";
import { build } from "esbuild";

const silent = { write: () => undefined, isTerminal: false, columns: 80 };

/** Runs what most runs do, on certificates of the embedded CA. V8 refuses what was made by another Node, which then compiles. */
export async function compile(kept = `dist/compiled/${process.version}-${process.arch}`) {
  const folder = mkdtempSync(join(tmpdir(), "renew-build-"));
  const ca = await startCa(folder);
  try {
    const [crt, key, root, out] = ["web.crt", "web.key", "root.crt", "new.crt"].map((name) => join(folder, name));
    const where = ["--ca-url", ca.url, "--root", root];
    const [env, loaded] = [{ STEPPATH: folder }, new Map()];
    const first = load("first", loaded);
    const answerFirst = (argv) => first.answerFirst(argv, env, () => "");
    answerFirst(["needs-renewal", crt]);
    answerFirst(["--quiet", "--expires-in", "1m", crt, key, ...where]);
    answerFirst(["--expires-in", "99h", crt, key, ...where]);
    const { main, realWorld } = load("main", loaded);
    const signals = { end: () => undefined, take: () => () => undefined };
    const world = {
      ...realWorld(new AbortController().signal, signals),
      stdout: silent,
      stderr: silent,
      env,
      asked: () => null,
    };
    for (const more of [["--out", out], [], ["--mtls=false"]]) {
      const status = await main(["--force", ...more, crt, key, ...where], world);
      if (status !== 0) throw new Error(`a renewal by the embedded CA ended with ${status}`);
    }
    mkdirSync(kept, { recursive: true });
    for (const [name, { script, text }] of loaded) {
      // Behind the text that it was made of, by which bin knows that it still is.
      writeFileSync(`${kept}/${name}.js`, Buffer.concat([Buffer.from(text), script.createCachedData()]));
    }
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

/** As bin/renew.js loads it. */
function load(name, loaded) {
  const there = loaded.get(name);
  if (there !== undefined) return there.module.exports;
  const file = resolve(`dist/${name}.js`);
  const text = readFileSync(file, "utf8");
  if (/[^\0-\x7f]/.test(text)) throw new Error(`${file} is not ASCII, and is read as if it were`);
  const { wrap } = createRequire(import.meta.url)("node:module");
  const script = new Script(wrap(text), { filename: `dist/${name}.js` });
  const module = { exports: {} };
  loaded.set(name, { script, module, text });
  const own = createRequire(file);
  const requireBeside = (id) => (id.startsWith("./") ? load(id.slice(2, -3), loaded) : own(id));
  script.runInThisContext()(module.exports, requireBeside, module, file, dirname(file));
  return module.exports;
}
