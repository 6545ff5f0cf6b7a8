/** The embedded CA is held to what real step-ca answers: one table, every version; status, headers, body and log. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Authorities, createAuthorities, put, type SubjectCa } from "../support/cases/bench.ts";
import type { Place } from "../support/cases/case.ts";
import { pattern } from "../support/cases/observe.ts";
import { cases } from "../support/cases.ts";
import { realBinary, type StepCa, startStepCa } from "../support/step-ca.ts";
import { caVersions } from "./binaries.ts";

describe.each(caVersions)("step-ca %s", (version) => {
  describe.skipIf(realBinary(`step-ca-${version}`) === undefined)("answers as the table says", () => {
    const started: StepCa[] = [];
    let authorities: Authorities;
    let real: Record<Place, SubjectCa>;

    beforeAll(async () => {
      authorities = await createAuthorities();
      const start = async (options: Omit<Parameters<typeof startStepCa>[0], "version">): Promise<StepCa> => {
        const ca = await startStepCa({ version, ...options });
        started.push(ca);
        return ca;
      };
      const intermediate = await start({ authority: authorities.at.intermediate });
      real = {
        intermediate,
        root: await start({ authority: authorities.at.root, crl: true }),
        ra: await start({ authority: authorities.at.ra, upstream: intermediate }),
      };
    });
    afterAll(async () => {
      for (const ca of started.reverse()) await ca.close();
    });

    test.each(cases)("$name", async (one) => {
      const expected = typeof one.expect === "function" ? one.expect(version) : one.expect;
      const observed = await put(one, real[one.at ?? "intermediate"], authorities);
      expect(observed).toMatchObject(pattern(expected));
    });
  });
});
