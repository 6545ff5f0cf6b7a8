/**
 * The answers that files alone give, in little more time than Node takes to start: a certificate that is not due, as words or
 * as the credentials that kubectl asks for, and `needs-renewal` of a file. A timer asks every few minutes, and a script for each of its files. Whatever is not plain, a
 * setting in the environment, a thing that was left behind, any mistake, is for the whole program, which says the very same
 * where both have an answer.
 */
import { dirname } from "node:path";
import { configuration } from "../ca/configuration.ts";
import { parseCaUrl } from "../ca/url.ts";
import { largest } from "../files/read.ts";
import type { FileSystem } from "../files/system.ts";
import { follow } from "../files/target.ts";
import { clearPem, credentialText, execInfo, expiryFor, usualWindow } from "../kube/exec-credential.ts";
import { readBundle } from "../pki/bundle.ts";
import type { Certificate } from "../pki/certificate.ts";
import { embedsPublicKey } from "../pki/embedded-key.ts";
import { findKey } from "../pki/key.ts";
import { pemBlocks } from "../pki/pem.ts";
import { need } from "../renewal/need.ts";
import { due } from "../renewal/schedule.ts";
import { commandNames } from "./command-names.ts";
import { parseWindow } from "./duration.ts";
import { notDueText } from "./not-due.ts";
import { plain } from "./print/plain.ts";
import { refusePasted } from "./step-commands.ts";

export interface QuickAnswer {
  readonly exit: number;
  readonly stderr: string;
  /** Instead of words on stderr. */
  readonly stdout?: string;
}

interface Around {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly now: Date;
  readonly fs: FileSystem;
}

/** Null where the whole program is to answer. `argv` without node and script. Changes nothing. */
export function quickAnswer(argv: readonly string[], around: Around): QuickAnswer | null {
  try {
    const [first = "", ...rest] = argv;
    if (first === "needs-renewal") return needed(rest, around);
    if (first === "kubectl-credential") return handedOut(rest, around);
    if (first === "help" || commandNames.some((name) => name === first)) return null;
    return refusePasted(argv) === undefined ? notDue(argv, around) : null;
  } catch {
    return null; // the whole program meets it again, and explains it
  }
}

/** step's default for needs-renewal. */
const usualShare = "66%";

