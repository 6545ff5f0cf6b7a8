// Run by the Node that goes into the executable: what its V8 makes of dist, into the folder that is told.
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import Module from "node:module";
import { join } from "node:path";
import { Script } from "node:vm";
import { compile } from "../esbuild.compiled.js";

const [, , folder] = process.argv;
mkdirSync(folder, { recursive: true });
// What a usual run does not load is compiled as far as V8 does without running it.
for (const name of readdirSync("dist").filter((name) => name.endsWith(".js"))) {
  const script = new Script(Module.wrap(readFileSync(join("dist", name), "latin1")), { filename: `dist/${name}` });
  writeFileSync(join(folder, name), script.createCachedData());
}
await compile(folder);
