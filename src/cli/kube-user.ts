/** Which kubeconfig and which user a command is about. */
import type { Asked } from "../kube/which.ts";
import { emptyWord } from "./empty-word.ts";
import type { Flag, Said } from "./flags.ts";

export const userFlag: Flag = {
  names: ["user"],
  value: "NAME",
  bare: true,
  text: "the user, as its list names it (default: the current context's, else the only one)",
};

/** `file`: as it was said. Throws BAD_FLAG for an empty word. */
export function kubeUserOf(said: Said, file: string | undefined, command: string): Asked {
  const user = said.given("user");
  const empty = user === "" ? "--user" : file === "" ? "FILE" : undefined;
  if (empty !== undefined) throw emptyWord(empty, command);
  return { file, user };
}
