/** How old the CA is: by its own word, or by what only newer ones can do. It decides what a token's chain must allow. */
import type { CaFacts } from "../evidence.ts";
import { quoted } from "./words.ts";

type Triple = readonly [major: number, minor: number, patch: number];

/** The first version that asks a token's chain for clientAuth (smallstep/crypto PR 503); all before ask for serverAuth. */
export const newRule: Triple = [0, 26, 2];

/** Since this version a token renews; before, the CA does not look for one. */
export const firstTokens: Triple = [0, 19, 0];

/** Built with Go 1.21 or later, whose TLS alerts tell expired (45) and unknown (48) from the rest (42). */
export const namedAlerts: Triple = [0, 26, 1];

/** Which usage a token's chain must allow. */
export function tokenRule(ca: CaFacts): { usage: "clientAuth" | "serverAuth" | "unknown"; because: string } {
  const isNew = isSince(ca, newRule);
  const who = dated(ca);
  if (isNew === undefined) {
    return { usage: "unknown", because: `${who}, and nothing else tells on which side of v0.26.2 it is` };
  }
  return isNew
    ? { usage: "clientAuth", because: `${who}, and since v0.26.2 a renewal token's chain must allow clientAuth` }
    : { usage: "serverAuth", because: `${who}, and before v0.26.2 a renewal token's chain must allow serverAuth` };
}

/** Whether the CA is of that version or newer; undefined when nothing tells. */
export function isSince(ca: CaFacts, wanted: Triple): boolean | undefined {
  const said = parse(ca.version);
  if (said === null) return atLeast(ca).some(([version]) => compare(version, wanted) >= 0) || undefined;
  const difference = compare(said.triple, wanted);
  if (!said.isRelease && (difference === 0 || isNext(said.triple, wanted))) return undefined;
  return difference >= 0;
}

/** `v0.14.0` as people write it. */
export function versionText([major, minor, patch]: Triple): string {
  return `v${major}.${minor}.${patch}`;
}

/** The CA and its age in words: `the CA is v0.26.1`. */
export function dated(ca: CaFacts): string {
  if (parse(ca.version) !== null) return `the CA is ${ca.version}`;
  const [newest] = atLeast(ca);
  const hides = ca.version === undefined ? "the CA hides its version" : `the CA says version ${versionSaid(ca)}`;
  return newest === undefined ? hides : `${hides}, but ${newest[1]}, so it is ${versionText(newest[0])} or newer`;
}

/** As the CA says it: a version plain, anything else in quotes. */
export function versionSaid(ca: CaFacts): string {
  if (ca.version === undefined) return "hidden";
  return parse(ca.version) === null ? quoted(ca.version) : ca.version;
}

/** What only newer CAs do, newest first. */
function atLeast({ intermediates, provisioners, crl, signs: shown = [] }: CaFacts): (readonly [Triple, string])[] {
  const signs: (readonly [Triple, string])[] = [];
  if (shown.includes("root-not-found")) signs.push([[0, 30, 0], "it names a root that it does not have"]);
  if (intermediates === "answers") signs.push([[0, 27, 3], "it has /intermediates"]);
  if (intermediates === "not-implemented") signs.push([[0, 27, 3], "its /intermediates answers 501"]);
  if (provisioners?.some(({ state }) => state !== undefined)) signs.push([[0, 27, 0], "it lists provisioners' states"]);
  if (shown.includes("request-id")) signs.push([[0, 26, 0], "its answers have request ids"]);
  if (crl?.usable) signs.push([[0, 23, 0], "it publishes a CRL"]);
  if (shown.includes("crl-endpoint")) signs.push([[0, 23, 0], "it has /crl"]);
  return signs;
}

/** Null for "N/A" and anything else that is no version. A suffix ("-rc.1", "-5-gabcdef0") is not quite the release it names. */
function parse(version: string | undefined): { triple: Triple; isRelease: boolean } | null {
  const match = /^v?(\d{1,6})\.(\d{1,6})\.(\d{1,6})([-+][\w.+~-]{0,64})?$/.exec(version ?? "");
  if (match === null) return null;
  return { triple: [Number(match[1]), Number(match[2]), Number(match[3])], isRelease: match[4] === undefined };
}

/** `v0.26.1-5-gabcdef0` has commits after v0.26.1, so v0.26.2 may be in it. */
function isNext(said: Triple, wanted: Triple): boolean {
  return said[0] === wanted[0] && said[1] === wanted[1] && said[2] + 1 === wanted[2];
}

function compare(a: Triple, b: Triple): number {
  return a[0] - b[0] || a[1] - b[1] || a[2] - b[2];
}
