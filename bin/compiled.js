// Loads a file of dist as require() does, with what V8 made of it when dist was built: half of a short run is compiling.
"use strict";
const { readFileSync } = require("node:fs");

/** Each Node's own: V8 takes no other. */
const compiledFile = (file) =>
  file.replace(/[^/\\]+$/, (name) => `compiled/${process.version}-${process.arch}/${name}`);

function load(name) {
  const file = __dirname.replace(/bin$/, `dist/${name}.js`);
  let cachedData;
  try {
    cachedData = readFileSync(compiledFile(file));
  } catch {
    return require(file); // dist was built by another Node
  }
  const { Script } = require("node:vm");
  const Module = module.constructor;
  const made = new Module(file, module);
  made.filename = file;
  require.cache[file] = made;
  const script = new Script(Module.wrap(readFileSync(file, "latin1")), { filename: file, cachedData });
  const require_ = (id) => made.require(id);
  script.runInThisContext()(made.exports, require_, made, file, file.replace(/[/\\][^/\\]*$/, ""));
  made.loaded = true;
  return made.exports;
}

module.exports = { load, compiledFile };
