import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { describe, expect, test } from "vitest";

const root = resolve(import.meta.dirname, "../..");
const src = join(root, "src");

const sources = readdirSync(src, { recursive: true, encoding: "utf8" })
  .filter((name) => name.endsWith(".ts") && !name.endsWith(".d.ts"))
  .map((name) => ({ name, text: readFileSync(join(src, name), "utf8") }));

/** `… from "x"`, `import "x"`, `import("x")`. */
const statement = /^(?:import|export) [^"'`;]*from "([^"]+)"|^import "([^"]+)"|import\("([^"]+)"\)/gm;

const imports = sources.flatMap(({ name, text }) =>
  [...text.matchAll(statement)].map(([, from, bare, lazy]) => ({ name, specifier: from ?? bare ?? lazy ?? "" })),
);

/** Which folders each folder may import from, besides itself. */
const arrows: Record<string, readonly string[]> = {
  "world.ts": ["files", "cli"],
  cli: ["world.ts", "renewal", "ca", "files", "pki", "failure", "dev-ca"],
  library: ["world.ts", "cli", "renewal", "ca", "files", "pki", "failure"],
  renewal: ["world.ts", "ca", "files", "pki", "failure"],
  ca: ["files", "pki", "failure"],
  pki: ["failure"],
  files: ["failure"],
  failure: [],
  "dev-ca": [],
};

/** The one place for each package; a folder stands for every file in it. */
const doors: Record<string, readonly string[]> = {
  commander: ["cli/commander.ts"],
  chalk: ["cli/print/style.ts"],
  jose: ["ca/token.ts"],
  undici: ["ca/pool.ts"],
  "@peculiar/x509": ["pki", "dev-ca"],
  "reflect-metadata": ["pki", "dev-ca"],
  "jsonc-parser": ["cli/config/jsonc.ts"],
  yaml: ["cli/config/yaml.ts"],
  "@peculiar/asn1-pfx": ["pki/pkcs12.ts"],
  "@peculiar/asn1-cms": ["pki/pkcs12.ts"],
  "@peculiar/asn1-rsa": ["pki/pkcs12.ts"],
  "@peculiar/asn1-schema": ["pki/pkcs12.ts"],
  "@peculiar/asn1-x509": ["pki/pkcs12.ts"],
};

const folderOf = (name: string) => name.split("/")[0] ?? "";
const packageOf = (specifier: string) =>
  specifier
    .split("/")
    .slice(0, specifier.startsWith("@") ? 2 : 1)
    .join("/");

describe("the architecture holds", () => {
  test("imports follow the arrows", () => {
    const wrong = imports
      .filter(({ specifier }) => specifier.startsWith("."))
      .map(({ name, specifier }) => ({ name, to: relative(src, resolve(src, dirname(name), specifier)) }))
      .filter(({ to }) => !to.startsWith(".."))
      .filter(({ name, to }) => folderOf(name) !== folderOf(to) && !arrows[folderOf(name)]?.includes(folderOf(to)));
    expect(wrong).toEqual([]);
  });

  test("each package has one door", () => {
    const wrong = imports
      .filter(({ specifier }) => !specifier.startsWith(".") && !specifier.startsWith("node:"))
      .filter(({ name, specifier }) => {
        const door = doors[packageOf(specifier)] ?? [];
        return !door.includes(name) && !door.includes(folderOf(name));
      });
    expect(wrong).toEqual([]);
  });

  test("the library speaks no flags: of cli it has durations, and a failure in words", () => {
    const of = imports.filter(({ name, specifier }) => folderOf(name) === "library" && specifier.startsWith("../cli/"));
    expect([...new Set(of.map(({ specifier }) => specifier))].sort()).toEqual([
      "../cli/duration.ts",
      "../cli/report.ts",
    ]);
  });

  test("only the demo and dev-ca commands load the embedded CA", () => {
    const users = imports.filter(
      ({ name, specifier }) => specifier.includes("/dev-ca/") && folderOf(name) !== "dev-ca",
    );
    expect([...new Set(users.map(({ name }) => name))].sort()).toEqual([
      "cli/commands/demo.ts",
      "cli/commands/dev-ca.ts",
    ]);
  });

  test("no drawers, and no file that is two things", () => {
    expect(sources.filter(({ name }) => /(^|\/)(utils?|helpers?|common|misc|shared)(\/|\.ts$)/.test(name))).toEqual([]);
    const long = sources.filter(({ text }) => text.split("\n").length > 250).map(({ name }) => name);
    expect(long).toEqual([]);
  });

  test("only bin ends the process", () => {
    expect(sources.filter(({ text }) => /process\.exit\(/.test(text)).map(({ name }) => name)).toEqual([]);
  });
});
