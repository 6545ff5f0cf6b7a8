/** What --json prints is what the schema says: its words are the code's, and every failure there is fits it. */
import { readdirSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import { Ajv2020 } from "ajv/dist/2020.js";
import { afterEach, describe, expect, test } from "vitest";
import { reasons } from "../../../src/ca/credential.ts";
import { main } from "../../../src/cli/main.ts";
import { catalogue, codes } from "../../../src/failure/catalogue/catalogue.ts";
import { causes } from "../../../src/failure/diagnosis/causes.ts";
import { checkNames } from "../../../src/renewal/checkup/check.ts";
import { plays } from "../../support/plays.ts";
import { type Scene, scene } from "../../support/scene.ts";
import { testWorld } from "../../support/world.ts";

const root = resolve(import.meta.dirname, "../../..");
const text = (file: string) => readFileSync(resolve(root, file), "utf8");
const schema = JSON.parse(text("src/cli/print/output.schema.json")) as {
  $defs: Record<string, { enum?: unknown[]; properties: Record<string, { enum?: unknown[]; const?: unknown }> }>;
};

const ajv = new Ajv2020({ strict: true, strictTypes: false, strictRequired: false, allErrors: true });
const isTime = (value: string) => /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/.test(value);
ajv.addFormat("date-time", isTime);
const validate = ajv.compile(schema);

/** [] where it fits. */
function problems(document: unknown): string[] {
  if (validate(document)) return [];
  const isOfBranch = ({ instancePath, keyword }: { instancePath: string; keyword: string }) =>
    !(keyword === "oneOf" || (keyword === "const" && instancePath === "/command"));
  return (validate.errors ?? [{ instancePath: "", keyword: "", message: "invalid" }])
    .filter(isOfBranch)
    .map(({ instancePath, message }) => `${instancePath} ${message}`);
}

describe("the words of the schema are the code's", () => {
  const enumOf = (name: string) => schema.$defs[name]?.enum;
  test.each<[string, unknown, unknown]>([
    ["codes", enumOf("code"), codes],
    ["causes", enumOf("causeId"), Object.keys(causes)],
    ["reasons", enumOf("methodReason"), [...Object.keys(reasons), null]],
    ["checks", enumOf("checkName"), [...checkNames]],
    ["exits", enumOf("exit"), exits()],
    ["retries", sorted(enumOf("retry")), sorted([...new Set(codes.map((code) => catalogue[code].retry))])],
    ["menders", sorted(enumOf("mender")), sorted([...new Set(Object.values(causes).map(({ who }) => who))])],
  ])("%s", (_, listed, known) => expect(listed).toEqual(known));

  /** INTERRUPTED has one for each signal; `needs-renewal` has step's. */
  function exits(): number[] {
    const all = new Set([...codes.map((code) => catalogue[code].exit), 129, 143, 2, 255]);
    return [...all].sort((a, b) => a - b);
  }

  function sorted(values: unknown[] | undefined): unknown[] {
    return [...(values ?? [])].sort();
  }
});

describe("the package ships it", () => {
  test("under the name that it is imported by", () => {
    const { exports, files } = JSON.parse(text("package.json")) as { exports: Record<string, string>; files: string[] };
    expect(exports["./output.schema.json"]).toBe("./dist/output.schema.json");
    expect(files).toContain("dist");
    expect(text("esbuild.config.js")).toContain('"src/cli/print/output.schema.json", "dist/output.schema.json"');
  });
});

describe("every transcript in JSON fits", () => {
  const folder = resolve(root, "test/transcripts");
  test.each(readdirSync(folder).filter((file) => file.endsWith("-json.txt")))("%s", (file) => {
    const screen = readFileSync(resolve(folder, file), "utf8");
    const whole = screen.slice(screen.indexOf("\n{") + 1, screen.lastIndexOf("\n(exit"));
    const shown = whole.replaceAll("sha256:…", `sha256:${"0".repeat(64)}`);
    expect(problems(JSON.parse(shown))).toEqual([]);
  });
});

describe("every transcript, played again with --json, prints one document that fits", () => {
  let current: Scene | undefined;
  afterEach(() => current?.end());
  const seen: unknown[] = [];

  test.each(Object.entries(plays))("%s", async (_, { set, command, authority }) => {
    current = await scene(authority);
    const world = (await set(current)) ?? {};
    const [, name = "", words = ""] = /^((?:run|systemd|cron) )?(.*)$/.exec(command) ?? [];
    const again = `${name}--json ${words.replace(/(^| )(-v|--json)(?= |$)/, "")}`;
    const { stdout, stderr, exit } = await current.renew(again, world);
    const document = JSON.parse(stdout) as {
      ok: boolean;
      outcome: string;
      error: { exit: number; rendered: string } | null;
    };
    expect(problems(document)).toEqual([]);
    expect(document.error?.exit ?? (command.includes("--exit-code") ? 10 : 0)).toBe(exit);
    expect(stderr.replace(/^(overwrite|an interrupted run|--mtls false was taken as|what web.crt was) .*\n/, "")).toBe(
      "",
    );
    seen.push(document);
  });

  test("a key more or a key less does not fit", () => {
    const failed = seen.map((one) => JSON.stringify(one)).find((one) => /"command":"renew".*"certain"/.test(one));
    const parsed: unknown = JSON.parse(failed ?? "null");
    const broken = [...paths(parsed)].flatMap((path) => [without(parsed, path), within(parsed, path)]);
    expect(broken.length).toBeGreaterThan(60);
    expect(broken.filter((one) => problems(one).length === 0 && validate(one))).toEqual([]);
  });
});

describe("renew doctor --json", () => {
  let current: Scene | undefined;
  afterEach(() => current?.end());
  const told = [
    "renewed-over-mtls",
    "renewed-by-token",
    "client-auth-only-old-ca",
    "server-auth-only-new-ca",
    "revoked",
  ];
  const untold = ["file-missing", "key-mismatch", "not-a-ca-page", "ca-untrusted", "ca-unreachable", "bad-flag"];

  test.each([...told, ...told.map((name) => `${name} --rehearse`), ...untold])("%s", async (words) => {
    const [name = "", rehearse] = words.split(" ");
    const { set, command, authority } = plays[name] ?? { set: async () => undefined, command: "" };
    current = await scene(authority);
    const world = (await set(current)) ?? {};
    const flags = command.replace(/--json |--force |--out \S+ /g, "");
    const { stdout, stderr } = await current.renew(`doctor --json ${rehearse ?? ""} ${flags}`, world);
    expect(problems(JSON.parse(stdout))).toEqual([]);
    expect(stderr).toBe("");
  });
});

describe("renew explain --json", () => {
  test.each<[string, string, number]>([
    ["explain --json", "", 0],
    ["explain --json CA_REFUSED", "", 0],
    ["explain --json key-mismatch", "", 0],
    ["explain --json NO_SERVER_AUTH_OLD_CA", "", 0],
    ["explain --json --from -", "remote error: tls: bad certificate", 0],
    ["explain --json --from -", "nothing of the kind", 1],
    ["explain --json NONSENSE", "", 64],
    ["explain --json --from nope.log", "", 66],
    ["demo --json", "", 64],
    ["dev-ca --json", "", 64],
  ])("%s, given %j: exit %s", async (command, input, exit) => {
    const world = testWorld({ input });
    expect(await main(command.split(" "), world)).toBe(exit);
    expect(problems(JSON.parse(world.out.text))).toEqual([]);
    expect(world.err.text).toBe("");
  });
});

type Path = readonly (string | number)[];

/** Every key of every object in it. */
function* paths(value: unknown, above: Path = []): Generator<Path> {
  if (typeof value !== "object" || value === null) return;
  for (const [key, below] of Object.entries(value)) {
    const path = [...above, key];
    if (!Array.isArray(value)) yield path;
    yield* paths(below, path);
  }
}

function changed(value: unknown, path: Path, change: (object: Record<string, unknown>, key: string) => void): unknown {
  const copy = structuredClone(value);
  const owner = path.slice(0, -1).reduce<unknown>((at, key) => (at as Record<string, unknown>)[key], copy);
  change(owner as Record<string, unknown>, String(path.at(-1)));
  return copy;
}

const without = (value: unknown, path: Path) => changed(value, path, (object, key) => delete object[key]);
const within = (value: unknown, path: Path) => changed(value, path, (object) => Object.assign(object, { extra: 1 }));
