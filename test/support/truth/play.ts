/** Puts one row to a real CA: through the built program, then through the real step, on copies of the same files. */
import { spawn } from "node:child_process";
import { randomBytes, X509Certificate } from "node:crypto";
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { main } from "../../../src/cli/main.ts";
import type { LeafSpec } from "../../../src/dev-ca/authority.ts";
import type { CaVersion } from "../../real/binaries.ts";
import { run } from "../program.ts";
import { realBinary } from "../step-ca.ts";
import { errorIn } from "../step-ca-log.ts";
import { testWorld } from "../world.ts";
import type { Authorities } from "./authorities.ts";
import type { Standing } from "./places.ts";
import { type Front, type Row, type Scene, valid } from "./row.ts";

/** What `renew --json` says, as far as the table asks. */
export interface Said {
  outcome: string;
  method: string | null;
  error: null | {
    code: string;
    exit: number;
    help: string[];
    causes: { id: string; certainty: string; because: string }[];
    ruledOut: { id: string; because: string }[];
    evidence: { requestId: string | null; tlsAlert: number | null; status: number | null };
    state: { changed: boolean };
    rendered: string;
  };
}

export interface Played {
  exit: number | null;
  said: Said;
  /** The CA's own words about this request, "" where it wrote none. */
  log: string;
  /** All the CA wrote since the row began. */
  lines: readonly string[];
  /** Names and contents of the row's files, before and after. */
  before: Files;
  after: Files;
  /** The certificate's file, and whether it holds a certificate for the row's key now that is not the old one. */
  isRenewed: boolean;
  step: string;
}
type Files = Readonly<Record<string, string>>;

export async function play(row: Row, version: CaVersion, found: Found): Promise<Played> {
  const { standing, authorities, folder } = found;
  const authority = authorities[row.by ?? found.own];
  const early = { version, standing, authorities, authority, folder };
  const leaf = typeof row.leaf === "function" ? row.leaf(early) : row.leaf;
  const issued = await authority.issue(leafSpec(leaf, row, standing));
  mkdirSync(folder);
  const scene: Scene = { ...early, issued };
  writeFileSync(join(folder, "web.crt"), row.file?.(issued, authorities) ?? issued.chain);
  writeFileSync(join(folder, "web.key"), (await row.keyFile?.(issued, authorities)) ?? issued.key, { mode: 0o600 });
  await row.before?.(scene);
  const copy = `${folder}-step`;
  cpSync(folder, copy, { recursive: true });
  const before = filesIn(folder);
  const mark = standing.ca.log().length;
  const front = await row.through?.(scene);
  const ran = await runRenew(row, scene, front);
  const log = await logOf(ran.said, standing, mark);
  await front?.close();
  const lines = standing.ca.log().slice(mark);
  const again = row.clock === undefined && row.noStep === undefined ? await row.through?.(scene) : undefined;
  const step = await runStep(row, { ...scene, folder: copy }, again);
  await again?.close();
  const after = filesIn(folder);
  return { ...ran, log, lines, before, after, isRenewed: isRenewed(after["web.crt"], issued), step };
}

/** As the CA would have issued it an hour ago: with its provisioner's key id, which strangers do not have. */
function leafSpec(spec: LeafSpec = {}, row: Row, { ca }: Standing): LeafSpec {
  const { provisioner = { name: "after-expiry" } } = spec;
  const keyId = strangers.includes(row.by ?? "main") ? "of-another-ca" : ca.keys.get(provisioner?.name ?? "")?.keyId;
  return {
    subject: "web",
    names: ["web.example"],
    usages: ["serverAuth", "clientAuth"],
    ...valid,
    ...spec,
    provisioner: provisioner && { credentialId: keyId ?? "of-one-that-is-gone", ...provisioner },
  };
}

const strangers: readonly (keyof Authorities)[] = ["foreign", "impostor", "k3sImpostor"];

export interface Found {
  standing: Standing;
  authorities: Authorities;
  own: keyof Authorities;
  folder: string;
}

/** --force, the URL and the root, but for what the row leaves out or says otherwise; the last word counts in both programs. */
function words(row: Row, scene: Scene, front: Front | undefined): string[] {
  const given: [string, ...string[]][] = [
    ["--force"],
    ["--ca-url", front?.url ?? scene.standing.ca.url],
    ["--root", scene.standing.rootFile],
  ];
  const without: readonly string[] = row.without ?? [];
  return [...given.filter(([flag]) => !without.includes(flag)).flat(), ...(row.flags?.(scene) ?? [])];
}

