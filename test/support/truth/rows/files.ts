/** What is wrong before a CA is asked: files, flags, trust. On one CA, as none of it is the CA's. */
import { createPrivateKey, createPublicKey } from "node:crypto";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expired, mtls, newest, type Outcome, type Row, type Scene, stopped } from "../row.ts";

type Wrong = Omit<Row, "name" | "expect">;
const on = newest;
const row = (name: string, wrong: Wrong, expect: Outcome): Row => ({ name, on, ...wrong, expect });

const write = (name: string, text: string) => (scene: Scene) => writeFileSync(join(scene.folder, name), text);
const encrypted = (key: string) =>
  createPrivateKey(key)
    .export({ type: "pkcs8", format: "pem", cipher: "aes-256-cbc", passphrase: "secret" })
    .toString();
const publicHalf = (key: string) => createPublicKey(key).export({ type: "spki", format: "pem" }).toString();
const withRoot = (scene: Scene) => write("other.crt", scene.authorities.foreign.root)(scene);

export const files: Row[] = [
  row(
    "key of another certificate",
    { keyFile: async (_, { main }) => (await main.issue()).key },
    stopped("KEY_MISMATCH", /error decrypting message/),
  ),
  row(
    "certificate file missing",
    { before: ({ folder }) => rmSync(join(folder, "web.crt")) },
    stopped("FILE_MISSING", /no such file/),
  ),
  row(
    "key file missing",
    { before: ({ folder }) => rmSync(join(folder, "web.key")) },
    stopped("FILE_MISSING", /no such file/),
  ),
  row(
    "key file is a directory",
    {
      before: ({ folder }) => {
        rmSync(join(folder, "web.key"));
        mkdirSync(join(folder, "web.key"));
      },
    },
    stopped("FILE_IS_FOLDER", /is a directory/),
  ),
  row("certificate file is no PEM", { file: () => "hello\n" }, stopped("NOT_PEM")),
  row("certificate file empty", { file: () => "" }, stopped("FILE_EMPTY")),
  row(
    "certificate cut inside its labels",
    { file: ({ certificate }) => certificate.replace(/\n[^-]{100}/, "\n") },
    stopped("BAD_CERTIFICATE", /malformed certificate/),
  ),
  row(
    "certificate and key files swapped",
    { file: ({ key }) => key, keyFile: ({ chain }) => chain },
    stopped("SWAPPED"),
  ),
  row("key file is no PEM", { keyFile: () => "hello\n" }, stopped("NOT_PEM", /not a valid PEM/)),
  row("key file holds a public key", { keyFile: ({ key }) => publicHalf(key) }, stopped("PUBLIC_KEY")),
  row("key encrypted, no password, no terminal", { keyFile: ({ key }) => encrypted(key) }, stopped("KEY_ENCRYPTED")),
  row(
    "key encrypted, wrong --password-file",
    {
      keyFile: ({ key }) => encrypted(key),
      before: write("pass", "wrong\n"),
      flags: () => ["--password-file", "pass"],
    },
    stopped("WRONG_PASSPHRASE", /password incorrect/),
  ),
  row(
    "key encrypted, right --password-file",
    {
      keyFile: ({ key }) => encrypted(key),
      before: write("pass", "secret\n"),
      flags: () => ["--password-file", "pass"],
    },
    mtls,
  ),
  row(
    "--password-file empty",
    {
      keyFile: ({ key }) => encrypted(key),
      before: (scene) => write("pass", "")(scene),
      flags: () => ["--password-file", "pass"],
    },
    stopped("FILE_EMPTY"),
  ),
  row(
    "--password-file missing",
    { keyFile: ({ key }) => encrypted(key), flags: () => ["--password-file", "nope"] },
    stopped("FILE_MISSING", /no such file/),
  ),
  row("--root file missing", { flags: () => ["--root", "nope.crt"] }, stopped("ROOT_MISSING", /no such file/)),
  row(
    "--root file is no PEM",
    { before: write("other.crt", "hello\n"), flags: () => ["--root", "other.crt"] },
    stopped("ROOT_NOT_PEM", /not certificates found/),
  ),
  row(
    "--root file holds a key",
    { flags: () => ["--root", "web.key"] },
    stopped("ROOT_NOT_PEM", /not certificates found/),
  ),
  row(
    "--root of another CA",
    { before: withRoot, flags: () => ["--root", "other.crt"] },
    stopped("CA_UNTRUSTED", /unknown authority/),
  ),
  row(
    "--root of another CA of the same name",
    {
      before: (scene) => write("other.crt", scene.authorities.impostor.root)(scene),
      flags: () => ["--root", "other.crt"],
    },
    stopped("CA_UNTRUSTED", /unknown authority/),
  ),
  row(
    "--root file holds the intermediate",
    {
      before: (scene) => write("other.crt", scene.authorities.main.issuerCertificate)(scene),
      flags: () => ["--root", "other.crt"],
    },
    mtls,
  ),
  row(
    "--ca-url ftp://…",
    { flags: () => ["--ca-url", "ftp://localhost"] },
    stopped("BAD_URL", /must have https scheme/),
  ),
  row("no --ca-url", { without: ["--ca-url"] }, stopped("CA_URL_MISSING", /requires the '--ca-url' flag/)),
  row("--expires-in soon", { flags: () => ["--expires-in", "soon"] }, stopped("BAD_DURATION", /invalid value 'soon'/)),
  row("--nonsense", { flags: () => ["--nonsense"] }, stopped("BAD_FLAG")),
  row("expired, no --force, no terminal", { leaf: expired, without: ["--force"] }, stopped("EXPIRED_NEEDS_FORCE")),
  row("valid, no --force, no terminal", { without: ["--force"] }, stopped("WOULD_OVERWRITE")),
  row("--out in a missing folder", { flags: () => ["--out", "no/where.crt"] }, stopped("CANNOT_WRITE", /no such file/)),
  row(
    "--out is a folder",
    { before: ({ folder }) => void mkdirSync(join(folder, "out")), flags: () => ["--out", "out"] },
    stopped("FILE_IS_FOLDER", /is a directory/),
  ),
];
