/** The key `also` of an entry: `{"combined": "web.pem"}`, or `["combined=web.pem"]` as on the command line. */
import { isRecord } from "../../ca/response.ts";
import { type Also, type AlsoFile, refuseTwice } from "../../renewal/also/form.ts";
import { alsoFile, alsoWith, formOf } from "../also-policy.ts";
import { filled } from "./keys.ts";
import { type Read, shape, understood } from "./settings.ts";

/** Undefined where the entry has none. */
export function alsoIn(
  entry: Readonly<Record<string, unknown>>,
  passwordFile: string | undefined,
  at: (name: string) => string,
): Read<Also | undefined> {
  if (!Object.hasOwn(entry, "also")) return { value: undefined };
  const files = filesIn(entry["also"]);
  if ("trouble" in files) return files;
  return understood("also", () => {
    const named = files.value.map(({ form, file }) => ({ form, file: at(file) }));
    refuseTwice(named, [], (file) => file, inList);
    return alsoWith(named, passwordFile, "run");
  });
}

const inList = ({ form, file }: AlsoFile) => `also: ${form}=${file}`;

function filesIn(value: unknown): Read<readonly AlsoFile[]> {
  if (!isRecord(value) || Array.isArray(value)) {
    const shaped = shape("also", value, "forms");
    if ("trouble" in shaped) return shaped;
    return understood("also", () => [shaped.value].flat().map((one) => alsoFile(one, "also", "run")));
  }
  const found: AlsoFile[] = [];
  for (const [word, named] of Object.entries(value)) {
    const form = understood("also", () => formOf(word, { from: "also", command: "run", written: (known) => known }));
    if ("trouble" in form) return form;
    const files = shape("also", named, "text-or-list");
    if ("trouble" in files) return files;
    const read = understood("also", () => [files.value].flat().map((file) => filled(file, `also: ${word}`)));
    if ("trouble" in read) return read;
    found.push(...read.value.map((file) => ({ form: form.value, file })));
  }
  return { value: found };
}
