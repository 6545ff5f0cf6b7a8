/** Which configuration is used: the real step and `renew` with the same words and files, at a real CA. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { configuration } from "../../src/ca/configuration.ts";
import { type Authority, createAuthority } from "../../src/dev-ca/authority.ts";
import { realFileSystem } from "../../src/files/system.ts";
import { runRenew, runStep } from "../support/real-step.ts";
import { realBinary, type StepCa, startStepCa } from "../support/step-ca.ts";

const step = realBinary("step-v0.30.6");
const isMissing = step === undefined || realBinary("step-ca-v0.30.2") === undefined;

let ca: StepCa;
let authority: Authority;
const folder = mkdtempSync(join(tmpdir(), "contexts-"));

/** Files of STEPPATH: CA stands for the CA's address, ROOT for the root's text. */
type Files = Readonly<Record<string, string>>;

const two = '{"one":{"profile":"p1","authority":"a1"},"two":{"profile":"p2","authority":"a2"}}';
const right: Files = {
  "authorities/a1/config/defaults.json": '{"ca-url":"CA"}',
  "authorities/a1/certs/root_ca.crt": "ROOT",
  "authorities/a2/config/defaults.json": '{"ca-url":"https://localhost:1"}',
};
const single = '{"one":{"profile":"p1","authority":"a1"}}';
const current = (name: string): Files => ({ "current-context.json": `{"context":"${name}"}` });

interface Row {
  about: string;
  files: Files;
  flags?: string;
  env?: Record<string, string>;
  /** step's exit status and ours where they differ on purpose: whether it is renewed is in it. */
  exits: readonly [step: number, renew: number];
}

const both = [0, 0] as const;
const rows: readonly Row[] = [
  { about: "--context", files: { ...right, "contexts.json": two }, flags: "--context one", exits: both },
  { about: "STEP_CONTEXT", files: { ...right, "contexts.json": two }, env: { STEP_CONTEXT: "one" }, exits: both },
  { about: "the current one", files: { ...right, "contexts.json": two, ...current("one") }, exits: both },
  { about: "the only one", files: { ...right, "contexts.json": single }, exits: both },
  {
    about: "--context beats the current one and STEP_CONTEXT",
    files: { ...right, "contexts.json": two, ...current("two") },
    flags: "--context one",
    env: { STEP_CONTEXT: "two" },
    exits: both,
  },
  {
    about: "the profile's defaults beat the authority's",
    files: {
      ...right,
      "contexts.json": single,
      "authorities/a1/config/defaults.json": '{"ca-url":"https://localhost:1"}',
      "profiles/p1/config/defaults.json": '{"ca-url":"CA"}',
    },
    exits: both,
  },
  {
    about: "the environment beats the profile",
    files: {
      ...right,
      "contexts.json": single,
      "profiles/p1/config/defaults.json": '{"ca-url":"https://localhost:1"}',
    },
    env: { STEP_CA_URL: "CA" },
    exits: both,
  },
  {
    about: "a flag beats the environment",
    files: { ...right, "contexts.json": single },
    flags: "--ca-url CA",
    env: { STEP_CA_URL: "https://localhost:1" },
    exits: both,
  },
  {
    about: "in a context STEPPATH's own defaults.json and root are of nobody",
    files: {
      "contexts.json": single,
      "authorities/a1/config/defaults.json": '{"ca-url":"CA"}',
      "config/defaults.json": '{"root":"step/certs/root_ca.crt"}',
      "certs/root_ca.crt": "ROOT",
    },
    exits: [1, 78],
  },
  {
    about: "a root in the authority's defaults.json",
    files: {
      "contexts.json": single,
      "authorities/a1/config/defaults.json": '{"ca-url":"CA","root":"step/own.crt"}',
      "own.crt": "ROOT",
    },
    exits: both,
  },
  {
    about: "keys that would choose a context are taken out",
    files: {
      ...right,
      "contexts.json": two,
      ...current("one"),
      "profiles/p1/config/defaults.json": '{"context":"two","profile":"p2","authority":"a2"}',
    },
    exits: both,
  },
  {
    about: "--expires-in of a profile holds it back",
    files: { ...right, "contexts.json": single, "profiles/p1/config/defaults.json": '{"expires-in":"5m"}' },
    exits: both,
  },
  {
    about: "STEP_F, and no --force",
    files: { ...right, "contexts.json": single },
    flags: "--force=false",
    env: { STEP_F: "true" },
    exits: [1, 64],
  },
  {
    about: "an empty contexts.json is none",
    files: { "contexts.json": "{}", "config/defaults.json": '{"ca-url":"CA"}', "certs/root_ca.crt": "ROOT" },
    exits: both,
  },
  {
    about: "STEP_CONTEXT is nothing where there are none",
    files: { "config/defaults.json": '{"ca-url":"CA"}', "certs/root_ca.crt": "ROOT" },
    env: { STEP_CONTEXT: "one" },
    exits: both,
  },
  { about: "several, and none is current", files: { ...right, "contexts.json": two }, exits: [1, 78] },
  {
    about: "one that is not there",
    files: { ...right, "contexts.json": two },
    flags: "--context three",
    exits: [1, 78],
  },
  {
    about: "the current one is not there",
    files: { ...right, "contexts.json": two, ...current("three") },
    exits: [1, 78],
  },
  { about: "no profile", files: { ...right, "contexts.json": '{"one":{"authority":"a1"}}' }, exits: [1, 78] },
  { about: "no JSON", files: { ...right, "contexts.json": "[" }, exits: [1, 78] },
  // From here on we differ on purpose.
  {
    about: "--context where there are none: step takes no notice",
    files: { "config/defaults.json": '{"ca-url":"CA"}', "certs/root_ca.crt": "ROOT" },
    flags: "--context one",
    exits: [0, 78],
  },
  {
    about: "named, while the current one is not there: step gives up",
    files: { ...right, "contexts.json": two, ...current("three") },
    flags: "--context one",
    exits: [1, 0],
  },
];

