/** `renew rekey`: new pairs, what cannot have one, and what an interrupted run has left. */
import { generateKeyPairSync } from "node:crypto";
import { readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer } from "node:https";
import { digest, type Journal, newOf, oldOf } from "../../../src/files/journal.ts";
import { realFileSystem } from "../../../src/files/system.ts";
import { putAt } from "../faults.ts";
import type { Scene } from "../scene.ts";
import type { WorldOptions } from "../world.ts";
import { expired, failing, leaf, type Plays } from "./play.ts";

const rekey = "rekey --force web.crt web.key --ca-url CA --root root.crt";

/** What a run that died has left: its journal, and the new pair beside the old one. */
async function interrupted(s: Scene, step: Journal["step"]): Promise<undefined> {
  await leaf({})(s);
  await s.issue("new", { subject: "web.internal", names: ["web.internal"], usages: ["serverAuth", "clientAuth"] });
  const parts = ["key", "crt"].map((kind, index) => {
    const [was, is] = [readFileSync(`web.${kind}`), readFileSync(`new.${kind}`)];
    const part = { path: `${process.cwd()}/web.${kind}`, token: `0${index}`, inPlace: false };
    const known = { ...part, before: digest(was), after: digest(is) };
    if (kind === "key" || step === "switching") writeFileSync(newOf(known), is);
    if (step === "switching") writeFileSync(oldOf(known), was);
    return known;
  });
  if (step === "switching") writeFileSync("web.key", readFileSync("new.key"));
  writeFileSync(".web.crt.renew-journal", JSON.stringify({ version: 1, step, parts }));
}

/** Another run has replaced the file since this one was asked to. */
async function overtaken(s: Scene): Promise<WorldOptions> {
  await leaf({})(s);
  const at = (seconds: number) => new Date(s.base.getTime() + seconds * 1000);
  return { asked: at(-5), fs: putAt(at(-1)) };
}

export const rekeys: Plays = {
  "renewed-by-another-run": {
    set: overtaken,
    command: "--force web.crt web.key --ca-url CA --root root.crt --exec true",
  },
  "renewed-by-another-run-json": {
    set: overtaken,
    command: "--json --force web.crt web.key --ca-url CA --root root.crt",
  },
  "rekeyed-by-another-run": { set: overtaken, command: rekey },
  "rekeyed-in-place": { set: leaf({}), command: rekey },
  "rekeyed-json": { set: leaf({}), command: `rekey --json ${rekey.slice("rekey ".length)}` },
  "rekeyed-verbose-another-kind": {
    set: leaf({}),
    command: `rekey -v --kty EC --curve P-384 ${rekey.slice("rekey ".length)}`,
  },
  "rekeyed-same-key": { set: leaf({}), command: `${rekey} --private-key web.key` },
  "rekey-not-due": { set: leaf(), command: `${rekey} --expires-in 8h` },
  "rekey-not-due-json": { set: leaf(), command: `${rekey} --json --expires-in 8h` },
  "rekey-would-overwrite": {
    set: async (s) => {
      await leaf({})(s);
      return { answers: ["n"] };
    },
    command: "rekey web.crt web.key --ca-url CA --root root.crt",
  },
  "rekey-flag-conflict": {
    set: async () => {},
    command: "rekey --kty EC --size 2048 web.crt web.key --ca-url ca.internal",
  },
  "rekey-bad-flag": {
    set: async () => {},
    command: "rekey --curve P384 --kty EC web.crt web.key --ca-url ca.internal",
  },
  "would-lose-certificate": { set: leaf({}), command: `${rekey} --out-key web.crt` },
  "cannot-rekey-expired": { set: leaf({}, expired), command: rekey },
  "cannot-rekey-server-only": { set: leaf({}, { usages: ["serverAuth"] }), command: rekey },
  "cannot-rekey-json": { set: leaf({}, expired), command: `${rekey} --json` },
  "rekey-needs-mtls": {
    set: async (s) => {
      await leaf({ faults: ["missing-client-certificate"] })(s);
    },
    command: rekey,
  },
  "rekey-registration-authority": { set: leaf({ registrationAuthority: true }), command: rekey },
  "rekey-renewal-disabled": { set: leaf({}, { provisioner: { name: "no-renewal" } }), command: rekey },
  "rekey-another-key": { set: leaf({ faults: ["other-key"] }), command: rekey },
  "rekey-other-names": { set: leaf({ faults: ["other-names"] }), command: rekey },
  "rekey-ca-failed": { set: leaf({ faults: ["broken-store"] }), command: rekey },
  "rekey-request-spoilt": {
    set: async (s) => {
      await leaf()(s);
      const { chain, key } = await s.authority.issue({ names: ["localhost"], usages: ["serverAuth"] });
      const message = "The request could not be completed: invalid csr.";
      const server = createServer({ cert: chain, key }, (request, answer) => {
        const isRekey = request.url === "/rekey";
        answer.writeHead(isRekey ? 400 : 404, { "content-type": "application/json" });
        answer.end(isRekey ? JSON.stringify({ status: 400, message }) : "");
      });
      await s.listen(server);
    },
    command: rekey,
  },
  "target-changed": {
    set: async (s) => {
      await leaf({})(s);
      const another = generateKeyPairSync("ed25519").privateKey.export({ type: "pkcs8", format: "pem" });
      let isAsked = false;
      return {
        fs: {
          ...realFileSystem,
          open: (file, how, mode) => {
            if (file.endsWith(".renew-journal.new")) isAsked = true;
            return realFileSystem.open(file, how, mode);
          },
          read: (file, limit) => {
            // Another program deploys its own key while the CA is asked.
            const isOther = isAsked && file.endsWith("/web.key");
            return isOther ? Buffer.from(another) : realFileSystem.read(file, limit);
          },
        },
      };
    },
    command: rekey,
  },
  "rekey-full-disk": {
    set: async (s) => {
      await leaf({})(s);
      return failing("write", "ENOSPC");
    },
    command: rekey,
  },
  "rekey-cannot-rename": {
    set: async (s) => {
      await leaf({})(s);
      return {
        fs: {
          ...realFileSystem,
          rename: (from, to) => {
            if (to.endsWith("/web.crt")) throw Object.assign(new Error("EIO"), { code: "EIO" });
            realFileSystem.rename(from, to);
          },
        },
      };
    },
    command: rekey,
  },
  "repaired-finished": {
    set: async (s) => interrupted(s, "switching"),
    command: "--force web.crt web.key --ca-url CA --root root.crt",
  },
  "repaired-dropped": { set: async (s) => interrupted(s, "asking"), command: rekey },
  locked: {
    set: async (s) => {
      await leaf({})(s);
      const [since, until] = [-20, 60].map((seconds) => new Date(s.base.getTime() + seconds * 1000).toISOString());
      const owner = { pid: 4242, started: "1", boot: "another", space: "another", host: "node-2" };
      const holder = { version: 1, ...owner, token: "0a1b2c3d4e5f", since, until };
      symlinkSync(JSON.stringify(holder), ".web.crt.renew-lock");
    },
    command: rekey,
  },
  "pair-unfinished": {
    set: async (s) => {
      await interrupted(s, "switching");
      s.write(".web.crt.renew-01", "");
      s.write(".web.key.renew-00.old", "");
    },
    command: rekey,
  },
};
