// How the standalone executable reads dist, which lies in it: what bin/renew.js ends with, in other words. Part of one script.
// biome-ignore-all lint/correctness/noUnusedVariables: what stands before this in the script uses them
const { getRawAsset } = require("node:sea");
const modules = new Map();

function assetOf(name) {
  return Buffer.from(getRawAsset(name));
}

function readHelp(topic) {
  return assetOf(`help/${topic}.txt`).toString("utf8");
}

function load(name) {
  const file = `${name}.js`;
  const there = modules.get(file);
  if (there !== undefined) return there.exports;
  const made = { exports: {} };
  modules.set(file, made);
  const { Script } = require("node:vm");
  const { wrap } = require("node:module");
  const script = new Script(wrap(assetOf(file).toString("latin1")), {
    filename: file,
    cachedData: assetOf(`compiled/${file}`),
  });
  const requireBeside = (id) => (id.startsWith("./") ? load(id.slice(2, -3)) : require(id));
  script.runInThisContext()(made.exports, requireBeside, made);
  return made.exports;
}
