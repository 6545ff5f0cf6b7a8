/** The user's files: what is in them, what they are, what they stay. */
import { execFileSync } from "node:child_process";
import { createPublicKey } from "node:crypto";
import { chmodSync, chownSync, mkdirSync, renameSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import type { KeyKind } from "../../../../src/dev-ca/authority.ts";
import { exported } from "../../user-files.ts";
import { issue, passphrase } from "../play.ts";
import { byToken, connected, created, kind, type Row, renewed, type Scene, untouched, with_ } from "../row.ts";

const plain = "web.crt web.key --force";
const encrypted = "web.crt enc.key --force --password-file pw";
const isRoot = process.getuid?.() === 0;

const lock =
  (type: "pkcs8" | "sec1", secret = `${passphrase}\n`) =>
  ({ issued, write }: Scene) => {
    write("enc.key", exported(issued.key, type, "pem", passphrase), 0o600);
    write("pw", secret);
  };
const rewritten =
  (type: "pkcs8" | "sec1" | "pkcs1") =>
  ({ issued, write }: Scene) =>
    write("web.key", exported(issued.key, type, "pem"));

const kinds: readonly [string, KeyKind, string][] = [
  ["p384", "P-384", "ec secp384r1"],
  ["p521", "P-521", "ec secp521r1"],
  ["ed25519", "Ed25519", "ed25519"],
];

export const fileRows: readonly Row[] = [
  {
    id: "missing-crt",
    about: "the crt file does not exist",
    args: "nope.crt web.key --force",
    exits: [1, 66],
    does: untouched,
  },
  {
    id: "missing-key",
    about: "the key file does not exist",
    args: "web.crt nope.key --force",
    exits: [1, 66],
    does: untouched,
  },
  {
    id: "crt-empty",
    about: "the certificate file is empty",
    args: plain,
    files: ({ write }) => write("web.crt", ""),
    exits: [1, 65],
    does: untouched,
  },
  {
    id: "crt-garbage",
    about: "the certificate file holds no certificate",
    args: plain,
    files: ({ write }) => write("web.crt", "words\n"),
    exits: [1, 65],
    does: untouched,
  },
  {
    id: "key-of-another",
    about: "the key belongs to another certificate",
    args: "web.crt other.key --force",
    files: async ({ authority, write }) => write("other.key", (await authority.issue()).key),
    exits: [1, 65],
    does: { step: connected, renew: untouched },
    why: "noticed before the CA is called",
  },
  { id: "key-pkcs8-enc", about: "an encrypted PKCS#8 key", args: encrypted, files: lock("pkcs8"), does: renewed },
  { id: "key-sec1-enc", about: "an encrypted SEC1 key", args: encrypted, files: lock("sec1"), does: renewed },
  {
    id: "key-enc-crlf",
    about: "the password file ends in CR LF",
    args: encrypted,
    files: lock("pkcs8", `${passphrase}\r\n`),
    does: renewed,
  },
  {
    id: "key-enc-wrong",
    about: "the wrong password",
    args: encrypted,
    files: lock("pkcs8", "wrong\n"),
    exits: [1, 65],
    does: untouched,
  },
  {
    id: "key-enc-none",
    about: "an encrypted key, no --password-file, no terminal",
    args: "web.crt enc.key --force",
    files: lock("pkcs8"),
    exits: [1, 65],
    does: untouched,
  },
  {
    id: "password-file-missing",
    about: "the password file does not exist",
    args: "web.crt enc.key --force --password-file nope",
    files: lock("pkcs8"),
    exits: [1, 66],
    does: untouched,
  },
  { id: "key-pkcs8", about: "a PKCS#8 EC key", args: plain, files: rewritten("pkcs8"), does: renewed },
  { id: "key-sec1", about: "a SEC1 EC key", args: plain, files: rewritten("sec1"), does: renewed },
  {
    id: "key-pkcs1",
    about: "a PKCS#1 RSA key",
    args: plain,
    leaf: { key: "RSA-2048" },
    files: rewritten("pkcs1"),
    does: kind(renewed, "rsa 2048"),
  },
  {
    id: "key-rsa-pkcs8",
    about: "a PKCS#8 RSA key, by token",
    args: `${plain} --mtls=false`,
    leaf: { key: "RSA-2048" },
    does: kind(byToken, "rsa 2048"),
  },
  ...kinds.flatMap(([name, key, shown]): Row[] => [
    { id: `key-${name}`, about: `${name}, over mTLS`, args: plain, leaf: { key }, does: kind(renewed, shown) },
    {
      id: `token-${name}`,
      about: `${name}, by token`,
      args: `${plain} --mtls=false`,
      leaf: { key },
      does: kind(byToken, shown),
    },
  ]),
  {
    id: "key-ec-parameters",
    about: "a key file that opens with EC PARAMETERS, as openssl ecparam -genkey writes it",
    args: plain,
    files: async ({ authority, write }) => {
      const pem = execFileSync("openssl", ["ecparam", "-name", "prime256v1", "-genkey"], { encoding: "utf8" });
      const publicKeyPem = createPublicKey(pem).export({ type: "spki", format: "pem" }).toString();
      write("web.key", pem);
      write("web.crt", (await issue(authority, { publicKeyPem })).chain);
    },
    exits: [1, 0],
    does: { step: untouched, renew: renewed },
    why: "the key is taken out of the file; step wants it alone",
  },
  {
    id: "mode-640",
    about: "mode 0640 and the owner are kept",
    args: plain,
    owner: true,
    files: ({ folder }) => {
      const crt = join(folder, "web.crt");
      chmodSync(crt, 0o640);
      if (isRoot) chownSync(crt, 1234, 1235);
    },
    does: with_(
      renewed.replace("644", "640"),
      `owner ${isRoot ? "1234:1235" : `${process.getuid?.()}:${process.getgid?.()}`}`,
    ),
  },
  {
    id: "symlink",
    about: "web.crt is a symbolic link",
    args: plain,
    files: ({ folder }) => {
      mkdirSync(join(folder, "live"));
      renameSync(join(folder, "web.crt"), join(folder, "live/real.crt"));
      symlinkSync("live/real.crt", join(folder, "web.crt"));
    },
    does: with_(
      renewed.replace("changed web.crt", "changed live/real.crt, changed web.crt"),
      "web.crt leads to live/real.crt",
    ),
  },
  {
    id: "out-mode",
    about: "a new --out file: its mode",
    args: "web.crt web.key --out new.crt",
    does: created("new.crt"),
  },
  {
    id: "crlf",
    about: "CR LF line ends and words before the first block",
    args: plain,
    files: ({ issued, write }) => write("web.crt", `words\r\n${issued.chain.replaceAll("\n", "\r\n")}`),
    does: renewed,
  },
  {
    id: "leaf-only",
    about: "only the leaf in the file",
    args: plain,
    files: ({ issued, write }) => write("web.crt", issued.certificate),
    does: renewed,
  },
  {
    id: "leaf-only-expired",
    about: "only the leaf in the file, and it has expired",
    args: plain,
    leaf: { used: 1.5, provisioner: { name: "after-expiry" } },
    files: ({ issued, write }) => write("web.crt", issued.certificate),
    exits: [1, 0],
    does: {
      step: "POST /renew 401 token; files unchanged",
      renew: with_(byToken, "and asked the CA more"),
    },
    why: "the intermediate comes from the CA's /intermediates",
  },
  {
    id: "combined",
    about: "certificate and key in one file",
    args: "both.pem both.pem --force",
    files: ({ issued, write }) => write("both.pem", issued.chain + issued.key),
    exits: [1, 64],
    does: untouched,
  },
  {
    id: "folder-of-another",
    about: "the user may write the files, and not into their folder",
    args: plain,
    isFolderForeign: true,
    exits: [0, 73],
    does: { step: renewed, renew: untouched },
    why: "a new file is written beside the old one, so the folder must allow that; it is said before the CA is called",
    as: "different",
  },
];
