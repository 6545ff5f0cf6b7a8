/** A CA that certifies something other than what was asked for. */
import { createAuthority, issuerOf } from "../authority.ts";
import type { Fault } from "../faults.ts";
import type { CertificatePlan, Issuer } from "../issuing/certificate-maker.ts";
import { createKey } from "../issuing/key.ts";
import { usageExtension } from "../issuing/leaf.ts";
import { PROVISIONER_OID } from "../issuing/provisioner-extension.ts";
import type { Certificate } from "../rules/certificate.ts";
import {
  BasicConstraintsExtension,
  type Extension,
  KeyUsageFlags,
  KeyUsagesExtension,
  SubjectAlternativeNameExtension,
} from "../x509.ts";

const SUBJECT_KEY_IDENTIFIER = "2.5.29.14";
const SUBJECT_ALTERNATIVE_NAME = "2.5.29.17";
const KEY_USAGE = "2.5.29.15";
const BASIC_CONSTRAINTS = "2.5.29.19";
const EXTENDED_KEY_USAGE = "2.5.29.37";
const HOUR = 3_600_000;

interface Circumstances {
  old: Certificate;
  faults: ReadonlySet<Fault>;
  now: Date;
}

type Alteration = (plan: CertificatePlan, circumstances: Circumstances) => CertificatePlan | Promise<CertificatePlan>;

const alterations: Partial<Record<Fault, Alteration>> = {
  "other-key": async (plan) => {
    const { spki } = await createKey("P-256");
    return { ...plan, spki, extensions: without(plan.extensions, SUBJECT_KEY_IDENTIFIER) };
  },
  "other-subject": (plan) => ({ ...plan, subject: [{ CN: ["someone else"] }] }),
  "other-names": (plan) => ({
    ...plan,
    extensions: [
      ...without(plan.extensions, SUBJECT_ALTERNATIVE_NAME),
      new SubjectAlternativeNameExtension([{ type: "dns", value: "other.example" }]),
    ],
  }),
  "other-usages": (plan) => ({
    ...plan,
    extensions: [...without(plan.extensions, EXTENDED_KEY_USAGE), usageExtension(["codeSigning"])],
  }),
  "is-a-ca": (plan) => ({
    ...plan,
    extensions: [
      ...without(without(plan.extensions, BASIC_CONSTRAINTS), KEY_USAGE),
      new KeyUsagesExtension(KeyUsageFlags.digitalSignature | KeyUsageFlags.keyCertSign, true),
      new BasicConstraintsExtension(true, undefined, true),
    ],
  }),
  "no-provisioner-extension": (plan) => ({ ...plan, extensions: without(plan.extensions, PROVISIONER_OID) }),
  "already-expired": (plan, { now }) => moved(plan, { end: now.getTime() - HOUR }),
  older: (plan, { old }) => moved(plan, { end: old.notAfter.getTime() - 1000 }),
};

export async function altered(plan: CertificatePlan, circumstances: Circumstances): Promise<CertificatePlan> {
  let result = plan;
  for (const fault of circumstances.faults) result = (await alterations[fault]?.(result, circumstances)) ?? result;
  return result;
}

/** The chain of an authority that nobody knows. */
export async function otherIssuer(faults: ReadonlySet<Fault>): Promise<{ issuer: Issuer; chain: string[] } | null> {
  if (!faults.has("other-root")) return null;
  const { issuerCertificate, issuerKey } = await createAuthority({ subject: "another CA", intermediate: true });
  const issuer = await issuerOf({ certificate: issuerCertificate, key: issuerKey });
  return { issuer, chain: [issuerCertificate] };
}

export function rearranged(chain: readonly string[], faults: ReadonlySet<Fault>): string[] {
  const shown = faults.has("leaf-only") ? chain.slice(0, 1) : [...chain];
  return faults.has("wrong-order") ? shown.reverse() : shown;
}

function without(extensions: readonly Extension[], oid: string): Extension[] {
  return extensions.filter(({ type }) => type !== oid);
}

/** As long as before, with another end. */
function moved(plan: CertificatePlan, { end }: { end: number }): CertificatePlan {
  const lifetimeMs = plan.notAfter.getTime() - plan.notBefore.getTime();
  return { ...plan, notBefore: new Date(end - lifetimeMs), notAfter: new Date(end) };
}
