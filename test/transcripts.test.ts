/** Plays each transcript: a command and all that it prints. `npx vitest run -u` writes them anew; look at the difference. */
import { createPrivateKey, generateKeyPairSync } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, symlinkSync } from "node:fs";
import { createServer as createHttpServer } from "node:http";
import type { AddressInfo, Server } from "node:net";
import { createServer as createTcpServer } from "node:net";
import { resolve } from "node:path";
import { afterAll, afterEach, describe, expect, test } from "vitest";
import { createAuthority } from "../src/dev-ca/authority.ts";
import type { DevCaOptions } from "../src/dev-ca/server.ts";
import { codes } from "../src/failure/catalogue/catalogue.ts";
import { realFileSystem } from "../src/files/system.ts";
import { type Scene, scene } from "./support/scene.ts";
import { picture } from "./support/svg.ts";
import type { WorldOptions } from "./support/world.ts";

interface Play {
  /** What lies in the folder; the CA where one is needed. */
  set(scene: Scene): Promise<unknown>;
  command: string;
  authority?: Parameters<typeof scene>[0];
}

const force = "--force web.crt web.key --ca-url CA --root root.crt";

const leaf =
  (ca?: DevCaOptions, spec: Parameters<Scene["issue"]>[1] = {}) =>
  async (s: Scene) => {
    await s.issue("web", {
      subject: "web.internal",
      names: ["web.internal"],
      usages: ["serverAuth", "clientAuth"],
      ...spec,
    });
    if (ca) await s.ca(ca);
  };

/** A pair as it should be, with something else written over one of its files. */
const over = (file: string, contents: string | Buffer) => async (s: Scene) => {
  await leaf()(s);
  s.write(file, contents);
};

const client =
  (like: "v0.26.1" | "v0.26.2" | "v0.30.2", spec: Parameters<Scene["issue"]>[1], ca: DevCaOptions = {}) =>
  async (s: Scene) => {
    await s.issue("web", { subject: "dave", organization: "system:masters", ...spec });
    await s.ca({ like, ...ca });
  };

const expired = { from: -30, to: -6 };

const key = generateKeyPairSync("ec", { namedCurve: "P-256" });
const encrypted = (secret: string) =>
  key.privateKey.export({ type: "pkcs8", format: "pem", cipher: "aes-256-cbc", passphrase: secret }).toString();

const open: Server[] = [];
async function listen(server: Server): Promise<string> {
  open.push(server);
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  return `https://localhost:${(server.address() as AddressInfo).port}`;
}

const failing = (method: keyof typeof realFileSystem, code: string) => ({
  fs: {
    ...realFileSystem,
    [method]: () => {
      throw Object.assign(new Error(code), { code });
    },
  },
});

