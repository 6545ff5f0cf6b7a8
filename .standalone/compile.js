// Run by the Node that goes into the executable: what its V8 makes of dist, into the folder that is told.
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import Module from "node:module";
import { join } from "node:path";
import { Script } from "node:vm";
import { compile } from "../esbuild.compiled.js";

const [, , folder] = process.argv;
mkdirSync(folder, { recursive: true });
const texts = readdirSync("dist")
  .filter((name) => name.endsWith(".js"))
  .map((name) => ({ name, text: readFileSync(join("dist", name)) }));
// What a usual run does not load is compiled as far as V8 does without running it.
const unused = texts.map(({ name, text }) => {
  const script = new Script(Module.wrap(text.latin1Slice()), { filename: `dist/${name}` });
  return script.createCachedData();
});
await compile(folder);
for (const [index, { name, text }] of texts.entries()) {
  const file = join(folder, name);
  // There it stands behind its text, which cannot change within an executable.
  writeFileSync(file, existsSync(file) ? readFileSync(file).subarray(text.length) : unused[index]);
}
