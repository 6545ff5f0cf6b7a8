/** Chains at random, most of them nearly right: up to four issuers, up to three things wrong, and certificates that mislead. */
import fc from "fast-check";
import type { Certificate } from "../../../src/pki/certificate.ts";
import type { PathQuestion } from "../../../src/pki/path.ts";
import { type Draft, daysFromNow, type GeneralName, make, now } from "./certificates.ts";

/** What a certificate has instead of what it should have. A name and a key that its issuer has not make a forgery. */
type Oddity = Partial<Omit<Draft, "issuer">> & { issuerName?: string; issuerKey?: string };

const hosts = [
  "example.com",
  "a.example.com",
  "b.a.example.com",
  "b-a.example.com",
  "EXAMPLE.com",
  "example.org",
  "com",
];
const host = fc.constantFrom(...hosts);
const octet = fc.constantFrom(1, 2, 200);
const ipv6 = (second: number, last: number) => [0xfd, second, ...Array<number>(13).fill(0), last];
const users = ["dave", "Dave", "d.a", '"d a"', "d\\ a", "a..b", ""];

const leafName: fc.Arbitrary<GeneralName> = fc.oneof(
  { weight: 4, arbitrary: host.map((dns) => ({ dns })) },
  fc.constantFrom("*.example.com", "*.a.example.com", "*", "localhost", "a..com", "x.", "").map((dns) => ({ dns })),
  fc.tuple(octet, octet).map(([a, b]) => ({ ip: [10, a, b, 7] })),
  octet.map((a) => ({ ip: ipv6(a, 1) })),
  fc.tuple(fc.constantFrom(...users), host).map(([user, domain]) => ({ email: `${user}@${domain}` })),
  fc.tuple(host, fc.constantFrom("", ":8443", "/x?y#z")).map(([name, rest]) => ({ uri: `spiffe://${name}${rest}` })),
  fc
    .constantFrom("urn:uuid:1", "https://10.1.2.3/", "https://[fd01::1]:443/", "https://me@a.example.com/")
    .map((uri) => ({ uri })),
  fc.constant({ directory: "Dave" }),
);

const domain = fc.tuple(fc.constantFrom("", "", "."), host).map((parts) => parts.join(""));

function range(address: readonly number[], bits: number): GeneralName {
  const mask = address.map((_, n) => 0xff & (0xff00 >> Math.max(0, Math.min(8, bits - 8 * n))));
  return { ip: [...address.map((value, n) => value & (mask[n] ?? 0)), ...mask] };
}

const constraint: fc.Arbitrary<GeneralName> = fc.oneof(
  { weight: 4, arbitrary: domain.map((dns) => ({ dns })) },
  fc.constant({ dns: "" }),
  fc.tuple(octet, fc.constantFrom(8, 15, 16, 32)).map(([a, bits]) => range([10, a, 1, 7], bits)),
  fc.tuple(octet, fc.constantFrom(8, 16, 128)).map(([a, bits]) => range(ipv6(a, 1), bits)),
  domain.map((email) => ({ email })),
  fc.constantFrom("dave@example.com", "Dave@EXAMPLE.com", '"d a"@example.com').map((email) => ({ email })),
  domain.map((uri) => ({ uri })),
);

const usageSets = fc.subarray(["serverAuth", "clientAuth", "anyExtendedKeyUsage", "codeSigning", "1.2.3"]);

const oddity: fc.Arbitrary<Oddity> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      permitted: fc.array(constraint, { maxLength: 3 }),
      excluded: fc.array(constraint, { maxLength: 2 }),
    }),
  },
  { weight: 8, arbitrary: usageSets.map((usages) => ({ usages })) },
  { weight: 3, arbitrary: fc.constantFrom(-9.9999, -3, -1, 0).map((days) => ({ notAfter: daysFromNow(days) })) },
  { weight: 3, arbitrary: fc.constantFrom(3, 1, 0).map((days) => ({ notBefore: daysFromNow(days) })) },
  { weight: 3, arbitrary: fc.constantFrom(0, 1, 2).map((pathLength) => ({ pathLength })) },
  { weight: 2, arbitrary: fc.constantFrom<Oddity>({ ca: false }, { ca: null }, { version: 1 }) },
  { weight: 2, arbitrary: fc.constantFrom([0], [], [5]).map((keyUsages) => ({ keyUsages })) },
  fc.constantFrom<Oddity>({ unknownExtension: "critical" }, { unknownExtension: "not critical" }),
  fc.constantFrom<Oddity>({ digest: "sha1" }, { digest: "sha384" }),
  fc.constantFrom<Oddity>({ permitted: [{ directory: "Dave" }] }, { subject: "" }),
  fc.constantFrom<Oddity>({ issuerName: "Nobody" }, { issuerKey: "nobody" }, { issuerKey: "rsa nobody" }),
);

/** Levels are counted from the leaf; numbers beyond the root wrap round. */
const level = fc.nat(19);
const keyId = fc.constantFrom("of the key" as const, "of the key" as const, "none" as const, "another" as const);

/** A certificate with the name of one of the chain, and its key or another, by its issuer or another. */
const misleading = fc.record({
  like: level,
  hasItsKey: fc.boolean(),
  signer: fc.constantFrom("its issuer" as const, "itself" as const, "another root" as const),
  oddity: fc.option(oddity),
  subjectKeyId: keyId,
  isRoot: fc.boolean(),
});

