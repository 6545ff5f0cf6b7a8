/** Commands to copy, with this certificate's names filled in. What is foreign in them is quoted for the shell. */
import type { Evidence } from "../evidence.ts";
import { isPlain, shell, shellFile } from "../shell.ts";
import { lifetimeMs } from "./leaf.ts";
import { quoted } from "./words.ts";

export { shell } from "../shell.ts";

/** `renew …` for this certificate and CA. */
export function renewCommand(evidence: Evidence, ...flags: readonly string[]): string {
  return ownCommand("renew", evidence, flags);
}

/** What was asked for, once more: `renew …`, or `renew rekey …`. */
export function againCommand(evidence: Evidence, ...flags: readonly string[]): string {
  return ownCommand(evidence.operation === "rekey" ? "renew rekey" : "renew", evidence, ["--force", ...flags]);
}

function ownCommand(name: string, { certificate, ca, files }: Evidence, flags: readonly string[]): string {
  if (files?.kubeUser !== undefined) {
    const rekey = name === "renew rekey" ? ["--rekey"] : [];
    const which = [shellFile(certificate.file), "--user", shell(files.kubeUser, "NAME")];
    return command("renew kubeconfig", ...rekey, ...flags, ...which, ...reach(ca.url, files.root));
  }
  const paths = [fileOf({ certificate, files }), keyOf({ files })];
  return command(name, ...flags, ...paths, ...reach(ca.url, files?.root));
}

/** A new certificate for the same names, from the same provisioner. It needs that provisioner's credentials. */
export function enrolCommand({ certificate, ca, files }: Evidence): string {
  const subject = shell(commonName(certificate.subject) || certificate.names[0], "NAME");
  const [crt, key] = [fileOf({ certificate, files }), keyOf({ files })];
  const sans = certificate.names
    .filter((name) => !name.startsWith("#"))
    .flatMap((name) => flag("--san", shell(name, "NAME")));
  const flags = [
    ...flag("--provisioner", isGone({ certificate, ca }) ? anotherName : provisionerOf({ certificate })),
    ...sans,
    ...flag("--not-after", goDuration(lifetimeMs(certificate))),
    ...reach(ca.url, files?.root),
  ];
  const enrolled = command("step ca certificate", ...withOperands([subject, crt, key], flags));
  if (files?.kubeUser === undefined) return enrolled;
  const [user, config] = [shell(files.kubeUser, "NAME"), shellFile(certificate.file)];
  const pair = `--client-certificate ${crt} --client-key ${key} --embed-certs`;
  return `${enrolled} && kubectl config set-credentials ${user} ${pair} --kubeconfig ${config}`;
}

/** The same through a provisioner that the reader has to choose. */
export function enrolElsewhere(evidence: Evidence): string {
  const { credentialId = "", type = "" } = evidence.certificate.provisioner ?? {};
  return enrolCommand({
    ...evidence,
    certificate: { ...evidence.certificate, provisioner: { type, name: anotherName, credentialId } },
  });
}

/** For the CA's administrator. */
export function updateProvisioner({ certificate, ca }: Evidence, ...flags: readonly string[]): string {
  const name = isGone({ certificate, ca }) ? anotherName : provisionerOf({ certificate });
  return command("step ca provisioner update", ...withOperands([name], flags));
}

/** The same name again; a JWK provisioner gets a new key. */
export function addProvisioner({ certificate }: Evidence, ...flags: readonly string[]): string {
  const { type } = certificate.provisioner ?? {};
  const key = type === "JWK" ? ["--create"] : [];
  return command(
    "step ca provisioner add",
    ...withOperands([provisionerOf({ certificate })], ["--type", shell(type, "TYPE"), ...key, ...flags]),
  );
}

/** Which provisioners the CA has. */
export function listProvisioners({ ca, files }: Evidence): string {
  return command("step ca provisioner list", ...reach(ca.url, files?.root));
}

/** Says of the commands in help what they do not say themselves: whom NAME stands for, and that a CA reads its file at its start. */
export function withNames(help: readonly string[], evidence: Evidence): readonly string[] {
  const has = (part: string) => help.some((line) => line.includes(part));
  const isNamed = isGone(evidence) && (has(`--provisioner ${anotherName}`) || has(`update ${anotherName}`));
  const name = besideCommands(evidence.certificate.provisioner?.name ?? "");
  const list = `\`${listProvisioners(evidence)}\``;
  const shown = has("reload the CA")
    ? help
    : help.map((line) => (changesProvisioner.test(line) ? `${line}${reload}` : line));
  return isNamed && !has("step ca provisioner list")
    ? [...shown, `NAME is a provisioner that the CA has, as ${name} is gone: ${list}`]
    : shown;
}

/** Without remote management the command changes ca.json alone, as step says when it has done so. */
const reload = "; then reload the CA (SIGHUP, or a restart), unless it is managed remotely";
const changesProvisioner = /`step ca provisioner (update|add) [^`]*`$/;

/** In a text where backticks enclose commands: those of others would end one. */
const besideCommands = (words: string) => quoted(words.replaceAll("`", "'"));

const anotherName = "NAME";

function isGone({ certificate, ca }: Pick<Evidence, "certificate" | "ca">): boolean {
  const name = certificate.provisioner?.name;
  return name !== undefined && ca.provisioners !== undefined && !ca.provisioners.some((one) => one.name === name);
}

function provisionerOf({ certificate }: Pick<Evidence, "certificate">): string {
  return shell(certificate.provisioner?.name, "PROVISIONER");
}

