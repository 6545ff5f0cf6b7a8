/** `renew explain`, as a call. */

import type { Page } from "./failure-types.ts";
import { RenewError } from "./renew-error.ts";

/**
 * The pages about an error: of its code, then of its causes, likeliest first. Takes a {@link RenewError}, the name of a code or a
 * cause, or what step, step-ca, Go, Node, OpenSSL, curl or Java say, as text or as an Error. Empty where nothing is known.
 *
 * @example
 * ```ts
 * const [page] = await explain("remote error: tls: bad certificate");
 * console.log(page?.title, page?.text);
 * ```
 */
export async function explain(subject: unknown): Promise<readonly Page[]> {
  const [{ catalogue }, { causes }, { recognise }] = await Promise.all([
    import("../failure/catalogue/catalogue.ts"),
    import("../failure/diagnosis/causes.ts"),
    import("../failure/diagnosis/recognise.ts"),
  ]);
  const pages = (name: string): Page[] => [
    ...(isIn(catalogue, name)
      ? [{ id: name, kind: "code" as const, title: catalogue[name].title, text: catalogue[name].about }]
      : []),
    ...(isIn(causes, name)
      ? [{ id: name, kind: "cause" as const, title: causes[name].title, text: causes[name].page }]
      : []),
  ];
  if (subject instanceof RenewError) return [subject.code, ...subject.causes.map(({ id }) => id)].flatMap(pages);
  const text = wordsOf(subject);
  const named = pages(text.trim());
  if (named.length > 0) return named;
  const ids = recognise(text).flatMap((found) => [...found.ids]);
  return [...new Set(ids)].flatMap(pages);
}

function isIn<T extends object>(table: T, name: string): name is Extract<keyof T, string> {
  return Object.hasOwn(table, name);
}

/** An error's words, and those of what it was caused by. */
function wordsOf(subject: unknown): string {
  if (!(subject instanceof Error)) return String(subject);
  const code = "code" in subject && typeof subject.code === "string" ? `${subject.code} ` : "";
  const own = `${code}${subject.message}`;
  const inner = subject instanceof AggregateError ? subject.errors : [];
  const causes = [subject.cause, ...inner].filter((cause) => cause instanceof Error);
  return [own, ...causes.map(wordsOf)].join("\n");
}
