/** The table that real step-ca is held to, put to the embedded one: every version, every case. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type DevCa, type DevCaOptions, type Like, startDevCa } from "../../src/dev-ca/server.ts";
import { type Authorities, createAuthorities, embedded, put, type SubjectCa } from "../support/cases/bench.ts";
import type { Place } from "../support/cases/case.ts";
import { pattern } from "../support/cases/observe.ts";
import { cases } from "../support/cases.ts";

const likes: readonly Like[] = ["v0.26.1", "v0.26.2", "v0.30.2"];

describe.each(likes)("like step-ca %s", (like) => {
  const started: DevCa[] = [];
  let authorities: Authorities;
  let places: Record<Place, SubjectCa>;

  beforeAll(async () => {
    authorities = await createAuthorities();
    const start = async (options: DevCaOptions): Promise<SubjectCa> => {
      const ca = await startDevCa({ like, ...options });
      started.push(ca);
      return embedded(ca);
    };
    places = {
      intermediate: await start({ authority: authorities.at.intermediate }),
      root: await start({ authority: authorities.at.root, crl: true }),
      ra: await start({ authority: authorities.at.ra, registrationAuthority: true }),
    };
  });
  afterAll(async () => {
    for (const ca of started) await ca.close();
  });

  test.each(cases)("$name", async (one) => {
    const expected = typeof one.expect === "function" ? one.expect(like) : one.expect;
    const observed = await put(one, places[one.at ?? "intermediate"], authorities);
    expect(observed).toMatchObject(pattern(expected));
  });
});
