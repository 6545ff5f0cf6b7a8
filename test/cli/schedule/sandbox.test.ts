/** As whom the unit runs, and what it sees: decided by whose the files are and where they lie. */
import { describe, expect, test } from "vitest";
import type { Job } from "../../../src/cli/schedule/job.ts";
import { runnerOf, sandbox } from "../../../src/cli/schedule/sandbox.ts";
import { type FileStat, type FileSystem, realFileSystem } from "../../../src/files/system.ts";

const program = ["/usr/bin/node", "/usr/lib/node_modules/x5c-renew/bin/renew.js"];

const jobIn = (folder: string, more: Partial<Job> = {}): Job => ({
  certificate: `${folder}/web.crt`,
  key: `${folder}/web.key`,
  out: null,
  also: [],
  flags: [],
  files: [`${folder}/web.crt`, `${folder}/web.key`],
  window: { kind: "percent", used: 66 },
  hasHook: false,
  sendsSignal: false,
  leaf: null,
  remarks: [],
  ...more,
});

type Owner = readonly [uid: number, gid: number];

/** Every file is this user's, but those that are named. */
const disk = (owner: Owner, others: Readonly<Record<string, Owner>> = {}): FileSystem => ({
  ...realFileSystem,
  realpath: (file) => file,
  read: () =>
    Buffer.from("root:x:0:0::/root:/bin/sh\nweb:x:1000:1000::/home/web:/bin/sh\nnobody:x:65534:65534::/:/bin/sh\n"),
  stat: (file) => {
    const [uid, gid] = others[file] ?? owner;
    return { uid, gid } as FileStat;
  },
});

const root = { user: null };
const all = ["CAP_CHOWN", "CAP_DAC_OVERRIDE", "CAP_FOWNER"];

describe("as whom", () => {
  test.each<[string, Owner, Record<string, Owner>, Partial<Job>, string | null, object]>([
    ["all are root's: root, without any right", [0, 0], {}, {}, null, { ...root, capabilities: [] }],
    [
      "of another group: root, who may keep it",
      [0, 0],
      { "/c/web.key": [0, 33] },
      {},
      null,
      { ...root, capabilities: ["CAP_CHOWN"] },
    ],
    ["all are one user's: that user", [1000, 1000], {}, {}, null, { user: "web", capabilities: [] }],
    ["and a hook follows: root", [1000, 1000], {}, { hasHook: true }, null, { ...root, capabilities: all }],
    [
      "and a signal follows: root, who may send it",
      [1000, 1000],
      {},
      { sendsSignal: true },
      null,
      { ...root, capabilities: [...all, "CAP_KILL"] },
    ],
    ["the key is root's: root", [1000, 1000], { "/c/web.key": [0, 0] }, {}, null, { ...root, capabilities: all }],
    ["of a user that the machine does not know: root", [4711, 4711], {}, {}, null, { ...root, capabilities: all }],
    ["nobody's, whom too many share: root", [65534, 65534], {}, {}, null, { ...root, capabilities: all }],
    ["as it is said", [0, 0], {}, { hasHook: true }, "web", { user: "web", capabilities: [] }],
    ["root, as it is said", [1000, 1000], {}, {}, "root", { ...root, capabilities: all }],
  ])("%s", (_, owner, others, more, named, expected) => {
    expect(runnerOf(jobIn("/c", more), named, { fs: disk(owner, others) })).toEqual(expected);
  });
});

describe("what it sees", () => {
  const lines = (folder: string, own: readonly string[] = program) => {
    const plan = { job: jobIn(folder), runner: { user: null, capabilities: [] }, program: own };
    return sandbox(plan, { fs: disk([0, 0]) });
  };

  test("of the system, one folder to write", () => {
    expect(lines("/etc/certs").filter((line) => /Paths=|ProtectHome|User=/.test(line))).toEqual([
      "ReadWritePaths=/etc/certs",
      "ProtectHome=yes",
    ]);
  });

  test.each(["/home/web/certs", "/root", "/run/user/1000/certs"])(
    "of homes, where the files are in one: %s",
    (folder) => {
      expect(lines(folder)).toEqual(expect.arrayContaining(["ProtectHome=read-only", `ReadWritePaths=${folder}`]));
    },
  );

  test("of homes, where the program is in one", () => {
    expect(lines("/etc/certs", ["/root/.nvm/bin/node", "/root/x/bin/renew.js"])).toContain("ProtectHome=read-only");
  });

  test("of /tmp, what it needs, in a /tmp of its own", () => {
    expect(lines("/tmp/a:b")).toEqual(expect.arrayContaining(["PrivateTmp=yes", 'BindPaths="/tmp/a:b"']));
    const program = ["/tmp/node/bin/node", "/tmp/renew/bin/renew.js"];
    const bound = lines("/etc/certs", program).filter((line) => line.startsWith("Bind"));
    expect(bound).toEqual(["BindReadOnlyPaths=/tmp/node/bin", "BindReadOnlyPaths=/tmp/renew"]);
    expect(lines("/tmp/certs", ["/tmp/certs/renew"]).filter((line) => line.startsWith("BindReadOnly"))).toEqual([]);
  });
});
