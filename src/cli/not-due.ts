/** What is said of a certificate that is not due. */
import { instant, relative } from "../failure/time.ts";
import type { Certificate } from "../pki/certificate.ts";

/** `from`: when it will be. */
export function notDueText(file: string, { notAfter }: Pick<Certificate, "notAfter">, from: Date, now: Date): string {
  return `${file} is not due: good until ${instant(notAfter)} (${relative(notAfter, now)}), due from ${instant(from)}`;
}
