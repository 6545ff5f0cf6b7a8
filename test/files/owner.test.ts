/** When this process was started: never too early, whatever the machine does in between. */
import { expect, test } from "vitest";
import { startedBefore } from "../../src/files/owner.ts";
import { realFileSystem } from "../../src/files/system.ts";
import { MemoryDisk } from "../support/disk.ts";
import { odd } from "../support/faults.ts";

const boot = Date.UTC(2026, 2, 2, 12);
const stat = `/proc/${process.pid}/stat`;

/** A machine on which 1 s has passed, and this process was started after 400 ms. `waits`: before that file is read, in ms. */
function machine(waits: Record<string, number> = {}) {
  let upMs = 1000;
  const fs = odd(new MemoryDisk(), {
    read: (file) => {
      upMs += waits[file] ?? 0;
      if (file === stat) return Buffer.from(`${process.pid} (node) R ${"0 ".repeat(18)}40 0`);
      return Buffer.from(`${(Math.floor(upMs / 10) / 100).toFixed(2)} 0.00\n`);
    },
  });
  return { fs, now: () => new Date(boot + upMs) };
}

test.each([{}, { [stat]: 300 }, { "/proc/uptime": 300 }])("is at most a moment late: %j", (waits) => {
  const { fs, now } = machine(waits);
  const started = startedBefore(now, fs)?.getTime() ?? Number.NaN;
  expect(started).toBeGreaterThanOrEqual(boot + 400);
  expect(started).toBeLessThanOrEqual(boot + 420);
});

test("is not known where /proc is not there", () => {
  expect(startedBefore(() => new Date(), new MemoryDisk())).toBeNull();
});

test.runIf(process.platform === "linux")("is before now, and by what this process has run", () => {
  const age = Date.now() - (startedBefore(() => new Date(), realFileSystem)?.getTime() ?? Number.NaN);
  expect(age).toBeGreaterThanOrEqual(performance.now() - 1000);
});
