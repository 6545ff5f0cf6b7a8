/** `renew kubeconfig` and `renew kubectl-credential`: what is done, and every way a kubeconfig can be wrong. */

import { mkdirSync, readFileSync } from "node:fs";
import type { DevCaOptions } from "../../../src/dev-ca/server.ts";
import { base64, inline, kubeconfig } from "../kubeconfig.ts";
import { expired, failing, type Play, type Plays } from "./play.ts";

const reach = "--ca-url CA --root root.crt";
const kube = `kubeconfig --force config ${reach}`;
const install = `kubectl-credential --install --user dave --kubeconfig config dave.crt dave.key ${reach}`;

type Spec = Parameters<Parameters<Play["set"]>[0]["issue"]>[1];

/** A user's pair, a CA, and a kubeconfig made of it. */
const user =
  (make: () => string, spec: Spec = {}, ca?: DevCaOptions): Play["set"] =>
  async (s) => {
    const usages = ["serverAuth" as const, "clientAuth" as const];
    await s.issue("dave", { subject: "dave", organization: "system:masters", usages, ...spec });
    if (ca) await s.ca(ca);
    s.write("config", make(), 0o600);
  };

const own = () => kubeconfig("dave", inline("dave"));
const having = (...credentials: string[]) => user(() => kubeconfig("dave", credentials));

