/** What one CA knows and remembers while it runs. */
import { type Authority, issuerOf } from "../authority.ts";
import type { Fault } from "../faults.ts";
import type { Issuer } from "../issuing/certificate-maker.ts";
import { type Like, type Traits, traits } from "../like.ts";
import { type Certificate, readCertificate } from "./certificate.ts";
import type { Provisioner, RenewalClaims } from "./provisioners.ts";

export interface Settings {
  authority: Authority;
  like: Like;
  says: string;
  dnsNames: readonly string[];
  provisioners: readonly Provisioner[];
  claims: RenewalClaims;
  backdateMs: number;
  crl: boolean;
  registrationAuthority: boolean;
  faults: Set<Fault>;
  now: () => Date;
}

export interface State extends Settings {
  traits: Traits;
  root: Certificate;
  /** What follows a leaf in an answer, the issuer first; the root itself where that issues. */
  issuers: readonly Certificate[];
  issuer: Issuer;
  /** By decimal serial number. */
  revoked: Map<string, { at: Date; reason: number }>;
  usedTokens: Set<string>;
  startedAt: Date;
}

export async function createState(settings: Settings): Promise<State> {
  const { authority, like } = settings;
  const issuers = [authority.issuerCertificate, ...authority.intermediates].map(readCertificate);
  return {
    ...settings,
    traits: traits[like],
    root: readCertificate(authority.root),
    issuers: issuers.filter(({ der }, index) => issuers.findIndex((other) => other.der.equals(der)) === index),
    issuer: await issuerOf({ certificate: authority.issuerCertificate, key: authority.issuerKey }),
    revoked: new Map(),
    usedTokens: new Set(),
    startedAt: settings.now(),
  };
}
