#!/usr/bin/env node
// Hands the real world to main and sets the exit code: the only place that may end the process. CommonJS, as all of dist:
// Node takes a tenth of a short run to set up its loader of ES modules.
"use strict";

const argv = process.argv.slice(2);
// What files alone may answer is asked in one of these words.
const isAsking = argv.some((word) => /^(--expires-in|--help$|-h$|help$|needs-renewal$|kubectl-credential$)/.test(word));
const answered = isAsking ? load("first").answerFirst(argv, process.env, readHelp) : null;
if (answered !== null)
  process.exit(answered); // all of it is written
else run(takeSignals());

/** Everything else is loaded after the signals have their handlers: a signal may come at once. */
function takeSignals() {
  const interruption = new AbortController();
  const end = (signal) => {
    if (interruption.signal.aborted) process.exit(128 + { SIGHUP: 1, SIGINT: 2, SIGTERM: 15 }[signal]);
    interruption.abort(signal);
  };
  for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => end(signal));
  // What these mean depends on the command: until that is known they are kept. Without its handler SIGUSR1 opens Node's debugger.
  const handlers = new Map();
  const kept = new Set();
  for (const signal of ["SIGHUP", "SIGUSR1"]) {
    process.on(signal, () => {
      const handler = handlers.get(signal);
      if (handler === undefined) kept.add(signal);
      else handler();
    });
  }
  const take = (signal, handler) => {
    handlers.set(signal, handler);
    if (kept.delete(signal)) handler();
    return () => void handlers.delete(signal);
  };
  return { signal: interruption.signal, signals: { end, take } };
}

function run({ signal, signals }) {
  const { main, realWorld, isSaid, endOf } = load("main");
  main(argv, realWorld(signal, signals)).then((status) => {
    process.exitCode = status;
    process.once("exit", () => {
      process.exitCode = endOf(status, argv);
    });
    // The work is done: wait for words that are still on their way, and for nothing else.
    if (isSaid()) process.exit();
  });
}

// Below: how dist is read. The standalone executable has .standalone/assets.js in place of it.

function readHelp(topic) {
  const { readFileSync } = require("node:fs");
  return readFileSync(`${__dirname.replace(/bin$/, "dist")}/help/${topic}.txt`, "utf8");
}

/** As require() does, with what V8 made of the file when dist was built: half of a short run is compiling. */
function load(name) {
  const dist = __dirname.replace(/bin$/, "dist");
  const file = `${dist}/${name}.js`;
  if (require.cache[file] !== undefined) return require.cache[file].exports;
  const own = `${dist}/compiled/${process.version}-${process.arch}`;
  const [text, kept] = [file, `${own}/${name}.js`].map(read);
  if (text === null) return require(file);
  // Else it is of another text, whose length is all that V8 looks at.
  const isOfText = kept?.subarray(0, text.length).equals(text) ?? false;
  const isKeeping = !isOfText && mayKeep(name, dist);
  if (!isOfText && !isKeeping) return require(file);
  const { Script } = require("node:vm");
  const Module = module.constructor;
  const made = new Module(file, module);
  made.filename = file;
  require.cache[file] = made; // for the chunks, which require it
  const cachedData = isOfText ? kept.subarray(text.length) : undefined;
  const script = new Script(Module.wrap(text.latin1Slice()), { filename: file, cachedData });
  if (isKeeping || (script.cachedDataRejected && mayKeep(name, dist)))
    process.once("exit", (status) => status <= 1 && keep(`${name}.js`, { dist, own }, [text, script]));
  const requireBeside = (id) => (id.startsWith("./") ? load(id.slice(2, -3)) : made.require(id));
  script.runInThisContext()(made.exports, requireBeside, made, file, dist);
  made.loaded = true;
  return made.exports;
}

/** What is kept for the Node that built dist is kept for this one, too, in a folder that is this user's, where nobody else may write. */
function mayKeep(name, dist) {
  const compiled = `${dist}/compiled`;
  const { existsSync, readdirSync, statSync } = require("node:fs");
  try {
    const { uid, mode } = statSync(compiled);
    const isOwn = uid === process.geteuid?.() && (mode & 0o022) === 0;
    return isOwn && isTypical() && readdirSync(compiled).some((built) => existsSync(`${compiled}/${built}/${name}.js`));
  } catch {
    return false;
  }
}

/** V8 keeps what was used: in a run about files, as most are, by a Node without flags of its own. */
function isTypical() {
  const words = argv.filter((word) => !word.startsWith("-"));
  const isCommon = !/^[a-z-]+$/.test(words[0]) || /^(needs-renewal|kubectl-credential|rekey)$/.test(words[0]);
  const hasFlags = process.execArgv.length > 0 || (process.env.NODE_OPTIONS ?? "") !== "";
  return isCommon && words.some((word) => /[./]/.test(word)) && !hasFlags;
}

/**
 * Whole or not at all, as V8 believes what it reads; and not where dist is another one by now, or gone. A run is as good without:
 * nobody is told of a disk that is full.
 */
function keep(name, { dist, own }, [text, script]) {
  const {
    closeSync,
    existsSync,
    fsyncSync,
    mkdirSync,
    openSync,
    renameSync,
    rmSync,
    writeFileSync,
  } = require("node:fs");
  try {
    if (!read(`${dist}/${name}`)?.equals(text)) return;
    if (!existsSync(own)) mkdirSync(own, { mode: 0o755 });
    const unfinished = `${own}/.${name}.${process.pid}-${process.hrtime.bigint()}`;
    const handle = openSync(unfinished, "wx", 0o644);
    try {
      writeFileSync(handle, Buffer.concat([text, script.createCachedData()]));
      fsyncSync(handle);
      renameSync(unfinished, `${own}/${name}`);
    } catch {
      rmSync(unfinished, { force: true });
    } finally {
      closeSync(handle);
    }
  } catch {
    // it is compiled again
  }
}

function read(file) {
  const { readFileSync } = require("node:fs");
  try {
    return readFileSync(file);
  } catch {
    return null;
  }
}