function needed(argv: readonly string[], { env, now, fs }: Around): QuickAnswer | null {
  const line = read(argv, { valued: ["expires-in"], switches: [] });
  const [file, ...others] = line?.operands ?? [];
  if (line === null || file === undefined || others.length > 0 || /:\/\//.test(file) || isSet(env)) return null;
  const settings = configuration({ context: null, config: undefined }, { env, fs });
  const { given } = line;
  if (!isPlain(settings)) return null;
  const window = parseWindow(given["expires-in"] ?? usualShare, "--expires-in");
  const [leaf] = certificatesIn(file, fs);
  if (isBusy([file], fs)) return null;
  return { exit: need(leaf, window, now).needed ? 0 : 1, stderr: "" };
}

const ofRenew = {
  valued: ["expires-in", "ca-url", "root"],
  switches: ["force", "quiet", "exit-code"],
};

/** Exit status under --exit-code. */
const notDueExit = 10;

function notDue(argv: readonly string[], { env, now, fs }: Around): QuickAnswer | null {
  const line = read(argv, ofRenew);
  const [file, key, ...others] = line?.operands ?? [];
  if (line === null || file === undefined || key === undefined || others.length > 0 || isSet(env)) return null;
  const { given } = line;
  if (given["expires-in"] === undefined) return null;
  const settings = configuration({ context: null, config: undefined }, { env, fs });
  if (!isPlain(settings)) return null;
  const url = given["ca-url"] ?? settings.values(true)["ca-url"]?.value;
  if (url === undefined) return null;
  if (!plainUrl.test(url)) parseCaUrl(url, "--ca-url");
  const [leaf] = certificatesIn(file, fs);
  if (leaf.isCa || !isKeyOf(leaf, key, fs) || isBusy([file, key], fs)) return null;
  const when = due(leaf, parseWindow(given["expires-in"], "--expires-in"), now);
  if (when.due) return null;
  const text = given["quiet"] === undefined ? `${plain(notDueText(file, leaf, when.from, now))}\n` : "";
  return { exit: given["exit-code"] === undefined ? 0 : notDueExit, stderr: text };
}

/** The certificate that kubectl asks for, while it is not due. */
function handedOut(argv: readonly string[], { env, now, fs }: Around): QuickAnswer | null {
  const line = read(argv, { valued: ofRenew.valued, switches: [] });
  const [file, key, ...others] = line?.operands ?? [];
  if (line === null || file === undefined || key === undefined || others.length > 0 || isSet(env)) return null;
  const info = execInfo(env["KUBERNETES_EXEC_INFO"]);
  const settings = configuration({ context: null, config: undefined }, { env, fs });
  if ("problem" in info || !isPlain(settings)) return null;
  const { given } = line;
  const url = given["ca-url"] ?? settings.values(true)["ca-url"]?.value;
  if (url === undefined) return null;
  if (!plainUrl.test(url)) parseCaUrl(url, "--ca-url");
  const chain = certificatesIn(file, fs);
  const [leaf] = chain;
  const pem = clearPem(findKey({ file: key, role: "key", bytes: bytesOf(key, fs) }));
  if (pem === null || leaf.isCa || leaf.notBefore > now || !isKeyOf(leaf, key, fs)) return null;
  const window = parseWindow(given["expires-in"] ?? usualWindow, "--expires-in");
  if (due(leaf, window, now).due || isBusy([file, key], fs)) return null;
  return {
    exit: 0,
    stderr: "",
    stdout: credentialText({ chain, key: pem }, info.version, expiryFor(leaf, window, now)),
  };
}

/** A name and a port, of which nobody can be in doubt: making a URL of them takes a while. */
const plainUrl = /^(https:\/\/)?([a-z][a-z0-9]*\.)*[a-z][a-z0-9]*(:[1-9]\d{0,3}|:[1-5]\d{4})?$/;

interface Line {
  given: Readonly<Record<string, string>>;
  operands: readonly string[];
}

/** `--name value`, `--name=value`, `--switch`, `-f`; null for whatever else begins with a dash, is empty, or stands twice. */
function read(argv: readonly string[], { valued, switches }: { valued: string[]; switches: string[] }): Line | null {
  const given: Record<string, string> = {};
  const operands: string[] = [];
  for (let index = 0; index < argv.length; index++) {
    const word = argv[index] ?? "";
    if (word === "") return null;
    if (!word.startsWith("-")) {
      operands.push(word);
      continue;
    }
    const [, long = "", joined] = /^--([a-z-]+)(?:=(.+))?$/s.exec(word) ?? [];
    const name = word === "-f" ? "force" : word === "-q" ? "quiet" : long;
    const isSwitch = switches.includes(name) && joined === undefined && !/^(true|false)$/i.test(argv[index + 1] ?? "");
    const value = isSwitch ? "true" : valued.includes(name) ? (joined ?? argv[++index]) : undefined;
    if (!value || Object.hasOwn(given, name)) return null;
    given[name] = value;
  }
  return { given, operands };
}

/** A flag may stand in the environment, where step has its own too; without a home nobody knows where its files are. */
function isSet(env: Around["env"]): boolean {
  const isSetting = ([name, value]: [string, string | undefined]) => name.startsWith("STEP_") && Boolean(value);
  return Object.entries(env).some(isSetting) || !(env["HOME"] || env["USERPROFILE"] || env["STEPPATH"]);
}

/** What `step ca bootstrap` writes, and no more. */
function isPlain(settings: ReturnType<typeof configuration>): boolean {
  const names = Object.keys(settings.values(true));
  return (
    names.every((name) => ["ca-url", "root", "fingerprint", "redirect-url"].includes(name)) &&
    settings.remarks().length === 0
  );
}

function certificatesIn(file: string, fs: FileSystem): [Certificate, ...Certificate[]] {
  return readBundle({ file, role: "certificate", bytes: bytesOf(file, fs) });
}

function isKeyOf({ spki }: Certificate, file: string, fs: FileSystem): boolean {
  if (file.includes(":")) return false; // it may be in a key manager, which has words of its own
  const material = findKey({ file, role: "key", bytes: bytesOf(file, fs) });
  if (material.cipher !== null) return false;
  if ("der" in material) return embedsPublicKey(material.der, spki);
  const [block] = usualPem.test(material.pem) ? pemBlocks(material.pem) : [];
  return block !== undefined && embedsPublicKey(block.der, spki, block.label);
}

/** As every program writes it: OpenSSL is not as patient with lines as we are. */
const usualPem =
  /^-----BEGIN [A-Z ]+-----\r?\n(?:[A-Za-z0-9+/]{64}\r?\n)*[A-Za-z0-9+/]{1,64}={0,2}\r?\n-----END [A-Z ]+-----\n$/;

/** Of a plain file only. */
function bytesOf(file: string, fs: FileSystem): Buffer {
  if (!fs.stat(file).isFile()) throw new Error("it is no file");
  return fs.read(file, largest);
}

/** Whether anything of ours lies beside one of them, but for what was kept on purpose: a run may be at work, or have died. */
function isBusy(files: readonly string[], fs: FileSystem): boolean {
  const folders = new Set(files.map((file) => dirname(follow(file, fs))));
  const isOurs = (name: string) => /\.renew[-.]/.test(name) && !/\.renew-backup-[0-9a-f]+$/.test(name);
  return [...folders].some((folder) => fs.list(folder).some(isOurs));
}
