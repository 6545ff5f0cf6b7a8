/** The real CAs of the table: each is started for the first row that wants it, and ends with its last. */
import { join } from "node:path";
import type { Authority } from "../../../src/dev-ca/authority.ts";
import type { CaVersion } from "../../real/binaries.ts";
import { fingerprint as fingerprintOf, freePort, type StepCa, type StepCaOptions, startStepCa } from "../step-ca.ts";
import type { ProvisionerSpec } from "../step-ca-config.ts";
import type { Authorities } from "./authorities.ts";
import { cloud, type Database, forgetfulMysql, vault } from "./backends.ts";

/** A CA as a row meets it. */
export interface Standing {
  ca: StepCa;
  /** Where it is the place's own to break. */
  database?: Database;
  /** The certificate's own root, for --root. */
  rootFile: string;
  close(): Promise<void>;
}

/** A name that a shell, a log and a terminal all have to be careful with. */
export const oddName = `it's "odd" \`date\` $(id) üñí`;

const allow = { allowRenewalAfterExpiry: true };
const disable = { disableRenewal: true };

export const provisioners: readonly ProvisionerSpec[] = [
  { name: "admin" },
  { name: "after-expiry", claims: allow },
  { name: "no-renewal", claims: disable },
  { name: "no-renewal-but-after-expiry", claims: { ...disable, ...allow } },
  { name: "renewal-not-disabled", claims: { disableRenewal: false, ...allow } },
  { name: "acme", type: "ACME", claims: allow },
  { name: "sshpop", type: "SSHPOP", claims: allow },
  { name: oddName },
  { name: `${oddName}, off`, claims: disable },
];

/** Nobody listens there. */
const refusingWebhook = {
  name: "never",
  url: "https://localhost:1/",
  kind: "AUTHORIZING",
  certType: "ALL",
  secret: "bmV2ZXI=",
};

type Options = Omit<StepCaOptions, "version">;

/** SSHPOP wants SSH keys; the issuer's will do. */
const ssh = (dir: string) => ({ ssh: { hostKey: join(dir, "issuer.key"), userKey: join(dir, "issuer.key") } });

const options = {
  /** An intermediate under the root, CRL off. */
  intermediate: ({ main: authority }) => ({ authority, provisioners, more: ssh }),
  /** The root issues itself, CRL on and made at each revocation. */
  root: ({ k3s: authority }) => ({ authority, provisioners, crl: true, more: ssh }),
  /** The root was issued anew, with its old key. */
  "root issued anew": ({ k3sAnew: authority }) => ({ authority, provisioners, more: ssh }),
  /** Ends in two hours, and is all that the CA has. */
  "short intermediate": ({ short: authority }) => ({ authority, provisioners, more: ssh }),
  /** The same, issued anew with its key for longer. */
  "short intermediate issued anew": ({ shortAnew: authority }) => ({ authority, provisioners, more: ssh }),
  /** They would refuse every enrolment of the table's certificates. */
  "provisioners that sign nothing": ({ main: authority }) => ({
    authority,
    provisioners: [
      { name: "admin" },
      {
        name: "durations",
        claims: { ...allow, minTLSCertDuration: "5m", maxTLSCertDuration: "10m", defaultTLSCertDuration: "7m" },
      },
      { name: "template", claims: allow, more: { options: { x509: { template: '{{ fail "never" }}' } } } },
      { name: "webhook", claims: allow, more: { options: { webhooks: [refusingWebhook] } } },
    ],
  }),
  "renewal disabled for all": ({ main: authority }) => ({ authority, provisioners, claims: disable, more: ssh }),
  "renewal disabled for all, CRL on": ({ main: authority }) => ({
    authority,
    provisioners,
    claims: disable,
    crl: true,
    more: ssh,
  }),
  "allowed after expiry for all": ({ main: authority }) => ({ authority, provisioners, claims: allow, more: ssh }),
  "no database": ({ main: authority }) => ({ authority, dbless: true }),
  /** Made when the CA starts, and not at a revocation. */
  "CRL that is not made anew": ({ main: authority }) => ({
    authority,
    more: { crl: { enabled: true, generateOnRevoke: false, cacheDuration: "24h" } },
  }),
  "backdate of a minute": ({ main: authority }) => ({ authority, backdate: "1m" }),
  "backdate of an hour": ({ main: authority }) => ({ authority, backdate: "1h" }),
  /** Its intermediate has name constraints that an earlier one did not have. */
  "narrower intermediate": ({ constrained: authority }) => ({ authority }),
} satisfies Record<string, (authorities: Authorities) => Options>;