async function runRenew(
  row: Row,
  scene: Scene,
  front: Front | undefined,
): Promise<{ exit: number | null; said: Said }> {
  const argv = ["--json", "web.crt", "web.key", ...words(row, scene, front)];
  const { folder } = scene;
  if (row.clock !== undefined) {
    const ahead = row.clock * 60_000;
    const frozen = testWorld({ now: () => new Date(Date.now() + ahead) });
    const world = { ...frozen, random: (bytes: number) => randomBytes(bytes).toString("hex") };
    const paths = argv.map((word) => (/^web\./.test(word) ? join(folder, word) : word));
    const exit = await main(paths, world);
    return { exit, said: JSON.parse(world.out.text) };
  }
  const ran = await run(argv, { cwd: folder, env: { HOME: folder, STEPPATH: join(folder, "..", "steppath") } });
  if (ran.stdout === "") throw new Error(`no document: ${ran.stderr}`);
  return { exit: ran.exit, said: JSON.parse(ran.stdout) };
}

/** By its request id; a handshake or a crash by the newest line about one, as the client's port is not known here. */
async function logOf({ error }: Said, { ca }: Standing, mark: number): Promise<string> {
  if (error === null) return "";
  const { requestId, tlsAlert } = error.evidence;
  if (requestId !== null) {
    const line = await ca.logSince(mark, new RegExp(`"request-id":"${requestId}"`));
    return line === "" ? "" : errorIn(line);
  }
  if (tlsAlert !== null) return ca.logSince(mark, /TLS handshake error from .*(failed to verify|tls: invalid)/);
  if (error.code === "CA_CLOSED") return ca.logSince(mark, /http: panic serving/);
  return "";
}

/** Its essence: the first line, without what every line begins with; or what it installed. */
async function runStep(row: Row, scene: Scene, front: Front | undefined): Promise<string> {
  const binary = realBinary("step-v0.30.6");
  if (binary === undefined) return "not here";
  if (row.noStep !== undefined) return row.noStep;
  if (row.clock !== undefined) return "not tried";
  const { folder, issued } = scene;
  const argv = ["ca", "renew", "web.crt", "web.key", ...words(row, scene, front)];
  const child = spawn(binary, argv, {
    cwd: folder,
    env: { HOME: folder, STEPPATH: join(folder, "..", "steppath"), TZ: "UTC" },
    stdio: ["ignore", "ignore", "pipe"],
    detached: true, // a session of its own has no terminal
  });
  const said: string[] = [];
  child.stderr.setEncoding("utf8").on("data", (text: string) => said.push(text));
  const limit = setTimeout(() => child.kill("SIGKILL"), 10_000);
  const exit = await new Promise((done) => child.once("close", done));
  clearTimeout(limit);
  if (exit !== 0) return essence(said.join(""));
  const crt = readFileSync(join(folder, "web.crt"), "utf8");
  return isRenewed(crt, issued)
    ? "renewed"
    : isFor(crt, issued)
      ? "exit 0, nothing new"
      : "exit 0, INSTALLED ANOTHER'S";
}

function essence(said: string): string {
  const [line = ""] = said.split("\n");
  return line
    .replace(/^error renewing certificate: /, "")
    .replace(/client POST https:\/\/\S+ failed: /, "")
    .replace(/127\.0\.0\.1:\d+/g, "127.0.0.1:PORT")
    .trim();
}

/** Another certificate than the old one, for the same key, which is still good. */
function isRenewed(crt: string | undefined, { certificate }: Scene["issued"]): boolean {
  const [old, now] = [certificateIn(certificate), certificateIn(crt ?? "")];
  if (old === null || now === null || spki(old) !== spki(now)) return false;
  return old.serialNumber !== now.serialNumber && new Date(now.validTo) > new Date();
}

function isFor(crt: string, { certificate }: Pick<Scene["issued"], "certificate">): boolean {
  const [own, its] = [certificateIn(certificate), certificateIn(crt)];
  return own !== null && its !== null && spki(own) === spki(its);
}

/** The first one; null where a row has put something else into the file. */
function certificateIn(text: string): X509Certificate | null {
  try {
    return new X509Certificate(text);
  } catch {
    return null;
  }
}

function spki({ publicKey }: X509Certificate): string {
  return publicKey.export({ type: "spki", format: "der" }).toString("base64");
}

function filesIn(folder: string): Files {
  const names = existsSync(folder) ? readdirSync(folder) : [];
  const files = names.filter((name) => statSync(join(folder, name)).isFile());
  return Object.fromEntries(files.map((name) => [name, readFileSync(join(folder, name), "latin1")]));
}
