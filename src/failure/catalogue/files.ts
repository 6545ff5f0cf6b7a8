/** Exit 66, and what exit 65 says of whole files: not there, or not of the kind that was wanted. */
import type { Role } from "../facts.ts";
import { shellFile } from "../shell.ts";
import type { Family } from "./explanation.ts";
import { unreadableHelp, whyUnreadable } from "./unreadable.ts";

const roles: Record<Role, string> = {
  certificate: "the certificate",
  key: "the private key",
  root: "the root certificate",
  passphrase: "the passphrase",
  "p12-passphrase": "the passphrase of a PKCS#12 file",
  output: "the output",
  message: "the message to explain",
  kubeconfig: "a kubeconfig",
  hook: "the hook's program",
};

const wrongPlace = "Only the order CRT KEY tells the two files apart.";

/** `web.internal:8443`, or with a scheme: as people write servers, and nobody files. */
const addressOfServer = /^[a-z][a-z0-9+]*:\/\/|^[^/:]+:\d+$/i;

const rightOrder = (isList: boolean) =>
  isList
    ? "exchange `crt` and `key` in the entry, if one file stands in the other's place"
    : "give the certificate first and the key second: `renew CRT KEY`";

const hookWhy = "It is to be run after each renewal: a new certificate would not be taken up.";

/** A program without a folder. */
const isOfPath = (f: { file: string; role: Role }) => f.role === "hook" && !f.file.includes("/");

export const files: Family<
  | "FILE_MISSING"
  | "FILE_UNREADABLE"
  | "FILE_IS_FOLDER"
  | "FILE_EMPTY"
  | "NOT_PEM"
  | "NO_CERTIFICATE"
  | "NO_KEY"
  | "CERTIFICATE_REQUEST"
  | "SWAPPED"
