/** Exit 65, 66, 70 and 73: what is in the files, files that are not there, disks, and a bug. */
import { createPrivateKey, generateKeyPairSync } from "node:crypto";
import { mkdirSync, readFileSync, symlinkSync } from "node:fs";
import { realFileSystem } from "../../../src/files/system.ts";
import { expired, failing, force, leaf, type Play, type Plays } from "./play.ts";

/** A pair as it should be, with something else written over one of its files. */
const over =
  (file: string, contents: string | Buffer): Play["set"] =>
  async (s) => {
    await leaf()(s);
    s.write(file, contents);
  };

const key = generateKeyPairSync("ec", { namedCurve: "P-256" });
const encrypted = (secret: string) =>
  key.privateKey.export({ type: "pkcs8", format: "pem", cipher: "aes-256-cbc", passphrase: secret }).toString();

export const files: Plays = {
  "file-empty": { set: over("web.crt", ""), command: force },
  "not-pem": { set: over("web.crt", "hello\n"), command: force },
  "no-certificate": {
    set: over("web.crt", key.publicKey.export({ type: "spki", format: "pem" })),
    command: force,
  },
  "no-key": {
    set: async (s) => {
      await leaf()(s);
      s.write("web.key", readFileSync("web.crt"));
    },
    command: force,
  },
  swapped: { set: leaf(), command: "--force web.key web.crt --ca-url ca.internal" },
  "bad-certificate": {
    set: over("web.crt", "-----BEGIN CERTIFICATE-----\nMIIBzTCCAXSgAwIBAgIQ\n-----END CERTIFICATE-----\n"),
    command: force,
  },
  "ca-certificate": {
    set: async (s) => {
      s.write("web.crt", s.authority.root);
      s.write("web.key", s.authority.rootKey);
    },
    command: force,
  },
  "certificate-request": {
    set: over("web.crt", "-----BEGIN CERTIFICATE REQUEST-----\nMIIB\n-----END CERTIFICATE REQUEST-----\n"),
    command: force,
  },
  "public-key": {
    set: async (s) => {
      await leaf()(s);
      s.write("web.key", key.publicKey.export({ type: "spki", format: "pem" }));
    },
    command: force,
  },
  "bad-key": {
    set: async (s) => {
      await leaf()(s);
      s.write("web.key", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n");
    },
    command: force,
  },
  "key-encrypted": {
    set: async (s) => {
      await leaf()(s);
      s.write("web.key", encrypted("secret"));
    },
    command: force,
  },
  "wrong-passphrase": {
    set: async (s) => {
      await leaf()(s);
      s.write("web.key", encrypted("secret"));
      s.write("pass.txt", "not it\n");
    },
    command: `--password-file pass.txt ${force}`,
  },
  "cannot-write-own-name": {
    set: leaf(),
    command: "--force web.crt web.key --also combined=.web.crt.renew-owed --ca-url CA --root root.crt",
  },
  "bad-passphrase": {
    set: over("p12.pass", Buffer.from("gr\u00fcner\n", "latin1")),
    command: "--force web.crt web.key --also p12=web.p12 --p12-password-file p12.pass --ca-url CA --root root.crt",
  },
  "bad-passphrase-empty": {
    set: over("p12.pass", "\n"),
    command: "--force web.crt web.key --also p12=web.p12 --p12-password-file p12.pass --ca-url CA --root root.crt",
  },
  "passphrase-file-empty": {
    set: async (s) => {
      await leaf()(s);
      s.write("web.key", encrypted("secret"));
      s.write("pass.txt", "\n");
    },
    command: `--password-file pass.txt ${force}`,
  },
  "key-mismatch": {
    set: async (s) => {
      await leaf()(s);
      s.write(
        "web.key",
        createPrivateKey(key.privateKey.export({ type: "pkcs8", format: "pem" })).export({
          type: "sec1",
          format: "pem",
        }),
      );
    },
    command: force,
  },
  "key-mismatch-wrong-order": {
    set: async (s) => {
      await leaf()(s);
      const { certificate } = await s.authority.issue({ subject: "another" });
      s.write("web.crt", certificate + readFileSync("web.crt", "utf8"));
    },
    command: force,
  },
  "ca-certificate-wrong-order": {
    set: async (s) => {
      await leaf()(s);
      s.write("web server.crt", s.authority.root + readFileSync("web.crt", "utf8"));
    },
    command: "--force 'web server.crt' web.key --ca-url CA --root root.crt",
  },
  "expired-needs-force": { set: leaf({}, expired), command: "web.crt web.key --ca-url CA --root root.crt" },
  "cert-not-yet-valid": { set: leaf({}, { from: 2, to: 24 }), command: force },
  "file-missing": {
    set: async (s) => {
      await leaf()(s);
      s.write("web.crt.pem", "");
    },
    command: "--force web.cert web.key --ca-url ca.internal",
  },
  "file-unreadable": {
    set: async (s) => {
      await leaf()(s);
      return failing("stat", "EACCES");
    },
    command: force,
  },
  "file-is-folder": { set: async () => void mkdirSync("web.crt"), command: force },
  bug: {
    set: async (s) => {
      await leaf()(s);
      return {
        fs: {
          ...realFileSystem,
          stat: () => {
            throw new TypeError("stat is not what it was");
          },
        },
      };
    },
    command: force,
  },
  "cannot-write-folder": {
    set: async (s) => {
      await leaf({})(s);
      return failing(["checkWritable", "open"], "EROFS");
    },
    command: force,
  },
  "cannot-write-folder-alone": {
    set: async (s) => {
      await leaf({})(s);
      return failing("checkWritable", "EACCES");
    },
    command: force,
  },
  "cannot-write-folder-read-only": {
    set: async (s) => {
      await leaf({})(s);
      return failing("checkWritable", "EROFS");
    },
    command: `rekey ${force}`,
  },
  "cannot-write-full-disk": {
    set: async (s) => {
      await leaf({})(s);
      return failing("write", "ENOSPC");
    },
    command: force,
  },
  "cannot-write-rename": {
    set: async (s) => {
      await leaf({})(s);
      return failing("rename", "EIO");
    },
    command: force,
  },
  "cannot-write-link-loop": {
    set: async (s) => {
      await leaf({})(s);
      symlinkSync("b.crt", "a.crt");
      symlinkSync("a.crt", "b.crt");
    },
    command: `--out a.crt ${force}`,
  },
};
