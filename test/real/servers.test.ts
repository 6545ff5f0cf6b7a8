/** Real servers take the new certificate as their pages say, and no connection is dropped. */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { connect } from "node:tls";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type Authority, createAuthority } from "../../src/dev-ca/authority.ts";
import { type DevCa, startDevCa } from "../../src/dev-ca/server.ts";
import { splitWords } from "../../src/renewal/command-line.ts";
import { certificatesIn } from "../support/issued.ts";
import { root, run } from "../support/program.ts";
import { freePort } from "../support/step-ca.ts";

const find = (name: string) => [`/usr/sbin/${name}`, `/usr/bin/${name}`].find((file) => existsSync(file));
const [nginx, haproxy] = [find("nginx"), find("haproxy")];

/** The blocks of a page, of one language. */
function blocks(page: string, language: string): string[] {
  const text = readFileSync(resolve(root, "docs", page), "utf8");
  return [...text.matchAll(new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\`$`, "gm"))].map(
    ([, block = ""]) => block,
  );
}

/** The words of the page's command that renews, the `index`th of them. */
function renewal(page: string, index: number, change: (word: string) => string): string[] {
  const commands = blocks(page, "sh").flatMap((block) =>
    block.split("\n").filter((line) => /^renew --force /.test(line)),
  );
  const words = splitWords(commands[index] ?? "");
  if (words === null || words[0] !== "renew") throw new Error(`no such command in ${page}`);
  return words.slice(1).map(change);
}

let folder: string;
let authority: Authority;
let ca: DevCa;
let app: Server;
let held: ServerResponse[];
let server: ChildProcess | undefined;
let words: string[];

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "servers-"));
  authority = await createAuthority({ intermediate: true });
  ca = await startDevCa({ authority });
  mkdirSync(join(folder, "tls"));
  const spec = { subject: "web.internal", names: ["web.internal"], provisioner: { name: "after-expiry" } };
  const { chain, key } = await authority.issue({ ...spec, usages: ["serverAuth", "clientAuth"] });
  writeFileSync(join(folder, "tls/web.crt"), chain);
  writeFileSync(join(folder, "tls/web.key"), key, { mode: 0o600 });
  writeFileSync(join(folder, "root.crt"), authority.root);
  held = [];
  words = [];
  app = createServer((request, response) => {
    if (request.url !== "/held") return void response.end("at once");
    response.write("the first half, ");
    held.push(response);
  });
  app.listen(0, "127.0.0.1");
  await once(app, "listening");
});

afterEach(async () => {
  if (server !== undefined && server.exitCode === null && server.signalCode === null) {
    server.kill("SIGTERM");
    await once(server, "exit");
  }
  server = undefined;
  app.closeAllConnections();
  app.close();
  await ca.close();
  rmSync(folder, { recursive: true, force: true });
});

const appPort = () => (app.address() as AddressInfo).port;

function start(program: string, args: readonly string[]): void {
  server = spawn(program, args, { stdio: ["ignore", "pipe", "pipe"] });
  for (const stream of [server.stdout, server.stderr]) stream?.on("data", (text) => words.push(String(text)));
}

interface Answer {
  serial: string;
  body: string;
}

/** One request by a connection of its own. Rejects where it is refused, cut, or not whole. */
function ask(port: number, path: string): Promise<Answer> {
  return new Promise((done, fail) => {
    const socket = connect({
      port,
      host: "127.0.0.1",
      servername: "web.internal",
      ca: authority.root,
      ALPNProtocols: ["http/1.1"],
    });
    let [serial, text] = ["", ""];
    socket.once("secureConnect", () => {
      serial = socket.getPeerCertificate().serialNumber;
      socket.write(`GET ${path} HTTP/1.1\r\nHost: web.internal\r\nConnection: close\r\n\r\n`);
    });
    socket.setEncoding("utf8").on("data", (piece) => {
      text += piece;
    });
    socket.once("error", fail);
    socket.once("close", () => {
      const isWhole = /^HTTP\/1\.1 200 /.test(text) && /\r\n0\r\n\r\n$|at once$/.test(text);
      if (isWhole) done({ serial, body: text });
      else fail(new Error(`not whole: ${JSON.stringify(text)} ${words.join("")}`));
    });
  });
}

async function up(port: number): Promise<void> {
  for (const deadline = Date.now() + 10_000; Date.now() < deadline; ) {
    if (server?.exitCode !== null) break;
    if ((await ask(port, "/").catch(() => null)) !== null) return;
    await new Promise((resolve) => setImmediate(resolve));
  }
  throw new Error(`it did not come up: ${words.join("")}`);
}

const serialInFile = () => certificatesIn(readFileSync(join(folder, "tls/web.crt"), "latin1"))[0].serial;
const hex = (serial: string) => BigInt(/^\d+$/.test(serial) ? serial : `0x${serial}`);

