/** The command that fetches a missing intermediate from the CA's own handshake is run as it stands in the help. */
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { afterEach, describe, expect, test } from "vitest";
import { type Scene, scene } from "../support/scene.ts";

const hasOpenssl = spawnSync("openssl", ["version"]).status === 0;

let current: Scene | undefined;
afterEach(() => current?.end());

describe.skipIf(!hasOpenssl)("a file with the leaf alone, on a CA that does not publish its intermediates", () => {
  test("is completed by the command in the help, and renewed then", async () => {
    const s = await scene({ intermediate: true });
    current = s;
    await s.issue("web", { from: -30, to: -6, usages: ["serverAuth", "clientAuth"] });
    const [leaf = ""] = readFileSync("web.crt", "utf8").match(/-----BEGIN [\s\S]*?-----END CERTIFICATE-----\n/) ?? [];
    s.write("web.crt", leaf);
    await s.ca({ like: "v0.26.1" });
    const command = "--force web.crt web.key --ca-url CA --root root.crt";

    const refused = await s.renew(`--json ${command}`);
    const { causes, help } = JSON.parse(refused.stdout).error as { causes: unknown[]; help: string[] };
    expect(causes[0]).toMatchObject({ id: "CHAIN_INCOMPLETE", certainty: "certain" });

    const [, fetching = ""] = /`(openssl s_client [^`]*)`/.exec(help.join("\n")) ?? [];
    const shell = spawn("sh", ["-c", fetching], { stdio: "ignore", timeout: 10_000 });
    expect(await once(shell, "exit")).toEqual([0, null]);
    expect(readFileSync("web.crt", "utf8")).toBe(leaf + s.authority.intermediates.join(""));

    expect((await s.renew(command)).exit).toBe(0);
  });
});
