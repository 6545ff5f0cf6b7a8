// The library: modules of ES in dist/library, apart from the program, and their types.
import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { build } from "esbuild";

/** Public declarations, which may import each other and nothing else. */
const declared = [
  "index",
  "codes",
  "explain",
  "failure-types",
  "needs-renewal",
  "rekey",
  "renew",
  "renew-error",
  "types",
  "watch",
  "watch-types",
];
const emitted = ".cache/types";

/** Returns the names of all that it bundles. */
export async function buildLibrary(common) {
  const { metafile, outputFiles } = await build({
    ...common,
    entryPoints: { index: "src/library/index.ts" },
    outdir: "dist/library",
    outExtension: { ".js": ".mjs" },
    chunkNames: "part-[hash]",
    format: "esm",
    splitting: true,
  });
  mkdirSync("dist/library", { recursive: true });
  for (const { path, text } of outputFiles) writeFileSync(path, text);
  await writeTypes();
  return Object.keys(metafile.inputs);
}

async function writeTypes() {
  rmSync(emitted, { recursive: true, force: true });
  execFileSync(process.execPath, ["node_modules/typescript/bin/tsc", "-p", "tsconfig.library.json"], {
    stdio: "inherit",
  });
  for (const name of declared) {
    const text = name === "codes" ? await codes() : readFileSync(`${emitted}/src/library/${name}.d.ts`, "utf8");
    const foreign = [...text.matchAll(/(?:from|import\() ?"([^"]+)"/g)].filter(
      ([, from]) => !declared.some((one) => from === `./${one}.ts`),
    );
    if (foreign.length > 0) throw new Error(`the public types of ${name} name what is not public: ${foreign[0][1]}`);
    writeFileSync(`dist/library/${name}.d.mts`, text.replace(/"\.\/([a-z-]+)\.ts"/g, '"./$1.mjs"'));
  }
}

/** The names of codes and causes, with what each is about. */
async function codes() {
  const { $defs: schema } = JSON.parse(readFileSync("src/cli/print/output.schema.json", "utf8"));
  const { explain } = await import(pathToFileURL(resolve("dist/library/index.mjs")).href);
  const union = async (name, about, kind, ids) => {
    const members = ids.map(async (id) => {
      const page = (await explain(id)).find((one) => one.kind === kind);
      return `  /** ${page.title} */\n  | "${id}"`;
    });
    return `/** ${about} */\nexport type ${name} =\n${(await Promise.all(members)).join("\n")};\n`;
  };
  return [
    await union("RenewErrorCode", "What happened.", "code", schema.code.enum),
    await union("RenewCause", "Why a CA refused.", "cause", schema.causeId.enum),
  ].join("\n");
}