/** A request that lasts from before the renewal until after the reload, and new ones all the while. */
async function renewUnderLoad(port: number, command: readonly string[]) {
  const before = (await ask(port, "/")).serial;
  const lasting = ask(port, "/held");
  while (held.length === 0) await Promise.race([lasting, new Promise((resolve) => setImmediate(resolve))]);
  const serials: string[] = [];
  let isDone = false;
  const load = Promise.all(
    Array.from({ length: 4 }, async () => {
      while (!isDone) serials.push((await ask(port, "/")).serial);
    }),
  );
  const ran = await run([...command, "--ca-url", ca.url, "--root", join(folder, "root.crt")], { cwd: folder });
  const deadline = Date.now() + 20_000;
  while (serials.at(-1) === before && Date.now() < deadline) await Promise.race([load, ask(port, "/")]);
  const seen = serials.length;
  while (serials.length < seen + 50 && Date.now() < deadline) await Promise.race([load, ask(port, "/")]);
  isDone = true;
  await load;
  for (const response of held) response.end("the second half");
  return { ran, before, serials, lasting: await lasting, after: (await ask(port, "/")).serial };
}

function expectTaken({ ran, before, serials, lasting, after }: Awaited<ReturnType<typeof renewUnderLoad>>): void {
  expect(ran).toMatchObject({ exit: 0, stderr: expect.stringMatching(/^renewed /m) });
  expect(after).not.toBe(before);
  expect(hex(after)).toBe(hex(serialInFile()));
  expect(lasting.serial).toBe(before);
  expect(lasting.body).toMatch(/the first half, [\s\S]*the second half/);
  expect(new Set(serials)).toEqual(new Set([before, after]));
}

describe.skipIf(nginx === undefined)("nginx, as its page says,", () => {
  test("takes the new certificate, and drops nobody", async () => {
    const port = await freePort();
    const [block = ""] = blocks("nginx.md", "nginx");
    const served = block
      .replaceAll("/etc/nginx/tls", join(folder, "tls"))
      .replace("listen 443 ssl;", `listen 127.0.0.1:${port} ssl;`)
      .replace(
        /\}\s*$/,
        `location / { proxy_pass http://127.0.0.1:${appPort()}; proxy_http_version 1.1; proxy_buffering off; }\n}`,
      );
    const temp = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map(
      (name) => `${name}_temp_path ${folder}/${name};`,
    );
    writeFileSync(
      join(folder, "nginx.conf"),
      `daemon off;\nworker_processes 2;\npid ${folder}/nginx.pid;\nerror_log stderr;\nevents {}\nhttp {\naccess_log off;\n${temp.join("\n")}\n${served}\n}\n`,
    );
    const own = ["-c", join(folder, "nginx.conf"), "-e", "stderr"];
    expect(spawnSync(nginx ?? "", ["-t", ...own], { encoding: "utf8" })).toMatchObject({ status: 0 });
    start(nginx ?? "", own);
    await up(port);
    const command = renewal("nginx.md", 0, (word) =>
      word
        .replace("/etc/nginx/tls", join(folder, "tls"))
        .replace(/^nginx -s reload$/, `${nginx} ${own.join(" ")} -s reload`),
    );
    expectTaken(await renewUnderLoad(port, command));
  });
});

describe.skipIf(haproxy === undefined)("HAProxy, as its page says,", () => {
  test.each([
    ["with the key in a file of its own", 0, "web.crt"],
    ["with both in one file", 1, "web.pem"],
  ])("takes the new certificate, and drops nobody: %s", async (_, index, file) => {
    const port = await freePort();
    const [block = ""] = blocks("haproxy.md", "haproxy");
    const tls = join(folder, "tls");
    const pem = ["web.crt", "web.key"].map((name) => readFileSync(join(tls, name), "utf8")).join("");
    if (file === "web.pem") writeFileSync(join(tls, "web.pem"), pem, { mode: 0o600 });
    const config = block
      .replaceAll("/etc/haproxy/tls/web.crt", join(tls, file))
      .replace("/run/haproxy/admin.sock", join(folder, "admin.sock"))
      .replace("bind :443", `bind 127.0.0.1:${port}`)
      .replace("127.0.0.1:8080", `127.0.0.1:${appPort()}`);
    const [configFile, pidFile] = [join(folder, "haproxy.cfg"), join(folder, "haproxy.pid")];
    writeFileSync(configFile, config);
    expect(spawnSync(haproxy ?? "", ["-c", "-f", configFile], { encoding: "utf8" })).toMatchObject({ status: 0 });
    start(haproxy ?? "", ["-W", "-f", configFile, "-p", pidFile]);
    await up(port);
    const command = renewal("haproxy.md", index, (word) =>
      word.replaceAll("/etc/haproxy/tls", tls).replaceAll("/run/haproxy.pid", pidFile),
    );
    expectTaken(await renewUnderLoad(port, command));
    if (file === "web.pem") expect(readFileSync(join(tls, file), "utf8")).not.toBe(pem);
  });
});
