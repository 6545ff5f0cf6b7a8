/** Where the evidence of a refusal is from: every question, the refused one first, each with its time. */
import { createPrivateKey } from "node:crypto";
import { afterEach, describe, expect, test } from "vitest";
import type { Answer } from "../../src/ca/answer.ts";
import { parseCaUrl } from "../../src/ca/url.ts";
import { createAuthority } from "../../src/dev-ca/authority.ts";
import { startDevCa } from "../../src/dev-ca/server.ts";
import { ConnectionEnded } from "../../src/failure/causes.ts";
import type { Diagnosis } from "../../src/failure/evidence.ts";
import { explainRefusal } from "../../src/renewal/refusal.ts";
import { issued } from "../support/issued.ts";

const authority = await createAuthority();
const { leaf, chain, root, key } = await issued({ provisioner: { name: "admin" } }, authority);

const running: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const one of running.splice(0)) await one.close();
});

async function diagnosisOf(by: Answer | ConnectionEnded, now: Date): Promise<Diagnosis> {
  const ca = await startDevCa({ authority });
  running.push(ca);
  const failure = await explainRefusal({
    identity: { certificateFile: "web.crt", keyFile: "web.key", leaf, chain, key: createPrivateKey(key) },
    anchors: [root],
    choice: { method: "mtls", because: "valid" },
    by,
    route: {
      ca: parseCaUrl(ca.url, "--ca-url"),
      roots: [root],
      timeoutMs: 1, // what is left of the run's own time does not bound the evidence
      connectTimeoutMs: 1,
      env: {},
      now: () => now,
      elapsed: () => performance.now(),
      signal: new AbortController().signal,
    },
    root: "root.crt",
    now,
  });
  if (!("diagnosis" in failure.facts) || failure.facts.diagnosis === undefined) throw new Error("no diagnosis");
  return failure.facts.diagnosis;
}

const sources = [
  "POST /renew",
  "GET /version",
  "GET /health",
  "GET /roots",
  "GET /intermediates",
  "GET /crl",
  "GET /root/00",
  "TLS handshake",
  "GET /provisioners",
];

describe("the questions behind a diagnosis", () => {
  test("are listed after an answer, which has its own time", async () => {
    const at = new Date("2026-03-02T12:00:00Z");
    const answer = { url: "", status: 401, headers: {}, body: Buffer.from("{}"), at, roundTripMs: 12.3 };
    const { asked } = await diagnosisOf({ ...answer, body: Buffer.from('{"status":401,"message":"no"}') }, new Date());
    expect(asked.map(({ source }) => source)).toEqual(sources);
    expect(asked[0]).toEqual({ source: "POST /renew", at, tookMs: 12, outcome: "401" });
  });

  test.each([
    [42, "TLS alert 42"],
    [null, "closed"],
  ])("are listed after alert %s", async (alert, outcome) => {
    const now = new Date();
    const { asked } = await diagnosisOf(new ConnectionEnded(alert, new Error("no")), now);
    expect(asked.map(({ source }) => source)).toEqual(sources);
    expect(asked[0]).toEqual({ source: "POST /renew", at: now, tookMs: 0, outcome });
    for (const { at } of asked) expect(at).toEqual(now);
  });
});