/** What begins with a dash would be a flag of its own. */
function flag(name: string, value: string): string[] {
  return isDashed(value) ? [`${name}=${value}`] : [name, value];
}

/** step takes operands that begin with a dash behind all flags and "--" only. */
function withOperands(operands: readonly string[], flags: readonly string[]): readonly string[] {
  return operands.some(isDashed) ? [...flags, "--", ...operands] : [...operands, ...flags];
}

function isDashed(word: string): boolean {
  return /^'?-/.test(word);
}

/** Where the intermediate is to be had that the certificate's file lacks, and what to do then. */
export function intermediateLines(evidence: Evidence): string[] {
  const again = `then ${evidence.operation ?? "renew"} again: \`${againCommand(evidence)}\``;
  if (evidence.ca.handshake?.presentsMissing) {
    const fetching = `\`${addPresented(evidence)}\``;
    return [`the CA's own server presents the missing intermediate; add it below the leaf: ${fetching}`, again];
  }
  const where = evidence.ca.issuer
    ? "the CA shows another now, so it is in a backup or with the CA's administrator"
    : "a CA of v0.27.3 or newer gives its current one at `/intermediates.pem`, an older one is in a backup or with the CA's administrator";
  return [
    `add the intermediate to ${evidence.certificate.file}, below the leaf; ${where}`,
    again,
    `if nobody has the intermediate, enrol anew: \`${enrolCommand(evidence)}\``,
  ];
}

/** Appends what the server presents above its own certificate. */
export function addPresented({ certificate, ca, files }: Pick<Evidence, "certificate" | "ca" | "files">): string {
  const [, host = "HOST", port = "443"] = /^https:\/\/(\[[\da-f:]+\]|[^/:[\]]+)(?::(\d+))?(?:\/|$)/i.exec(ca.url) ?? [];
  const name = /^\[|^[\d.]+$/.test(host) ? [] : ["-servername", shell(host, "HOST")];
  const s_client = command("openssl s_client -connect", shell(`${host}:${port}`, "HOST:PORT"), ...name, "-showcerts");
  const aboveTheFirst = "awk '/-BEGIN C/{n++} n>1&&/-BEGIN C/,/-END C/'";
  return `${s_client} </dev/null 2>/dev/null | ${aboveTheFirst} >> ${fileOf({ certificate, files })}`;
}

/** The line that says where the CA's own reason is found. `sentence` is what to look for in it, or else one of the others. */
export function logLine({ answer }: Evidence, sentence: string, orElse: readonly string[] = []): string {
  const id = answer?.requestId;
  const wanted = id !== undefined && isPlain(id) ? id : sentence;
  const said = [sentence, ...orElse].map((one) => `"${one}"`).join(", and else has ");
  const shows = wanted === sentence ? "shows it" : `proves it with ${said}`;
  return `the CA's administrator: the CA's log ${shows}: \`journalctl -u step-ca | grep -F ${shell(wanted, "ID")}\``;
}

/** Where several causes are left: the log's own words for this request tell which it is. */
export function openLogLine({ answer }: Evidence): string {
  const id = answer?.requestId;
  const found = id !== undefined && isPlain(id) ? `grep -F ${id}` : "tail -n 50";
  return (
    `the CA's administrator: the CA's log tells which it is: \`journalctl -u step-ca | ${found}\`;` +
    " `renew explain --from -` reads it"
  );
}

/** How the provisioner's template has to look, where it goes, and what has to happen then. */
export function templateLines(evidence: Evidence): string[] {
  const { subject } = evidence.certificate;
  const more = commonName(subject) === subject.replace(/^CN=/, "") ? "" : `; its subject is ${besideCommands(subject)}`;
  return [
    "the CA's administrator: give the provisioner a template (options.x509.templateFile) for both usages, with" +
      ` \`"extKeyUsage": ["clientAuth", "serverAuth"]\`${more}:` +
      ` \`${updateProvisioner(evidence, "--x509-template", "FILE")}\``,
    `reload the CA, then enrol anew, as renewal copies the usages: \`${enrolCommand(evidence)}\``,
  ];
}

/** The common name in a subject as `pki/name` writes it, "" where there is none. */
export function commonName(subject: string): string {
  if (!/^[\w.]+=/.test(subject)) return subject;
  return /(?:^|,)CN=((?:[^,\\]|\\.)*)/.exec(subject)?.[1] ?? "";
}

/** The certificate's file, for a command. In a kubeconfig it is none: then it stands for one. */
export function fileOf({ certificate, files }: Pick<Evidence, "certificate" | "files">): string {
  return files?.kubeUser === undefined ? shellFile(certificate.file, "CRT") : "CRT";
}

/** The key's file, for a command. */
export function keyOf({ files }: Pick<Evidence, "files">): string {
  return files?.kubeUser === undefined ? shellFile(files?.key, "KEY") : "KEY";
}

function reach(url: string, root: string | undefined): string[] {
  return ["--ca-url", shell(url, "URL"), ...(root === undefined ? [] : ["--root", shellFile(root, "ROOT")])];
}

function command(...words: readonly string[]): string {
  return words.join(" ");
}

/** As Go reads it: hours and smaller, no days. */
function goDuration(ms: number): string {
  const seconds = Math.max(1, Math.round(ms / 1000));
  const parts = [
    [Math.floor(seconds / 3600), "h"],
    [Math.floor((seconds % 3600) / 60), "m"],
    [seconds % 60, "s"],
  ] as const;
  return parts.flatMap(([count, unit]) => (count === 0 ? [] : [`${count}${unit}`])).join("");
}
