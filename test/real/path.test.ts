import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { PathVerdict } from "../../src/failure/evidence.ts";
import { type PathQuestion, predict, verifyPath } from "../../src/pki/path.ts";
import { authority, make, now } from "../support/gochain/certificates.ts";
import { Go, type GoVerdict, hasGo } from "../support/gochain/go.ts";
import { build, plan } from "../support/gochain/scenarios.ts";

const isThere = hasGo();
if (!isThere) console.log("left out, as there is no Go: our verdict on a chain against that of crypto/x509");

describe.runIf(isThere)("what Go's crypto/x509 says", () => {
  let go: Go;
  beforeAll(() => {
    go = new Go();
  });
  afterAll(() => go.close());

  test("of 3000 chains we say the same: yes or no, the reason, whom it is about, and the sentence", async () => {
    const met = new Map<string, number>();
    const agrees = fc.asyncProperty(plan, async (planned) => {
      const { question } = build(planned);
      const [ours, theirs] = [verifyPath(question), await go.verify(question)];
      expect(asGoTells(withoutRefinement(ours), theirs)).toEqual(withoutConstraint(theirs));
      count(met, theirs.reason ?? "ok");
    });
    await fc.assert(agrees, { seed: 20_260_601, numRuns: 3000 });
    report("chains on which Go and we agree", met);
    const rarest = Math.min(...reasons.map((reason) => met.get(reason) ?? 0));
    expect([...met.keys()].sort()).toEqual([...reasons].sort());
    expect(rarest).toBeGreaterThan(50);
  });

  test("both give up after 100 candidates", async () => {
    const authorities = Array.from({ length: 101 }, (_, n) => authority({ subject: "Root", key: `key ${n % 3}` }));
    const leaf = make({ subject: "leaf", key: "leaf", issuer: { subject: "Root", key: "nobody" } });
    const question: PathQuestion = { leaf, intermediates: [], roots: authorities, usage: "clientAuth", at: now };
    expect(verifyPath(question)).toMatchObject(await go.verify(question));
    expect(verifyPath(question)).toMatchObject({ reason: "constraint" });
    const enough = { ...question, roots: authorities.slice(1) };
    expect(verifyPath(enough)).toMatchObject({ reason: "unknown-authority", detail: (await go.verify(enough)).detail });
  });

  test("a prediction is what Go says with the pools and the time that step-ca gives it", async () => {
    const met = new Map<string, number>();
    const agrees = fc.asyncProperty(plan, async (planned) => {
      const { chain, roots, intermediates: caIntermediates, question } = build(planned);
      const [leaf, ...intermediates] = chain;
      const at = new Date(leaf.notAfter.getTime() - 60_000);
      const token = (usage: PathQuestion["usage"]) => go.verify({ leaf, intermediates, roots, usage, at });
      const anchors = [...roots, ...caIntermediates];
      const mtls = await go.verify({ leaf, intermediates, roots: anchors, usage: "clientAuth", at: question.at });
      const ours = predict({ chain, roots, caIntermediates, now: question.at });
      const pairs: [PathVerdict, GoVerdict][] = [
        [ours.mtls, mtls],
        [ours.tokenServerAuth, await token("serverAuth")],
        [ours.tokenClientAuth, await token("clientAuth")],
      ];
      for (const [our, their] of pairs) {
        expect(asGoTells(withoutRefinement(our), their)).toMatchObject(withoutConstraint(their));
        count(met, our.ok ? "ok" : our.reason);
      }
    });
    await fc.assert(agrees, { seed: 20_260_602, numRuns: 500 });
    report("predictions on which Go and we agree", met);
    expect([...met.keys()].sort()).toEqual([...reasons, ...refinements].sort());
  });
});

/** Ours alone: Go has one sentence for these and others. */
const refinements = ["chain-incomplete", "lived-under-a-minute"];
const reasons = ["ok", "usage", "usage-nesting", "unknown-authority", "expired", "not-yet-valid", "constraint"];

/** Ours, as far as Go tells; of a certificate without a name we tell the serial number. */
function asGoTells(ours: PathVerdict, { who }: GoVerdict): GoVerdict {
  if (ours.ok || who === undefined) return withoutConstraint(ours.ok ? ours : { ...ours, who: undefined });
  const isNamed = who.includes(ours.who) || (who.includes("") && ours.who.startsWith("serial "));
  return withoutConstraint({ ...ours, who: isNamed ? who : [ours.who] });
}

/** Where several constraints exclude one name, Go sorts them before it names one, and we do not. */
function withoutConstraint(verdict: GoVerdict): GoVerdict {
  return { ...verdict, ...(verdict.detail && { detail: verdict.detail.replace(/ by constraint ".*"$/, "") }) };
}

/** A prediction knows more than Go's sentence says. */
function withoutRefinement<T extends GoVerdict | PathVerdict>(verdict: T): T {
  const plain: Record<string, string> = {
    "chain-incomplete": "unknown-authority",
    "lived-under-a-minute": "not-yet-valid",
    "issued-anew": "unknown-authority",
  };
  return verdict.ok || !("reason" in verdict)
    ? verdict
    : { ...verdict, reason: plain[verdict.reason] ?? verdict.reason };
}

function count(met: Map<string, number>, reason: string): void {
  met.set(reason, (met.get(reason) ?? 0) + 1);
}

function report(what: string, met: ReadonlyMap<string, number>): void {
  const total = [...met.values()].reduce((sum, times) => sum + times, 0);
  console.log(`${what}: ${total} (${[...met].map(([reason, times]) => `${times} ${reason}`).join(", ")})`);
}
