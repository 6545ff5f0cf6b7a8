/** Certificates that are signed as they should be, and are not what was asked for; and some that are odd and right. */
import { generateKeyPairSync } from "node:crypto";
import { boolean, encode, leaf, sequence, type Tree } from "./der-tree.ts";
import type { Random } from "./random.ts";
import {
  caExtensions,
  certificateOf,
  type Extension,
  type Key,
  keyUsage,
  leafExtensions,
  nameOf,
  names,
  oids,
  type Plan,
  type Stage,
  serialFor,
  usages,
  utc,
} from "./stage.ts";

/** A leaf and what stands behind it. */
export interface Issue {
  plan: Plan;
  by: Key;
  others: readonly Buffer[];
}

type Wrong = (issue: Issue, stage: Stage, random: Random) => Issue;

const hour = 3_600_000;
const at = ({ now }: Stage, hours: number) => utc(new Date(now.getTime() + hours * hour));

const planned =
  (change: (plan: Plan, stage: Stage, random: Random) => Partial<Plan>): Wrong =>
  (issue, stage, random) => ({ ...issue, plan: { ...issue.plan, ...change(issue.plan, stage, random) } });

const extended = (id: string, value: Tree | null, critical = false): Wrong =>
  planned(({ extensions }) => ({ extensions: withExtension(extensions, { id, critical, value }) }));

function withExtension(
  extensions: readonly Extension[],
  { id, critical, value }: Omit<Extension, "value"> & { value: Tree | null },
): Extension[] {
  const rest = extensions.filter((one) => one.id !== id);
  return value === null ? rest : [...rest, { id, critical, value }];
}

const rsa = generateKeyPairSync("rsa", { modulusLength: 1024 }).publicKey.export({ type: "spki", format: "der" });

/** Below another issuer than ours: what it is, how it is signed, and what may stand above it. */
const below =
  (change: (plan: Plan, stage: Stage) => Partial<Plan>, above: "root" | "itself" | "nobody" = "root"): Wrong =>
  (issue, stage) => {
    const { intermediate, root } = stage;
    const plan = { ...intermediate.plan, ...change(intermediate.plan, stage) };
    const by = above === "root" ? root.key : above === "itself" ? intermediate.key : stage.foreign.key;
    return { ...issue, others: [certificateOf(plan, by)] };
  };

export const wrongs: Readonly<Record<string, Wrong>> = {
  "another key": planned((_, { otherKey }) => ({ spki: otherKey.spki })),
  "a weaker key": planned(() => ({ spki: rsa })),
  "a key of the CA": planned((_, { intermediate }) => ({ spki: intermediate.key.spki })),
  "another subject": planned(() => ({ subject: nameOf(["O", "ops"], ["CN", "evil.internal"]) })),
  "a group more": planned(() => ({ subject: nameOf(["O", "system:masters"], ["O", "ops"], ["CN", "web.internal"]) })),
  "no subject": planned(() => ({ subject: sequence() })),
  "other names": extended(oids.names, names("evil.internal")),
  "a name more": extended(oids.names, names("web.internal", "localhost", "evil.internal")),
  "a name less": extended(oids.names, names("web.internal")),
  "a wildcard": extended(oids.names, names("*.internal", "localhost")),
  "a name with NUL": extended(oids.names, names("web.internal\0.evil.example", "localhost")),
  "no names": extended(oids.names, null),
  "names twice": planned(({ extensions }) => ({
    extensions: [...extensions, { id: oids.names, critical: false, value: names("evil.internal") }],
  })),
  "other usages": extended(oids.usages, usages(oids.codeSigning)),
  "a usage more": extended(oids.usages, usages(oids.serverAuth, oids.clientAuth, oids.codeSigning)),
  "no usages": extended(oids.usages, null),
  "usages that are none": extended(oids.usages, sequence()),
  "wider key usage": extended(oids.keyUsage, keyUsage(1, 0x86), true),
  "no key usage": extended(oids.keyUsage, null),
  "a key usage of a megabyte": extended(oids.keyUsage, leaf(0x03, Buffer.alloc(400_000, 0xff)), true),
  "names of a megabyte": extended(oids.names, sequence(...Array.from({ length: 50_000 }, () => leaf(0x82, "a")))),
  "a CA": extended(oids.basicConstraints, sequence(boolean(true)), true),
  "a CA in BER": extended(oids.basicConstraints, sequence(leaf(0x01, Buffer.of(0x01))), true),
  "a CA with a key usage": planned(() => ({ extensions: [...leafExtensions.slice(1), ...caExtensions(null)] })),
  "another provisioner": extended(
    oids.provisioner,
    sequence(leaf(0x02, Buffer.of(1)), leaf(0x04, "other"), leaf(0x04, "")),
  ),
  "no provisioner": extended(oids.provisioner, null),
  "a critical extension that nobody knows": extended("1.3.6.1.4.1.99999.1", leaf(0x04, "x"), true),
  "critical name constraints": extended(
    oids.nameConstraints,
    sequence(leaf(0xa0, encode(sequence(leaf(0x82, "other"))))),
    true,
  ),
  "an earlier end": planned((_, stage) => ({ notAfter: at(stage, 11) })),
  "an end that has passed": planned((_, stage) => ({ notBefore: at(stage, -3), notAfter: at(stage, -1) })),
  "not yet valid": planned((_, stage) => ({ notBefore: at(stage, 100), notAfter: at(stage, 200) })),
  "an end before its beginning": planned((_, stage) => ({ notBefore: at(stage, 24), notAfter: at(stage, 13) })),
  "the end of time": planned(() => ({ notAfter: leaf(0x18, "99991231235959Z") })),
  "the old serial": planned((_, { old }) => ({ serial: old.plan.serial })),
  "serial zero": planned(() => ({ serial: Buffer.of(0) })),
  "a negative serial": planned(({ serial }) => ({ serial: Buffer.concat([Buffer.of(0xff), serial]) })),
  "a serial of a megabyte": planned(() => ({ serial: Buffer.alloc(500_000, 0x55) })),
  "version 1": planned(() => ({ version: null })),
  "version 200": planned(() => ({ version: 200 })),
  "signed by nobody": (issue, { foreign }) => ({ ...issue, by: foreign.key }),
  "another CA's": (issue, { foreign }) => ({ ...issue, by: foreign.key, others: [foreign.der] }),
  "another CA's, with its root": (issue, { foreign, foreignRoot }) => ({
    ...issue,
    by: foreign.key,
    others: [foreign.der, foreignRoot.der],
  }),
  "another CA's, behind our intermediate": (issue, { foreign, intermediate }) => ({
    ...issue,
    by: foreign.key,
    others: [intermediate.der],
  }),
  "an intermediate of another root": below(() => ({}), "nobody"),
  "an intermediate of its own": below(({ subject }) => ({ issuer: subject }), "itself"),
  "an intermediate that is no CA": below(() => ({ extensions: leafExtensions })),
  "an intermediate that may not sign": below(() => ({
    extensions: [{ id: oids.keyUsage, critical: true, value: keyUsage(7, 0x80) }, ...caExtensions(0).slice(1)],
  })),
  "an intermediate that has expired": below((_, stage) => ({ notAfter: at(stage, -1) })),
  "an intermediate with an extension that nobody knows": below(({ extensions }) => ({
    extensions: [...extensions, { id: "1.3.6.1.4.1.99999.1", critical: true, value: leaf(0x04, "x") }],
  })),
  "a leaf above the leaf": (issue, stage) => {
    const middle: Plan = { ...stage.next, subject: nameOf(["CN", "a leaf"]), spki: stage.foreign.key.spki };
    const plan = { ...issue.plan, issuer: middle.subject };
    return {
      plan,
      by: stage.foreign.key,
      others: [certificateOf(middle, stage.intermediate.key), stage.intermediate.der],
    };
  },
  "longer than the path may be": (issue, stage) => {
    const { intermediate, foreign } = stage;
    const middle: Plan = {
      ...intermediate.plan,
      serial: serialFor("second", 0),
      issuer: intermediate.plan.subject,
      subject: nameOf(["CN", "Second Intermediate"]),
      spki: foreign.key.spki,
    };
    const others = [certificateOf(middle, intermediate.key), intermediate.der];
    return { plan: { ...issue.plan, issuer: middle.subject }, by: foreign.key, others };
  },
};

