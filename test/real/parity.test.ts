/** The embedded CA is held to what real step-ca answers: one table, every version; status, headers, body and log. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type DevCaOptions, startDevCa } from "../../src/dev-ca/server.ts";
import { type Authorities, createAuthorities, embedded, genuine, put, type SubjectCa } from "../support/cases/bench.ts";
import type { Place } from "../support/cases/case.ts";
import { pattern } from "../support/cases/observe.ts";
import { cases, differences } from "../support/cases.ts";
import { realBinary, type StepCa, type StepCaOptions, startStepCa } from "../support/step-ca.ts";
import { caVersions } from "./binaries.ts";

describe.each(caVersions)("step-ca %s", (version) => {
  describe.skipIf(realBinary(`step-ca-${version}`) === undefined)(
    "and the embedded CA answer as the table says",
    () => {
      const started: { close(): Promise<void> }[] = [];
      let authorities: Authorities;
      let real: Record<Place, SubjectCa>;
      let played: Record<Place, SubjectCa>;

      const start = async (options: Omit<StepCaOptions, "version">): Promise<StepCa> => {
        const ca = await startStepCa({ version, ...options });
        started.push(ca);
        return ca;
      };
      const play = async (options: DevCaOptions): Promise<SubjectCa> => {
        const ca = await startDevCa({ like: version, ...options });
        started.push(ca);
        return embedded(ca);
      };
      beforeAll(async () => {
        authorities = await createAuthorities();
        const { intermediate, root, ra } = authorities.at;
        const upstream = await start({ authority: intermediate });
        real = {
          intermediate: genuine(upstream),
          root: genuine(await start({ authority: root, crl: true })),
          ra: genuine(await start({ authority: ra, upstream })),
        };
        played = {
          intermediate: await play({ authority: intermediate }),
          root: await play({ authority: root, crl: true }),
          ra: await play({ authority: ra, registrationAuthority: true }),
        };
      });
      afterAll(async () => {
        for (const ca of started.reverse()) await ca.close();
      });

      test.each(cases)("$name", async (one) => {
        const place = one.at ?? "intermediate";
        const expected = typeof one.expect === "function" ? one.expect(version) : one.expect;
        const observed = await put(one, real[place], authorities);
        expect(observed, "the real one").toMatchObject(pattern(expected));
        expect(await put(one, played[place], authorities), "the embedded one").toEqual(observed);
      });

      test.each(differences)("known to differ: $name", async (one) => {
        const place = one.at ?? "intermediate";
        const expected = typeof one.expect === "function" ? one.expect(version) : one.expect;
        expect(await put(one, real[place], authorities), "the real one").toMatchObject(pattern(expected));
        const observed = await put(one, played[place], authorities);
        expect(observed, "the embedded one").toMatchObject(pattern(one.embedded));
      });
    },
  );
});