const issuerUsages = fc.constantFrom(
  ...Array<null>(8).fill(null),
  ["serverAuth", "clientAuth"],
  ["anyExtendedKeyUsage"],
  ["serverAuth"],
  ["clientAuth"],
);

const usuallyTrue = fc.constantFrom(true, true, true, true, true, true, true, false);

export const plan = fc.record({
  depth: fc.constantFrom(0, 1, 1, 1, 2, 2, 3),
  keyKinds: fc.array(fc.constantFrom("", "", "", "rsa ", "ed25519 "), { minLength: 5, maxLength: 5 }),
  subjectKeyIds: fc.array(keyId, { minLength: 5, maxLength: 5 }),
  authorityKeyIds: fc.array(keyId, { minLength: 5, maxLength: 5 }),
  leafUsages: fc.constantFrom(
    ["serverAuth", "clientAuth"],
    ["serverAuth", "clientAuth"],
    ["clientAuth"],
    ["serverAuth"],
    null,
  ),
  issuerUsages: fc.array(issuerUsages, { minLength: 5, maxLength: 5 }),
  leafNames: fc.array(leafName, { maxLength: 3 }),
  oddities: fc.array(fc.record({ level, oddity }), { maxLength: 3 }),
  misleading: fc.array(misleading, { maxLength: 3 }),
  isSent: fc.array(usuallyTrue, { minLength: 3, maxLength: 3 }),
  isRootKnown: usuallyTrue,
  /** Given as roots too: nothing, the CA's intermediates, or the leaf. */
  alsoRoots: fc.constantFrom("none", "none", "none", "none", "intermediates", "leaf"),
  isReversed: fc.boolean(),
  usage: fc.constantFrom("clientAuth" as const, "serverAuth" as const),
  seconds: fc.constantFrom(...Array<number>(20).fill(0), 1, -1, 2 * 86_400, -2 * 86_400, 11 * 86_400, -11 * 86_400),
});

export type Plan = typeof plan extends fc.Arbitrary<infer T> ? T : never;

export interface Scenario {
  chain: readonly [Certificate, ...Certificate[]];
  roots: Certificate[];
  intermediates: Certificate[];
  question: PathQuestion;
}

/** Makes what was planned. `chain` is what a file would hold, `intermediates` what the CA has. */
export function build(planned: Plan): Scenario {
  const { depth, oddities, isSent, isRootKnown, alsoRoots, usage } = planned;
  const subjects = ["leaf", ...["Sub C", "Sub B", "Sub A"].slice(3 - depth), "Root"];
  const authorities = subjects.map((subject, n) => ({ subject, key: `${planned.keyKinds[n] ?? ""}${subject}` }));
  const at = (n: number) => n % authorities.length;
  const self = (n: number) => authorities[at(n)] ?? { subject: "", key: "" };
  const above = (n: number) => self(Math.min(at(n) + 1, authorities.length - 1));
  const draft = (n: number): Draft => ({
    ...self(n),
    issuer: above(n),
    subjectKeyId: planned.subjectKeyIds[at(n)] ?? "none",
    authorityKeyId: planned.authorityKeyIds[at(n)] ?? "none",
    ...(at(n) > 0 ? { ca: true, keyUsages: [5, 6] } : { keyUsages: [0], names: planned.leafNames }),
    usages: (at(n) > 0 ? planned.issuerUsages[at(n)] : planned.leafUsages) ?? null,
  });
  const certificates = authorities.map((_, n) => {
    const own = oddities.filter((odd) => at(odd.level) === n).map((odd) => odd.oddity);
    return make(withOddities(draft(n), own));
  });
  const [leaf = make(draft(0)), ...issuers] = certificates;
  const root = issuers.slice(-1);
  const intermediates = issuers.slice(0, -1);
  const otherRoot = { subject: "Other Root", key: "other" };
  const others = planned.misleading.map(({ like, hasItsKey, signer, oddity: odd, subjectKeyId, isRoot }) => {
    const key = hasItsKey ? self(like).key : "misleading";
    const { subject } = self(like);
    const signers = { "its issuer": above(like), itself: { subject, key }, "another root": otherRoot };
    const issuer = signers[signer];
    const made = make(withOddities({ ...draft(like), key, issuer, subjectKeyId }, odd === null ? [] : [odd]));
    return { made, isRoot };
  });
  const sent = intermediates.filter((_, n) => isSent[n]);
  const also = alsoRoots === "leaf" ? [leaf] : alsoRoots === "intermediates" ? intermediates : [];
  const roots = [
    ...(isRootKnown ? root : []),
    ...also,
    ...others.filter(({ isRoot }) => isRoot).map(({ made }) => made),
  ];
  const given = [
    ...sent,
    ...others.filter(({ isRoot }) => !isRoot).map(({ made }) => made),
    ...(isRootKnown ? [] : root),
  ];
  if (others.some(({ isRoot }) => isRoot)) roots.push(make({ ...otherRoot, ca: true }));
  if (planned.isReversed) given.reverse();
  const time = new Date(now.getTime() + planned.seconds * 1000);
  return {
    chain: [leaf, ...given],
    roots,
    intermediates,
    question: { leaf, intermediates: given, roots, usage, at: time },
  };
}

function withOddities(draft: Draft, oddities: readonly Oddity[]): Draft {
  const { issuerName, issuerKey, ...rest }: Oddity = Object.assign({}, ...oddities);
  const { subject, key } = draft.issuer ?? draft;
  return { ...draft, ...rest, issuer: { subject: issuerName ?? subject, key: issuerKey ?? key } };
}
