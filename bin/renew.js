#!/usr/bin/env node
// Hands the real world to main and sets the exit code: the only place that may end the process.
import { main, realWorld } from "../dist/main.js";

const interruption = new AbortController();
/** A daemon takes some signals over. */
const handlers = new Map();
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) {
  process.on(signal, () => {
    const handler = handlers.get(signal);
    if (handler !== undefined) return handler();
    if (interruption.signal.aborted) process.exit(128 + { SIGHUP: 1, SIGINT: 2, SIGTERM: 15 }[signal]);
    interruption.abort(signal);
  });
}
// Without this, SIGUSR1 opens Node's debugger.
process.on("SIGUSR1", () => handlers.get("SIGUSR1")?.());
// A reader that went away (`renew … | head`) is no error of ours.
for (const stream of [process.stdout, process.stderr]) stream.on("error", () => {});

process.exitCode = await main(process.argv.slice(2), realWorld(interruption.signal, handlers));
// The work is done: wait for words that are still on their way, and for nothing else.
if (process.stdout.writableLength === 0 && process.stderr.writableLength === 0) process.exit();
