/** Exit 64: the command's words. Found before the first file is opened. */
import type { Facts } from "../facts.ts";
import { isPlain, shell, shellFile } from "../shell.ts";
import { span } from "../time.ts";
import { type Family, sentence } from "./explanation.ts";

/** Out of the kubeconfig into a file; then it may go. */
function keepKey({ file, user }: { file: string; user: string }): string[] {
  const name = isPlain(user) ? user : "NAME";
  const at = `--kubeconfig ${shellFile(file)}`;
  return [
    `keep it in a file: \`kubectl config view --raw ${at} -o jsonpath='{.users[?(@.name=="${name}")].user.client-key-data}' | base64 -d | (umask 077; cat > OLD.key)\``,
    `and take it out: \`kubectl config unset users.${name}.client-key-data ${at}\`; then run the command again`,
    `or install it under another name: \`--user ${shell(`${user}-renew`, "NAME")}\``,
  ];
}

/** Its owner and mode stay for what is written there. */
function emptied(file: string): string {
  const name = shellFile(file, "FILE");
  return `cp -p ${name} ${shellFile(`${file}.old`, "FILE.old")} && : > ${name}`;
}

/** A form as it may be asked for instead. */
function alsoFor(form: string, by: "library" | undefined): string {
  return by === "library" ? `\`also: [{ form: "${form}", file: "NEW" }]\`` : `\`--also ${form}=NEW\``;
}

/** As it is written there. */
function askedForP12({ file, command }: Facts["NO_PASSPHRASE_FILE"]): string {
  if (command === "run") return `also: p12=${file}`;
  return command === "library" ? `also: { form: "p12", file: "${file}" }` : `--also p12=${file}`;
}

export const usage: Family<
  | "BAD_FLAG"
  | "FLAG_NOT_BUILT"
  | "FLAG_CONFLICT"
  | "NO_PASSPHRASE_FILE"
  | "BAD_DURATION"
  | "BAD_URL"
  | "WOULD_OVERWRITE"
  | "WOULD_LOSE_KEY"
  | "WOULD_LOSE_CERTIFICATE"
