/** Exit 65, and one of 64: kubeconfigs, and what kubectl asks of its plugin. */

import type { KubeFacts } from "../kube-facts.ts";
import { shell, shellFile } from "../shell.ts";
import type { Family } from "./explanation.ts";
import { quoted } from "./explanation.ts";

const restore = (file: string) =>
  `see what kubectl makes of it: \`kubectl config view --kubeconfig ${shellFile(file)}\``;

const setPair = ({ file, user }: { file: string; user: string }) =>
  `\`kubectl config set-credentials ${shell(user, "NAME")} --client-certificate CRT --client-key KEY --embed-certs --kubeconfig ${shellFile(file)}\``;

/** For a command of kubectl, which finds those that nobody named as renew does. */
const inFile = ({ files: [file], isNamed }: { files: readonly string[]; isNamed?: true }) =>
  isNamed && file !== undefined ? ` --kubeconfig ${shellFile(file)}` : "";

const list = (names: readonly string[]) => (names.length === 0 ? "none" : names.join(", "));

export const kube: Family<keyof KubeFacts> = {
  KUBECONFIG_BROKEN: {
    exit: 65,
    retry: "after-fix",
    title: "a kubeconfig cannot be read",
    about:
      "It has to be one document of YAML or JSON, of kind Config, with no key and no user that stands twice. kubectl is more lenient in places: what would have to be guessed is not written to.",
    what: (f) => `${f.file}:${f.line}:${f.column}: ${f.problem}`,
    why: (f) =>
      f.twice === undefined
        ? "Only what is read without a doubt is written to."
        : `It has ${f.twice.key} and ${f.twice.key}-data: kubectl would take the latter, and refuses a user that has both.`,
    help: (f) => {
      if (f.twice !== undefined) {
        const path = shell(`users.${f.twice.user}.${f.twice.key}`, `users.NAME.${f.twice.key}`);
        return [
          `take the path out: \`kubectl config unset ${path} --kubeconfig ${shellFile(f.file)}\``,
          `or write the pair anew: ${setPair({ file: f.file, user: f.twice.user })}`,
        ];
      }
      return f.problem.startsWith("it is PEM")
        ? ["a certificate in a file of its own is renewed with its key: `renew CRT KEY`"]
        : [`look at line ${f.line} of ${f.file}`, restore(f.file)];
    },
  },
  KUBECONFIG_ANCHOR: {
    exit: 65,
    retry: "after-fix",
    title: "a user's credentials are shared by an anchor",
    about:
      "YAML can write a value once (&name) and use it elsewhere (*name, or <<). Whoever replaces one replaces the other: that is nobody's wish here.",
    what: (f) => `${f.file}:${f.line}:${f.column}: an anchor shares this value`,
    why: () => "A renewal would change what is written elsewhere, too.",
    evidence: (f) => [
      ["user", f.user],
      ["shared", f.key],
    ],
    help: (f) => [
      `write the user's credentials out: \`kubectl config view --raw --flatten --kubeconfig ${shellFile(f.file)}\` prints the whole file so`,
    ],
  },
  KUBE_BAD_DATA: {
    exit: 65,
    retry: "after-fix",
    title: "a certificate or a key in a kubeconfig is no base64",
    about:
      "client-certificate-data and client-key-data hold PEM in base64, which may be broken by line ends and nothing else.",
    what: (f) => `${f.file}:${f.line}:${f.column}: ${f.key} is no base64`,
    why: () => "It should hold PEM in base64, which may be broken by line ends alone; kubectl cannot read it either.",
    evidence: (f) => [["user", f.user], ...(f.looksLike === undefined ? [] : [["looks like", f.looksLike] as const])],
    help: (f) => [
      f.looksLike === undefined
        ? "was it cut, or broken by spaces when it was pasted? Restore it from where it came from"
        : `have it encoded: \`base64 -w0 FILE\``,
      `or write the pair anew: ${setPair(f)}`,
    ],
  },
  KUBE_CONTEXT_MISSING: {
    exit: 65,
    retry: "after-fix",
    title: "no context says which user is meant",
    about:
      "The user is the one that --user names, else that of the current context, else the only one. Of several files in KUBECONFIG the first that has a current-context counts.",
    what: (f) => {
      if (f.context === null) return `${list(f.files)} has no current context`;
      return f.isUserless
        ? `the current context ${f.context} names no user`
        : `the current context ${f.context} is not in ${list(f.files)}`;
    },
    why: (f) =>
      f.context === null
        ? "There is more than one user, and no context says which of them is meant."
        : "The user is the current context's, where nobody says it.",
    evidence: (f) => [[f.context === null ? "users" : "contexts", list(f.known)]],
    help: (f) => [
      "say which user: `--user NAME`",
      ...(f.near === undefined
        ? [`or choose a context: \`kubectl config use-context NAME${inFile(f)}\``]
        : [`or is it another one? \`kubectl config use-context ${shell(f.near, "NAME")}${inFile(f)}\``]),
    ],
  },
  KUBE_USER_MISSING: {
    exit: 65,
    retry: "after-fix",
    title: "a kubeconfig has no such user",
    about: "Users are named in the list `users`. A user's name there need not be its name for the cluster.",
    what: (f) => (f.user === null ? `${list(f.files)} has no users` : `${list(f.files)} has no user ${f.user}`),
    why: (f) =>
      f.from === ""
        ? "Somebody has taken it out, or never put one in."
        : `${f.from.replace(/^t/, "T")} names the user.`,
    evidence: (f) => [["users", list(f.known)]],
    help: (f) => [
      ...(f.near === undefined ? [] : [`did you mean \`--user ${shell(f.near, "NAME")}\`?`]),
      `see who is there: \`kubectl config get-users${inFile(f)}\``,
    ],
  },
  KUBE_USER_EXEC: {
    exit: 65,
    retry: "after-fix",
    title: "a user's credentials come from a plugin",
    about:
      "An `exec` stanza names a program that kubectl asks for credentials: there is no certificate in the kubeconfig to renew. Where that program is `renew kubectl-credential`, it renews by itself.",
    what: (f) => `${f.user} in ${f.file} has a plugin, no certificate`,
    why: (f) =>
      f.isOurs
        ? "The plugin is renew itself, which renews whenever kubectl asks and it is due."
        : "kubectl asks that program each time, so there is nothing in the file to renew.",
    evidence: (f) => [["plugin", quoted(f.command)]],
    help: (f) =>
      f.isOurs
        ? [
            "nothing is to be done: kubectl asks it, and it renews in time",
            "to renew now: `renew --force CRT KEY`, with the files that its args name",
            `will it renew? \`renew doctor --kubeconfig --user ${shell(f.user, "NAME")} ${shellFile(f.file)}\``,
          ]
        : [
            "see what that program is, and renew what it hands out",
            `to have renew hand out a certificate: \`renew kubectl-credential --install --force --user ${shell(f.user, "NAME")} --kubeconfig ${shellFile(f.file)} CRT KEY\``,
          ],
  },
  KUBE_USER_TOKEN: {
    exit: 65,
    retry: "after-fix",
    title: "a user proves itself by a token or a password",
    about: "Only certificates are renewed here. Tokens are made anew by whoever issues them.",
    what: (f) => `${f.user} in ${f.file} has ${ways[f.way]}, no certificate`,
    why: (f) =>
      `${f.way === "auth-provider" ? "kubectl has known no auth-provider since v1.26. " : ""}Only certificates are renewed here; tokens and passwords are made anew by whoever issues them.`,
    evidence: (f) => [["written as", f.way]],
    help: (f) => [
      ...(f.way === "token" || f.way === "tokenFile" ? ["for a service account: `kubectl create token NAME`"] : []),
      `to have a certificate instead, take it from the CA: \`step ca certificate NAME CRT KEY\`, then ${setPair(f)}`,
    ],
  },
  KUBE_NO_CERTIFICATE: {
    exit: 65,
    retry: "after-fix",
    title: "a user has no client certificate",
    about: "Neither client-certificate-data nor client-certificate stands below the user.",
    what: (f) => `${f.user} in ${f.file} has no client certificate`,
    why: (f) =>
      f.hasKey ? "It has a key, but a key without its certificate is of no use." : "There are no credentials below it.",
    help: (f) => [`put one in: ${setPair(f)}`, "or is it another user? `--user NAME`"],
  },
  KUBE_NO_KEY: {
    exit: 65,
    retry: "after-fix",
    title: "a user has a certificate and no key",
    about: "Neither client-key-data nor client-key stands below the user: nobody can prove to own the certificate.",
    what: (f) => `${f.user} in ${f.file} has a certificate, but no key`,
    why: () =>
      "Neither client-key-data nor client-key stands below it, and without its key a certificate cannot be renewed.",
    help: (f) => [`put both in: ${setPair(f)}`],
  },
  KUBE_BAD_PAIR: {
    exit: 65,
    retry: "after-fix",
    title: "certificate and key of a user cannot be used",
    about:
      "What stands below the user is base64, but not a certificate and its key. The evidence has the code for files of which the same is true: `renew explain` has its page.",
    what: (f) => `the pair of ${f.user} in ${f.file} cannot be used`,
    why: () => "What stands below the user is not a certificate and its private key.",
    evidence: (f) => [
      ["as of a file", f.problem.code],
      ...("problem" in f.problem.facts && typeof f.problem.facts.problem === "string"
        ? ([["it is", quoted(f.problem.facts.problem)]] as const)
        : []),
    ],
    help: (f) => [
      `the same code is explained for files: \`renew explain ${f.problem.code}\``,
      `write the right pair: ${setPair(f)}`,
    ],
  },
  KUBE_WOULD_REPLACE: {
    exit: 64,
    retry: "never",
    title: "a user has credentials already",
    about:
      "`--install` writes an `exec` stanza; what the user has besides would go, or win over it. That takes --force.",
    what: (f) => `${f.user} in ${f.file} has credentials already`,
    why: () => "They would go: kubectl takes one kind at a time. Nothing was written.",
    evidence: (f) => [["it has", f.what.join(", ")]],
    help: (f) => [
      "say `--force` to have them taken out",
      `or install it under another name: \`--user ${shell(`${f.user}-renew`, "NAME")}\``,
    ],
  },
  KUBE_EXEC_INFO: {
    exit: 65,
    retry: "after-fix",
    title: "what kubectl asks of its plugin is not understood",
    about:
      "kubectl says in KUBERNETES_EXEC_INFO which version of client.authentication.k8s.io it speaks: v1 and v1beta1 are understood. v1alpha1 went with Kubernetes 1.24.",
    what: (f) =>
      f.problem === "version"
        ? `kubectl asks for ${quoted(f.found)}`
        : "KUBERNETES_EXEC_INFO is not what kubectl writes",
    why: () =>
      "A plugin answers in the version that it is asked in; v1 and v1beta1 of client.authentication.k8s.io are known.",
    evidence: (f) => (f.problem === "version" ? [] : [["it holds", quoted(f.found)]]),
    help: (f) =>
      f.problem === "version"
        ? ["write the stanza anew: `renew kubectl-credential --install --force --user NAME CRT KEY`"]
        : ["by hand, run it without that variable: `env -u KUBERNETES_EXEC_INFO renew kubectl-credential CRT KEY`"],
  },
};

const ways: Record<KubeFacts["KUBE_USER_TOKEN"]["way"], string> = {
  token: "a token",
  tokenFile: "a file with a token",
  "auth-provider": "an auth-provider",
  username: "a name and a password",
  password: "a name and a password",
};