const plays: Record<string, Play> = {
  // renewed, or not due
  "renewed-over-mtls": { set: leaf({}), command: force },
  "renewed-by-token": { set: leaf({}, expired), command: force },
  "renewed-verbose": { set: leaf({}), command: `-v ${force}` },
  "renewed-json": { set: leaf({}), command: `--json ${force}` },
  "renewed-to-another-file": { set: leaf({}), command: "web.crt web.key --out new.crt --ca-url CA --root root.crt" },
  "renewed-server-only-old-ca": { set: leaf({ like: "v0.26.1" }, { usages: ["serverAuth"] }), command: `-v ${force}` },
  "renewed-behind-tls-proxy": { set: leaf({ faults: ["missing-client-certificate"] }), command: `-v ${force}` },
  "renewed-registration-authority": { set: leaf({ registrationAuthority: true }), command: `-v ${force}` },
  "not-due": { set: leaf(), command: `--expires-in 8h ${force}` },
  "not-due-json": { set: leaf(), command: `--json --expires-in 66% ${force}` },

  // 64
  "bad-flag": { set: async () => {}, command: "--forse web.crt web.key" },
  "bad-flag-files": { set: async () => {}, command: "--force web.crt" },
  "flag-conflict": { set: async () => {}, command: "-q -v web.crt web.key" },
  "bad-duration": { set: async () => {}, command: "--expires-in soon web.crt web.key --ca-url ca.internal" },
  "bad-url": { set: async () => {}, command: "--force web.crt web.key --ca-url http://ca.internal:9000" },
  "would-overwrite": { set: leaf({}), command: "web.crt web.key --ca-url CA --root root.crt" },
  "would-overwrite-asked": {
    set: async (s) => {
      await leaf({})(s);
      return { answers: ["n"] };
    },
    command: "web.crt web.key --ca-url CA --root root.crt",
  },
  "would-lose-key": {
    set: async (s) => {
      await leaf({})(s);
      s.write("web.pem", readFileSync("web.crt", "utf8") + readFileSync("web.key", "utf8"));
    },
    command: "--force web.pem web.pem --ca-url CA --root root.crt",
  },

  // 65
  "file-empty": { set: over("web.crt", ""), command: force },
  "not-pem": { set: over("web.crt", "hello\n"), command: force },
  "no-certificate": {
    set: over("web.crt", key.publicKey.export({ type: "spki", format: "pem" })),
    command: force,
  },
  "no-key": {
    set: async (s) => {
      await leaf()(s);
      s.write("web.key", readFileSync("web.crt"));
    },
    command: force,
  },
  swapped: { set: leaf(), command: "--force web.key web.crt --ca-url ca.internal" },
  "bad-certificate": {
    set: over("web.crt", "-----BEGIN CERTIFICATE-----\nMIIBzTCCAXSgAwIBAgIQ\n-----END CERTIFICATE-----\n"),
    command: force,
  },
  "ca-certificate": {
    set: async (s) => {
      s.write("web.crt", s.authority.root);
      s.write("web.key", s.authority.rootKey);
    },
    command: force,
  },
  "certificate-request": {
    set: over("web.crt", "-----BEGIN CERTIFICATE REQUEST-----\nMIIB\n-----END CERTIFICATE REQUEST-----\n"),
    command: force,
  },
  "public-key": {
    set: async (s) => {
      await leaf()(s);
      s.write("web.key", key.publicKey.export({ type: "spki", format: "pem" }));
    },
    command: force,
  },
  "bad-key": {
    set: async (s) => {
      await leaf()(s);
      s.write("web.key", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n");
    },
    command: force,
  },
  "key-encrypted": {
    set: async (s) => {
      await leaf()(s);
      s.write("web.key", encrypted("secret"));
    },
    command: force,
  },
  "wrong-passphrase": {
    set: async (s) => {
      await leaf()(s);
      s.write("web.key", encrypted("secret"));
      s.write("pass.txt", "not it\n");
    },
    command: `--password-file pass.txt ${force}`,
  },
  "key-mismatch": {
    set: async (s) => {
      await leaf()(s);
      s.write(
        "web.key",
        createPrivateKey(key.privateKey.export({ type: "pkcs8", format: "pem" })).export({
          type: "sec1",
          format: "pem",
        }),
      );
    },
    command: force,
  },
  "expired-needs-force": { set: leaf({}, expired), command: "web.crt web.key --ca-url CA --root root.crt" },
  "cert-not-yet-valid": { set: leaf({}, { from: 2, to: 24 }), command: force },

  // 66
  "file-missing": {
    set: async (s) => {
      await leaf()(s);
      s.write("web.crt.pem", "");
    },
    command: "--force web.cert web.key --ca-url ca.internal",
  },
  "file-unreadable": {
    set: async (s) => {
      await leaf()(s);
      return failing("stat", "EACCES");
    },
    command: force,
  },
  "file-is-folder": { set: async () => void mkdirSync("web.crt"), command: force },

  // 70
  bug: {
    set: async (s) => {
      await leaf()(s);
      return {
        fs: {
          ...realFileSystem,
          stat: () => {
            throw new TypeError("stat is not what it was");
          },
        },
      };
    },
    command: force,
  },

  // 73
  "cannot-write-folder": {
    set: async (s) => {
      await leaf({})(s);
      return failing("checkWritable", "EROFS");
    },
    command: force,
  },
  "cannot-write-full-disk": {
    set: async (s) => {
      await leaf({})(s);
      return failing("write", "ENOSPC");
    },
    command: force,
  },
  "cannot-write-rename": {
    set: async (s) => {
      await leaf({})(s);
      return failing("rename", "EIO");
    },
    command: force,
  },
  "cannot-write-link-loop": {
    set: async (s) => {
      await leaf({})(s);
      symlinkSync("b.crt", "a.crt");
      symlinkSync("a.crt", "b.crt");
    },
    command: `--out a.crt ${force}`,
  },

  // 75
  "ca-unreachable": { set: leaf(), command: force },
  "ca-unreachable-proxy-502": { set: leaf({ faults: ["html-502"] }), command: force },
  "ca-timeout": { set: leaf({ faults: ["hang"] }), command: `--timeout 300ms ${force}` },
  "ca-closed": { set: leaf({ faults: ["close"] }, expired), command: force },
  "ca-busy": { set: leaf({ faults: ["too-many-requests"] }), command: force },
  "ca-failed": { set: leaf({ faults: ["server-error-500"] }), command: force },

  // 76
  "not-a-ca-page": { set: leaf({ faults: ["html-200"] }), command: force },
  "not-a-ca-redirect": { set: leaf({ faults: ["redirect"] }), command: force },
  "not-a-ca-plain-http": {
    set: async (s) => {
      await leaf()(s);
      return { env: { STEP_CA_URL: await listen(createHttpServer()) } };
    },
    command: "--force web.crt web.key --root root.crt",
  },
  "not-a-ca-ssh": {
    set: async (s) => {
      await leaf()(s);
      const ssh = createTcpServer((socket) => socket.end("SSH-2.0-OpenSSH_9.2\r\n"));
      return { env: { STEP_CA_URL: await listen(ssh) } };
    },
    command: "--force web.crt web.key --root root.crt",
  },
  "bad-response": { set: leaf({ faults: ["garbage-json"] }), command: force },
  "bad-response-empty": { set: leaf({ faults: ["empty-201"] }), command: force },
  "response-too-large": { set: leaf({ faults: ["huge-body"] }), command: force },
  "wrong-certificate-key": { set: leaf({ faults: ["other-key"] }), command: force },
  "wrong-certificate-root": { set: leaf({ faults: ["other-root"] }), command: force },
  "proxy-refused": { set: leaf({ faults: ["html-403"] }), command: force },
  "proxy-refused-header": { set: leaf({ faults: ["html-400-header-too-large"] }, expired), command: force },

  // 77
  "client-auth-only-old-ca": { set: client("v0.26.1", expired), command: force },
  "client-auth-only-old-ca-json": { set: client("v0.26.1", expired), command: `--json ${force}` },
  "client-auth-only-hidden-version": { set: client("v0.26.1", expired, { hide: ["/version"] }), command: force },
  "server-auth-only-new-ca": { set: client("v0.30.2", { usages: ["serverAuth"] }), command: force },
  "code-signing-only": { set: client("v0.30.2", { usages: ["codeSigning"] }), command: force },
  "renewal-disabled": { set: client("v0.30.2", { provisioner: { name: "no-renewal" } }), command: force },
  "provisioner-gone": { set: client("v0.30.2", { provisioner: { name: "retired" } }), command: force },
  "unauthorized-unknown": {
    set: client("v0.30.2", { provisioner: { name: "no-renewal" } }, { hide: ["/provisioners"] }),
    command: force,
  },
  "cert-expired": { set: client("v0.30.2", { ...expired, provisioner: { name: "admin" } }), command: force },
  "client-rejected-unknown-issuer": {
    set: async (s) => {
      const other = await createAuthority({ subject: "another CA" });
      const { chain, key: otherKey } = await other.issue({ provisioner: { name: "admin" } });
      s.write("web.crt", chain);
      s.write("web.key", otherKey);
      await s.ca({});
    },
    command: force,
  },
  "unknown-issuer-by-token": {
    set: async (s) => {
      const other = await createAuthority({ subject: "another CA", notBefore: new Date(Date.now() - 1e9) });
      const { chain, key: otherKey } = await other.issue({
        notBefore: new Date(Date.now() - 9e7),
        notAfter: new Date(s.base.getTime() - 3.6e6),
      });
      s.write("web.crt", chain);
      s.write("web.key", otherKey);
      await s.ca({});
    },
    command: force,
  },
  "chain-incomplete-old-ca": {
    set: async (s) => {
      await leaf({ like: "v0.26.1" }, expired)(s);
      s.write("web.crt", readFileSync("web.crt", "utf8").replace(/(-----END CERTIFICATE-----\n)[\s\S]*/, "$1"));
    },
    command: force,
    authority: { intermediate: true },
  },
  "terminal-escapes-from-the-ca": { set: leaf({ faults: ["escape-sequences"] }), command: force },

  // 78
  "ca-url-missing": { set: async () => {}, command: "--force web.crt web.key" },
  "bad-configuration": {
    set: async (s) => {
      mkdirSync("step/config", { recursive: true });
      s.write("step/config/defaults.json", "{ca-url: nope");
      return { env: { STEPPATH: "step" } };
    },
    command: "--force web.crt web.key",
  },
  "root-missing": { set: leaf({}), command: "--force web.crt web.key --ca-url CA --root nope.crt" },
  "root-not-pem": { set: leaf({}), command: "--force web.crt web.key --ca-url CA --root web.key" },
  "ca-untrusted": {
    set: async (s) => {
      await leaf({})(s);
      s.write("other.crt", (await createAuthority({ subject: "another CA" })).root);
    },
    command: "--force web.crt web.key --ca-url CA --root other.crt",
  },
  "ca-name-mismatch": { set: leaf({ faults: ["wrong-server-name"] }), command: force },
  "ca-cert-expired": { set: leaf({ faults: ["expired-server-certificate"] }), command: force },
  "ca-cert-not-yet-valid": { set: leaf({ faults: ["not-yet-valid-server-certificate"] }), command: force },

  // 130
  interrupted: {
    set: async (s) => {
      await leaf({ faults: ["hang"] })(s);
      const interruption = new AbortController();
      setTimeout(() => interruption.abort("SIGINT"), 100);
      return { signal: interruption.signal };
    },
    command: force,
  },
};

describe("transcripts", () => {
  const folder = resolve(import.meta.dirname, "transcripts");
  let current: Scene | undefined;
  afterEach(() => current?.end());
  afterAll(() => open.map((server) => server.close()));

  test.each(Object.entries(plays))("%s", async (name, { set, command, authority }) => {
    current = await scene(authority);
    const given = await set(current);
    const world: WorldOptions = typeof given === "object" && given !== null ? given : {};
    const before = snapshot();
    const { screen, exit } = await current.renew(command, world);
    if (exit !== 0) expect(snapshot(), "a failure leaves every file as it was").toEqual(before);
    await expect(screen).toMatchFileSnapshot(resolve(folder, `${name}.txt`));
  });

  test("none is left over, and every code is shown", () => {
    const files = readdirSync(folder).map((file) => file.replace(/\.txt$/, ""));
    expect(files.sort()).toEqual(Object.keys(plays).sort());
    const shown = new Set(
      files.flatMap(
        (file) => /error\[([A-Z_]+)\]/.exec(readFileSync(resolve(folder, `${file}.txt`), "utf8"))?.[1] ?? [],
      ),
    );
    expect(codes.filter((code) => !shown.has(code))).toEqual([]);
  });

  test("the README's picture shows a transcript as it is", async () => {
    const transcript = readFileSync(resolve(folder, "client-auth-only-old-ca.txt"), "utf8");
    await expect(picture(transcript)).toMatchFileSnapshot(resolve(import.meta.dirname, "../docs/refusal.svg"));
  });

  test("no private key or token is on any screen", () => {
    const all = readdirSync(folder)
      .map((file) => readFileSync(resolve(folder, file), "utf8"))
      .join("");
    expect(all).not.toMatch(/PRIVATE KEY-----|eyJ[A-Za-z0-9_-]{10}/);
  });

  test("no line is longer than the terminal", () => {
    const long = readdirSync(folder)
      .filter((file) => !file.includes("json"))
      .flatMap((file) =>
        readFileSync(resolve(folder, file), "utf8")
          .split("\n")
          .filter((line) => line.length > 80 && /^( |error\[)/.test(line) && !line.includes("`")),
      );
    expect(long).toEqual([]);
  });
});

/** Every file of the scene but the keys' new temporary ones that a failed installation keeps on purpose. */
function snapshot(): Record<string, string> {
  const files = readdirSync(".", { recursive: true, withFileTypes: true, encoding: "utf8" });
  return Object.fromEntries(
    files
      .filter((entry) => entry.isFile() && !/renew-0/.test(entry.name))
      .map(({ parentPath, name }) => [name, readFileSync(`${parentPath}/${name}`, "base64")]),
  );
}
