#!/usr/bin/env node
// Hands the real world to main and sets the exit code: the only place that may end the process. CommonJS, as all of dist:
// Node takes a tenth of a short run to set up its loader of ES modules.
"use strict";
// Everything else is loaded after the signals have their handlers: a signal may come at once.
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

const { main, realWorld, isSaid } = require("../dist/main.js");
main(process.argv.slice(2), realWorld(interruption.signal, { end, take })).then((status) => {
  process.exitCode = status;
  // The work is done: wait for words that are still on their way, and for nothing else.
  if (isSaid()) process.exit();
});
