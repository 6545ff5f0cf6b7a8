/** What docs/from-step.md gives people to copy works. */
import { execFile } from "node:child_process";
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createAuthority } from "../../src/dev-ca/authority.ts";
import { program, root } from "../support/program.ts";

const page = readFileSync(resolve(root, "docs/from-step.md"), "utf8");
const folder = mkdtempSync(join(tmpdir(), "from-step-"));

beforeAll(async () => {
  const script = /```sh\n(#!\/bin\/sh\n[\s\S]*?)```/.exec(page)?.[1] ?? "";
  const write = (name: string, text: string) => {
    writeFileSync(join(folder, name), text);
    chmodSync(join(folder, name), 0o755);
  };
  write("step", script);
  write("renew", `#!/bin/sh\nexec ${program.map((word) => `'${word}'`).join(" ")} "$@"\n`);
  write("real-step", '#!/bin/sh\necho "real step: $*"\n');
  const now = Date.now();
  const life = { notBefore: new Date(now - 36e5), notAfter: new Date(now + 36e5) };
  writeFileSync(join(folder, "web server.crt"), (await createAuthority().then((ca) => ca.issue(life))).chain);
});
afterAll(() => rmSync(folder, { recursive: true }));

const step = (...args: string[]) =>
  new Promise<{ exit: number; stdout: string; stderr: string }>((done) => {
    const { PATH = "" } = process.env;
    const env = { PATH: `${folder}:${PATH}`, HOME: folder, REAL_STEP: join(folder, "real-step") };
    execFile(join(folder, "step"), args, { cwd: folder, env }, (error, stdout, stderr) =>
      done({ exit: error === null ? 0 : Number(error.code), stdout, stderr }),
    );
  });

test.skipIf(process.platform === "win32")(
  "the program called step hands on three commands, word for word",
  async () => {
    expect(await step("certificate", "needs-renewal", "web server.crt", "--expires-in=40%", "-v")).toEqual({
      exit: 0,
      stdout: "certificate needs renewal\n",
      stderr: "",
    });
    expect(await step("certificate", "needs-renewal", "nope.crt")).toMatchObject({ exit: 2, stdout: "" });
    const renewal = await step("ca", "renew", "web server.crt", "nope.key", "--ca-url", "ca", "--force");
    expect(renewal).toMatchObject({ exit: 66, stderr: expect.stringContaining("nope.key") });
    expect(await step("ca", "certificate", "web", "a b")).toMatchObject({
      exit: 0,
      stdout: "real step: ca certificate web a b\n",
    });
  },
);