> = {
  BAD_FLAG: {
    exit: 64,
    retry: "never",
    title: "a flag or an argument is not understood",
    about:
      "The command line has a flag that does not exist, a flag without its value, or not exactly two files. Nothing was read.",
    what: (f) => f.said,
    why: (f) => f.because ?? "The command line was not understood, so nothing was read and nobody was asked.",
    help: (f) => [
      ...(f.nearest === undefined ? [] : [`did you mean \`${f.nearest}\`?`]),
      `see \`renew ${f.command === "renew" ? "" : `${f.command} `}--help\``,
    ],
  },
  FLAG_NOT_BUILT: {
    exit: 64,
    retry: "never",
    title: "a flag of step's asks for what renew does not do",
    about:
      "`--offline` signs with the CA's own key, on the CA's machine; `--kms`, or a KEY that is a URI such as `yubikey:slot-id=9a`, takes a key that never leaves its device. Both are step's. They may also come from the environment (STEP_OFFLINE, STEP_KMS) and from defaults.json.",
    what: (f) => `${f.from} asks for what renew does not do`,
    why: (f) =>
      f.flag === "--offline"
        ? "Offline, the CA's configuration and its own key renew a certificate without the CA. Nothing was read."
        : "The key is in a key manager and cannot be taken out, and renew signs with key files only. Nothing was read.",
    help: (f) => {
      const files = `${shellFile(f.certificate, "CRT")} ${shellFile(f.key, "KEY")}`;
      return f.flag === "--offline"
        ? [
            `renew online, without it: \`renew --force ${files}\``,
            `or on the CA's machine: \`step ca renew --offline --force ${files}\``,
          ]
        : [
            `renew with step: \`step ca renew --kms URI --force ${files}\``,
            "or enrol again with a key file: `step ca certificate NAME CRT KEY`",
          ];
    },
  },
  FLAG_CONFLICT: {
    exit: 64,
    retry: "never",
    title: "two flags contradict each other",
    about:
      "Each of the two flags is fine alone; together they ask for two different things, or would write two things into one file.",
    what: ({ flags: [first, second], form }) => {
      if (form === undefined) return `${first} and ${second} cannot go together`;
      return first === second ? `${first} is said twice` : `${first} and ${second} mean one file`;
    },
    why: (f) => f.because,
    help: ({ flags: [first, second], form, by }) => {
      if (form === undefined) return [`leave out ${first} or ${second}`];
      if (first === second) return ["leave out one of the two"];
      return [`name another file: ${alsoFor(form, by)}`];
    },
  },
  NO_PASSPHRASE_FILE: {
    exit: 64,
    retry: "never",
    title: "a PKCS#12 file is to be written, and no passphrase is named for it",
    about:
      "A PKCS#12 file holds the private key, encrypted under a passphrase. What reads it, a Java server or Windows, asks for that passphrase, so it is yours to choose: the first line of a file that `--p12-password-file` names. It is never taken from the command line, which every user of the machine can see.",
    what: (f) => `${f.file} needs a passphrase, and none was named`,
    why: () =>
      "A PKCS#12 file holds the private key, encrypted under a passphrase that its reader knows. Nothing was read, and the CA was not called.",
    evidence: (f) => [["asked for by", askedForP12(f)]],
    help: (f) => [
      f.command === "run"
        ? "name the file that holds it: `p12-password-file: FILE`, in the entry or at the top"
        : `name the file that holds it: \`${f.command === "library" ? "p12PassphraseFile" : "--p12-password-file FILE"}\``,
      "make one: `(umask 077 && openssl rand -hex 24 > p12.pass)`",
    ],
  },
  BAD_DURATION: {
    exit: 64,
    retry: "never",
    title: "a duration is not understood, or cannot be that long or short",
    about:
      "Durations are written as in Go: `300ms`, `90s`, `1h30m`, and also `2d`. `--expires-in` takes a percentage too: `66%` is due when 66 percent of the lifetime have passed. A period of a daemon must be shorter than the certificate's lifetime.",
    what: (f) =>
      "problem" in f
        ? `${f.flag} does not understand '${f.value}'`
        : `${f.flag} is too ${f.limit === "least" ? "short" : "long"}: '${f.value}'`,
    why: (f) => {
      if ("problem" in f) return f.problem;
      if (f.limit === "least") return "It must be longer than nothing.";
      return `The certificate lives for ${span(f.limit)}, and would have expired by then.`;
    },
    help: (f) => [
      "limit" in f && f.limit !== "least"
        ? `write a shorter one, such as \`${span((f.limit * 2) / 3)}\`, or leave it out: then two thirds of the lifetime pass`
        : /expires.in/i.test(f.flag)
          ? "write a duration such as `8h`, `1h30m`, `2d`, or a percentage such as `66%`"
          : "write a duration such as `30s` or `1m30s`",
    ],
  },
  BAD_URL: {
    exit: 64,
    retry: "never",
    title: "the address of the CA, of a server or of a proxy is not a usable URL",
    about:
      "A CA is reached over https only. The scheme may be left out, a path prefix is kept; a query, a fragment or a password has no place in it.",
    what: (f) => `${f.from} is not a usable address: '${f.value}'`,
    why: (f) => sentence(f.problem),
    help: (f) => [
      f.from === "URL"
        ? "write it as `tls://web.internal:8443`, or `https://web.internal`"
        : /_proxy$/i.test(f.from)
          ? `write it as \`${f.from}=http://PROXY:PORT\`; or go around it to the CA: \`NO_PROXY=ca.internal\``
          : "write it as `https://ca.internal:9000`, or `ca.internal:9000`",
    ],
  },
  WOULD_OVERWRITE: {
    exit: 64,
    retry: "never",
    title: "the output exists, and nobody allowed to replace it",
    about:
      "Without --force an existing file is replaced only after a yes on the terminal; in a program, with `force: true` only. The question comes before the CA is asked, so no certificate is issued in vain.",
    what: ({ file, other, asked, by }) => {
      const isOne = other === undefined;
      const [files, were] = isOne ? [file, "was"] : [`${file} and ${other}`, "were"];
      if (by === "library") return `${files} ${isOne ? "exists" : "exist"}, and \`force\` is not set`;
      if (asked) return `${files} ${were} kept, as you answered`;
      return isOne ? `${files} exists, and there is no terminal to ask on` : `${files} exist already`;
    },
    why: ({ other, asked, operation, by }) => {
      const isUnsaid = other !== undefined && !asked && by === undefined;
      const nobody = isUnsaid ? ", and there is no terminal to ask on" : "";
      return `Replacing a file takes your consent${nobody}.${operation === "rollback" ? "" : " The CA was not called."}`;
    },
    help: (f) => {
      if (f.by === "library")
        return [`pass \`force: true\` to replace ${f.other === undefined ? "it" : "them"}`, "or name another file"];
      if (f.operation === "rollback")
        return [
          `say \`--force\` to replace ${f.other === undefined ? "it" : "them"}`,
          "or see what would be done: `--dry-run`",
        ];
      if (f.operation === "kubeconfig") return ["say `--force` to replace the certificate in it, and nothing else"];
      const own = f.operation === "rekey" ? "--out-cert NEW.crt --out-key NEW.key" : "--out NEW.crt";
      const { forms, areAll } = f.forms ?? { forms: [], areAll: false };
      const places = [...(areAll ? [] : [own]), ...forms.map((form) => `--also ${form}=NEW`)].join(" ");
      const them = f.other === undefined ? "it" : "them";
      const what = forms.length > 0 ? them : f.operation === "rekey" ? "the new pair" : "the new chain";
      return [`say \`--force\` to replace ${them}`, `or write ${what} elsewhere: \`${places}\``];
    },
  },
  WOULD_LOSE_KEY: {
    exit: 64,
    retry: "never",
    title: "a private key would be lost, which may exist nowhere else",
    about:
      "The file to be replaced holds a private key, alone or beside a certificate, or is a PKCS#12 file. Writing over it would destroy a key that may exist nowhere else, and --force is no consent to that. A combined file of this certificate, and a PKCS#12 file that renew has made, are copies, and are replaced by the same form. An installation of kubectl's plugin is refused where the kubeconfig holds another key than the file that the plugin is to hand out.",
    what: (f) =>
      f.held === "p12"
        ? `${f.file} is a PKCS#12 file, which would be lost`
        : `${f.file} holds a private key that would be lost`,
    why: (f) => {
      const called = f.operation === "rollback" ? "" : " The CA was not called.";
      if (f.ofUser !== undefined)
        return `The key of ${f.ofUser.user} in it is not known to be that of ${f.ofUser.keyFile}, so it may exist nowhere else. Nothing was written.`;
      if (f.held === "p12") {
        const whose = f.form === "p12" ? ", and renew has not made it" : "";
        return `Nobody can look into it without its passphrase${whose}: it may hold the only copy of a key, which --force does not take away.${called}`;
      }
      return f.form === "combined" || f.form === "p12"
        ? `The key in it is no copy of this certificate's: it stands alone, or beside the certificate of somebody else. --force does not take it away.${called}`
        : `Only certificates are written, so the key in that file would be lost.${called}`;
    },
    help: (f) => {
      const apart = "keep certificate and key in two files";
      if (f.ofUser !== undefined) return keepKey({ file: f.file, user: f.ofUser.user });
      if (f.form !== undefined)
        return [
          `write it elsewhere: ${alsoFor(f.form, f.by)}`,
          `or keep what is there, and leave the file empty: \`${emptied(f.file)}\``,
        ];
      if (f.operation === "rollback") return [apart];
      return ["write the new chain elsewhere: `--out NEW.crt`", `or ${apart}`];
    },
  },
  WOULD_LOSE_CERTIFICATE: {
    exit: 64,
    retry: "never",
    title: "the new key would be written over certificates",
    about:
      "A rekey writes a certificate and a key into two files. The file that the new key would replace holds certificates, alone or beside a key, and they would be gone.",
    what: (f) => `${f.file} holds certificates that would be lost`,
    why: (f) =>
      f.operation === "rollback"
        ? "Only the key is written there, so the certificates in that file would be lost."
        : "Only the new key is written there, so the certificates in that file would be lost. The CA was not called.",
    help: (f) =>
      f.operation === "rollback"
        ? ["keep certificate and key in two files"]
        : ["write the new key elsewhere: `--out-key NEW.key`", "or keep certificate and key in two files"],
  },
};
