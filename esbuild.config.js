// Bundles src into dist: one entry, and a chunk for each lazy door, so that a run loads only what it needs.
import { copyFileSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { build } from "esbuild";

rmSync("dist", { recursive: true, force: true });
const { metafile } = await build({
  entryPoints: { main: "src/cli/main.ts" },
  outdir: "dist",
  bundle: true,
  splitting: true,
  format: "esm",
  platform: "node",
  target: "node20.18",
  minifySyntax: true,
  minifyWhitespace: true,
  metafile: true,
  legalComments: "none",
  // Its main file is UMD, which cannot be bundled.
  alias: { "jsonc-parser": "./node_modules/jsonc-parser/lib/esm/main.js" },
  // CommonJS packages call require() for Node's own modules.
  banner: { js: 'import{createRequire as __cr}from"node:module";const require=__cr(import.meta.url);' },
});
// What each chunk holds: the tests compare it with what a run loads.
mkdirSync(".cache", { recursive: true });
writeFileSync(".cache/chunks.json", JSON.stringify(metafile.outputs));
// The licences of what is bundled travel with it.
const packages = Object.keys(metafile.inputs).flatMap((input) => /^node_modules\/(?:@[^/]+\/)?[^/]+/.exec(input) ?? []);
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
const bytes = Object.values(metafile.outputs).reduce((sum, { bytes }) => sum + bytes, 0);
console.error(`dist: ${Object.keys(metafile.outputs).length} files, ${Math.round(bytes / 1024)} KiB`);