/** Those that need more than one CA. */
const composed = {
  /** A registration authority in front of another CA. */
  ra: (version, authorities) => registrationAuthority(version, authorities, standard),
  /** The CA behind knows only the provisioner that the RA itself uses. */
  "ra, the CA behind refuses": (version, authorities) =>
    registrationAuthority(version, authorities, [{ name: "admin" }]),
  "ra, the CA behind is down": async (version, authorities) => {
    const ra = await registrationAuthority(version, authorities, standard);
    await ra.upstream.stop();
    return ra;
  },
  vault: async (version, { main: authority }) => {
    const behind = await vault(authority);
    const fingerprint = fingerprintOf(authority.root);
    const config = { authType: "approle", authOptions: { roleID: "role", secretID: "secret" } };
    const certificateAuthority = `http://127.0.0.1:${behind.port}`;
    const options = { type: "vaultcas", certificateAuthority, certificateAuthorityFingerprint: fingerprint, config };
    const ca = await startStepCa({ version, authority, cas: options });
    return together(ca, behind);
  },
  database: async (version, { main: authority }) => {
    const database = await forgetfulMysql();
    const dataSource = `root@tcp(127.0.0.1:${database.port})/?interpolateParams=true`;
    const ca = await startStepCa({ version, authority, more: { db: { type: "mysql", database: "step", dataSource } } });
    return { ...together(ca, database), database };
  },
  "cloud provisioners": async (version, { main: authority }) => {
    const behind = await cloud(authority);
    const env = { HTTPS_PROXY: `http://127.0.0.1:${behind.port}` };
    return together(await startCloudCa(version, authority, env), behind);
  },
  "cloud provisioners without a network": async (version, { main: authority }) => {
    const env = { HTTPS_PROXY: `http://127.0.0.1:${await freePort()}` };
    return together(await startCloudCa(version, authority, env));
  },
} satisfies Record<string, (version: CaVersion, authorities: Authorities) => Promise<Standing>>;

export type Place = keyof typeof options | keyof typeof composed;

export async function open(version: CaVersion, place: Place, authorities: Authorities): Promise<Standing> {
  if (place in composed) return composed[place as keyof typeof composed](version, authorities);
  const ca = await startStepCa({ version, ...options[place as keyof typeof options](authorities) });
  return together(ca);
}

const standard: readonly ProvisionerSpec[] = provisioners.slice(0, 3);

function together(ca: StepCa, ...behind: readonly { close(): Promise<void> }[]): Standing {
  const close = async (): Promise<void> => {
    await ca.close();
    for (const one of behind) await one.close();
  };
  return { ca, rootFile: ca.rootFile, close };
}

async function registrationAuthority(
  version: CaVersion,
  { main: authority }: Authorities,
  behind: readonly ProvisionerSpec[],
): Promise<Standing & { upstream: StepCa }> {
  const upstream = await startStepCa({ version, authority, provisioners: behind });
  const ca = await startStepCa({ version, authority, provisioners: standard, upstream });
  return { ...together(ca, upstream), upstream };
}

async function startCloudCa(version: CaVersion, authority: Authority, env: Record<string, string>): Promise<StepCa> {
  const azure = { tenantID: "tenant" };
  return startStepCa({
    version,
    authority,
    // Go trusts that root alone then, as it has to for the cloud that is played to it.
    env: (dir) => ({ ...env, SSL_CERT_FILE: join(dir, "root.crt") }),
    provisioners: [
      { name: "admin" },
      { name: "gcp", type: "GCP", claims: allow },
      { name: "gcp, every token", type: "GCP", claims: allow, more: { disableTrustOnFirstUse: true } },
      { name: "azure", type: "Azure", claims: allow, more: azure },
      { name: "aws", type: "AWS", claims: allow },
    ],
  });
}

/** Who issues the certificates of a place's rows unless they say otherwise. */
export function ownAuthority(place: Place): keyof Authorities {
  if (place === "narrower intermediate") return "earlier";
  if (place === "short intermediate" || place === "short intermediate issued anew") return "short";
  return place === "root" || place === "root issued anew" ? "k3s" : "main";
}
