/** `renew dev-ca`: the embedded CA as a server of its own, for trying things out; with faults on request. */
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { type Authority, createAuthority } from "../../dev-ca/authority.ts";
import { faults } from "../../dev-ca/faults.ts";
import { type DevCa, type Like, startDevCa } from "../../dev-ca/server.ts";
import { errnoOf, Failure } from "../../failure/failure.ts";
import type { World } from "../../world.ts";
import { parseDuration } from "../duration.ts";
import type { CommandWords, Said } from "../flags.ts";
import { refuseFiles } from "../policy.ts";
import { table } from "../print/layout.ts";
import { plain } from "../print/plain.ts";

const likes: readonly Like[] = ["v0.26.1", "v0.26.2", "v0.30.2"];
const faultNames = Object.keys(faults) as (keyof typeof faults)[];

export const words: CommandWords = {
  name: "dev-ca",
  summary:
    "An embedded step-ca on loopback, for trying things out. Not for real certificates: its key lies in DIR, unprotected. Ends with Ctrl-C.",
  arguments: "",
  flags: [
    {
      names: ["dir"],
      value: "DIR",
      bare: true,
      text: "root_ca.crt, its key and a certificate to renew (default: ./dev-ca)",
    },
    {
      names: ["like"],
      value: "VERSION",
      choices: likes,
      bare: true,
      text: `the step-ca to be like: ${likes.join(", ")} (default: v0.30.2)`,
    },
    { names: ["says"], value: "VERSION", bare: true, text: "what /version says (default: as --like)" },
    { names: ["port"], value: "PORT", bare: true, text: "on 127.0.0.1 (default: a free one)" },
    { names: ["lifetime"], value: "DURATION", bare: true, text: "of the certificate to renew (default: 24h)" },
    {
      names: ["fault"],
      value: "NAME[,NAME...]",
      choices: faultNames,
      bare: true,
      text: "misbehave on purpose; names below",
    },
    { names: ["crl"], bare: true, text: "publish a revocation list" },
  ],
  after: `EXAMPLES
  $ renew dev-ca --like v0.26.1 --dir /tmp/ca --port 9000
  $ renew --force /tmp/ca/web.crt /tmp/ca/web.key \\
      --ca-url https://localhost:9000 --root /tmp/ca/root_ca.crt

FAULTS
${table(Object.entries(faults), 80, 2)
  .map((row) => `  ${row}`)
  .join("\n")}
`,
};

export async function run(said: Said, world: World): Promise<number> {
  refuseFiles(said, "dev-ca");
  const like = oneOf(said.value("like") ?? "v0.30.2", likes, "--like");
  const chosen = (said.value("fault")?.split(",") ?? []).map((name) => oneOf(name.trim(), faultNames, "--fault"));
  const lifetimeMs = parseDuration(said.value("lifetime") ?? "24h", "--lifetime");
  const port = Number(said.value("port") ?? 0);
  if (!Number.isInteger(port) || port < 0 || port > 65_535) throw badValue("--port", said.value("port") ?? "");
  const says = said.value("says");
  const folder = said.value("dir") ?? "dev-ca";
  const authority = await authorityIn(folder);
  await issueInto(folder, authority, lifetimeMs, world);
  const ca = await startDevCa({
    authority,
    like,
    port,
    faults: chosen,
    crl: said.isOn("crl"),
    ...(says !== undefined && { says }),
  }).catch((error: unknown) => {
    throw portTaken(error, port);
  });
  introduce(ca, folder, like, world);
  if (!world.signal.aborted)
    await new Promise((resolve) => world.signal.addEventListener("abort", resolve, { once: true }));
  await ca.close();
  return 0;
}

/** Not by mkdir's own recursion, which in /proc never ends. */
function makeFolder(folder: string): void {
  try {
    if (!existsSync(dirname(folder))) makeFolder(dirname(folder));
    mkdirSync(folder);
  } catch (error) {
    const errno = errnoOf(error);
    if (error instanceof Failure || errno === "") throw error;
    if (errno === "EEXIST" && statSync(folder).isDirectory()) return;
    const facts = { file: folder, folder: dirname(folder), asked: "before-request" as const };
    const isFile = errno === "EEXIST" || errno === "ENOTDIR";
    throw new Failure("CANNOT_WRITE", { ...facts, step: "make its folder", errno: isFile ? "ENOTDIR" : errno }, error);
  }
}

/** A port that somebody else listens at, or that this user may not have. */
function portTaken(error: unknown, port: number): unknown {
  const errno = errnoOf(error);
  if (errno !== "EADDRINUSE" && errno !== "EACCES") return error;
  return new Failure("BAD_FLAG", {
    said: `--port ${port} cannot be had: ${errno === "EACCES" ? "it needs more rights" : "somebody listens there"}`,
    command: "dev-ca",
    because: "It may be another `renew dev-ca`. Without --port a free one is taken.",
  });
}

/** The same root again on the next run, so that what it issued stays good. */
async function authorityIn(folder: string): Promise<Authority> {
  const [certificate, key] = [join(folder, "root_ca.crt"), join(folder, "root_ca.key")];
  if (existsSync(certificate) && existsSync(key)) {
    return createAuthority({
      root: { certificate: readFileSync(certificate, "utf8"), key: readFileSync(key, "utf8") },
    });
  }
  const authority = await createAuthority({ subject: "renew dev-ca" });
  makeFolder(folder);
  writeFileSync(certificate, authority.root);
  writeFileSync(key, authority.rootKey, { mode: 0o600 });
  return authority;
}

/** A certificate that is still there is the user's to play with: it is not replaced. */
async function issueInto(folder: string, authority: Authority, lifetimeMs: number, world: World): Promise<void> {
  if (existsSync(join(folder, "web.crt"))) return;
  const now = world.now().getTime();
  const { chain, key } = await authority.issue({
    subject: "web.internal",
    names: ["web.internal"],
    usages: ["serverAuth", "clientAuth"],
    provisioner: { name: "after-expiry" },
    notBefore: new Date(now - 65_000),
    notAfter: new Date(now + lifetimeMs),
  });
  writeFileSync(join(folder, "web.crt"), chain);
  writeFileSync(join(folder, "web.key"), key, { mode: 0o600 });
}

function introduce(ca: DevCa, folder: string, like: Like, world: World): void {
  const file = (name: string) => join(folder, name);
  const lines = [
    `a CA like step-ca ${like} listens at ${ca.url}; Ctrl-C ends it`,
    "",
    `  renew --force ${file("web.crt")} ${file("web.key")} --ca-url ${ca.url} --root ${file("root_ca.crt")}`,
    "",
  ];
  world.stdout.write(`${lines.map(plain).join("\n")}\n`);
}

function oneOf<T extends string>(value: string, allowed: readonly T[], flag: string): T {
  const found = allowed.find((name) => name === value);
  if (found === undefined)
    throw badValue(
      flag,
      value,
      allowed.find((name) => name.includes(value)),
    );
  return found;
}

function badValue(flag: string, value: string, nearest?: string): Failure {
  return new Failure("BAD_FLAG", {
    said: `${flag} does not know '${value}'`,
    command: "dev-ca",
    ...(nearest && { nearest: `${flag} ${nearest}` }),
  });
}
