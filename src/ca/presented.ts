/** The certificates that the CA's server presents, looked at and not trusted: nothing is ever sent over this connection. */
import type { Certificate } from "../pki/certificate.ts";
import type { Route } from "./client.ts";
import { askHandshake } from "./handshake.ts";
import { linkedTo } from "./linked.ts";
import { questionsMs } from "./questions.ts";

/** As presented, but for those that cannot be read; [] when nothing can be had, since nothing depends on it. */
export async function presentedChain(
  { ca, env, signal }: Route,
  limitMs = questionsMs,
): Promise<readonly Certificate[]> {
  const { controller, release } = linkedTo(signal);
  const timer = setTimeout(() => controller.abort(), Math.min(limitMs, questionsMs));
  try {
    const { presented } = await askHandshake({ ca, env, signal: controller.signal });
    return presented;
  } catch {
    return []; // the failure being explained is the one to tell
  } finally {
    clearTimeout(timer);
    release();
  }
}
