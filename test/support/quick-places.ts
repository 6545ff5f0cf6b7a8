/** Folders as the quick answer may find them: the usual one, and many with something odd in it. */
import { spawnSync } from "node:child_process";
import { createPrivateKey } from "node:crypto";
import { mkdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createAuthority, type KeyKind, type LeafSpec } from "../../src/dev-ca/authority.ts";
import { readCertificate } from "../../src/pki/certificate.ts";
import { pemBlocks } from "../../src/pki/pem.ts";
import { formsOf } from "./key-forms.ts";

export type Thing = string | Buffer | { link: string } | "folder" | "pipe";
/** By path, below the place's folder; "" takes away what is usual there. */
export type Place = Readonly<Record<string, Thing>>;

export const now = new Date("2026-06-01T12:00:00Z");
const hours = (count: number) => new Date(now.getTime() + count * 3_600_000);
export const kinds: readonly KeyKind[] = ["P-256", "P-384", "P-521", "RSA-2048", "Ed25519"];

/** Begun ten hours ago, and good for ten more; its key as PKCS#8. */
export interface Usual {
  usual: Place;
  /** Odd in one thing, by what that is. */
  odd: Readonly<Record<string, Place>>;
}

export async function places(): Promise<Usual> {
  const authority = await createAuthority({ intermediate: true, notBefore: hours(-100), notAfter: hours(1000) });
  const issue = (spec: LeafSpec = {}) => authority.issue({ notBefore: hours(-10), notAfter: hours(10), ...spec });
  const [web, other] = [await issue(), await issue()];
  const pair = ({ chain, key }: { chain: string; key: string }) => ({ "web.crt": chain, "web.key": key });
  const withSpec = async (spec: LeafSpec) => pair(await issue(spec));
  const der = pemBlocks(web.certificate)[0]?.der ?? Buffer.alloc(0);
  const defaults = (text: string) => ({ ".step/config/defaults.json": text });
  const beside = (name: string, thing: Thing = "") => ({ [name]: thing === "" ? " " : thing });
  const odd: Record<string, Place> = {
    "no certificate": { "web.crt": "" },
    "no key": { "web.key": "" },
    "a folder for a certificate": { "web.crt": "folder" },
    "a folder for a key": { "web.key": "folder" },
    "a pipe for a certificate": { "web.crt": "pipe" },
    "a pipe for a key": { "web.key": "pipe" },
    "an empty certificate": { "web.crt": Buffer.alloc(0) },
    DER: { "web.crt": der },
    "DER and more": { "web.crt": Buffer.concat([der, Buffer.of(0)]) },
    "the leaf alone": { "web.crt": web.certificate },
    "the leaf last": { "web.crt": `${authority.root}${web.certificate}` },
    CRLF: { "web.crt": web.chain.replaceAll("\n", "\r\n") },
    "words before it": { "web.crt": `subject=x\n${web.chain}` },
    "a chain whose second is broken": {
      "web.crt": `${web.certificate}-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n`,
    },
    "a key in the same file": { "web.crt": web.chain + web.key, "web.key": { link: "web.crt" } },
    swapped: { "web.crt": web.key, "web.key": web.chain },
    "a key of another": { "web.key": other.key },
    "its own key behind another's": { "web.key": other.key + web.key },
    "another's key behind its own": { "web.key": web.key + other.key },
    "a public key": { "web.key": "-----BEGIN PUBLIC KEY-----\nMIIB\n-----END PUBLIC KEY-----\n" },
    "a CA's certificate": await withSpec({ isCa: true }),
    expired: await withSpec({ notBefore: hours(-30), notAfter: hours(-6) }),
    "just expired": await withSpec({ notAfter: new Date(now.getTime() - 1000) }),
    "its last second": await withSpec({ notAfter: now }),
    "not yet valid": await withSpec({ notBefore: hours(1) }),
    "nearly used up": await withSpec({ notBefore: hours(-100), notAfter: hours(1) }),
    "a name with controls": await withSpec({ subject: "web\u001b[31m\u202e\nx" }),
    links: {
      "real/a.crt": web.chain,
      "real/a.key": web.key,
      "web.crt": { link: "real/a.crt" },
      "web.key": { link: "real/a.key" },
    },
    "links, and a lock behind them": {
      "real/a.crt": web.chain,
      "web.crt": { link: "real/a.crt" },
      "real/.a.crt.renew-lock": { link: "nobody" },
    },
    "a link that dangles": { "web.crt": { link: "nowhere" } },
    "a link to itself": { "web.crt": { link: "web.crt" } },
    "bootstrap's defaults": defaults(
      '{"ca-url":"https://ca.internal","fingerprint":"00","root":"/root.crt","redirect-url":""}',
    ),
    "defaults without an address": defaults('{"root":"/root.crt"}'),
    "defaults with an empty address": defaults('{"ca-url":""}'),
    "defaults with an odd address": defaults('{"ca-url":"http://ca.internal"}'),
    "defaults with a number for an address": defaults('{"ca-url":12}'),
    "defaults with expires-in": defaults('{"ca-url":"ca.internal","expires-in":"100h"}'),
    "defaults with force": defaults('{"ca-url":"ca.internal","force":true}'),
    "defaults with bundle": defaults('{"bundle":"maybe"}'),
    "defaults with a timeout": defaults('{"timeout":"0"}'),
    "defaults with an offline": defaults('{"offline":"true"}'),
    "defaults with an exec": defaults('{"exec":"true"}'),
    "defaults with an object": defaults('{"force":{"a":1},"x":[]}'),
    "defaults with quiet and verbose": defaults('{"quiet":true,"verbose":true}'),
    "defaults with a mark": defaults('\ufeff{"ca-url":"ca.internal"}'),
    "broken defaults": defaults('{"ca-url":'),
    "defaults that are a list": defaults("[]"),
    "defaults that are a folder": { ".step/config/defaults.json": "folder" },
    "defaults' folder that is a file": { ".step/config": "x" },
    "one context": {
      ".step/contexts.json": '{"one":{"authority":"a","profile":"p"}}',
      ".step/authorities/a/config/defaults.json": '{"ca-url":"ca.internal","context":"x"}',
    },
    "one plain context": {
      ".step/contexts.json": '{"one":{"authority":"a","profile":"p"}}',
      ".step/authorities/a/config/defaults.json": '{"ca-url":"ca.internal"}',
      ".step/profiles/p/config/defaults.json": '{"redirect-url":"x"}',
    },
    "contexts, and none chosen": {
      ".step/contexts.json": '{"one":{"authority":"a","profile":"p"},"two":{"authority":"a","profile":"p"}}',
    },
    "broken contexts": { ".step/contexts.json": "{" },
    "a current context that is none": { ".step/current-context.json": '{"context":"gone"}' },
    "a lock": beside(".web.crt.renew-lock", { link: "nobody" }),
    "a lock's own lock": beside(".web.crt.renew-lock.renew-lock", { link: "nobody" }),
    "a lock that is a file": beside(".web.crt.renew-lock"),
    "a journal": beside(".web.crt.renew-journal"),
    "another pair's journal": beside(
      ".api.crt.renew-journal",
      JSON.stringify({
        version: 1,
        step: "asking",
        parts: [{ path: "web.key", token: "0123456789ab", before: null, after: null, inPlace: false }],
      }),
    ),
    "a journal without its dot": beside(
      "x.renew-journal",
      JSON.stringify({
        version: 1,
        step: "asking",
        parts: [{ path: "web.crt", token: "0123456789ab", before: null, after: null, inPlace: false }],
      }),
    ),
    "a debt": beside(".web.crt.renew-owed", '{"version":1,"serial":"1","previousSerial":"2","method":"mtls"}'),
    "a debt that is unreadable": beside(".web.crt.renew-owed"),
    "a debt half-written": beside(".web.crt.renew-owed.new"),
    "what a dead run left": beside(".web.crt.renew-0123456789ab"),
    "what a dead run left of the key": beside(".web.key.renew-0123456789ab.old"),
    backups: { ...beside(".web.crt.renew-backup-1"), ...beside(".web.key.renew-backup-2f") },
    "step's own": { ...beside(".web.crt.tmp"), ...beside("web.crt.step-renew"), ...beside("web.crt.bak") },
    "a file that is called as a command": { "needs-renewal": web.chain, help: web.key },
    "files that are called as step's words": {
      ca: web.chain,
      renew: web.key,
      certificate: web.chain,
      "needs-renewal": web.key,
    },
    "a key that is called as a manager's": { "pkcs11:id=1": web.key },
  };
  for (const [form, bytes] of Object.entries(formsOf(createPrivateKey(web.key))))
    odd[`P-256, ${form}`] = { "web.key": bytes };
  for (const kind of kinds.slice(1)) {
    const { chain, key } = await issue({ key: kind });
    for (const [form, bytes] of Object.entries(formsOf(createPrivateKey(key))))
      odd[`${kind}, ${form}`] = { "web.crt": chain, "web.key": bytes };
  }
  if (readCertificate(der).isCa) throw new Error("the usual one is a leaf");
  return { usual: pair(web), odd };
}

/** Puts a place's things into a folder that is made anew. */
export function lay(folder: string, ...layers: readonly Place[]): void {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  for (const [name, thing] of Object.entries(Object.assign({}, ...layers) as Place)) {
    const path = join(folder, name);
    if (thing === "") continue;
    mkdirSync(join(path, ".."), { recursive: true });
    if (thing === "folder") mkdirSync(path);
    else if (thing === "pipe") spawnSync("mkfifo", [path]);
    else if (typeof thing === "object" && "link" in thing) symlinkSync(thing.link, path);
    else writeFileSync(path, thing);
  }
}
