/** Names in a file count from the folder that it lies in. */
import { dirname, isAbsolute } from "node:path";

/** Not tidied: behind a link, `..` is the folder above where the link leads. */
export function within(file: string): (name: string) => string {
  const folder = dirname(file);
  const start = folder === "." ? "" : folder.endsWith("/") ? folder : `${folder}/`;
  return (name) => (isAbsolute(name) ? name : start + name);
}
