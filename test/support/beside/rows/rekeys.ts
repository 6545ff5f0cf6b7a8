/** A new key. */
import { generateKeyPairSync } from "node:crypto";
import { chmodSync } from "node:fs";
import { join } from "node:path";
import { exported } from "../../user-files.ts";
import { passphrase } from "../play.ts";
import { kind, type Row, untouched } from "../row.ts";

const plain = "web.crt web.key --force";
const rekeyed =
  "POST /rekey 201 mTLS; changed web.crt, changed web.key; 2 certificates, ec prime256v1, new key, fits web.key, modes 644 600, key in the clear";
const keeps = "step makes every key P-256; the type and size stay what they were unless asked";

type Short = Omit<Row, "program" | "args"> & { args?: string };
const rekey = ({ args = "", ...row }: Short): Row => ({ ...row, program: "rekey", args: `${plain} ${args}` });

export const rekeyRows: readonly Row[] = [
  rekey({ id: "rekey", about: "in place", does: rekeyed }),
  rekey({
    id: "rekey-no-force",
    about: "no --force, no terminal",
    args: "--force=false",
    exits: [1, 64],
    does: { step: "POST /rekey 201 mTLS; files unchanged", renew: untouched },
    why: "step has a certificate issued and throws it and its key away",
  }),
  rekey({
    id: "rekey-out-key",
    about: "--out-key alone with --force",
    args: "--out-key n.key",
    does: rekeyed.replace("changed web.key", "created n.key").replace("fits web.key", "fits n.key"),
  }),
  rekey({
    id: "rekey-out-both",
    about: "--out-cert and --out-key",
    args: "--out-cert n.crt --out-key n.key",
    does: rekeyed
      .replace("changed web.crt, changed web.key", "created n.crt, created n.key")
      .replace("fits web.key", "fits n.key")
      .replace("644", "600"),
  }),
  rekey({
    id: "rekey-private-key",
    about: "--private-key",
    args: "--private-key mine.key --out-cert n.crt",
    files: ({ write }) => {
      const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
      write("mine.key", privateKey.export({ type: "pkcs8", format: "pem" }), 0o600);
    },
    keyFile: "mine.key",
    does: "POST /rekey 201 mTLS; created n.crt; 2 certificates, ec prime256v1, new key, fits mine.key, modes 600 600",
  }),
  rekey({
    id: "rekey-rsa",
    about: "--kty RSA --size 2048",
    args: "--kty RSA --size 2048",
    does: kind(rekeyed, "rsa 2048"),
  }),
  rekey({
    id: "rekey-p384",
    about: "--kty EC --crv P-384",
    args: "--kty EC --crv P-384",
    does: kind(rekeyed, "ec secp384r1"),
  }),
  rekey({
    id: "rekey-curve",
    about: "--kty EC --curve P-521",
    args: "--kty EC --curve P-521",
    does: kind(rekeyed, "ec secp521r1"),
  }),
  rekey({ id: "rekey-okp", about: "--kty OKP", args: "--kty OKP", does: kind(rekeyed, "ed25519") }),
  rekey({
    id: "rekey-keeps-type",
    about: "an RSA certificate, no --kty",
    leaf: { key: "RSA-2048" },
    does: { step: rekeyed, renew: kind(rekeyed, "rsa 2048") },
    why: keeps,
  }),
  rekey({
    id: "rekey-keeps-curve",
    about: "a P-384 certificate, no --kty",
    leaf: { key: "P-384" },
    does: { step: rekeyed, renew: kind(rekeyed, "ec secp384r1") },
    why: keeps,
  }),
  rekey({ id: "rekey-expired", about: "expired", leaf: { used: 1.5 }, exits: [1, 65], does: untouched }),
  rekey({
    id: "rekey-not-due",
    about: "--expires-in 1h, ten hours left",
    args: "--expires-in 1h",
    leaf: { hours: 20 },
    does: untouched,
  }),
  rekey({
    id: "rekey-bad-size",
    about: "--kty EC --size 2048",
    args: "--kty EC --size 2048",
    exits: [1, 64],
    does: untouched,
  }),
  rekey({
    id: "rekey-small-rsa",
    about: "--kty RSA --size 1024",
    args: "--kty RSA --size 1024",
    exits: [1, 64],
    does: untouched,
  }),
  rekey({
    id: "rekey-bad-curve",
    about: "--kty EC --crv Ed25519",
    args: "--kty EC --crv Ed25519",
    exits: [1, 64],
    does: untouched,
  }),
  rekey({
    id: "rekey-encrypted",
    about: "an encrypted key, --password-file",
    args: "--password-file pw",
    files: ({ issued, write }) => {
      write("web.key", exported(issued.key, "pkcs8", "pem", passphrase));
      write("pw", `${passphrase}\n`);
    },
    does: { step: rekeyed, renew: rekeyed.replace("key in the clear", "key encrypted") },
    why: "an encrypted key stays encrypted; step writes the new one in the clear",
  }),
  rekey({
    id: "rekey-modes",
    about: "modes 0640 of both files are kept",
    files: ({ folder }) => {
      for (const name of ["web.crt", "web.key"]) chmodSync(join(folder, name), 0o640);
    },
    does: rekeyed.replace("644 600", "640 640"),
  }),
  rekey({
    id: "rekey-disabled",
    about: "renewal disabled at the provisioner",
    leaf: { provisioner: { name: "no-renewal" } },
    exits: [1, 77],
    does: {
      step: "POST /rekey 401 mTLS; files unchanged",
      renew: "POST /rekey 401 mTLS; files unchanged; and asked the CA more",
    },
    why: "the cause is found out",
  }),
  {
    id: "rekey-hook",
    about: "a hook and a signal",
    program: "rekey",
    args: [...plain.split(" "), "--pid", "PID", "--exec", "./hook x"],
    does: `${rekeyed}; signals: HUP; hook: [x]`,
  },
];
