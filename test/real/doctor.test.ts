/**
 * Every forecast of `renew doctor` against what then really happens: extended key usage × provisioner × chain, on each real
 * CA, over mTLS and by token, now and after the expiry. What is said to work works; what is said to be refused is refused,
 * and for that cause. After the expiry, a twin that has expired already stands in for the certificate.
 */
import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Method } from "../../src/ca/credential.ts";
import { parseCaUrl } from "../../src/ca/url.ts";
import { type Authority, createAuthority, type Issued, type LeafSpec, type Usage } from "../../src/dev-ca/authority.ts";
import type { Cell } from "../../src/failure/diagnosis/forecast.ts";
import { askBy, explain } from "../../src/renewal/ask.ts";
import { type DoctorPolicy, examine } from "../../src/renewal/doctor.ts";
import { load } from "../../src/renewal/load.ts";
import { readRoots } from "../../src/renewal/trust.ts";
import { realBinary, type StepCa, startStepCa } from "../support/step-ca.ts";
import { standardProvisioners } from "../support/step-ca-config.ts";
import { type TestWorld, testWorld } from "../support/world.ts";
import type { CaVersion } from "./binaries.ts";

const hour = 3_600_000;
const at = (hours: number) => new Date(Date.now() + hours * hour);
const life = { notBefore: at(-30 * 24), notAfter: at(30 * 24) };

const usages: Record<string, Usage[]> = {
  "both usages": ["serverAuth", "clientAuth"],
  "no usage": [],
  "clientAuth only": ["clientAuth"],
  "serverAuth only": ["serverAuth"],
  "codeSigning only": ["codeSigning"],
};
const provisioners: Record<string, LeafSpec["provisioner"]> = {
  plain: { name: "admin" },
  "after expiry": { name: "after-expiry" },
  "not after expiry": { name: "not-after-expiry" },
  "renewal disabled": { name: "no-renewal" },
  gone: { name: "retired" },
  unnamed: null,
};
const forbidden = { name: "not-after-expiry", claims: { allowRenewalAfterExpiry: false } };

interface Place {
  ca: StepCa;
  folder: string;
  issuers: Record<string, { by: Authority; whole: boolean }>;
}

const versions: CaVersion[] = ["v0.26.1", "v0.26.2", "v0.30.2", "v0.30.2-na"];
const there = versions.filter((version) => realBinary(`step-ca-${version}`) !== undefined);
const met: string[] = [];
afterAll(() => console.log(`forecasts and what happened: ${summary(met)}`));

describe.each(there)("step-ca %s", (version) => {
  let place: Place;
  beforeAll(async () => {
    const authority = await createAuthority({ ...life, intermediate: true });
    const root = { certificate: authority.root, key: authority.rootKey };
    const earlier = await createAuthority({ ...life, root, intermediate: { subject: "the first intermediate" } });
    const servers = await createAuthority({
      ...life,
      root,
      intermediate: { subject: "for servers", usages: ["serverAuth"] },
    });
    const foreign = await createAuthority({ ...life, subject: "another CA", intermediate: true });
    place = {
      ca: await startStepCa({ version, authority, provisioners: [...standardProvisioners, forbidden] }),
      folder: mkdtempSync(join(tmpdir(), "renew-doctor-")),
      issuers: {
        "whole chain": { by: authority, whole: true },
        "leaf alone": { by: authority, whole: false },
        "earlier intermediate": { by: earlier, whole: true },
        "earlier intermediate, leaf alone": { by: earlier, whole: false },
        "intermediate for servers": { by: servers, whole: true },
        "another CA": { by: foreign, whole: true },
      },
    };
  });
  afterAll(async () => {
    await place.ca.close();
    rmSync(place.folder, { recursive: true });
  });

  const chains = [
    "whole chain",
    "leaf alone",
    "earlier intermediate",
    "earlier intermediate, leaf alone",
    "intermediate for servers",
    "another CA",
  ];
  const all = chains.flatMap((chain) =>
    Object.keys(provisioners).flatMap((provisioner) =>
      Object.keys(usages).map((usage) => [usage, provisioner, chain] as const),
    ),
  );

  test.each(chains)(
    "%s: 30 certificates",
    async (wanted) => {
      for (const [usage, provisioner, chain] of all.filter(([, , chain]) => chain === wanted)) {
        const name = `${usage}, ${provisioner}, ${chain}`;
        const spec = {
          subject: "dave",
          names: ["dave.internal"],
          usages: usages[usage] ?? [],
          provisioner: provisioners[provisioner] ?? null,
        };
        const policy = await put(place, chain, spec, { notBefore: at(-1), notAfter: at(1) });
        const { forecast } = await examine(policy, world());
        if (forecast === null) throw new Error(`${name}: no forecast`);
        await hold(`${name}, mTLS, now`, forecast.now.cells.mtls, policy, "mtls");
        await hold(`${name}, token, now`, forecast.now.cells.token, policy, "token");
        const twin = await put(place, chain, spec, { notBefore: at(-3), notAfter: at(-1) });
        await hold(`${name}, mTLS, after expiry`, forecast.after.cells.mtls, twin, "mtls");
        await hold(`${name}, token, after expiry`, forecast.after.cells.token, twin, "token");
        const late = await examine(twin, world());
        expect(late.forecast?.now, name).toBe(late.forecast?.after);
        await hold(`${name}, token, expired`, late.forecast?.now.cells.token, twin, "token");
      }
    },
    120_000,
  );
});

