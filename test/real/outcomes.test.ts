/**
 * The case that this program grew from, as a matrix on real step-ca: extended key usage × valid or expired × version. Each
 * cell is the built program's own outcome: exit status, way, cause, and whether the chain it installed is of use.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createAuthority, type Usage } from "../../src/dev-ca/authority.ts";
import { run } from "../support/program.ts";
import { realBinary, type StepCa, startStepCa } from "../support/step-ca.ts";
import { connectsAs, servesAs } from "../support/tls-pair.ts";

const versions = ["v0.26.1", "v0.26.2", "v0.30.2"] as const;

const usages: Record<string, Usage[]> = {
  "client and server": ["serverAuth", "clientAuth"],
  none: [],
  "client only": ["clientAuth"],
  "server only": ["serverAuth"],
};

type Expected = { exit: 0; method: "mtls" | "token" } | { exit: 77; method: "mtls" | "token"; cause: string };

const mtls: Expected = { exit: 0, method: "mtls" };
const token: Expected = { exit: 0, method: "token" };
const noServerAuth: Expected = { exit: 77, method: "token", cause: "NO_SERVER_AUTH_OLD_CA" };
const noClientAuth: Expected = { exit: 77, method: "token", cause: "NO_CLIENT_AUTH" };

/** In the order of `versions`. */
const outcomes: [usage: string, state: "valid" | "expired", outcomes: [Expected, Expected, Expected]][] = [
  ["client and server", "valid", [mtls, mtls, mtls]],
  ["client and server", "expired", [token, token, token]],
  ["none", "valid", [mtls, mtls, mtls]],
  ["none", "expired", [token, token, token]],
  ["client only", "valid", [mtls, mtls, mtls]],
  ["client only", "expired", [noServerAuth, token, token]],
  ["server only", "valid", [token, noClientAuth, noClientAuth]],
  ["server only", "expired", [token, noClientAuth, noClientAuth]],
];

const hour = 3_600_000;

const isThere = (version: (typeof versions)[number]) => realBinary(`step-ca-${version}`) !== undefined;

describe.skipIf(versions.some((version) => !isThere(version)))("the real thing is there", () => {
  test("in every version", () => expect(versions.every(isThere)).toBe(true));
});

describe.each(versions.filter(isThere))("step-ca %s", (version) => {
  const column = versions.indexOf(version);
  const folder = mkdtempSync(join(tmpdir(), "renew-outcomes-"));
  let ca: StepCa;

  beforeAll(async () => {
    ca = await startStepCa({ version, authority: await createAuthority() });
  });
  afterAll(async () => {
    await ca.close();
    rmSync(folder, { recursive: true });
  });

  test.each(outcomes)("usage %s, %s", async (usage, state, expected) => {
    const now = Date.now();
    const [from, to] = state === "valid" ? [-1, 1] : [-2, -0.1];
    const name = `${usage}-${state}`.replaceAll(" ", "-");
    const { chain, key } = await ca.authority.issue({
      subject: "dave",
      names: ["dave.internal"],
      usages: usages[usage] ?? [],
      provisioner: { name: "after-expiry" },
      notBefore: new Date(now + from * hour),
      notAfter: new Date(now + to * hour),
    });
    const [crt, keyFile] = [join(folder, `${name}.crt`), join(folder, `${name}.key`)];
    writeFileSync(crt, chain);
    writeFileSync(keyFile, key, { mode: 0o600 });

    const ran = await run(["--json", "--force", crt, keyFile, "--ca-url", ca.url, "--root", ca.rootFile]);
    const said = JSON.parse(ran.stdout);
    const want = expected[column];
    if (want === undefined) throw new Error("no such version");
    expect({ exit: ran.exit, method: said.method }, ran.stdout).toEqual({ exit: want.exit, method: want.method });
    if (want.exit === 77) {
      expect(said.error.causes).toEqual([expect.objectContaining({ id: want.cause, certainty: "certain" })]);
      expect(readFileSync(crt, "utf8")).toBe(chain);
      return;
    }
    const pair = { cert: readFileSync(crt, "utf8"), key };
    expect(pair.cert).not.toBe(chain);
    const may = usages[usage] ?? [];
    if (may.length === 0 || may.includes("serverAuth"))
      await servesAs(pair, { root: ca.authority.root, name: "dave.internal" });
    if (may.length === 0 || may.includes("clientAuth")) await connectsAs(pair, ca.authority);
  });
});
