/** What the user's own files say, before any network. */

import { shell } from "../../failure/diagnosis/commands.ts";
import { allows, usagesText } from "../../failure/diagnosis/leaf.ts";
import type { tokenRule } from "../../failure/diagnosis/version.ts";
import type { CertificateFacts } from "../../failure/evidence.ts";
import { attempt } from "../../failure/failure.ts";
import { relative, span } from "../../failure/time.ts";
import type { FileSystem } from "../../files/system.ts";
import { target } from "../../files/target.ts";
import { leadsTo } from "../../pki/anchored.ts";
import type { Certificate } from "../../pki/certificate.ts";
import type { Identity } from "../../pki/identity.ts";
import { refuseToLoseKey } from "../loss.ts";
import { dueFrom, type Window } from "../schedule.ts";
import { type Check, failing, ok, refused, warning } from "./check.ts";

/** The pair, its key's file, and the folder that the new chain goes to. */
export function fileChecks(identity: Identity, fs: FileSystem): Check[] {
  return [pair(identity), keyFile(identity, fs), folder(identity, fs)];
}

function pair({
  certificateFile,
  keyFile: key,
  kubeUser,
  key: { asymmetricKeyType, asymmetricKeyDetails },
}: Identity): Check {
  const { namedCurve, modulusLength } = asymmetricKeyDetails ?? {};
  const size = curves[namedCurve ?? ""] ?? namedCurve ?? modulusLength;
  const kind = asymmetricKeyType === "ec" ? "ECDSA" : (asymmetricKeyType ?? "").toUpperCase().replace("ED", "Ed");
  const both =
    kubeUser === undefined
      ? `${certificateFile} and ${key}`
      : `certificate and key of ${kubeUser} in ${certificateFile}`;
  return ok("files", `${both} belong together (${[kind, size].filter(Boolean).join(" ")})`);
}

const curves: Record<string, string> = { prime256v1: "P-256", secp384r1: "P-384", secp521r1: "P-521" };

function keyFile({ keyFile: file }: Identity, fs: FileSystem): Check {
  const { mode } = fs.stat(file);
  return openness("key file", file, mode) ?? ok("key file", `${file} is not open to everybody (${shown(mode)})`);
}

/** Of a file that holds a key; null where it is well kept. */
export function openness(name: Check["name"], file: string, mode: number): Check | null {
  if ((mode & 0o007) === 0) return null;
  return warning(
    name,
    `${file} holds the private key and is open to everybody on this machine (${shown(mode)})`,
    `close it: \`chmod 600 ${shell(file, "KEY")}\``,
  );
}

const shown = (mode: number) => `0${(mode & 0o777).toString(8).padStart(3, "0")}`;

/** The same that a renewal finds out before it asks the CA. */
function folder({ certificateFile, keyFile: key, kubeUser }: Identity, fs: FileSystem): Check {
  const found = attempt(() => {
    const goal = target(certificateFile, fs);
    if (kubeUser === undefined || key !== certificateFile) refuseToLoseKey(goal, key, { fs });
    return goal;
  });
  if (found.failure !== undefined) return failing("folder", found.failure);
  const { path } = found.value;
  const link = path.endsWith(certificateFile) ? "" : `, behind its link at ${path}`;
  return ok("folder", `${certificateFile} can be written${link}`);
}

/** How the user's timer renews, null where that was not said, and the end of an issuer that ends before the certificate. */
export interface Plan {
  window: Window | null;
  issuersEnd: Date | null;
}

/** What the certificate may sign, and how long. */
export function leafChecks(leaf: CertificateFacts, plan: Plan, now: Date): Check[] {
  return [keyUsage(leaf), lifetime(leaf, plan, now)];
}

/** When the first of those above the certificate ends; null where it outlasts the certificate, or where none is known. */
export function issuersEnd({ leaf, chain }: Identity, anchors: readonly Certificate[]): Date | null {
  const above = (leadsTo(leaf, chain.slice(1), anchors) ?? chain).slice(1);
  const [first] = above.map(({ notAfter }) => notAfter).sort((a, b) => a.getTime() - b.getTime());
  return first !== undefined && first < leaf.notAfter ? first : null;
}

/** When in its life to renew, in percent: at two thirds of the time in which it can be renewed. */
export function timelyPercent({ notBefore, notAfter }: Life, end: Date | null): number {
  if (end === null) return lastThird.used;
  const share = (end.getTime() - notBefore.getTime()) / (notAfter.getTime() - notBefore.getTime());
  return Math.max(1, Math.floor(lastThird.used * Math.min(1, share)));
}