> = {
  FILE_MISSING: {
    exit: 66,
    retry: "after-fix",
    title: "a file is not there",
    about:
      "The file named on the command line, or in the configuration, does not exist. A run that stays (`--daemon`) looks at the start for the program of its hook, too.",
    what: (f) => (isOfPath(f) ? `${f.file} is in no folder of PATH` : `${f.file || "''"} does not exist`),
    why: (f) => (f.role === "hook" ? hookWhy : `It should hold ${roles[f.role]}.`),
    evidence: (f) => (f.similar.length === 0 ? [] : [["beside it", f.similar.join(", ")]]),
    help: (f, { isList }) => [
      ...(isOfPath(f)
        ? [
            `find it: \`command -v ${shellFile(f.file, "PROGRAM")}\`; systemd has another PATH than your shell: give its whole path`,
          ]
        : []),
      ...(!isList && addressOfServer.test(f.file) ? ["if it is a server, say so: `tls://HOST:PORT`"] : []),
      ...(isOfPath(f)
        ? []
        : [
            `check the path; a relative one starts at the folder ${isList ? "of the list that names it (of a link to a list, at the link's)" : "the command runs in"}`,
          ]),
    ],
  },
  FILE_UNREADABLE: {
    exit: 66,
    retry: "after-fix",
    title: "a file cannot be read",
    about: "The file is there, but this user may not read it, or the disk fails.",
    what: (f) => `${f.file} ${f.role === "hook" ? "may not be run" : "cannot be read"}`,
    why: (f) => {
      if (f.role === "hook") return hookWhy;
      if (f.errno === "EFBIG" && f.role === "message")
        return "It is no file whose end could be read, and more than 4 MiB.";
      if (f.errno === "EFBIG" && f.role === "kubeconfig")
        return "It is larger than 4 MiB, which is more than a kubeconfig of thousands of users has.";
      if (f.errno === "EFBIG") return "It is larger than any certificate or key (4 MiB).";
      if (f.errno === "FIFO") return "It is a named pipe, which could be waited on for ever.";
      return whyUnreadable(f.errno);
    },
    help: (f) =>
      f.errno === "EFBIG" || f.errno === "FIFO"
        ? [`is it the file that was meant? \`ls -lh ${shellFile(f.file)}\``]
        : [unreadableHelp(f.file, f.errno)],
  },
  FILE_IS_FOLDER: {
    exit: 66,
    retry: "after-fix",
    title: "a folder was given where a file belongs",
    about: "The path names a folder; certificates and keys are files in it.",
    what: (f) => `${f.file} is a folder`,
    why: (f) => (f.role === "hook" ? hookWhy : `It should be the file for ${roles[f.role]}.`),
    help: (f) => [`name the file in it: \`ls ${shellFile(f.file)}\``],
  },
  FILE_EMPTY: {
    exit: 65,
    retry: "after-fix",
    title: "a file is empty",
    about:
      "An empty certificate or key is what an interrupted write leaves behind: `step` truncates the file in place before it writes. A passphrase file may hold white space alone: that is no passphrase either, unless it opens the key.",
    what: (f) => `${f.file} is empty${f.role.endsWith("passphrase") ? ": it holds no passphrase" : ""}`,
    why: (f) => {
      if (f.role === "passphrase") return "The key is encrypted, and an empty passphrase does not open it.";
      if (f.role === "p12-passphrase")
        return "A PKCS#12 file holds the private key, and under an empty passphrase everybody could take it out. The first line of the file counts.";
      return `It should hold ${roles[f.role]}. A full disk or an interrupted write leaves an empty file behind.`;
    },
    help: (f) =>
      f.role === "p12-passphrase"
        ? [`put one into its first line: \`(umask 077 && openssl rand -hex 24 > ${shellFile(f.file, "p12.pass")})\``]
        : f.role === "passphrase"
          ? [
              `put the key's passphrase into ${f.file}, which should be of mode 0600`,
              "or, on a terminal, leave `--password-file` out, and be asked",
            ]
          : f.role === "kubeconfig"
            ? [`restore ${f.file} from a backup, or name another one`]
            : [`restore ${f.file} from a backup, or enrol again: \`step ca certificate NAME CRT KEY\``],
  },
  NOT_PEM: {
    exit: 65,
    retry: "after-fix",
    title: "a file is neither PEM nor DER",
    about: "Certificates and keys are read as PEM (`-----BEGIN …-----`) or as DER.",
    what: (f) => `${f.file} does not hold ${roles[f.role]}`,
    why: () => "It has no PEM block (`-----BEGIN …-----`) and is not DER.",
    evidence: (f) => [["looks like", f.looksLike]],
    help: (f) => [
      `check the path: \`head -c 200 ${shellFile(f.file)}\``,
      ...(f.looksLike.includes("PKCS#12")
        ? [`take it out of the PKCS#12 file: \`openssl pkcs12 -in ${shellFile(f.file)} -nodes\``]
        : []),
    ],
  },
  NO_CERTIFICATE: {
    exit: 65,
    retry: "after-fix",
    title: "a PEM file holds no certificate",
    about: "The file is PEM, but none of its blocks is a CERTIFICATE.",
    what: (f) => `${f.file} holds no certificate`,
    why: () => "It is PEM, but none of its blocks is a CERTIFICATE.",
    evidence: (f) => (f.found.length === 0 ? [] : [["it holds", f.found.join(", ")]]),
    help: (_, { isList }) => [rightOrder(isList)],
  },
  NO_KEY: {
    exit: 65,
    retry: "after-fix",
    title: "a PEM file holds no private key",
    about: "The file is PEM, but none of its blocks is a private key.",
    what: (f) => `${f.file} holds no private key`,
    why: () => "It is PEM, but none of its blocks is a private key.",
    evidence: (f) => (f.found.length === 0 ? [] : [["it holds", f.found.join(", ")]]),
    help: (_, { isList }) => [rightOrder(isList)],
  },
  CERTIFICATE_REQUEST: {
    exit: 65,
    retry: "after-fix",
    title: "the file holds a certificate request (CSR)",
    about: "A request asks for a certificate; a renewal needs the certificate that was issued.",
    what: (f) => `${f.file} holds a certificate request`,
    why: () => "A request (CSR) asks for a certificate; a renewal needs what the CA issued for it.",
    help: (f) => [`have it signed first: \`step ca sign ${shellFile(f.file, "CSR")} NEW.crt\``],
  },
  SWAPPED: {
    exit: 65,
    retry: "after-fix",
    title: "certificate and key are given the wrong way round",
    about: wrongPlace,
    what: (f) => `${f.certificate} and ${f.key} look swapped`,
    why: (f) => `${f.certificate} holds a private key, and ${f.key} a certificate. ${wrongPlace}`,
    help: (f, { isList }) => [
      isList
        ? "exchange `crt` and `key` in the entry"
        : `turn them round: \`renew ${shellFile(f.key, "CRT")} ${shellFile(f.certificate, "KEY")}\``,
    ],
  },
};