/** A token's id must never repeat. */
const world = (): TestWorld => ({ ...testWorld(), random: (bytes) => randomBytes(bytes).toString("hex") });

async function put(
  place: Place,
  chain: string,
  spec: LeafSpec,
  life: Pick<LeafSpec, "notBefore" | "notAfter">,
): Promise<DoctorPolicy> {
  const issuer = place.issuers[chain];
  if (issuer === undefined) throw new Error(chain);
  const issued: Issued = await issuer.by.issue({ ...spec, ...life });
  const paths = { certificate: join(place.folder, "web.crt"), key: join(place.folder, "web.key") };
  const number = String(++count);
  const files = { certificate: `${paths.certificate}.${number}`, key: `${paths.key}.${number}` };
  writeFileSync(files.certificate, issuer.whole ? issued.chain : issued.certificate);
  writeFileSync(files.key, issued.key, { mode: 0o600 });
  const limits = { timeoutMs: 10_000, connectTimeoutMs: 10_000, lockTimeoutMs: 0 };
  const root = { value: place.ca.rootFile, from: "--root" };
  const ca = parseCaUrl(place.ca.url, "--ca-url");
  return {
    paths: files,
    force: true,
    mtls: true,
    window: null,
    ca,
    root,
    ...limits,
    hooks: null,
    rehearse: false,
  };
}
let count = 0;

/** Asks the real CA, and compares. */
async function hold(name: string, cell: Cell | undefined, policy: DoctorPolicy, method: Method): Promise<void> {
  const asking = { policy, world: world(), progress: {}, deadline: policy.timeoutMs };
  const whole = {
    ...asking,
    identity: await load(policy.paths, asking.world),
    anchors: readRoots(policy.root, asking.world.fs),
  };
  const choice = { method, because: "asked" } as const;
  const answer = await askBy(choice, whole);
  const cause = answer.kind === "renewed" ? null : await causeOf(explain(answer, choice, whole));
  met.push(`${cell?.verdict} -> ${answer.kind}`);
  if (cell === undefined) throw new Error(`${name}: no cell`);
  if (cell.verdict === "works") expect(cause, name).toBeNull();
  else if (cell.verdict === "refused") expect([cell.cause, cell.otherwise?.cause], name).toContain(cause);
  else if (cause !== null) expect(cause, name).toBe(cell.cause);
}

async function causeOf(explained: ReturnType<typeof explain>): Promise<string> {
  const { facts } = await explained;
  return ("diagnosis" in facts ? facts.diagnosis?.causes[0]?.id : undefined) ?? "none named";
}

function summary(all: readonly string[]): string {
  const counts = new Map<string, number>();
  for (const one of all) counts.set(one, (counts.get(one) ?? 0) + 1);
  return `${all.length} (${[...counts].map(([what, times]) => `${times} ${what}`).join(", ")})`;
}