type Life = Pick<CertificateFacts, "notBefore" | "notAfter">;

/** What it may be used for, by the rule of its CA: "unknown" where the CA cannot be asked or hides how old it is. */
export function usagesCheck(leaf: CertificateFacts, rule: TokenUsage, ...help: readonly string[]): Check {
  const has = usagesText(leaf);
  const [forClients, forServers] = [allows(leaf, "clientAuth"), allows(leaf, "serverAuth")];
  if (forClients && forServers) return ok("usages", `${has}: fit for handshakes and tokens`);
  if (!forClients && !forServers) return refused("usages", `${has}: unfit for handshakes and tokens`, ...help);
  const fits = { clientAuth: forClients, serverAuth: forServers, unknown: undefined }[rule];
  if (forClients && fits) return ok("usages", `${has}: enough for a CA of v0.26.2 or newer`);
  if (forClients) return warning("usages", `${has}: fit for handshakes; for tokens, from v0.26.2 on`, ...help);
  if (fits === false) return refused("usages", `${has}: unfit for handshakes and for this CA's tokens`, ...help);
  return warning("usages", `${has}: fit for tokens alone, and only before v0.26.2`, ...help);
}

type TokenUsage = ReturnType<typeof tokenRule>["usage"];

function keyUsage({ keyUsages }: CertificateFacts): Check {
  if (keyUsages?.includes("digitalSignature")) return ok("key usage", "digitalSignature, as a token needs it");
  const has = keyUsages === null ? "none at all" : keyUsages.join(", ") || "empty";
  return warning("key usage", `${has}: without digitalSignature its key may sign no token`);
}

const minute = 60_000;
/** How long before its end a certificate should have been renewed, where nobody said: step's own daemon begins there. */
const lastThird = { kind: "percent", used: 66 } as const;

function lifetime(
  { notBefore, notAfter, file, kubeUser }: CertificateFacts,
  { window, issuersEnd: end }: Plan,
  now: Date,
): Check {
  const life = notAfter.getTime() - notBefore.getTime();
  if (now > notAfter) return warning("lifetime", `${span(life)}, expired ${relative(notAfter, now)}`);
  if (end !== null) return cutShort({ notBefore, notAfter }, end, { window, now });
  const length = `${span(life)}, ends ${relative(notAfter, now)}`;
  if (now < notBefore) return warning("lifetime", `${length}, begins ${relative(notBefore, now)}`);
  if (life <= 5 * minute) {
    const help =
      "its provisioner's administrator: a longer lifetime; a timer that misses one run is too late for this one";
    return warning("lifetime", `${length}: too short to be renewed from a timer`, help);
  }
  if (window?.kind === "duration" && window.ms >= life) {
    const help = "a shorter --expires-in, such as `--expires-in 66%`";
    return warning("lifetime", `${length}: with that --expires-in every run renews it`, help);
  }
  const from = dueFrom({ notBefore, notAfter }, window ?? lastThird);
  if (window === null && now >= from) {
    const command =
      kubeUser === undefined
        ? `renew -q --force --expires-in 66% ${shell(file, "CRT")} KEY`
        : `renew kubeconfig -q --force --expires-in 66% --user ${shell(kubeUser, "NAME")} ${shell(file, "FILE")}`;
    const timer = `is a timer running? \`${command}\` every ${span(life / 20)} or more often`;
    return warning("lifetime", `${length}: in its last third, and not renewed yet`, timer);
  }
  const left = notAfter.getTime() - Math.max(from.getTime(), notBefore.getTime());
  const share = window === null ? "the last third begins" : "due from";
  const says = `${length}; ${share} ${relative(from, now)}`;
  return left < life / 20
    ? warning("lifetime", `${says}: little time for a second try`, "renew earlier: `--expires-in 66%`")
    : ok("lifetime", says);
}

/** Nothing renews a certificate whose issuer has ended, over mTLS or by token, whatever is left of it. */
function cutShort(life: Life, end: Date, { window, now }: { window: Window | null; now: Date }): Check {
  const length = `${span(life.notAfter.getTime() - life.notBefore.getTime())}, ends ${relative(life.notAfter, now)}`;
  if (end <= now) return warning("lifetime", `${length}, but its issuer has ended ${relative(end, now)}`);
  const says = `${length}, but its issuer ends ${relative(end, now)}: nothing renews it after that`;
  if (window !== null && dueFrom(life, window) < end) return warning("lifetime", says);
  return warning("lifetime", says, `renew it before that, from a timer: \`--expires-in ${timelyPercent(life, end)}%\``);
}
