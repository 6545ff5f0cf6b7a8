/** A file that lacks its intermediate: the token is completed by what the CA presents, and the file by the doctor's command. */
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createAuthority } from "../../src/dev-ca/authority.ts";
import { type Scene, scene } from "../support/scene.ts";

const hasOpenssl = spawnSync("openssl", ["version"]).status === 0;
const command = "web.crt web.key --ca-url CA --root root.crt";

let s: Scene;
let leaf: string;
beforeEach(async () => {
  s = await scene({ intermediate: true });
  await s.issue("web", { from: -30, to: -6, usages: ["serverAuth", "clientAuth"] });
  [leaf = ""] = readFileSync("web.crt", "utf8").match(/-----BEGIN [\s\S]*?-----END CERTIFICATE-----\n/) ?? [];
  s.write("web.crt", leaf);
});
afterEach(() => s.end());

describe("a file with the leaf alone, on a CA that does not publish its intermediates", () => {
  test("is renewed with the intermediate that the CA presents", async () => {
    await s.ca({ like: "v0.26.1" });
    expect((await s.renew(`--force ${command}`)).exit).toBe(0);
  });

  test("is not completed by an intermediate of that name that did not sign the leaf", async () => {
    const root = { certificate: s.authority.root, key: s.authority.rootKey };
    const intermediate = { subject: "k3s-client-ca@1714937196 intermediate" };
    await s.ca({ like: "v0.26.1", authority: await createAuthority({ root, intermediate }) });
    const refused = await s.renew(`--json --force ${command}`);
    const { causes } = JSON.parse(refused.stdout).error as { causes: { id: string }[] };
    expect(causes.map(({ id }) => id)).toContain("CHAIN_INCOMPLETE");
  });

  test.skipIf(!hasOpenssl)("is completed by the doctor's command as it stands", async () => {
    await s.ca({ like: "v0.26.1" });
    const found = await s.renew(`doctor --json ${command}`);
    const { checks } = JSON.parse(found.stdout) as { checks: { name: string; help: string[] }[] };
    const help = checks.find(({ name }) => name === "chain")?.help.join("\n") ?? "";
    const [, fetching = ""] = /`(openssl s_client [^`]*)`/.exec(help) ?? [];
    const shell = spawn("sh", ["-c", fetching], { stdio: "ignore", timeout: 10_000 });
    expect(await once(shell, "exit")).toEqual([0, null]);
    expect(readFileSync("web.crt", "utf8")).toBe(leaf + s.authority.intermediates.join(""));
  });
});
