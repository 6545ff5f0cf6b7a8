// Bundles the bench, as Node 20 reads no TypeScript, and runs it.
import { build } from "esbuild";

await build({
  entryPoints: ["test/bench/main.ts"],
  outfile: ".cache/bench/main.js",
  bundle: true,
  packages: "external",
  format: "esm",
  platform: "node",
  target: "node20.18",
  sourcemap: "inline",
  logLevel: "warning",
});
await import(new URL("../../.cache/bench/main.js", import.meta.url).href);
