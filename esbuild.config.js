// Bundles src into dist. One file holds what every run that succeeds may need; all else is in chunks, loaded at their first use.
import { spawnSync } from "node:child_process";
import { copyFileSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { basename, relative } from "node:path";
import { build, transform } from "esbuild";
import { compile } from "./esbuild.compiled.js";
import { buildLibrary } from "./esbuild.library.js";
import { writeManual } from "./esbuild.man.js";

/** Where runs that succeed begin, and what they load on their way. */
const starts = ["cli/main", "cli/commands/renew", "cli/commands/needs-renewal", "ca/token"].map(source);
/** What the modules of the way import, and only other runs use. */
const doors = [
  "failure/catalogue/catalogue",
  "cli/commander",
  "cli/print/human",
  "cli/print/json",
  "cli/print/event",
  "cli/print/style",
  "cli/remarks",
  "ca/endpoints",
  "ca/handshake",
  "files/backup",
  "pki/crl",
  "pki/path",
].map(source);
/** What a thread of its own begins with. */
const threads = ["ca/crew-member"].map(source);
function source(name) {
  return `src/${name}.ts`;
}

const small = {
  platform: "node",
  target: "node20.18",
  minifySyntax: true,
  minifyWhitespace: true,
  legalComments: "none",
  supported: { "dynamic-import": false }, // they become require(), which loads in less time
};
// The main file of jsonc-parser is UMD, which cannot be bundled.
const alias = { "jsonc-parser": "./node_modules/jsonc-parser/lib/esm/main.js" };
const common = { ...small, alias, outdir: "dist", bundle: true, metafile: true, write: false };

const { metafile: all } = await build({
  ...common,
  entryPoints: [starts[0], ...threads],
  format: "esm",
  splitting: true,
});
const hot = wayOf(starts);
const held = {};

rmSync("dist", { recursive: true, force: true });
mkdirSync("dist");
writeFileSync("dist/package.json", '{ "type": "commonjs" }\n');
await buildFirst();
await buildWay();
await buildChunks();
writeHelp();
await writeManual();
await compile();
const ofLibrary = await buildLibrary({ ...common, supported: {} });

/** All modules that are imported from these, but for those behind a door. */
function wayOf(files, known = new Set()) {
  for (const file of files) {
    if (known.has(file)) continue;
    known.add(file);
    const imports = all.inputs[file].imports.filter(({ kind, external }) => kind === "import-statement" && !external);
    wayOf(
      imports.map(({ path }) => path).filter((path) => !doors.includes(path) && !path.startsWith("node_modules/")),
      known,
    );
  }
  return known;
}

/** What bin loads before all else shares nothing with it: most of its runs need no more. */
async function buildFirst() {
  const { metafile, outputFiles } = await build({ ...common, entryPoints: [source("cli/first")], format: "cjs" });
  // It prints no stack, so that names are of no use in it.
  const { code } = await transform(lazy(outputFiles[0].text), { ...small, format: "cjs", minifyIdentifiers: true });
  writeFileSync("dist/first.js", code);
  note("dist/first.js", Object.values(metafile.outputs)[0]);
}

/** As each command says it. */
function writeHelp() {
  const { cli_command_names: names } = createRequire(import.meta.url)("./dist/main.js");
  const said = names.commandNames.map((name) => {
    const { status, stdout } = spawnSync(process.execPath, ["bin/renew.js", name, "--help"], { encoding: "utf8" });
    if (status !== 0) throw new Error(`no help for ${name}`);
    return [name, stdout];
  });
  mkdirSync("dist/help");
  for (const [name, text] of said) writeFileSync(`dist/help/${name}.txt`, text);
}

/** What leads out of the way is loaded from its chunk. */
async function buildWay() {
  const modules = [...hot].filter((file) => file.endsWith(".ts"));
  const contents = [
    `export * from "./${starts[0]}";`,
    ...modules.map((file) => `export * as ${nameOf(file)} from "./${file}";`),
  ].join("\n");
  const { metafile, outputFiles } = await build({
    ...common,
    stdin: { contents, resolveDir: ".", loader: "ts" },
    format: "cjs",
    plugins: [
      external(
        (file, kind) => kind === "dynamic-import" || !hot.has(file),
        (file) => (hot.has(file) ? `main:${nameOf(file)}` : `./${chunkOf(file)}`),
      ),
    ],
  });
  const [{ text }] = outputFiles;
  writeFileSync("dist/main.js", lazy(text.replace(/\brequire\("main:(\w+)"\)/g, "module.exports.$1")));
  note("dist/main.js", Object.values(metafile.outputs)[0]);
}

/** Modules of the way are there already: a second copy of one would have a state, and errors, of its own. */
async function buildChunks() {
  const entries = Object.keys(all.inputs).filter(
    (file) => !hot.has(file) && (threads.includes(file) || isEntered(file)),
  );
  const { metafile, outputFiles } = await build({
    ...common,
    entryPoints: entries.map((file) => ({ in: file, out: chunkOf(file).replace(/\.js$/, "") })),
    chunkNames: "part-[hash]",
    format: "esm", // esbuild splits no other
    splitting: true,
    supported: {},
    plugins: [
      external(
        (file) => hot.has(file),
        (file) => `main:${nameOf(file)}`,
      ),
    ],
  });
  for (const { path, text } of outputFiles) {
    const { code } = await transform(text, { ...small, format: "cjs" });
    const file = `dist/${basename(path)}`;
    writeFileSync(file, lazy(code.replace(/\brequire\("main:(\w+)"\)/g, 'require("./main.js").$1')));
    note(file, metafile.outputs[`dist/${basename(path)}`]);
  }
}

/** Entered from the way, or by a dynamic import. */
function isEntered(file) {
  return Object.entries(all.inputs).some(([from, { imports }]) =>
    imports.some(
      ({ path, kind }) =>
        path === file && (kind === "dynamic-import" || (hot.has(from) && kind === "import-statement")),
    ),
  );
}

/**
 * Nothing that a module imports is loaded before its first use, of Node's own or of ours. esbuild makes each import a variable,
 * and each use of it a property of that variable.
 */
function lazy(code) {
  const imports = /\b(import_\w+) ?= ?((?:__toESM\()?require\("[^"]+"\)(?:\.\w+)?(?:, ?1\))?)/g;
  const names = [...code.matchAll(imports)].map(([, name]) => name);
  if (names.length === 0) return code;
  const uses = new RegExp(`\\b(${names.join("|")})\\b(?! ?=[^=])`, "g");
  const later =
    'var __later=load=>({get it(){const it=load();Object.defineProperty(this,"it",{value:it});return it}});\n';
  const prologue = /^(?:"use strict";)?/;
  return code
    .replace(uses, "$1.it")
    .replace(imports, "$1=__later(()=>$2)")
    .replace(prologue, (strict) => strict + later);
}

function external(isOutside, nameIt) {
  return {
    name: "outside",
    setup(bundler) {
      bundler.onResolve({ filter: /.*/ }, async ({ path, kind, resolveDir, pluginData }) => {
        if (kind === "entry-point" || path.startsWith("node:") || pluginData === "asked") return undefined;
        const found = await bundler.resolve(path, { kind, resolveDir, pluginData: "asked" });
        const file = relative(".", found.path);
        return found.external || !isOutside(file, kind) ? found : { path: nameIt(file), external: true };
      });
    },
  };
}

/** A module's name where main.js gives it to the chunks. */
function nameOf(file) {
  return file.replace(/^src\/|\.\w+$/g, "").replace(/\W/g, "_");
}

function chunkOf(file) {
  return `${nameOf(file.replace(/^node_modules\//, "")).replaceAll("_", "-")}.js`;
}

function note(file, { inputs }) {
  held[file] = { inputs };
}

// What each file holds: the tests compare it with what a run loads.
mkdirSync(".cache", { recursive: true });
writeFileSync(".cache/chunks.json", JSON.stringify(held));
// The licences of what is bundled travel with it.
const bundled = [...Object.keys(all.inputs), ...ofLibrary];
const packages = bundled.flatMap((input) => /^node_modules\/(?:@[^/]+\/)?[^/]+/.exec(input) ?? []);
const licences = [...new Set(packages)].sort().map((folder) => {
  const { name, version, license } = JSON.parse(readFileSync(`${folder}/package.json`, "utf8"));
  const file = readdirSync(folder).find((entry) => /^licen[cs]e/i.test(entry));
  const text = file === undefined ? "" : readFileSync(`${folder}/${file}`, "utf8").trim();
  return `${name} ${version} (${license})\n\n${text}\n`;
});
writeFileSync("dist/LICENCES.txt", licences.join(`\n${"-".repeat(80)}\n\n`));
// What --json prints, for programs that read it.
copyFileSync("src/cli/print/output.schema.json", "dist/output.schema.json");
// And what the list of `renew run` is held to, for editors.
copyFileSync("src/cli/config/run.schema.json", "dist/run.schema.json");
const files = readdirSync("dist", { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
const sizes = files.map(({ parentPath, name }) => readFileSync(`${parentPath}/${name}`).length);
console.error(`dist: ${sizes.length} files, ${Math.round(sizes.reduce((sum, size) => sum + size, 0) / 1024)} KiB`);
