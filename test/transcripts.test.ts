/** Plays each transcript: a command and all that it prints. `npx vitest run -u` writes them anew; look at the difference. */
import { readdirSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { commandWords } from "../src/cli/main.ts";
import { catalogue, codes } from "../src/failure/catalogue/catalogue.ts";
import { causes } from "../src/failure/diagnosis/causes.ts";
import type { CauseId } from "../src/failure/evidence.ts";
import { plays } from "./support/plays.ts";
import { type Scene, scene } from "./support/scene.ts";
import { picture } from "./support/svg.ts";

const folder = resolve(import.meta.dirname, "transcripts");
const transcripts = () =>
  readdirSync(folder).map((file) => ({ file, text: readFileSync(resolve(folder, file), "utf8") }));

describe("transcripts", () => {
  let current: Scene | undefined;
  afterEach(() => current?.end());

  test.each(Object.entries(plays))("%s", async (name, { set, command, authority, isPartial }) => {
    current = await scene(authority);
    const world = (await set(current)) ?? {};
    const before = snapshot();
    const { screen, exit } = await current.renew(command, world);
    const isInstalled = exit === catalogue.HOOK_FAILED.exit && !screen.includes("]: owed ");
    if (exit !== 0 && !isInstalled && !isPartial)
      expect(snapshot(), "a failure leaves every file as it was").toEqual(before);
    await expect(screen).toMatchFileSnapshot(resolve(folder, `${name}.txt`));
  });

  test("the README's picture shows a transcript as it is", async () => {
    const transcript = readFileSync(resolve(folder, "client-auth-only-old-ca.txt"), "utf8");
    await expect(picture(transcript)).toMatchFileSnapshot(resolve(import.meta.dirname, "../docs/refusal.svg"));
  });
});

/** Causes that no renewal meets first, and why. */
const neverFirst: Partial<Record<CauseId, string>> = {
  KEY_TYPE_NOT_SUPPORTED: "a key that Go does not know is BAD_KEY before anything is sent; a rekey can ask for one",
  CA_SIGNER_FAILED: "the answer is that of CA_STORE_FAILED, which is met more often and named before it",
};

describe("together, the transcripts", () => {
  test("are those that are played", () => {
    expect(transcripts().map(({ file }) => file)).toEqual(
      Object.keys(plays)
        .map((name) => `${name}.txt`)
        .sort(),
    );
  });

  test("show every code", () => {
    const shown = new Set(transcripts().map(({ text }) => /error\[([A-Z_]+)\]/.exec(text)?.[1]));
    expect(codes.filter((code) => !shown.has(code))).toEqual([]);
  });

  test("name every cause first, but those that no renewal meets first", () => {
    const ids = Object.keys(causes) as CauseId[];
    const first = new Set(transcripts().map(({ text }) => /^ {2}causes? +([A-Z_]+) \(/m.exec(text)?.[1]));
    expect(ids.filter((id) => !first.has(id))).toEqual(ids.filter((id) => id in neverFirst));
    const named = transcripts()
      .map(({ text }) => text)
      .join("");
    const unnamed = ids.filter((id) => !new RegExp(`\\b${id} \\(`).test(named));
    expect(unnamed).toEqual([]);
  });

  test("hold no private key and no token", () => {
    const all = transcripts().map(({ text }) => text);
    expect(all.join("")).not.toMatch(/PRIVATE KEY-----|eyJ[A-Za-z0-9_-]{10}/);
  });

  /** The pieces of advice of a screen, each on one line. */
  const adviceIn = (text: string) =>
    (/^ {2}help: (.*?)\n {2}more: /ms.exec(text)?.[1] ?? "")
      .replace(/ \\\n */g, " ")
      .replace(/\n {9,}/g, " ")
      .split("\n");

  test("never give the same command twice", () => {
    const twice = transcripts().flatMap(({ file, text }) => {
      const commands = adviceIn(text).flatMap((advice) => advice.match(/`[^`]+`/g) ?? []);
      return commands.filter((command, index) => commands.indexOf(command) !== index).map((command) => [file, command]);
    });
    expect(twice).toEqual([]);
  });

  test("never advise a flag that the command lacks", async () => {
    const known = new Map((await commandWords()).map(({ name, flags }) => [name, flags.flatMap(({ names }) => names)]));
    known.get("renew")?.push("help", "version");
    const commandOf = (line: string) => {
      const [, word = ""] = /^(?:\$ )?renew (\S+)/.exec(line) ?? [];
      return known.has(word) ? word : "renew";
    };
    const strange = transcripts().flatMap(({ file, text }) => {
      const ran = commandOf(text);
      const said = adviceIn(text).flatMap((advice) =>
        [...advice.matchAll(/`((?:renew |--)[^`]*)`/g)].map(([, words = ""]) => words),
      );
      return said.flatMap((words) => {
        const command = words.startsWith("--") ? ran : commandOf(words);
        // A list has keys of these names.
        if (words.startsWith("--") && ran === "run") return [];
        const flags = [...words.matchAll(/(?:^| )--([a-z][a-z0-9-]*)/g)].map(([, name = ""]) => name);
        const has = (name: string) => name === "help" || known.get(command)?.includes(name);
        return flags.filter((name) => !has(name)).map((name) => [file, words, name]);
      });
    });
    expect(strange).toEqual([]);
  });

  test("never advise mTLS for a certificate that has expired, but for the next one", () => {
    const expired = transcripts().filter(({ text }) => /^ {2}state: .*; it expired/m.test(text));
    expect(expired.length).toBeGreaterThan(15);
    const impossible = expired.flatMap(({ file, text }) =>
      adviceIn(text)
        .filter((advice) => advice.includes("mTLS") && !/before (expiry|the end)/.test(advice))
        .map((advice) => [file, advice]),
    );
    expect(impossible).toEqual([]);
  });

  /** A word that is wider than the screen stands alone on its line. */
  const isOneWord = (line: string) => /^ *(-F )?(`?'[^']*'`?|\S+)( \\)?`?$/.test(line);

  test("fit a screen of 80 columns and 46 lines, where they tell of a failure: a success is one line of a log", () => {
    const screens = transcripts().filter(
      ({ text }) => /^error\[/m.test(text) && !/^\$ renew .*(--json|-v)\b/.test(text),
    );
    // A run of many tells of several failures, one after the other.
    const ofOne = screens.filter(({ text }) => !text.startsWith("$ renew run "));
    const tooLong = ofOne.map(({ file, text }) => [file, text.split("\n").length - 2]);
    expect(tooLong.filter(([, lines]) => Number(lines) > 46)).toEqual([]);
    const tooWide = screens.flatMap(({ text }) => text.split("\n").slice(1));
    expect(tooWide.filter((line) => line.length > 80 && !isOneWord(line))).toEqual([]);
  });
});

/** Every file of the scene but the keys' new temporary ones that a failed installation keeps on purpose. */
function snapshot(): Record<string, string> {
  const files = readdirSync(".", { recursive: true, withFileTypes: true, encoding: "utf8" });
  return Object.fromEntries(
    files
      .filter((entry) => entry.isFile() && !/renew-0/.test(entry.name))
      .map(({ parentPath, name }) => [name, readFileSync(`${parentPath}/${name}`, "base64")]),
  );
}
