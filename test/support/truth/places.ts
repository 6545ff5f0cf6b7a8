/** The real CAs of the table: each is started for the first row that wants it, and ends with its last. */
import { join } from "node:path";
import type { CaVersion } from "../../real/binaries.ts";
import { type StepCa, type StepCaOptions, startStepCa } from "../step-ca.ts";
import type { ProvisionerSpec } from "../step-ca-config.ts";
import type { Authorities } from "./authorities.ts";

/** A CA as a row meets it. */
export interface Standing {
  ca: StepCa;
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
} satisfies Record<string, (authorities: Authorities) => Options>;

/** "ra" is a registration authority before another CA. */
export type Place = keyof typeof options | "ra";

export async function open(version: CaVersion, place: Place, authorities: Authorities): Promise<Standing> {
  if (place === "ra") return registrationAuthority(version, authorities);
  const ca = await startStepCa({ version, ...options[place](authorities) });
  return { ca, rootFile: ca.rootFile, close: () => ca.close() };
}

async function registrationAuthority(version: CaVersion, { main: authority }: Authorities): Promise<Standing> {
  const same = { version, authority, provisioners: provisioners.slice(0, 3) };
  const upstream = await startStepCa(same);
  const ca = await startStepCa({ ...same, upstream });
  const close = async (): Promise<void> => {
    await ca.close();
    await upstream.close();
  };
  return { ca, rootFile: ca.rootFile, close };
}

/** Who issues the certificates of a place's rows unless they say otherwise. */
export function ownAuthority(place: Place): keyof Authorities {
  return place === "root" || place === "root issued anew" ? "k3s" : "main";
}
