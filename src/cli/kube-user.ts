/** Which kubeconfig and which user a command is about. */
import { Failure } from "../failure/failure.ts";
import type { Asked } from "../kube/which.ts";
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
  if (empty !== undefined)
    throw new Failure("BAD_FLAG", { said: `${empty} is an empty word: is a variable not set?`, command });
  return { file, user };
}
