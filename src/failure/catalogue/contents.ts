/** Exit 65: what is in the certificate and the key. */
import { shell, shellFile } from "../shell.ts";
import { instant, relative } from "../time.ts";
import { type Family, quoted, sentence } from "./explanation.ts";

/** The certificate at that place in the file, before all the others: a command for any shell. */
function putFirst(file: string, position: number): string {
  const from = (condition: string) => `awk '/-BEGIN .*CERT/{n++} n${condition}${position}' ${shellFile(file, "CRT")}`;
  return `\`${from("==")} >NEW.crt && ${from("!=")} >>NEW.crt\``;
}

export const contents: Family<
  | "BAD_CERTIFICATE"
  | "CA_CERTIFICATE"
  | "PUBLIC_KEY"
  | "BAD_KEY"
  | "KEY_ENCRYPTED"
  | "BAD_PASSPHRASE"
  | "WRONG_PASSPHRASE"
  | "KEY_MISMATCH"
  | "EXPIRED_NEEDS_FORCE"
  | "CANNOT_REKEY"
  | "CERT_NOT_YET_VALID"
> = {
  BAD_CERTIFICATE: {
    exit: 65,
    retry: "after-fix",
    title: "a certificate cannot be read",
    about: "The block is there, but what it holds is not a whole X.509 certificate.",
    what: (f) => `certificate ${f.position} in ${f.file} cannot be read`,
    why: (f) => `What the block holds is not a whole X.509 certificate: ${f.problem}.`,
    help: (f) => [
      `look at it: \`openssl x509 -in ${shellFile(f.file)} -noout -text\``,
      "restore it from a backup, or enrol again",
    ],
  },
  CA_CERTIFICATE: {
    exit: 65,
    retry: "after-fix",
    title: "the certificate to renew is a CA's own",
    about:
      "The first certificate of the file must be the leaf. CA certificates are made anew by the CA's administrator, not renewed.",
    what: (f) => `the first certificate in ${f.file} is a CA's own`,
    why: (f) =>
      f.leafAt === undefined
        ? "It says CA:TRUE. A root or intermediate is made anew by the CA's administrator."
        : `The chain is in the wrong order: certificate ${f.leafAt} of the file is the one that this key is for.`,
    evidence: (f) => [["subject", f.subject]],
    help: (f) =>
      f.leafAt === undefined
        ? ["give the leaf certificate, or the bundle that starts with it"]
        : [`put it first: ${putFirst(f.file, f.leafAt)}`, "then renew with NEW.crt in its place"],
  },
  PUBLIC_KEY: {
    exit: 65,
    retry: "after-fix",
    title: "the key file holds a public key",
    about: "A renewal is proved with the private key; the public half is in the certificate already.",
    what: (f) => `${f.file} holds a public key, not the private one`,
    why: () => "A renewal is proved with the private key; the public half is in the certificate already.",
    help: () => ["find the private key that was made with it; if it is lost, enrol again"],
  },
  BAD_KEY: {
    exit: 65,
    retry: "after-fix",
    title: "a private key cannot be read",
    about:
      "The block is there, but OpenSSL cannot make a key of it, or it is of a kind that step-ca does not know (it knows RSA, EC P-256, P-384, P-521, and Ed25519).",
    what: (f) => `the private key in ${f.file} cannot be used`,
    why: () => "OpenSSL cannot make a key of it, or step-ca issues no certificates for this kind.",
    evidence: (f) => [["OpenSSL", quoted(f.problem)]],
    help: (f) => [`look at it: \`openssl pkey -in ${shellFile(f.file)} -noout -text\``],
  },
  KEY_ENCRYPTED: {
    exit: 65,
    retry: "after-fix",
    title: "the key is encrypted, and there is no passphrase",
    about: "A passphrase is asked for on a terminal only; elsewhere it comes from --password-file.",
    what: (f) => `${f.file} is encrypted, and there is no passphrase`,
    why: () => "Renewing needs the key opened, and there is no terminal to ask on.",
    help: () => ["put the passphrase into a file of mode 0600: `--password-file FILE`"],
  },
  BAD_PASSPHRASE: {
    exit: 65,
    retry: "after-fix",
    title: "what a file holds cannot be the passphrase of a PKCS#12 file",
    about:
      "The passphrase of a new PKCS#12 file is the first line of the file that `--p12-password-file` names, in UTF-8. With octets that are no UTF-8, or a NUL, the file could be written and never be opened: programs take different passphrases from the same octets. OpenSSL reads 1023 octets of a line, and no more.",
    what: (f) => `${f.file} holds no passphrase that could be used`,
    why: (f) => {
      const nobody = "The PKCS#12 file would be written, and whoever reads it could not open it.";
      if (f.problem === "long") return `OpenSSL reads no more than ${f.limit} octets of the line. ${nobody}`;
      return f.problem === "nul"
        ? `A passphrase cannot hold a NUL, at which many programs end it. ${nobody}`
        : `Its first line is no UTF-8, so that programs would take different passphrases from it. ${nobody}`;
    },
    evidence: (f) =>
      f.problem === "long"
        ? [["first line", `${f.length} octets`]]
        : [
            ["looks like", f.looksLike],
            [f.problem === "nul" ? "first NUL" : "first octet that is none", `number ${f.at} of the line`],
          ],
    help: (f) => [
      `is it the right file? \`file ${shellFile(f.file)}\``,
      "make a passphrase: `(umask 077 && openssl rand -hex 24 > p12.pass)`",
      ...(f.problem === "not-utf8" ? ["or save it as UTF-8: `iconv -f LATIN1 -t UTF-8 OLD > NEW`"] : []),
    ],
  },
  WRONG_PASSPHRASE: {
    exit: 65,
    retry: "after-fix",
    title: "the passphrase does not open the key",
    about: "The key is encrypted, and the passphrase that was given does not decrypt it.",
    what: (f) => `the passphrase does not open ${f.file}`,
    why: (f) => `It came from ${f.passphraseFrom}. The line ends at its end were left out.`,
    evidence: (f) => (f.cipher === undefined ? [] : [["encryption", f.cipher]]),
    help: (f) => [
      `try it by hand: \`openssl pkey -in ${shellFile(f.file)} -noout\``,
      ...(f.cipher && /^(DES-CBC|RC2)/.test(f.cipher)
        ? [
            `${f.cipher} is so old that OpenSSL 3 no longer opens it: \`openssl pkey -provider legacy -provider default -in ${shellFile(f.file)} -aes256 -out NEW.key\``,
          ]
        : []),
    ],
  },
  KEY_MISMATCH: {
    exit: 65,
    retry: "after-fix",
    title: "the key does not belong to the certificate",
    about: "The certificate was issued for another key, so neither way of renewing can prove possession.",
    what: (f) =>
      f.matchesAt === undefined
        ? `${f.key} is not the key of ${f.certificate}`
        : `${f.key} is not the key of the first certificate in ${f.certificate}`,
    why: (f) =>
      f.matchesAt === undefined
        ? "The certificate was issued for another key, so neither way of renewing can prove possession."
        : `It is the key of certificate ${f.matchesAt} in that file, and the one to renew must come first.`,
    evidence: (f) => [
      ["certificate's key", f.certificateKey],
      ["key in the file", f.ownKey],
    ],
    help: (f) =>
      f.matchesAt === undefined
        ? [
            "find the key that was made with it; it is the one for which both print the same:" +
              ` \`openssl x509 -in ${shellFile(f.certificate, "CRT")} -noout -pubkey\`` +
              ` and \`openssl pkey -in ${shellFile(f.key, "KEY")} -pubout\``,
            "if it is lost, enrol again, with a new key",
          ]
        : [`put it first: ${putFirst(f.certificate, f.matchesAt)}`, "then renew with NEW.crt in its place"],
  },
  EXPIRED_NEEDS_FORCE: {
    exit: 65,
    retry: "after-fix",
    title: "the certificate has expired; renewing it then takes --force",
    about:
      "An expired certificate cannot pass a TLS handshake. With --force it is renewed by a signed token instead, if its provisioner allows renewal after expiry.",
    what: (f) => `${f.file} expired ${relative(f.notAfter, f.now)}`,
    why: (f) =>
      f.only === "mtls"
        ? "An expired certificate cannot pass a TLS handshake, and the method is mtls, so that no token is taken in its place."
        : "An expired certificate cannot pass a TLS handshake. With --force it is renewed by a signed token instead, if its provisioner allows that.",
    evidence: (f) => [
      ["expired", instant(f.notAfter)],
      ["now", instant(f.now)],
    ],
    help: (f) => [
      f.only === "mtls"
        ? 'let it be renewed by token: `"method": "auto"` in the list, and no `--method mtls`'
        : `run it again with --force: \`renew ${f.kubeUser === undefined ? `--force ${shellFile(f.file, "CRT")} ${shellFile(f.key, "KEY")}` : `kubeconfig --force --user ${shell(f.kubeUser, "NAME")} ${shellFile(f.file)}`}\``,
      "if the clock of this machine is wrong, set that first",
    ],
  },
  CANNOT_REKEY: {
    exit: 65,
    retry: "after-fix",
    title: "this certificate cannot be rekeyed: no handshake takes it",
    about:
      "A rekey works over mTLS only: step-ca looks at no token there. A certificate that has expired, or that is not for clients, does not pass a TLS handshake. That is known before the CA is asked.",
    what: (f) =>
      f.reason === "expired"
        ? `${f.file} cannot be rekeyed: it expired ${relative(f.notAfter, f.now)}`
        : `${f.file} cannot be rekeyed: it is not for clients`,
    why: (f) => `${sentence(f.diagnosis.causes[0]?.because ?? "a rekey works over mTLS only")} The CA was not called.`,
    help: () => [],
  },
  CERT_NOT_YET_VALID: {
    exit: 65,
    retry: "later",
    title: "the certificate is not valid yet, by the CA's clock",
    about:
      "A certificate can be renewed only while or after it is valid. The CA's own clock was asked, since this machine's may be wrong.",
    what: (f) => `${f.file} is not valid before ${instant(f.notBefore)}`,
    why: () => "The CA's clock says so too, and it renews only what has become valid.",
    help: () => [],
  },
};
