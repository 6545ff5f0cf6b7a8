import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Page, renderFailure } from "../../../src/cli/print/human.ts";
import { errorDocument } from "../../../src/cli/print/json.ts";
import { isColoured, style } from "../../../src/cli/print/style.ts";
import { tell } from "../../../src/failure/catalogue/catalogue.ts";
import type { Diagnosis } from "../../../src/failure/evidence.ts";
import { Failure } from "../../../src/failure/failure.ts";
import { Captured } from "../../support/world.ts";

const unseen = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/u;

const hostile = fc.oneof(
  fc.string({ unit: "binary", maxLength: 60 }),
  fc.constantFrom(
    "\u001b[2J\u001b[1;1H",
    "\u202egnp.exe",
    "a\nerror[FAKE]: b",
    "\u0007\u0000",
    "x".repeat(5000),
    "\u009b31m",
    "",
  ),
);

/** A refusal in which every foreign word is hostile. */
function refusal(said: string, requestId: string, caVersion: string, because: string): Failure<"CA_REFUSED"> {
  const diagnosis: Diagnosis = {
    causes: [{ id: "REVOKED", certainty: "likely", who: "admin", because, help: [`look: \`step ca ${said}\``] }],
    ruledOut: [{ id: "KEY_MISMATCH", because: said }],
    evidence: [
      ["the CA said", said],
      [said, "request"],
    ],
    asked: [],
  };
  const answered = { status: 401, said, shape: "type" as const, requestId };
  const url = "https://ca.internal/renew";
  return new Failure("CA_REFUSED", { url, ...answered, method: "token", certificate: said, diagnosis, caVersion });
}

function pageOf(failure: Failure<"CA_REFUSED">, columns = 80, verbose = true): Page {
  const { diagnosis } = failure.facts;
  return { told: tell(failure), diagnosis, state: "web.crt is unchanged", columns, verbose, style: style(false) };
}

const failures = fc.tuple(hostile, hostile, hostile, hostile).map((words) => refusal(...words));

describe("a failure on the terminal", () => {
  test("has nothing in it that a terminal acts on, whatever the CA said", () => {
    fc.assert(
      fc.property(failures, fc.integer({ min: 0, max: 300 }), (failure, columns) => {
        for (const line of renderFailure(pageOf(failure, columns)).split("\n")) expect(line).not.toMatch(unseen);
      }),
      { seed: 1 },
    );
  });

  test("cannot be made to look like another one", () => {
    fc.assert(
      fc.property(failures, (failure) => {
        const rendered = renderFailure(pageOf(failure));
        expect(rendered.split("\n").filter((line) => line.startsWith("error["))).toHaveLength(1);
        expect(rendered.startsWith("error[CA_REFUSED]: ")).toBe(true);
        expect(rendered.endsWith("\n  more: renew explain REVOKED\n")).toBe(true);
      }),
      { seed: 2 },
    );
  });

  test("keeps to the terminal's width, but for its first line, long words and commands", () => {
    const plain = refusal(
      "it said no, and it said it at some length",
      "id",
      "v0.30.2",
      "one thing or another is the case here",
    );
    for (const columns of [40, 60, 80, 100, 200]) {
      const told = { ...tell(plain), evidence: [["the CA said", plain.facts.said]] as const };
      const [, ...lines] = renderFailure({ ...pageOf(plain, columns), told }).split("\n");
      const tooWide = lines.filter((line) => line.length > Math.min(columns, 100) && !line.includes("`"));
      expect(tooWide).toEqual([]);
    }
  });

  test("counts the causes ruled out beyond three, unless -v asks for all", () => {
    const failure = refusal("no", "id", "v", "so");
    const ruledOut = ["KEY_MISMATCH", "CLOCK_AHEAD", "CLOCK_BEHIND", "TOKEN_REUSED", "RA_UPSTREAM"] as const;
    const diagnosis = {
      ...failure.facts.diagnosis,
      ruledOut: ruledOut.map((id) => ({ id, because: "no sign of it" })),
    };
    const brief = renderFailure({ ...pageOf(failure), diagnosis, verbose: false });
    const whole = renderFailure({ ...pageOf(failure), diagnosis, verbose: true });
    expect(brief).toContain("and 2 more (-v)");
    expect(brief).not.toContain("TOKEN_REUSED");
    expect(whole).toContain("RA_UPSTREAM");
  });

  test("says the same without colour as with it", () => {
    const page = pageOf(refusal("no", "id", "v0.26.1", "so it is"));
    const coloured = renderFailure({ ...page, style: style(true) });
    expect(coloured).not.toBe(renderFailure(page));
    expect(coloured.replace(/\u001b\[\d+m/g, "")).toBe(renderFailure(page));
  });
});

describe("a failure as JSON", () => {
  const document = (failure: Failure<"CA_REFUSED">) => {
    const state = { file: "web.crt", changed: false, notAfter: null };
    const { diagnosis } = failure.facts;
    return errorDocument({ failure, told: tell(failure), diagnosis, state, rendered: renderFailure(pageOf(failure)) });
  };

  test("has nothing in it that a terminal acts on either", () => {
    fc.assert(
      fc.property(failures, (failure) => {
        expect(JSON.stringify(document(failure))).not.toMatch(unseen);
      }),
      { seed: 3 },
    );
  });

  test("has always the same keys", () => {
    const keys = (value: object) => Object.keys(value).sort();
    const { evidence, ...whole } = document(refusal("", "", "", ""));
    const bare = new Failure("BAD_FLAG", { said: "no such flag", command: "renew" });
    const state = { file: null, changed: false, notAfter: null };
    const other = errorDocument({ failure: bare, told: tell(bare), diagnosis: undefined, state, rendered: "" });
    expect(keys(other)).toEqual(keys({ ...whole, evidence }));
    expect(keys(other.evidence)).toEqual(keys(evidence));
  });
});

describe("colour", () => {
  const terminal = new Captured(true, 80);
  const pipe = new Captured(false, 80);
  test.each([
    ["a terminal", undefined, {}, terminal, true],
    ["no terminal", undefined, {}, pipe, false],
    ["--color", true, { NO_COLOR: "1" }, pipe, true],
    ["--no-color", false, { FORCE_COLOR: "1" }, terminal, false],
    ["NO_COLOR", undefined, { NO_COLOR: "1" }, terminal, false],
    ["NO_COLOR that is empty", undefined, { NO_COLOR: "" }, terminal, true],
    ["NO_COLOR beats FORCE_COLOR", undefined, { NO_COLOR: "1", FORCE_COLOR: "1" }, terminal, false],
    ["FORCE_COLOR", undefined, { FORCE_COLOR: "1" }, pipe, true],
    ["FORCE_COLOR=0", undefined, { FORCE_COLOR: "0" }, terminal, false],
    ["FORCE_COLOR=false", undefined, { FORCE_COLOR: "false" }, terminal, false],
    ["FORCE_COLOR that is empty", undefined, { FORCE_COLOR: "" }, pipe, false],
    ["a dumb terminal", undefined, { TERM: "dumb" }, terminal, false],
  ])("%s", (_, asked, env, output, expected) => {
    expect(isColoured(asked, env, output)).toBe(expected);
  });
});
