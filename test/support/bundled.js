// Bundles a program of the tests, as Node 20 reads no TypeScript, and runs it.
import { build } from "esbuild";

/** `test/NAME/main.ts`. */
export async function runBundled(name) {
  const outfile = `.cache/${name}/main.js`;
  await build({
    entryPoints: [`test/${name}/main.ts`],
    outfile,
    bundle: true,
    packages: "external",
    format: "esm",
    platform: "node",
    target: "node20.18",
    sourcemap: "inline",
    logLevel: "warning",
  });
  await import(new URL(`../../${outfile}`, import.meta.url).href);
}