/** Odd, and taken all the same: what refuses these refuses an honest CA. */
export const rights: Readonly<Record<string, Wrong>> = {
  "as it should be": (issue) => issue,
  "with its root": (issue, { root }) => ({ ...issue, others: [...issue.others, root.der] }),
  "as long as before": planned((_, { old }) => ({ notAfter: old.plan.notAfter })),
  "backdated by a minute": planned((_, stage) => ({ notBefore: at(stage, -1 / 60) })),
  "an extension that nobody needs": extended("1.3.6.1.4.1.99999.2", leaf(0x04, "x")),
  "no path to the issuer's key": extended("2.5.29.35", sequence(leaf(0x80, Buffer.alloc(20)))),
  "not a CA, said": extended(oids.basicConstraints, sequence(), true),
  "a GeneralizedTime": planned((_, { now }) => ({
    notAfter: leaf(0x18, `${new Date(now.getTime() + 24 * hour).toISOString().replace(/[-:T]/g, "").slice(0, 14)}Z`),
  })),
};

type Chain = (chain: readonly Buffer[], stage: Stage, random: Random) => readonly Buffer[];

/** The right leaf in a wrong place. */
export const chains: Readonly<Record<string, Chain>> = {
  empty: () => [],
  "turned round": (chain) => chain.toReversed(),
  "without its issuer": ([leafDer]) => (leafDer ? [leafDer] : []),
  "without its leaf": (chain) => chain.slice(1),
  "the old one again": (chain, { old }) => [old.der, ...chain.slice(1)],
  "the old one behind": (chain, { old }) => [...chain, old.der],
  "the leaf twice": ([leafDer, ...rest]) => (leafDer ? [leafDer, leafDer, ...rest] : []),
  "the issuer twice": (chain) => [...chain, ...chain.slice(1)],
  "the roots first": (chain, { root }) => [root.der, ...chain],
  "a stranger behind": (chain, { foreignRoot }) => [...chain, foreignRoot.der],
  "a stranger between": (chain, { foreign }) => [...chain.slice(0, 1), foreign.der, ...chain.slice(1)],
  seventeen: (chain, { intermediate }) => [...chain, ...Array.from({ length: 15 }, () => intermediate.der)],
  "a thousand": (chain, { intermediate }) => [...chain, ...Array.from({ length: 998 }, () => intermediate.der)],
  shuffled: (chain, { root, old, foreign }, random) =>
    Array.from({ length: 1 + random.int(6) }, () => random.pick([...chain, root.der, old.der, foreign.der])),
  "DER behind the leaf": ([leafDer, ...rest], _, random) =>
    leafDer ? [Buffer.concat([leafDer, random.bytes(1 + random.int(5))]), ...rest] : [],
  "two in one block": ([leafDer, ...rest]) => (leafDer ? [Buffer.concat([leafDer, ...rest]), ...rest] : []),
};
