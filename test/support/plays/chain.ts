/** Refused for what the certificate is, and who issued it. */
import { createAuthority } from "../../../src/dev-ca/authority.ts";
import { reissuedRoot } from "../reissued.ts";
import { byToken, client, expired, force, leaf, type Play, type Plays } from "./play.ts";

const hour = 3_600_000;

/** The pair that another authority issued, expired or not. */
const ofAnother =
  (past: boolean): Play["set"] =>
  async (s) => {
    const at = (hours: number) => new Date(s.base.getTime() + hours * hour);
    const other = await createAuthority({ subject: "another CA", notBefore: at(-1000) });
    const life = past ? { notBefore: at(-25), notAfter: at(-1) } : { notBefore: at(0), notAfter: at(24) };
    const { chain, key } = await other.issue({ provisioner: { name: "admin" }, ...life });
    s.write("web.crt", chain);
    s.write("web.key", key);
    await s.ca({});
  };

/** A CA, and an expired leaf of it without its intermediate, in whose place the CA may have another by now. */
const leafAlone =
  (now?: string): Play["set"] =>
  async (s) => {
    const root = { certificate: s.authority.root, key: s.authority.rootKey };
    const authority = now === undefined ? s.authority : await createAuthority({ root, intermediate: { subject: now } });
    const ca = await s.ca({ like: "v0.26.2", authority });
    const [header = ""] = ca.token("web", [], "after-expiry").split(".");
    const { kid: credentialId } = JSON.parse(Buffer.from(header, "base64url").toString());
    const [notBefore, notAfter] = [-30, -6].map((hours) => new Date(s.base.getTime() + hours * hour));
    const life = { ...(notBefore && { notBefore }), ...(notAfter && { notAfter }) };
    const { certificate, key } = await s.authority.issue({
      ...life,
      provisioner: { name: "after-expiry", credentialId },
    });
    s.write("web.crt", certificate);
    s.write("web.key", key);
  };

export const chain: Plays = {
  "client-auth-only-old-ca": { set: client("v0.26.1", expired), command: force },
  "client-auth-only-old-ca-verbose": { set: client("v0.26.1", expired), command: `-v ${force}` },
  "client-auth-only-old-ca-json": { set: client("v0.26.1", expired), command: `--json ${force}` },
  "client-auth-only-hidden-version": { set: client("v0.26.1", expired, { hide: ["/version"] }), command: force },
  "client-auth-only-still-valid": { set: client("v0.26.1", {}), command: byToken },
  "server-auth-only-new-ca": { set: client("v0.30.2", { usages: ["serverAuth"] }), command: force },
  "code-signing-only": { set: client("v0.30.2", { usages: ["codeSigning"] }), command: force },
  "client-rejected-unknown-issuer": { set: ofAnother(false), command: force },
  "unknown-issuer-by-token": { set: ofAnother(true), command: force },
  "no-digital-signature": { set: leaf({}, { ...expired, keyUsages: ["keyEncipherment"] }), command: force },
  "lived-under-a-minute": { set: leaf({}, { from: -2, to: -2 + 30 / 3600 }), command: force },
  "chain-incomplete": {
    authority: { intermediate: { subject: "the first" } },
    set: leafAlone("the second"),
    command: force,
  },
  "chain-completed": { authority: { intermediate: true }, set: leafAlone(), command: `-v ${force}` },
  "outlives-issuer-mended": {
    authority: { intermediate: true },
    set: async (s) => {
      const root = { certificate: s.authority.root, key: s.authority.rootKey };
      const notAfter = new Date(s.base.getTime() + hour);
      const old = await createAuthority({ root, intermediate: { subject: "the first" }, notAfter });
      const life = { notBefore: s.base, notAfter: new Date(s.base.getTime() + 24 * hour) };
      const { chain: pem, key } = await old.issue({ ...life, provisioner: { name: "after-expiry" } });
      s.write("web.crt", pem);
      s.write("web.key", key);
      await s.ca({});
    },
    command: byToken,
  },
  "outlives-issuer": {
    set: async (s) => {
      const notAfter = new Date(s.base.getTime() + hour);
      const authority = await createAuthority({ root: await reissuedRoot(s.authority, { notAfter }) });
      s.write("root.crt", authority.root);
      await leaf()(s);
      await s.ca({ authority });
    },
    command: byToken,
  },
  "issuer-younger": {
    set: async (s) => {
      await leaf(undefined, expired)(s);
      const notBefore = new Date(s.base.getTime() - hour);
      const authority = await createAuthority({ root: await reissuedRoot(s.authority, { notBefore }) });
      s.write("root.crt", authority.root);
      await s.ca({ authority });
    },
    command: force,
  },
  "issuer-unfit": {
    authority: { intermediate: true },
    set: async (s) => {
      const [intermediate = ""] = s.authority.intermediates;
      const root = { certificate: intermediate, key: s.authority.issuerKey };
      const below = await createAuthority({ root, intermediate: { subject: "one too many" } });
      const { chain: pem, key } = await below.issue({ provisioner: { name: "after-expiry" }, notBefore: s.base });
      s.write("web.crt", pem + intermediate);
      s.write("web.key", key);
      await s.ca({});
    },
    command: force,
  },
  "issuer-forbids-usage": {
    authority: { intermediate: { usages: ["serverAuth"] } },
    set: leaf({ like: "v0.26.1" }),
    command: force,
  },
  "name-not-permitted": { set: leaf({ faults: ["name-not-permitted"] }), command: force },
  "name-unreadable": {
    set: leaf({ faults: ["name-unreadable"] }, { names: ["web.internal", "bad@"] }),
    command: force,
  },
};
