/** What a handshake means for one certificate: whether the server takes it, and whether it shows what is missing. Pure. */
import type { HandshakeFacts } from "../failure/evidence.ts";
import { type Certificate, isIssuedBy, same } from "../pki/certificate.ts";
import type { Belonging } from "./belonging.ts";
import type { Handshake } from "./handshake.ts";

interface About {
  leaf: Certificate;
  /** Certificates above the leaf, as far as they are known; `anchors` may be among them. */
  issuers: readonly Certificate[];
  anchors: readonly Certificate[];
  own: Belonging;
  /** Its answers bear the header of another server (Server, Via): step-ca sends neither. */
  isFronted: boolean;
}

export function handshakeFacts(handshake: Handshake, about: About): HandshakeFacts {
  const { version, presented, acceptable } = handshake;
  const sent = sentChain(about);
  const tip = sent.at(-1) ?? about.leaf;
  const { own } = about;
  const isTop = own.roots.concat(about.anchors).some((root) => isIssuedBy(tip, root));
  const presentsMissing = !isTop && own.presented.some((one) => isIssuedBy(tip, one));
  const accepts = acceptable && acceptable.length > 0 ? acceptedFrom(sent, acceptable) : undefined;
  return {
    version,
    presented: presented.map(({ subject }) => subject.text),
    ...(acceptable !== undefined && { asks: acceptable !== null }),
    ...(acceptable && { acceptable: acceptable.map(({ text }) => text) }),
    ...(accepts && { accepts }),
    ...(presentsMissing && { presentsMissing }),
    ...(presented[0]?.provisioner && { provisioner: presented[0].provisioner.name }),
    ...endedBy(handshake, about),
  };
}

/** Who ends TLS, where that is known: step-ca always names its issuers, so one that names none of them is not the CA. */
function endedBy(handshake: Handshake, { own, anchors, isFronted }: About): Pick<HandshakeFacts, "isCaItself"> {
  if (isFronted) return { isCaItself: false };
  if (isEndedByCa(handshake, own)) return { isCaItself: true };
  const { acceptable } = handshake;
  if (acceptable === undefined) return {};
  const known = [...own.inUse, ...anchors];
  const isNamed = acceptable?.some(({ der }) => known.some(({ subject }) => same(der, subject.der))) ?? false;
  return isNamed ? {} : { isCaItself: false };
}

/** Whether it is the CA itself that TLS ends in: it names every root in use as acceptable, as step-ca does of itself. */
export function isEndedByCa({ acceptable }: Handshake, { roots }: Belonging): boolean {
  return (
    roots.length > 0 && roots.every(({ subject }) => acceptable?.some(({ der }) => same(der, subject.der)) ?? false)
  );
}

/** The leaf and what was sent above it, each signed by the next. */
function sentChain({ leaf, issuers, anchors }: About): Certificate[] {
  const others = issuers.filter((one) => !anchors.some((anchor) => same(anchor.der, one.der)));
  const chain = [leaf];
  for (let tip: Certificate | undefined = leaf; tip !== undefined; ) {
    const below: Certificate = tip;
    tip = others.find((one) => !chain.includes(one) && isIssuedBy(below, one));
    if (tip !== undefined) chain.push(tip);
  }
  return chain;
}

function acceptedFrom(sent: readonly Certificate[], acceptable: NonNullable<Handshake["acceptable"]>) {
  const isNamed = ({ issuer }: Certificate) => acceptable.some(({ der }) => same(der, issuer.der));
  const found = sent.findIndex(isNamed);
  if (found < 0) return "none" as const;
  return found === 0 ? ("issuer" as const) : ("above" as const);
}
