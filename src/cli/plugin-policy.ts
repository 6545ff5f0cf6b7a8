/** What our own plugin does when kubectl asks it: the command line that a kubeconfig holds, read as it will be read then. */
import { Failure } from "../failure/failure.ts";
import type { OwnPlugin } from "../kube/credentials.ts";
import type { Policy } from "../renewal/renew.ts";
import type { World } from "../world.ts";
import { pluginPolicy, words } from "./commands/kubectl-credential.ts";
import { parseFlags, type Said } from "./flags.ts";
import { hooksOf } from "./hook-policy.ts";

/** What the one who asks may say otherwise. */
const flags = ["ca-url", "root", "password-file", "timeout", "expires-in", "context", "config"] as const;

/** Throws what the plugin would say of its command line. */
export function policyOfPlugin({ args, env }: OwnPlugin, said: Said, world: World): Policy {
  const more = flags.flatMap((name) => {
    const value = said.given(name);
    return value === undefined ? [] : [`--${name}=${value}`];
  });
  const end = args.includes("--") ? args.indexOf("--") : args.length;
  const around = { ...world, env: { ...world.env, ...env } };
  const parsed = parseFlags(words, [...args.slice(0, end), ...more, ...args.slice(end)], around);
  if ("help" in parsed || parsed.said.isOn("install"))
    throw new Failure("BAD_FLAG", { said: "the user's plugin is told to hand out nothing", command: words.name });
  return { ...pluginPolicy(parsed.said), hooks: hooksOf(said, "doctor") };
}
