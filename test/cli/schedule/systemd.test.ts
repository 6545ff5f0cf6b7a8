/** The units are good, tight, and written all or none. */
import { spawnSync } from "node:child_process";
import { createPrivateKey } from "node:crypto";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { main } from "../../../src/cli/main.ts";
import { rhythmFor } from "../../../src/cli/schedule/rhythm.ts";
import { word } from "../../../src/cli/schedule/unit-words.ts";
import { createAuthority } from "../../../src/dev-ca/authority.ts";
import { realFileSystem } from "../../../src/files/system.ts";
import { bin } from "../../support/program.ts";
import { testWorld, type WorldOptions } from "../../support/world.ts";

const hour = 3_600_000;
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "renew units-"));
  mkdirSync(join(folder, "units"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const at = (name: string) => join(folder, name);

async function systemd(words: readonly string[], options: WorldOptions = {}, command = "systemd") {
  const env = { SYSTEMD_UNIT_PATH: at("units") };
  const world = testWorld({ env, program: [process.execPath, bin], ...options });
  const exit = await main([command, ...words, "--ca-url", "ca.internal:9000", "--root", at("root.crt")], world);
  return { exit, stdout: world.out.text, stderr: world.err.text };
}

/** Issued for a day. */
async function pair(name: string, { from = -1, to = 23, key = (pem: string) => pem } = {}): Promise<string> {
  const authority = await createAuthority();
  const now = Date.now();
  const life = { notBefore: new Date(now + from * hour), notAfter: new Date(now + to * hour) };
  const issued = await authority.issue({ provisioner: { name: "x" }, ...life });
  writeFileSync(at(`${name}.crt`), issued.chain);
  writeFileSync(at(`${name}.key`), key(issued.key), { mode: 0o600 });
  writeFileSync(at("root.crt"), authority.root);
  return issued.key;
}

const install = (...words: string[]) => ["--install", "--dir", at("units"), ...words];
const web = () => [at("web.crt"), at("web.key")];
const units = () => readdirSync(at("units")).sort();
const textOf = (name: string) => readFileSync(join(at("units"), name), "utf8");
const linesOf = (name: string) => textOf(name).split("\n");

describe("what is written", () => {
  test("a service and its timer, a template where the files are called alike", async () => {
    expect((await systemd(install(...web()))).exit).toBe(0);
    expect(units()).toEqual(["renew@.service", "renew@.timer"]);
    expect(statSync(join(at("units"), "renew@.service")).mode & 0o777).toBe(0o644);
    expect(linesOf("renew@.timer")).toEqual(expect.arrayContaining(["Persistent=true", "OnCalendar=hourly"]));
    expect(textOf("renew@.service")).toContain(`"${at("%I.crt")}" \\\n  "${at("%I.key")}"`);
  });

  test("a second run changes nothing, of this pair or of another one that is kept in the same way", async () => {
    await systemd(install(...web()));
    const before = statSync(join(at("units"), "renew@.service"));
    expect((await systemd(install(...web()))).stderr).toContain("renew@.service: as it was");
    expect((await systemd(install(at("mail.crt"), at("mail.key")))).stderr).toContain("renew@.service: as it was");
    expect(statSync(join(at("units"), "renew@.service")).ino).toBe(before.ino);
  });

  test("what only comments differ in is as it was, and is brought up to date by --force", async () => {
    await systemd(install(...web()));
    const made = textOf("renew@.timer");
    writeFileSync(join(at("units"), "renew@.timer"), made.replace("# Not all machines at once.", "; mine"));
    expect((await systemd(install(...web()))).stderr).toContain("renew@.timer: as it was");
    expect(textOf("renew@.timer")).toContain("; mine");
    expect((await systemd(install("--force", ...web()))).stderr).toContain("renew@.timer: replaced");
    expect(textOf("renew@.timer")).toBe(made);
  });

  test.each<[string, string[], string]>([
    ["another service to reload", ["--reload", "nginx"], 'renew@.service has "--exec=systemctl try'],
    ["another rhythm", ["--expires-in", "5m"], "renew@.timer has OnCalendar="],
    ["a folder for keys of its own", ["KEYS"], "%I.key"],
    ["an edit by hand", ["EDIT"], "renew@.service has IPAddressDeny=any"],
  ])("a template for a second pair in the folder: %s is not lost", async (_, words, told) => {
    const [flags, key] =
      words[0] === "KEYS" ? [[], "keys/web.key"] : [words.filter((word) => word !== "EDIT"), "web.key"];
    await systemd(install(...flags, at("web.crt"), at(key)));
    if (words[0] === "EDIT")
      writeFileSync(join(at("units"), "renew@.service"), `${textOf("renew@.service")}IPAddressDeny=any\n`);
    const before = units().map(textOf);
    const ran = await systemd(install(at("mail.crt"), at("mail.key")));
    expect(ran).toMatchObject({ exit: 64, stderr: expect.stringContaining("error[UNIT_EXISTS]") });
    expect(ran.stderr.replaceAll(/\s+/g, " ")).toContain(told);
    expect(ran.stderr).toContain("`--name renew-mail`");
    expect(units().map(textOf)).toEqual(before);
    expect((await systemd(install("--name", "renew-mail", at("mail.crt"), at("mail.key")))).exit).toBe(0);
    expect((await systemd(install(...web(), "--expires-in", "1m"))).stderr).toContain("`--name renew-web`");
    expect((await systemd(install("--force", at("mail.crt"), at("mail.key")))).stderr).toContain("service: replaced");
  });

  test("units of one pair as well: other flags take --force, and the name that is offered is free", async () => {
    const odd = [at("fullchain.pem"), at("privkey.pem")];
    await systemd(install(...odd));
    await systemd(install("--name", "renew-fullchain", ...odd));
    const ran = await systemd(install("--expires-in", "50%", ...odd));
    expect(ran).toMatchObject({ exit: 64, stderr: expect.stringContaining("`--name renew-fullchain-2`") });
    expect((await systemd(install("--force", "--expires-in", "50%", ...odd))).exit).toBe(0);
  });

  test("units of their own for files that are called differently", async () => {
    const { stderr } = await systemd(install(at("fullchain.pem"), at("privkey.pem")));
    const [service = ""] = units();
    expect(service).toMatch(/^renew-.*-fullchain\.pem\.service$/);
    expect(stderr).toContain(`'${service.replace(/service$/, "timer")}'`);
  });

  test("the settings of this run: the root by its whole name, the address as it is used", async () => {
    const { stdout } = await systemd(["--password-file", "pass", "--pid-file", "web.pid", ...web()]);
    expect(stdout).toContain("--ca-url=https://ca.internal:9000 \\");
    expect(stdout).toContain(`"--root=${at("root.crt")}"`);
    expect(stdout).toContain(`--password-file=${join(process.cwd(), "pass")}`);
    expect(stdout).toMatch(/^CapabilityBoundingSet=.*CAP_KILL$/m);
  });

  test("a link's own folder can be written as well", async () => {
    mkdirSync(at("live"));
    await pair("live/web");
    symlinkSync(at("live/web.crt"), at("web.crt"));
    const { stdout } = await systemd(web());
    expect(stdout).toContain(`ReadWritePaths="${folder}"\nReadWritePaths="${at("live")}"\n`);
  });

  test("never MemoryDenyWriteExecute, which V8 cannot bear, nor ProtectProc, which hides the owners of locks", async () => {
    for (const kind of ["--timer", "--daemon"])
      expect((await systemd([kind, ...web()])).stdout).not.toMatch(/^(MemoryDenyWriteExecute|ProtectProc)=/m);
  });
});

describe("all or none", () => {
  test("the second cannot be put in its place: the first is what it was", async () => {
    await systemd(install(...web()));
    const before = units().map(textOf);
    let renames = 0;
    const rename = (from: string, to: string) => {
      if (to.includes("renew@.timer") && renames++ === 0) throw Object.assign(new Error("EIO"), { code: "EIO" });
      realFileSystem.rename(from, to);
    };
    const ran = await systemd(install("--force", "--expires-in", "1h", ...web()), {
      fs: { ...realFileSystem, rename },
    });
    expect(ran).toMatchObject({ exit: 73, stderr: expect.stringContaining("error[CANNOT_INSTALL_UNIT]") });
    expect(units().map(textOf)).toEqual(before);
    expect(units()).toEqual(["renew@.service", "renew@.timer"]);
  });

  test("a unit that was masked is masked again", async () => {
    symlinkSync("/dev/null", join(at("units"), "renew@.service"));
    const rename = (from: string, to: string) => {
      if (to.includes("renew@.timer")) throw Object.assign(new Error("EIO"), { code: "EIO" });
      realFileSystem.rename(from, to);
    };
    expect((await systemd(install("--force", ...web()), { fs: { ...realFileSystem, rename } })).exit).toBe(73);
    expect(units()).toEqual(["renew@.service"]);
    expect(readlinkSync(join(at("units"), "renew@.service"))).toBe("/dev/null");
  });

  test("the disk is full: no part of one is left", async () => {
    const write = () => {
      throw Object.assign(new Error("ENOSPC"), { code: "ENOSPC" });
    };
    expect((await systemd(install(...web()), { fs: { ...realFileSystem, write } })).exit).toBe(73);
    expect(units()).toEqual([]);
  });

  test.each([
    ["somebody else's", (name: string) => writeFileSync(name, "[Timer]\n")],
    ["one that is masked", (name: string) => symlinkSync("/dev/null", name)],
  ])("%s is there: both stay, until --force", async (_, make) => {
    make(join(at("units"), "renew@.timer"));
    expect(await systemd(install(...web()))).toMatchObject({ exit: 64, stderr: expect.stringMatching(/UNIT_EXISTS/) });
    expect(units()).toEqual(["renew@.timer"]);
    expect((await systemd(install("--force", ...web()))).exit).toBe(0);
    expect(textOf("renew@.timer")).toMatch(/^# Made by `renew systemd`/);
    expect(units()).toEqual(["renew@.service", "renew@.timer"]);
  });

  test.skipIf(process.getuid?.() === 0)("a folder that this user may not write", async () => {
    chmodSync(at("units"), 0o500);
    expect((await systemd(install(...web()))).exit).toBe(73);
  });

  test("no folder, a file in its place, and printing writes nothing", async () => {
    expect((await systemd(["--install", "--dir", at("none"), ...web()])).exit).toBe(66);
    writeFileSync(at("file"), "");
    expect((await systemd(["--install", "--dir", at("file"), ...web()])).exit).toBe(66);
    expect((await systemd(web())).exit).toBe(0);
    expect([existsSync(at("none")), units()]).toEqual([false, []]);
  });
});

describe("what is refused before anything is looked at", () => {
  test.each([
    [["--reload", "a b"], "BAD_UNIT_NAME"],
    [["--name", "a b"], "BAD_UNIT_NAME"],
    [["--name=-x"], "BAD_UNIT_NAME"],
    [["--reload=-x"], "BAD_UNIT_NAME"],
    [["--also", "combined=web.key", "--also", "der=web.key"], "FLAG_CONFLICT"],
    [["--also", "p12=web.p12"], "NO_PASSPHRASE_FILE"],
    [["--timer", "--daemon"], "FLAG_CONFLICT"],
    [["--reload", "nginx", "--exec", "true"], "FLAG_CONFLICT"],
    [["--force"], "BAD_FLAG"],
    [["--renew-period", "1h"], "BAD_FLAG"],
    [["--exec", "bin/reload"], "BAD_FLAG"],
    [["--user", "a b"], "BAD_FLAG"],
    [["--exec-shell", "a\nb"], "CANNOT_SCHEDULE"],
  ])("%j: %s", async (words, code) => {
    const ran = await systemd(
      install(...web())
        .concat(words)
        .filter((one) => words[0] !== "--force" || !/install|dir|units$/.test(one)),
    );
    expect(ran).toMatchObject({ exit: 64, stderr: expect.stringContaining(`error[${code}]`) });
    expect(units()).toEqual([]);
  });
});

describe("what would never work", () => {
  const encrypted = (pem: string) =>
    createPrivateKey(pem)
      .export({ type: "pkcs8", format: "pem", cipher: "aes-256-cbc", passphrase: "secret" })
      .toString();

  test.each<[string, () => Promise<unknown>, string[], string]>([
    ["the certificate as its key", () => pair("web"), ["web.crt", "web.crt"], "NO_KEY"],
    ["the wrong way round", () => pair("web"), ["web.key", "web.crt"], "SWAPPED"],
    [
      "no certificate, and a key that is none",
      async () => writeFileSync(at("web.key"), "x"),
      ["web.crt", "web.key"],
      "NOT_PEM",
    ],
    [
      "a certificate without anything in it",
      async () => writeFileSync(at("web.crt"), ""),
      ["web.crt", "web.key"],
      "FILE_EMPTY",
    ],
    ["another's key", () => pair("mail").then(() => pair("web")), ["web.crt", "mail.key"], "KEY_MISMATCH"],
    [
      "an encrypted key, and nobody to ask",
      () => pair("web", { key: encrypted }),
      ["web.crt", "web.key"],
      "KEY_ENCRYPTED",
    ],
    [
      "a root that is none",
      () => pair("web").then(() => writeFileSync(at("root.crt"), "x")),
      ["web.crt", "web.key"],
      "ROOT_NOT_PEM",
    ],
    ["a folder", async () => mkdirSync(at("web.crt")), ["web.crt", "web.key"], "FILE_IS_FOLDER"],
  ])("%s: refused, by cron's line as well", async (_, make, [crt = "", key = ""], code) => {
    await make();
    for (const command of ["systemd", "cron"] as const) {
      const ran = await systemd([at(crt), at(key)], { answers: ["secret"] }, command);
      expect(ran).toMatchObject({ stdout: "", stderr: expect.stringContaining(`error[${code}]`) });
    }
  });

  test.each<[string, () => Promise<unknown>, string[], string]>([
    [
      "the key",
      () => pair("web").then(() => rmSync(at("web.key"))),
      [],
      "web.key is not there: that run fails until it is",
    ],
    [
      "the certificate",
      () => pair("web").then(() => rmSync(at("web.crt"))),
      [],
      "for FOLDER/web.crt a lifetime of a day is taken",
    ],
    ["the root", () => pair("web").then(() => rmSync(at("root.crt"))), [], "root.crt is not there"],
    ["the passphrase", () => pair("web", { key: encrypted }), ["--password-file", "FOLDER/pass"], "pass is not there"],
    ["the user", () => pair("web"), ["--user", "no-such-user-here"], "no user no-such-user-here is in /etc/passwd"],
  ])("%s is not here, and may be elsewhere: printed, and said", async (_, make, flags, note) => {
    await make();
    for (const command of ["systemd", "cron"] as const) {
      const words = [...flags.map((word) => word.replace("FOLDER", folder)), "--json", ...web()];
      const { exit, stdout } = await systemd(words, {}, command);
      const { notes } = JSON.parse(stdout) as { notes: string[] };
      expect([exit, notes.join("\n")]).toEqual([0, expect.stringContaining(note.replace("FOLDER", folder))]);
    }
  });

  test("the folder of another form that is not there, which systemd could not even begin without", async () => {
    await pair("web");
    const { stdout } = await systemd([
      "--also",
      `combined=${at("nowhere/web.pem")}`,
      "--user",
      "root",
      "--json",
      ...web(),
    ]);
    expect(JSON.parse(stdout)).toMatchObject({ notes: [`${at("nowhere")} is not there: that run fails until it is`] });
  });

  test("all that is here and good: nothing is said of it", async () => {
    await pair("web");
    const { stdout } = await systemd([...web(), "--user", "root", "--json"]);
    expect(JSON.parse(stdout)).toMatchObject({ notes: [] });
  });

  test.each<[string, string[], string]>([
    ["the stem, where it is the instance", ["web".repeat(83)], "`ln -s`"],
    ["one that grows when it is escaped", ["a-".repeat(60)], "`ln -s`"],
  ])("a name that systemd does not take: %s", async (_, [stem = ""], help) => {
    const ran = await systemd([at(`${stem}.crt`), at(`${stem}.key`)]);
    expect(ran).toMatchObject({ exit: 64, stdout: "", stderr: expect.stringContaining("error[BAD_UNIT_NAME]") });
    expect(ran.stderr).toContain(help);
  });

  test("and one that is made of the path, until it has a --name", async () => {
    const files = [at(`${"a-".repeat(60)}.crt`), at("web.key")];
    expect(await systemd(files)).toMatchObject({ exit: 64, stderr: expect.stringContaining("`--name NAME`") });
    expect((await systemd(["--name", "mine", ...files])).exit).toBe(0);
  });
});

describe("other forms", () => {
  const also = (...files: string[]) => files.flatMap((one) => ["--also", one.replace("=", `=${folder}/`)]);

  test("are written by the unit as well, which may write where they are, and is a template where they are called alike", async () => {
    await pair("web");
    mkdirSync(at("proxy"));
    const { stdout } = await systemd([
      ...also("combined=proxy/web.pem", "p12=web.p12"),
      "--p12-password-file",
      "p12.pass",
      ...web(),
    ]);
    expect(stdout).toContain(`"--also=combined=${folder}/proxy/%I.pem"`);
    expect(stdout).toContain(`"--also=p12=${folder}/%I.p12"`);
    expect(stdout).toContain(`--p12-password-file=${join(process.cwd(), "p12.pass")}`);
    expect(stdout).toContain(`ReadWritePaths="${folder}"\nReadWritePaths="${folder}/proxy"\n`);
    expect(stdout).toContain("renew@.service");
  });

  test("that are called otherwise are those of one pair, and make no template", async () => {
    await pair("web");
    const { stdout } = await systemd([...also("combined=haproxy.pem"), ...web()]);
    expect(stdout).not.toContain("renew@.service");
    expect(stdout).toContain(`"--also=combined=${folder}/haproxy.pem"`);
  });

  test("are in cron's line", async () => {
    await pair("web");
    const { stdout } = await systemd([...also("der=web.der"), ...web()], {}, "cron");
    expect(stdout).toContain(`'--also=der=${folder}/web.der' '${folder}/web.crt'`);
  });
});

describe("how often", () => {
  const leaf = (hours: number) => ({ notBefore: new Date(0), notAfter: new Date(hours * hour) });
  const percent = { kind: "percent", used: 66 } as const;
  test.each([
    [24, "hourly", false],
    [1, "*-*-* *:*:00", false],
    [0.1, "*-*-* *:*:00", true],
    [24 * 30, "daily", false],
    [24 * 7, "*-*-* 00/6:00:00", false],
  ])("a lifetime of %s hours: %s", (hours, calendar, isTight) => {
    expect(rhythmFor(percent, leaf(hours))).toMatchObject({ rhythm: { calendar }, isTight });
  });
  test("a lifetime that nothing tells: hourly, as for a day", () => {
    expect(rhythmFor(percent, null).rhythm.calendar).toBe("hourly");
  });

  test("the certificate's own life decides", async () => {
    await pair("web", { to: 29 * 24 });
    expect((await systemd(web())).stdout).toContain("OnCalendar=daily");
  });
});

describe("step's own units beside it", () => {
  /** As step's documentation has it. */
  const template = () => `[Service]
Environment=STEPPATH=/etc/step-ca \\
            CERT_LOCATION=${folder.replaceAll(" ", "\\ ")}/%i.crt \\
            "KEY_LOCATION=${folder}/%i.key"
ExecCondition=/usr/bin/step certificate needs-renewal \${CERT_LOCATION}
ExecStart=/usr/bin/step ca renew --force \${CERT_LOCATION} \${KEY_LOCATION}
`;
  const put = (name: string, text: string) => {
    mkdirSync(join(at("units"), name, ".."), { recursive: true });
    writeFileSync(join(at("units"), name), text);
  };
  const notes = async (enabled: readonly string[], unit = template()) => {
    put("cert-renewer@.service", unit);
    for (const instance of enabled) put(`timers.target.wants/cert-renewer@${instance}.timer`, "");
    const { stdout } = await systemd([...web(), "--json"]);
    return (JSON.parse(stdout) as { notes: string[] }).notes.filter((note) => note.includes("step")).slice(0);
  };
  const way = /`systemctl disable --now cert-renewer@(\S+)\.timer`/;

  test("the one that renews this certificate is named, and no other", async () => {
    const [note = ""] = await notes(["web", "mail", "db"]);
    expect(way.exec(note)?.[1]).toBe("web");
    expect(note).not.toMatch(/mail|db/);
  });

  test("none is named where all that are enabled renew others", async () => {
    expect((await notes(["mail", "db"])).filter((note) => note.includes("cert-renewer"))).toEqual([]);
  });

  test("what a drop-in says of one instance counts", async () => {
    put(
      "cert-renewer@gateway.service.d/override.conf",
      `[Service]\nWorkingDirectory=${folder}\nEnvironment=CERT_LOCATION=web.crt\n`,
    );
    put("cert-renewer@web.service.d/override.conf", "[Service]\nEnvironment=CERT_LOCATION=/srv/other.crt\n");
    expect(way.exec((await notes(["gateway", "web"]))[0] ?? "")?.[1]).toBe("gateway");
  });

  test("a link to it, and a command that was written out, are it as well", async () => {
    await pair("web");
    symlinkSync(at("web.crt"), at("live.crt"));
    put(
      "cert-renewer@x.service",
      '[Service]\nExecStart=\nExecStart=/bin/sh -c "cd / && step ca renew --force '.concat(
        `${folder.replaceAll(" ", "_")}/x.crt x.key"\n`,
      ),
    );
    put("cert-renewer@y.service", `[Service]\nExecStart=step ca renew '${at("live.crt")}' y.key\n`);
    const spaceless = `${folder.replaceAll(" ", "_")}`;
    symlinkSync(folder, spaceless);
    symlinkSync(at("web.crt"), at("x.crt"));
    try {
      const [note = ""] = await notes(["x", "mail"]);
      expect(way.exec(note)?.[1]).toBe("x");
    } finally {
      rmSync(spaceless);
    }
  });

  test("a name with a space in it, in quotes", async () => {
    const [note = ""] = await notes(
      ["x"],
      `[Service]\nExecStart=/usr/bin/step ca renew --force "${at("web.crt")}" web.key\n`,
    );
    expect(way.exec(note)?.[1]).toBe("x");
  });

  test.each([
    [
      "a file that holds it",
      "[Service]\nEnvironmentFile=/etc/x/%i\nExecStart=step ca renew --force $CERT_LOCATION $KEY_LOCATION\n",
    ],
    ["a variable of another's", "[Service]\nExecStart=step ca renew --force $CERT $KEY\n"],
    [
      "a name that only the machine knows",
      "[Service]\nExecStart=step ca renew --force /etc/ssl/%H.crt /etc/ssl/%H.key\n",
    ],
    ["nothing", ""],
  ])("%s: it is said that it cannot be told", async (_, unit) => {
    const [note = ""] = await notes(["web", "mail"], unit);
    expect(note).toContain("cannot be told");
    expect(note).toContain("`systemctl cat cert-renewer@mail.timer cert-renewer@web.timer`");
    expect(note).not.toMatch(way);
  });

  test("that none starts with the machine is said", async () => {
    expect(await notes([])).toEqual([expect.stringContaining("none of them starts with the machine")]);
  });
});

test("a word of a command line is that word, whatever is in it", () => {
  expect(word(`a b"c\\d%e$f`)).toBe(`"a b\\"c\\\\d%%e$$f"`);
});

const has = spawnSync("systemd-analyze", ["--version"]).status === 0;
describe.skipIf(!has)("systemd-analyze finds no fault", () => {
  const analyze = (...words: string[]) => spawnSync("systemd-analyze", words, { cwd: at("units"), encoding: "utf8" });

  const forms: [string, string[], string[]][] = [
    ["a timer", [], ["web.crt", "web.key"]],
    ["a timer that reloads", ["--reload", "nginx"], ["web.crt", "web.key"]],
    ["a daemon", ["--daemon"], ["web.crt", "web.key"]],
    ["a daemon that reloads", ["--daemon", "--reload", "nginx.service"], ["web.crt", "web.key"]],
    ["odd names", ["--exec-shell", `echo "$RENEW_CERT" 100% 'x' \\n; true`], [`we b%"'$.crt`, "k e y"]],
    ["a backslash at the end", [], ["web.crt\\", "k.key"]],
    ["a backslash at the end of both", [], ["web.a\\", "web.b\\"]],
    ["other forms", ["--also", "combined=/srv/we b/web.pem"], ["web.crt", "web.key"]],
    ["an odd instance", [], ["we b%é.crt", "we b%é.key"]],
    ["a user", ["--user", "daemon"], ["web.crt", "web.key"]],
    ["others' files", ["--pid-file", "/run/x.pid"], ["web.crt", "web.key"]],
  ];

  test.each(forms)("in %s", async (_, flags, [crt = "", key = ""]) => {
    const { exit, stderr } = await systemd(install(...flags, at(crt), at(key)));
    expect({ exit, stderr: exit === 0 ? "" : stderr }).toEqual({ exit: 0, stderr: "" });
    for (const name of units())
      for (const line of linesOf(name)) if (line.startsWith("Description=")) expect(line).not.toMatch(/\\$/);
    const files = units().map((name) => `./${name}`);
    const verified = analyze("verify", "--man=no", ...files);
    // Of systemd's own units that this machine may lack it warns as well.
    const ofOurs = verified.stderr.split("\n").filter((line) => /renew/.test(line));
    expect({ status: verified.status, ofOurs }).toEqual({ status: 0, ofOurs: [] });
    for (const file of files.filter((name) => name.endsWith(".service"))) {
      const { stdout, stderr: problem } = analyze("security", "--offline=true", "--no-pager", file);
      const score = Number(/Overall exposure level for .*: ([\d.]+)/.exec(stdout)?.[1] ?? problem);
      expect(score).toBeLessThanOrEqual(3);
    }
  });

  test("its calendar is one", () => {
    const all = ["*-*-* *:*:00", "*-*-* *:00/5:00", "*-*-* *:00/15:00", "*-*-* 00/6:00:00", "hourly", "daily"];
    expect(analyze("calendar", ...all).status).toBe(0);
  });
});
