/** `renew run` as people run it: the built program, a list, and a real step-ca. */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type Authority, createAuthority } from "../../src/dev-ca/authority.ts";
import { certificatesIn } from "../support/issued.ts";
import { Folder } from "../support/many.ts";
import { run } from "../support/program.ts";
import { learnFrom } from "../support/secrets.ts";
import { realBinary, type StepCa, startStepCa } from "../support/step-ca.ts";

const count = 40;
const spec = { provisioner: { name: "admin" } };

describe.skipIf(realBinary("step-ca-v0.30.2") === undefined)("a list against a real step-ca", () => {
  let ca: StepCa;
  let authority: Authority;
  let folder: Folder;
  beforeAll(async () => {
    authority = await createAuthority({ intermediate: true });
    ca = await startStepCa({ version: "v0.30.2", authority });
  });
  afterAll(() => ca.close());
  beforeEach(async () => {
    folder = await Folder.make(authority);
    await folder.fill(count, spec);
    writeFileSync(folder.file("root.crt"), authority.root);
    learnFrom(
      Array.from({ length: count }, (_, index) => `c${index}.key`),
      folder.path,
    );
  });
  afterEach(() => folder.end());

  const serials = () =>
    Array.from(
      { length: count },
      (_, index) => certificatesIn(readFileSync(folder.file(`c${index}.crt`), "latin1"))[0].serial,
    );
  const entries = (from: number, to: number, folder = "") =>
    Array.from({ length: to - from }, (_, index) => `${folder}c${from + index}`)
      .map((name) => `  - {crt: ${name}.crt, key: ${name}.key}\n`)
      .join("");
  const yaml = (more = "", to = count) =>
    writeFileSync(
      folder.file("list.yaml"),
      `ca-url: ${ca.url}\nroot: root.crt\n${more}certificates:\n${entries(0, to)}`,
    );
  const renewRun = (words: string, more = {}) =>
    run(["run", "--config", folder.file("list.yaml"), ...words.split(" ").filter(Boolean)], { cwd: "/", ...more });

  test.each(["mtls", "token"])("is renewed by %s, from any folder, and then it is not due", async (method) => {
    yaml(`method: ${method}\n`);
    const before = serials();
    const ran = await renewRun("--force --json");
    expect([ran.exit, ran.stderr]).toEqual([0, ""]);
    const document = JSON.parse(ran.stdout);
    expect(document.summary).toMatchObject({ total: count, renewed: count, failed: 0, untouched: 0 });
    expect(new Set(document.results.map((one: { method: string }) => one.method))).toEqual(new Set([method]));
    expect(serials().filter((serial) => before.includes(serial))).toEqual([]);
    const again = await renewRun("--exit-code");
    expect([again.exit, again.stdout]).toEqual([10, ""]);
    expect(again.stderr).toMatch(
      new RegExp(`^${count} not due: ${count} certificates of \\S+list\\.yaml, in \\S+\\n$`),
    );
  });

  test("with a hook of all in a folder that is included: once, with each of them in it", async () => {
    mkdirSync(folder.file("conf.d"));
    yaml('include: conf.d\nexec-shell: echo "hook for $RENEW_COUNT" >&2\n', 20);
    writeFileSync(folder.file("conf.d/more.yml"), `certificates:\n${entries(20, count, "../")}`);
    const ran = await renewRun("--force");
    expect([ran.exit, ran.stderr.match(/^hook for .*$/gm)]).toEqual([0, [`hook for ${count}`]]);
  });

  test("ends at SIGINT with what was done, and the next run does the rest", async () => {
    yaml();
    const before = serials();
    let isSent = false;
    const ran = await renewRun("--force -v --concurrency 2", {
      onWords: (words: string, kill: (signal: NodeJS.Signals) => void) => {
        if (isSent || !words.includes("c5.crt")) return;
        isSent = true;
        kill("SIGINT");
      },
    });
    const after = serials();
    const done = after.filter((serial, index) => serial !== before[index]).length;
    expect([ran.exit, ran.signal]).toEqual([130, null]);
    expect(done).toBeGreaterThan(0);
    expect(done).toBeLessThan(count);
    expect(ran.stderr).toContain("error[INTERRUPTED]");
    const [, , failed = "", untried = ""] =
      /^(\d+) renewed, (?:(\d+) failed, )?(\d+) not tried: /m.exec(ran.stderr) ?? [];
    expect(done + Number(failed) + Number(untried)).toBe(count);
    const next = await renewRun("--force -q");
    expect([next.exit, next.stderr]).toEqual([0, ""]);
  });
});
