// Bundles the fuzzer, as Node 20 reads no TypeScript, and runs it.
import { build } from "esbuild";

await build({
  entryPoints: ["test/fuzz/main.ts"],
  outfile: ".cache/fuzz/main.js",
  bundle: true,
  packages: "external",
  format: "esm",
  platform: "node",
  target: "node20.18",
  sourcemap: "inline",
  logLevel: "warning",
});
await import(new URL("../../.cache/fuzz/main.js", import.meta.url).href);
