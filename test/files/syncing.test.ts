import { describe, expect, test } from "vitest";
import { isFailure } from "../../src/failure/failure.ts";
import { goalOf } from "../../src/files/goal.ts";
import { install, installing } from "../../src/files/install.ts";
import { atOnce, meanwhile, type Syncing } from "../../src/files/syncing.ts";
import type { FileSystem } from "../../src/files/system.ts";
import { type DiskOptions, MemoryDisk } from "../support/disk.ts";
import { Crash, dyingAt, failingAt, recorded } from "../support/faults.ts";

const [crt, token] = ["/etc/web.crt", "0123456789ab"];
const contents = Buffer.from("the new chain");
const variants: [string, DiskOptions][] = [
  ["by rename", {}],
  ["in place", { mounted: { path: crt, errno: "EBUSY" } }],
];
const disk = (options: DiskOptions) => new MemoryDisk(options).put(crt, "the old chain", { mode: 0o640 });

type Install = (fs: FileSystem) => Promise<string>;
const alone: Install = async (fs) => install(goalOf(crt, token, fs), contents, fs);
const besideOthers: Install = async (fs) =>
  meanwhile(installing(goalOf(crt, token, fs), contents, fs), (handle) => fs.syncMeanwhile(handle));

/** What comes of it, in a form that can be compared. */
async function told(work: Promise<string>): Promise<unknown> {
  try {
    return await work;
  } catch (error) {
    if (error instanceof Crash) return "died";
    return isFailure(error) ? { code: error.code, facts: error.facts } : error;
  }
}

const contentsOf = (on: MemoryDisk) => on.list("/etc").map((name) => [name, on.read(`/etc/${name}`).toString()]);
const named = (calls: readonly string[]) => calls.map((call) => (call === "syncMeanwhile" ? "sync" : call));

describe.each(variants)("an installation beside others takes the steps of one alone, %s", (_, options) => {
  const { fs, calls } = recorded(disk(options));
  install(goalOf(crt, token, fs), contents, fs);

  test("call by call", async () => {
    const beside = recorded(disk(options));
    await besideOthers(beside.fs);
    expect(named(beside.calls)).toEqual(calls);
    expect(beside.calls).toContain("syncMeanwhile");
  });

  test.each(calls.map((method, index) => [index + 1, method] as const))(
    "where call %i, %s, fails or is the last",
    async (n) => {
      const seen: unknown[] = [];
      for (const work of [alone, besideOthers]) {
        const [failing, dying] = [disk(options), disk(options)];
        const failed = await told(work(failingAt(n, "EIO", failing).fs));
        const died = await told(work(dyingAt(n, dying).fs));
        seen.push({ failed, died, failing: contentsOf(failing), dying: contentsOf(dying) });
      }
      expect(seen[1]).toEqual(seen[0]);
    },
  );
});

describe("a step that waits for the disk", () => {
  function* steps(log: string[]): Syncing<string> {
    try {
      yield 1;
      log.push("one is safe");
      yield 2;
    } catch (error) {
      log.push(`met ${String(error)}`);
      yield 3;
      throw error;
    }
    return "done";
  }
  const refusing = (handle: number) => {
    if (handle === 2) throw new Error("EIO");
  };

  test("meets what the disk says, and may wait again", async () => {
    const [once, later]: [string[], string[]] = [[], []];
    expect(() => atOnce(steps(once), { sync: refusing })).toThrow("EIO");
    await expect(meanwhile(steps(later), async (handle) => refusing(handle))).rejects.toThrow("EIO");
    expect(later).toEqual(once);
    expect(once).toEqual(["one is safe", "met Error: EIO"]);
  });

  test("returns what the steps return", async () => {
    expect(atOnce(steps([]), { sync: () => undefined })).toBe("done");
    expect(await meanwhile(steps([]), async () => undefined)).toBe("done");
  });
});
