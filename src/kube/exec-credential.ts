/**
 * What kubectl says to its plugin, and what it wants to hear (client.authentication.k8s.io, v1 since Kubernetes 1.22). The
 * answer that files alone give is made of this as well, so that it needs nothing but a few lines.
 */
import { type Certificate, certificatePem } from "../pki/certificate.ts";
import type { KeyMaterial } from "../pki/key.ts";
import { pemBlocks, toPem } from "../pki/pem.ts";
import type { Window } from "../renewal/schedule.ts";
import { dueFrom } from "../renewal/schedule.ts";

const group = "client.authentication.k8s.io";

export type ExecVersion = "v1" | "v1beta1";

export type ExecInfo =
  | { version: ExecVersion; isInteractive: boolean }
  | { problem: "unreadable" | "kind" | "version"; found: string };

/** KUBERNETES_EXEC_INFO; whoever runs the plugin by hand has none. */
export function execInfo(text: string | undefined): ExecInfo {
  if (text === undefined || text === "") return { version: "v1", isInteractive: true };
  const found = text.slice(0, 200);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return { problem: "unreadable", found };
  }
  const { kind, apiVersion, spec } = (typeof value === "object" && value !== null ? value : {}) as Record<
    string,
    unknown
  >;
  if (kind !== "ExecCredential" || typeof apiVersion !== "string") return { problem: "kind", found };
  const version = (["v1", "v1beta1"] as const).find((one) => apiVersion === `${group}/${one}`);
  if (version === undefined) return { problem: "version", found: apiVersion };
  return { version, isInteractive: (spec as { interactive?: unknown } | undefined)?.interactive === true };
}

/** A third of the lifetime is left when it is renewed. */
export const usualWindow = "66%";

const shortly = 60_000;

/**
 * Until when kubectl may keep it: a process that stays (a watch, a proxy) asks again when the certificate is due, and not when
 * it has ended, as only few CAs renew it then. One that could not be renewed is asked for again in a minute.
 */
export function expiryFor(
  { notBefore, notAfter }: Pick<Certificate, "notBefore" | "notAfter">,
  window: Window | null,
  now: Date,
): Date {
  const from = window === null ? now : dueFrom({ notBefore, notAfter }, window);
  const until = from > now ? from : new Date(now.getTime() + shortly);
  return until < notAfter ? until : notAfter;
}

export interface Pair {
  readonly chain: readonly Certificate[];
  /** PEM. */
  readonly key: string;
}

/** One line. The only place where a private key is printed: to hand it out is what the plugin is for. */
export function credentialText({ chain, key }: Pair, version: ExecVersion, until: Date): string {
  const document = {
    kind: "ExecCredential",
    apiVersion: `${group}/${version}`,
    spec: { interactive: false },
    status: {
      expirationTimestamp: until.toISOString().replace(/\.\d{3}Z$/, "Z"),
      clientCertificateData: chain.map(certificatePem).join(""),
      clientKeyData: key,
    },
  };
  return `${JSON.stringify(document)}\n`;
}

/** As it stands in its file, in PEM alone; null where it is DER, or encrypted. */
export function clearPem(material: KeyMaterial): string | null {
  if (!("pem" in material) || material.cipher !== null) return null;
  const [block] = pemBlocks(material.pem);
  return block === undefined || block.der.length === 0 ? null : toPem(block.label, block.der);
}