interface Play {
  words: string[];
  place: { cwd: string; env: Record<string, string> };
  isRenewed: () => boolean;
}

/** A folder of its own for each run: step writes a current-context.json. */
async function play({ files, flags = "", env = {} }: Row): Promise<Play> {
  const cwd = mkdtempSync(join(folder, "run-"));
  const filled = (text: string) => text.replace(/\bCA\b/g, ca.url).replace(/\bROOT\b/g, authority.root);
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(cwd, "step", name)), { recursive: true });
    writeFileSync(join(cwd, "step", name), filled(text));
  }
  const { chain, key } = await authority.issue({
    subject: "web",
    names: ["web"],
    usages: ["serverAuth", "clientAuth"],
    provisioner: { name: "admin" },
  });
  writeFileSync(join(cwd, "web.crt"), chain);
  writeFileSync(join(cwd, "web.key"), key, { mode: 0o600 });
  const force = flags.includes("--force") ? [] : ["--force"];
  return {
    words: [...force, ...filled(flags).split(" ").filter(Boolean), "web.crt", "web.key"],
    place: {
      cwd,
      env: { STEPPATH: "step", ...Object.fromEntries(Object.entries(env).map(([name, text]) => [name, filled(text)])) },
    },
    isRenewed: () => readFileSync(join(cwd, "web.crt"), "utf8") !== chain,
  };
}

describe.skipIf(isMissing)("beside the real step", () => {
  beforeAll(async () => {
    authority = await createAuthority({ intermediate: true });
    ca = await startStepCa({ version: "v0.30.2", authority });
  });
  afterAll(async () => {
    await ca.close();
    rmSync(folder, { recursive: true });
  });

  test.each(rows)("$about", async (row) => {
    const [theirs, ours] = [await play(row), await play(row)];
    const ran = await runStep(step ?? "", ["ca", "renew", ...theirs.words], theirs.place);
    const renewed = await runRenew(ours.words, ours.place);
    expect([ran.exit, renewed.exit], `${ran.stderr}\n${renewed.stderr}`).toEqual(row.exits);
    if ((ran.exit === 0) === (renewed.exit === 0)) expect(ours.isRenewed()).toBe(theirs.isRenewed());
    if (renewed.exit === 78) expect(ours.isRenewed()).toBe(false);
  });

  test.each(["one", "two"])("`step path` in the context %s is the folder whose root we take", async (name) => {
    const { place } = await play({
      about: "",
      files: { ...right, "contexts.json": two, ...current(name) },
      exits: both,
    });
    const { stdout } = await runStep(step ?? "", ["path"], place);
    const { root } = configuration(
      { context: null, config: undefined },
      { env: { STEPPATH: join(place.cwd, "step") }, fs: realFileSystem },
    ).place();
    expect(root).toBe(join(place.cwd, stdout.trim(), "certs", "root_ca.crt"));
  });
});
