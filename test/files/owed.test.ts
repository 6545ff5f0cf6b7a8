/** The note of what a renewal owes, on a disk that fails and dies. */
import { describe, expect, test } from "vitest";
import { forgive, noteOf, type Owed, owe, owedBy } from "../../src/files/owed.ts";
import { MemoryDisk, systemError } from "../support/disk.ts";
import { Crash, dyingAt, failingAt, odd, recorded } from "../support/faults.ts";

const file = "/etc/web.crt";
const note = "/etc/.web.crt.renew-owed";
const earlier: Owed = { serial: "1", previousSerial: "0", method: "token" };
const now: Owed = { serial: "2", previousSerial: "1", method: "mtls" };
const disk = () => new MemoryDisk().put(file, "a chain");
const owing = () => {
  const one = disk();
  owe(file, earlier, one);
  return one;
};
const names = (one: MemoryDisk) => one.list("/etc").sort();

describe("the note", () => {
  test("says what the certificate does not, and goes without a trace", () => {
    const one = disk();
    expect(owedBy(file, one)).toBeNull();
    owe(file, now, one);
    expect(owedBy(file, one)).toMatchObject(now);
    expect(JSON.parse(one.read(note).toString())).toEqual({ version: 1, ...now });
    expect(one.stat(note).mode).toBe(0o600);
    expect(forgive(file, one)).toBeNull();
    expect([owedBy(file, one), names(one)]).toEqual([null, ["web.crt"]]);
  });

  test("has a name of its own for each certificate, also where that is as long as a name may be", () => {
    expect(noteOf(`/etc/${"x".repeat(210)}1.crt`)).not.toBe(noteOf(`/etc/${"x".repeat(210)}2.crt`));
    for (const name of ["x".repeat(255), "é".repeat(127), "😀".repeat(63)])
      expect(Buffer.byteLength(noteOf(`/etc/${name}`).slice("/etc/".length)) + ".new".length).toBeLessThan(256);
  });

  test("is whole on the disk once it is written, and the earlier one until then, whenever the machine dies", () => {
    const calls = recorded(owing());
    owe(file, now, calls.fs);
    expect(calls.calls.length).toBeGreaterThan(8);
    for (let n = 1; n <= calls.calls.length + 1; n++) {
      const one = owing();
      try {
        owe(file, now, dyingAt(n, one).fs);
      } catch (error) {
        expect(error).toBeInstanceOf(Crash);
      }
      const isWritten = n > calls.calls.length;
      for (const files of one.afterCrash("/etc")) {
        const again = disk();
        for (const [name, { data, ...meta }] of files) again.put(`/etc/${name}`, data, meta);
        const found = owedBy(file, again);
        expect(isWritten ? [now.serial] : [earlier.serial, now.serial]).toContain(
          found !== null && found !== "unreadable" ? found.serial : found,
        );
        owe(file, now, again);
        forgive(file, again);
        expect(names(again)).toEqual(["web.crt"]);
      }
    }
  });

  test.each(["ENOSPC", "EIO", "EROFS"])("that cannot be written (%s) leaves the earlier one", (errno) => {
    const { fs, calls } = recorded(owing());
    owe(file, now, fs);
    for (let n = 1; n <= calls.length; n++) {
      const one = owing();
      try {
        owe(file, now, failingAt(n, errno, one).fs);
      } catch {
        expect(owedBy(file, one), `${calls[n - 1]}, call ${n}`).toMatchObject({ method: expect.any(String) });
        continue;
      }
      expect(owedBy(file, one)).toMatchObject(now); // what failed only took something away
    }
  });

  test("that cannot be taken away is named", () => {
    const refuse = () => {
      throw systemError("EROFS");
    };
    const one = owing();
    expect(forgive(file, odd(one, { remove: refuse }))).toBe(note);
    expect(owedBy(file, one)).toMatchObject(earlier);
  });
});

describe("what stands where the note should", () => {
  const huge = JSON.stringify({ version: 1, ...now, more: "x".repeat(5000) });
  test.each([
    ["nothing in it", ""],
    ["no JSON", "hello"],
    ["no object", "null"],
    ["a list", "[]"],
    ["another version", JSON.stringify({ ...now, version: 2 })],
    ["no serial number", JSON.stringify({ version: 1, previousSerial: "1", method: "mtls" })],
    ["a serial number that is none", JSON.stringify({ version: 1, ...now, serial: "$(reboot)" })],
    ["a number", JSON.stringify({ version: 1, ...now, serial: 2 })],
    ["one that is too long", JSON.stringify({ version: 1, ...now, previousSerial: "1".repeat(61) })],
    ["lines", JSON.stringify({ version: 1, ...now, serial: "2\nLD_PRELOAD=x" })],
    ["another method", JSON.stringify({ version: 1, ...now, method: "mtls; reboot" })],
    ["a torn one", JSON.stringify({ version: 1, ...now }).slice(0, 20)],
  ])("%s owes all the same, and says nothing", (_, text) => {
    expect(owedBy(file, disk().put(note, text))).toBe("unreadable");
  });

  test("so do a link, a device and a folder, which are not looked into", () => {
    for (const what of [{ link: "/etc/real" }, "device"] as const) {
      const one = disk()
        .put("/etc/real", JSON.stringify({ version: 1, ...now }))
        .put(note, what);
      const { fs, calls } = recorded(one);
      expect(owedBy(file, fs)).toBe("unreadable");
      expect(calls).toEqual(["exists", "lstat"]);
    }
    expect(owedBy(file, disk().put(`${note}/x`, ""))).toBe("unreadable");
  });

  test("one that may not be read, or is larger than any", () => {
    const one = disk().put(note, huge);
    for (const errno of ["EACCES", "EFBIG", "EIO"]) {
      const read = () => {
        throw systemError(errno);
      };
      expect(owedBy(file, odd(one, { read }))).toBe("unreadable");
    }
  });

  test("a link is replaced, and not written through", () => {
    const one = disk()
      .put("/etc/real", "precious")
      .put(note, { link: "/etc/real" })
      .put(`${note}.new`, { link: "/etc/real" });
    owe(file, now, one);
    expect(owedBy(file, one)).toMatchObject(now);
    forgive(file, one);
    expect(one.read("/etc/real").toString()).toBe("precious");
    expect(names(one)).toEqual(["real", "web.crt"]);
  });
});
