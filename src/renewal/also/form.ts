/** In which forms a certificate may be written besides, for programs that cannot read it as it is. */
import { Failure } from "../../failure/failure.ts";

export const forms = ["leaf", "chain", "fullchain", "combined", "der", "p12", "root"] as const;
export type Form = (typeof forms)[number];

export interface AlsoFile {
  readonly form: Form;
  readonly file: string;
}

/** What is written besides, all as one with the certificate. */
export interface Also {
  readonly files: readonly AlsoFile[];
  /** Holds the passphrase of each p12. */
  readonly passwordFile?: string;
}

export function holdsKey(form: Form): boolean {
  return form === "combined" || form === "p12";
}

/** Where they go, as the user named it. */
export function formFiles({ also }: { readonly also?: Also }): string[] {
  return (also?.files ?? []).map(({ file }) => file);
}

/** As on the command line. */
export function alsoText({ form, file }: AlsoFile): string {
  return `--also ${form}=${file}`;
}

/** A file that has a use already, and how it is called in messages. */
export interface Reserved {
  readonly file: string;
  readonly what: string;
}

/** Throws FLAG_CONFLICT where a form would be written over another one, or over a file that is used otherwise. */
export function refuseTwice(
  files: readonly AlsoFile[],
  reserved: readonly Reserved[],
  pathOf: (file: string) => string,
  textOf: (one: AlsoFile) => string = alsoText,
): void {
  const used = new Map(reserved.map(({ file, what }) => [pathOf(file), what]));
  for (const one of files) {
    const path = pathOf(one.file);
    const [other, text] = [used.get(path), textOf(one)];
    if (other !== undefined) {
      const because =
        other === text
          ? "Once is enough: a form is written once to each of its files."
          : `Both mean ${path}: one would be written over the other. Each form needs a file of its own.`;
      throw new Failure("FLAG_CONFLICT", { flags: [other, text], because, form: one.form });
    }
    used.set(path, text);
  }
}