export const kubes: Plays = {
  "kubeconfig-renewed": { set: user(own, {}, {}), command: kube },
  "kubeconfig-renewed-json": { set: user(own, {}, {}), command: kube.replace("--force", "--force --json") },
  "kubeconfig-rekeyed": { set: user(own, {}, {}), command: `${kube} --rekey` },
  "kubeconfig-rekeyed-json": { set: user(own, {}, {}), command: kube.replace("--force", "--force --rekey --json") },
  "kubeconfig-not-due": { set: user(own), command: `${kube} --expires-in 1h` },
  "kubeconfig-would-overwrite": { set: user(own), command: kube.replace("--force ", "") },
  "kubeconfig-expired": { set: user(own, expired), command: kube.replace("--force ", "") },
  "kubeconfig-refused": {
    set: user(own, { ...expired, usages: ["clientAuth"] }, { like: "v0.26.1" }),
    command: kube,
  },
  "kubeconfig-missing": { set: async () => undefined, command: kube },
  "kubeconfig-missing-everywhere": {
    set: async () => ({ env: { KUBECONFIG: "one:two" } }),
    command: `kubeconfig --force ${reach}`,
  },
  "kubeconfig-empty": { set: user(() => "\n"), command: kube },
  "kubeconfig-broken": { set: user(() => "users:\n- name: dave\n  user: {token: 'a}\n"), command: kube },
  "kubeconfig-broken-two-documents": { set: user(() => `${own()}---\nkind: Config\n`), command: kube },
  "kubeconfig-broken-key-twice": { set: user(() => `${own()}users: []\n`), command: kube },
  "kubeconfig-broken-user-twice": {
    set: user(() => "users:\n- {name: dave, user: {}}\n- {name: dave, user: {}}\n"),
    command: kube,
  },
  "kubeconfig-broken-not-one": { set: user(() => "kind: Deployment\nspec: {}\n"), command: kube },
  "kubeconfig-broken-pem": { set: user(own), command: `kubeconfig --force dave.crt ${reach}` },
  "kubeconfig-anchor": {
    set: user(() => {
      const [certificate = "", key = ""] = inline("dave");
      return kubeconfig("dave", [certificate.replace(": ", ": &shared "), key]);
    }),
    command: kube,
  },
  "kube-bad-data": {
    set: user(() =>
      kubeconfig("dave", [`client-certificate-data: ${base64("dave.crt").slice(0, 99)}`, "client-key-data: QUJD"]),
    ),
    command: kube,
  },
  "kube-bad-data-pem": {
    set: user(() => {
      const lines = readFileSync("dave.crt", "utf8").trim().split("\n");
      return kubeconfig("dave", [
        "client-certificate-data: |",
        ...lines.map((line) => `  ${line}`),
        "client-key-data: QUJD",
      ]);
    }),
    command: kube,
  },
  "kube-context-missing": {
    set: user(() => own().replace("current-context: dave@lab\n", "")),
    command: kube,
  },
  "kube-context-missing-named": {
    set: user(() => own().replace("current-context: dave@lab\n", "current-context: dave@leb\n")),
    command: kube,
  },
  "kube-user-missing": { set: user(own), command: `${kube} --user dvae` },
  "kube-user-missing-json": { set: user(own), command: kube.replace("--force", "--force --json --user dvae") },
  "kube-user-missing-all": { set: user(() => "kind: Config\nusers: []\n"), command: kube },
  "kubeconfig-broken-both": {
    set: user(() => kubeconfig("dave", [...inline("dave"), "client-certificate: /etc/certs/dave.crt"])),
    command: kube,
  },
  "kubeconfig-broken-deep": {
    set: user(() => `${own()}x-deep: ${"[".repeat(20_000)}${"]".repeat(20_000)}\n`),
    command: kube,
  },
  "kubeconfig-too-large": { set: user(() => `${own()}# ${"x".repeat(4 * 1024 * 1024)}\n`), command: kube },
  "kubeconfig-cannot-write": {
    set: async (s) => {
      await user(own, {}, {})(s);
      return failing("checkWritable", "EROFS");
    },
    command: kube,
  },
  "kubeconfig-disk-full": {
    set: async (s) => {
      await user(own, {}, {})(s);
      return failing("write", "ENOSPC");
    },
    command: `${kube} --rekey`,
  },
  "kube-user-exec": { set: user(own), command: `${kube} --user ci` },
  "kube-user-exec-ours": {
    set: having("exec: {command: /usr/local/bin/renew, args: [kubectl-credential, dave.crt, dave.key]}"),
    command: kube,
  },
  "kube-user-token": { set: user(own), command: `${kube} --user robot` },
  "kube-no-certificate": { set: having("as: root"), command: kube },
  "kube-no-key": { set: user(() => kubeconfig("dave", inline("dave").slice(0, 1))), command: kube },
  "kube-bad-pair": {
    set: async (s) => {
      await s.issue("other");
      await user(() => kubeconfig("dave", [inline("dave")[0] ?? "", inline("other")[1] ?? ""]))(s);
    },
    command: kube,
  },
  "kube-would-replace": { set: user(own), command: install },
  "kube-would-lose-key": {
    set: async (s) => {
      await s.issue("other");
      await user(() => kubeconfig("dave", inline("other")))(s);
    },
    command: `${install} --force`,
  },
  "kubectl-credential-installed": { set: user(own), command: `${install} --force` },
  "kubectl-credential-expired": {
    set: user(own, expired),
    command: `kubectl-credential dave.crt dave.key ${reach}`,
  },
  "doctor-kubeconfig": {
    set: user(own, { from: -20, to: 4 }, {}),
    command: `doctor --kubeconfig config ${reach}`,
  },
  "doctor-kubeconfig-token": { set: user(own, {}, {}), command: `doctor --kubeconfig config --user robot ${reach}` },
  "doctor-kubeconfig-plugin": {
    set: async (s) => {
      const plugin = () => {
        const args = ["kubectl-credential", "--ca-url", s.url(), "--root", "root.crt", "dave.crt", "dave.key"];
        return kubeconfig("dave", [`exec: {command: bin/renew, args: ${JSON.stringify(args)}}`]);
      };
      await user(own, { from: -2, to: 22 }, {})(s);
      s.write("config", plugin(), 0o600);
      mkdirSync("bin");
      s.write("bin/renew", "", 0o700);
      return undefined;
    },
    command: "doctor --kubeconfig config",
  },
  "doctor-kubeconfig-exec": { set: user(own, {}, {}), command: `doctor --kubeconfig config --user ci ${reach}` },
  "kube-exec-info": {
    set: async (s) => {
      await user(own)(s);
      return {
        env: { KUBERNETES_EXEC_INFO: '{"kind":"ExecCredential","apiVersion":"client.authentication.k8s.io/v1alpha1"}' },
      };
    },
    command: `kubectl-credential dave.crt dave.key ${reach}`,
  },
};
