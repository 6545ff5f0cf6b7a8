/** `step certificate needs-renewal` and `renew needs-renewal` side by side: exit status, stdout, and whether stderr is silent. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createAuthority, type LeafSpec } from "../../src/dev-ca/authority.ts";
import { runRenew, runStep } from "../support/real-step.ts";
import { realBinary } from "../support/step-ca.ts";
import { startTlsServer, type TlsServer } from "../support/tls-server.ts";

const step = realBinary("step-v0.30.6");
const folder = mkdtempSync(join(tmpdir(), "needs-renewal-"));
const servers: Record<string, TlsServer> = {};
const hour = 3_600_000;

beforeAll(async () => {
  const authority = await createAuthority({ intermediate: true });
  const other = await createAuthority({ subject: "another" });
  const write = (name: string, text: string) => writeFileSync(join(folder, name), text);
  const issue = (used: number, spec: LeafSpec = {}, hours = 10) => {
    const now = Date.now();
    const notBefore = new Date(now - used * hours * hour);
    return authority.issue({
      subject: "web",
      names: ["localhost", "127.0.0.1", "::1"],
      usages: ["serverAuth"],
      notBefore,
      notAfter: new Date(notBefore.getTime() + hours * hour),
      ...spec,
    });
  };
  const [fresh, due, expired] = await Promise.all([issue(0.5), issue(0.67), issue(1.5)]);
  const der = Buffer.from(fresh.certificate.replace(/-----.*?-----|\s/g, ""), "base64");
  write("root.crt", authority.root);
  write("other.crt", other.root);
  write("fresh.crt", fresh.chain);
  write("due.crt", due.chain);
  write("expired.crt", expired.chain);
  write("second-due.crt", fresh.certificate + due.certificate);
  write("words-around.crt", `Certificate of web\r\n${fresh.certificate.replaceAll("\n", "\r\n")}and more\r\n`);
  write("key-before.crt", fresh.key + fresh.certificate);
  write("broken-second.crt", `${fresh.certificate}-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n`);
  write("only.key", fresh.key);
  write("empty.crt", "");
  write("words.crt", "words");
  writeFileSync(join(folder, "fresh.der"), der);
  const present = async (name: string, { chain, key }: { chain: string; key: string }, options = {}) => {
    servers[name] = await startTlsServer({ cert: chain, key, ...options });
  };
  await present("FRESH", fresh);
  await present("DUE", due);
  await present("EXPIRED", expired);
  await present("SECOND", { chain: fresh.chain + due.certificate, key: fresh.key });
  await present("NAMELESS", await issue(0.5, { names: [], subject: "localhost" }));
  await present("CLIENTS", await issue(0.5, { usages: ["clientAuth"] }));
  await present("MUTUAL", fresh, { requestCert: true, rejectUnauthorized: true });
  await present("MUTUAL12", fresh, { requestCert: true, rejectUnauthorized: true, maxVersion: "TLSv1.2" });
  await present("OLD", fresh, { minVersion: "TLSv1.1", maxVersion: "TLSv1.1", ciphers: "DEFAULT@SECLEVEL=0" });
  await present("GONE", fresh);
  await servers["GONE"]?.close();
});

afterAll(async () => {
  await Promise.all(Object.entries(servers).map(([name, server]) => name !== "GONE" && server.close()));
  rmSync(folder, { recursive: true });
});

const withPorts = (word: string) => word.replace(/[A-Z]+12|[A-Z]{3,}/g, (name) => String(servers[name]?.port ?? name));

interface Row {
  args: string;
  env?: Record<string, string>;
}

const rows: readonly (string | Row)[] = [
  "fresh.crt",
  "due.crt",
  "expired.crt",
  "fresh.der",
  "root.crt",
  "fresh.crt -v",
  "due.crt -v",
  "due.crt --verbose",
  "-verbose due.crt",
  "--verbose=true fresh.crt",
  "--verbose=false fresh.crt",
  "fresh.crt --expires-in 49%",
  "fresh.crt --expires-in 51%",
  "fresh.crt --expires-in=49%",
  "-expires-in 49% fresh.crt",
  "--expires-in 0% fresh.crt",
  "--expires-in +49% fresh.crt",
  "--expires-in=-0% fresh.crt",
  "--expires-in 100% fresh.crt",
  "--expires-in 100% expired.crt",
  "--expires-in 101% fresh.crt",
  "--expires-in=-1% fresh.crt",
  "--expires-in 66.5% fresh.crt",
  "--expires-in 66 fresh.crt",
  "--expires-in % fresh.crt",
  "--expires-in soon fresh.crt",
  "--expires-in= fresh.crt",
  "--expires-in= due.crt",
  "--expires-in 4h fresh.crt",
  "--expires-in 6h fresh.crt",
  "--expires-in 100h fresh.crt",
  "--expires-in 0s fresh.crt",
  "--expires-in 0 expired.crt",
  "--expires-in=-4h expired.crt",
  "--expires-in=-6h expired.crt",
  "--expires-in 5400s fresh.crt",
  "--expires-in 0.5h fresh.crt",
  "second-due.crt",
  "second-due.crt --bundle",
  "--bundle=false second-due.crt",
  "words-around.crt",
  "key-before.crt",
  "broken-second.crt",
  "only.key",
  "empty.crt",
  "words.crt",
  "nope.crt",
  "nope/nope.crt",
  "fresh.crt/nope",
  ".",
  "",
  "fresh.crt due.crt",
  "fresh.crt --nope",
  "fresh.crt --roots nope.crt",
  "fresh.crt --servername other",
  { args: "fresh.crt", env: { STEP_EXPIRES_IN: "49%" } },
  { args: "fresh.crt --expires-in 66%", env: { STEP_EXPIRES_IN: "49%" } },
  { args: "second-due.crt", env: { STEP_BUNDLE: "true" } },
  { args: "due.crt", env: { STEP_VERBOSE: "true" } },
  { args: "due.crt", env: { STEP_CONTEXT: "none" } },
  "localhost:443",
  "http://localhost",
  "tls://localhost:FRESH --roots root.crt",
  "tls://localhost:FRESH --roots root.crt -v",
  "tcp://localhost:DUE --roots root.crt",
  "https://localhost:DUE --roots root.crt -v",
  "smtps://127.0.0.1:FRESH --roots root.crt",
  "ldaps://127.0.0.1:DUE --roots root.crt",
  "hTTps://LocalHost:FRESH/path?query --roots root.crt",
  "tls://user:secret@localhost:FRESH --roots root.crt",
  "tls://localhost:FRESH --roots root.crt --expires-in 100h",
  "tls://localhost:FRESH --roots other.crt",
  "tls://localhost:FRESH --roots other.crt,root.crt",
  "tls://localhost:FRESH --roots .",
  "tls://localhost:FRESH --roots nope.crt",
  "tls://localhost:FRESH",
  { args: "tls://localhost:FRESH", env: { SSL_CERT_FILE: "root.crt" } },
  { args: "tls://localhost:FRESH", env: { STEP_ROOTS: "root.crt" } },
  { args: "tls://localhost:FRESH --roots root.crt", env: { HTTPS_PROXY: "http://127.0.0.1:1" } },
  "tls://localhost:SECOND --roots root.crt",
  "tls://localhost:SECOND --roots root.crt --bundle",
  "tls://localhost:EXPIRED --roots root.crt",
  "tls://localhost:EXPIRED --roots root.crt --expires-in 0s",
  "tls://localhost:NAMELESS --roots root.crt",
  "tls://localhost:CLIENTS --roots root.crt",
  "tls://localhost:MUTUAL --roots root.crt",
  "tls://localhost:MUTUAL12 --roots root.crt",
  "tls://localhost:OLD --roots root.crt",
  "tls://localhost:GONE --roots root.crt",
  "tls://localhost:FRESH --roots root.crt --servername other.internal",
  "tls://127.0.0.1:FRESH --roots root.crt --servername localhost",
  "tls://127.0.0.1:FRESH --roots root.crt --servername 127.0.0.1",
  "tls:// --roots root.crt",
  "tls://[nonsense] --roots root.crt",
];

describe.skipIf(step === undefined)("beside the real step", () => {
  test.each(rows.map((row) => (typeof row === "string" ? { args: row } : row)))(
    "$args $env",
    async ({ args, env = {} }: Row) => {
      const words = args.split(" ").map(withPorts);
      const place = { cwd: folder, env: { STEPPATH: join(folder, "step"), ...env } };
      const [theirs, ours] = await Promise.all([
        runStep(step ?? "", ["certificate", "needs-renewal", ...words], place),
        runRenew(["needs-renewal", ...words], place),
      ]);
      const seen = ({ exit, stdout, stderr }: typeof ours) => ({
        exit,
        stdout,
        // What is said of a failure is our own; what is said of a certificate is not.
        stderr: exit !== null && exit > 1 ? stderr !== "" : stderr,
      });
      expect(seen(ours)).toEqual(seen(theirs));
    },
  );
});

test.skipIf(step === undefined)("one difference on purpose: days", async () => {
  const place = { cwd: folder, env: { STEPPATH: join(folder, "step") } };
  const args = ["--expires-in", "1d", "fresh.crt"];
  expect((await runStep(step ?? "", ["certificate", "needs-renewal", ...args], place)).exit).toBe(255);
  expect((await runRenew(["needs-renewal", ...args], place)).exit).toBe(0);
});
