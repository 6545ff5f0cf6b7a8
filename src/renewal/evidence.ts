/** From certificates and the CA's answers to the facts that `diagnosis` reasons over: after a refusal, and before one. */
import type { Method } from "../ca/credential.ts";
import type { CaAnswers } from "../ca/endpoints.ts";
import type { Outlook } from "../failure/diagnosis/forecast.ts";
import type { CaFacts, CertificateFacts, IssuerFacts } from "../failure/evidence.ts";
import { leadsTo } from "../pki/anchored.ts";
import { allowsUsage, type Certificate, isIssuedBy } from "../pki/certificate.ts";
import { forbiddenName } from "../pki/constraints.ts";
import type { Identity } from "../pki/identity.ts";
import { predict } from "../pki/path.ts";
import { ofKubeconfig } from "./load.ts";

export interface Known {
  /** With the chain as it is sent. */
  identity: Identity;
  anchors: readonly Certificate[];
  ca: CaAnswers;
  method: Method;
  /** By our clock. */
  at: Date;
  /** The CA's clock at that moment, where it is known. */
  clock: CaFacts["clock"] | undefined;
  /** The root as the user gave it, for commands to copy. */
  root: string;
}

/** Everything but an answer. The chain is judged by the CA's own roots where it publishes them, and at the CA's time. */
export function outlookOf({ identity, anchors, ca, method, at, clock, root }: Known): Outlook {
  const caNow = clock === undefined ? at : new Date(at.getTime() + clock.ca.getTime() - clock.ours.getTime());
  const isPublished = ca.roots.length > 0;
  const roots = isPublished ? ca.roots : anchors;
  const path = predict({ chain: identity.chain, roots, caIntermediates: ca.intermediates, now: caNow });
  const issuer = currentIssuer(ca);
  return {
    at,
    method,
    certificate: certificateFacts(identity),
    ca: {
      ...ca.facts,
      ...(clock && { clock }),
      ...(issuer && { issuer: issuerFacts(issuer, { leaf: identity.leaf, others: ca.intermediates, roots }) }),
    },
    path: { ...path, roots: isPublished ? "ca" : "ours", ...(issuer && forbiddenNow(identity, issuer)) },
    files: { key: identity.keyFile, root, ...ofKubeconfig(identity) },
  };
}

/**
 * The first intermediate of a CA signs what it issues. One that publishes none (before v0.27.3) presents it above its own
 * certificate; something in front of it may present another.
 */
function currentIssuer({ facts, intermediates }: CaAnswers): Certificate | undefined {
  const isItsOwn = facts.intermediates === "answers" || facts.handshake?.isCaItself === true;
  return isItsOwn ? intermediates[0] : undefined;
}

function issuerFacts(
  issuer: Certificate,
  about: { leaf: Certificate; others: readonly Certificate[]; roots: readonly Certificate[] },
): IssuerFacts {
  const path = leadsTo(issuer, about.others, about.roots) ?? [issuer];
  const until = new Date(Math.min(...path.map(({ notAfter }) => notAfter.getTime())));
  return {
    name: issuer.subject.text,
    until,
    isForClients: path.every((certificate) => allowsUsage(certificate, "clientAuth")),
    isOwn: isIssuedBy(about.leaf, issuer),
  };
}

/** What the issuer of now forbids, which the certificate's own need not (authority/tls.go: constraints). */
function forbiddenNow({ leaf }: Identity, issuer: Certificate) {
  const found = forbiddenName([leaf, issuer]);
  return found && { forbidden: { by: found.by.subject.text, why: found.why } };
}

/** The leaf as evidence. */
export function certificateFacts({ certificateFile, kubeUser, leaf, chain }: Identity): CertificateFacts {
  const { serial, names, usages, keyUsages, notBefore, notAfter, provisioner } = leaf;
  return {
    file: certificateFile,
    ...ofKubeconfig({ kubeUser }),
    subject: leaf.subject.text,
    issuer: leaf.issuer.text,
    count: chain.length,
    serial,
    names,
    usages,
    keyUsages,
    notBefore,
    notAfter,
    ...(provisioner && { provisioner }),
  };
}
