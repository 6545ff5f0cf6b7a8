/** OpenSSL's own verdict on what a server presents, as Node's TLS asks for it. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { toPem } from "../../src/pki/pem.ts";

/** Null where it is good, else OpenSSL's words. `level`: of security; 2 asks for the most. */
export function verifiedByOpenSsl(
  [leaf = new Uint8Array(), ...others]: readonly Uint8Array[],
  anchors: readonly Uint8Array[],
  at: Date,
): string | null {
  const folder = mkdtempSync(join(tmpdir(), "renew-verify-"));
  const put = (name: string, ders: readonly Uint8Array[]) => {
    writeFileSync(join(folder, name), ders.map((der) => toPem("CERTIFICATE", der)).join(""));
    return join(folder, name);
  };
  try {
    const time = String(Math.floor(at.getTime() / 1000));
    const sent = others.length === 0 ? [] : ["-untrusted", put("others", others)];
    const how = ["-purpose", "sslserver", "-partial_chain", "-auth_level", "2", "-attime", time];
    const roots = ["-no-CApath", "-no-CAfile", "-no-CAstore", "-trusted", put("anchors", anchors)];
    const { status, stderr, error } = spawnSync("openssl", ["verify", ...how, ...roots, ...sent, put("leaf", [leaf])], {
      encoding: "utf8",
    });
    if (error !== undefined) throw error;
    return status === 0 ? null : stderr || "refused";
  } finally {
    rmSync(folder, { recursive: true });
  }
}
