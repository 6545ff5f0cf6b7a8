/** Help for a list of `renew run` names its keys, and never a command for one certificate alone. */
import { describe, expect, test } from "vitest";
import { tell } from "../../src/failure/catalogue/catalogue.ts";
import { inList, ofList } from "../../src/failure/catalogue/list-words.ts";
import { Failure } from "../../src/failure/failure.ts";

describe("in a list", () => {
  test.each([
    ["name it: `--root root_ca.crt`", 'name it: `"root": "root_ca.crt"`'],
    ["`--root old.crt,new.crt`", '`"root": "old.crt,new.crt"`'],
    ["put it into a file: `--password-file FILE`", 'put it into a file: `"password-file": "FILE"`'],
    ["leave `--password-file` out", 'leave `"password-file"` out'],
    ["`--also combined=NEW`", '`"also": {"combined": "NEW"}`'],
    ["`--lock-timeout 2m`", '`"lock-timeout": "2m"`'],
    ["`renew --force a.crt a.key --ca-url https://ca:9000 --root r.crt`", "`renew run`"],
    ["`renew --force --expires-in 66% a.crt a.key`", "`renew run -q --keep-going`"],
    ["`renew --force --mtls=false a.crt a.key`", "`renew run --method token`"],
    ["`renew --force a.crt a.key --ca-url https://NAME:PORT`", '`"ca-url": "https://NAME:PORT"`'],
    ["`renew doctor a.crt a.key`", "`renew doctor a.crt a.key`"],
    ["`step ca root root.crt --ca-url URL`", "`step ca root root.crt --ca-url URL`"],
    ["`renew run --method auto`", "`renew run --method auto`"],
    ["`--config FILE`", "`--config FILE`"],
    ["see `renew --help`", "see `renew --help`"],
  ])("%s", (flags, keys) => {
    expect(inList(flags)).toBe(keys);
  });

  test.each([
    new Failure("ROOT_MISSING", { file: "r.crt", from: "root in renew.json", errno: "ENOENT" }),
    new Failure("KEY_ENCRYPTED", { file: "web.key", role: "key" }),
    new Failure("FILE_MISSING", { file: "web.crt", role: "certificate", similar: [] }),
    new Failure("FILE_EMPTY", { file: "pass", role: "passphrase" }),
    new Failure("FILE_EMPTY", { file: "p12.pass", role: "p12-passphrase" }),
    new Failure("SWAPPED", { certificate: "web.key", key: "web.crt" }),
    new Failure("NO_CERTIFICATE", { file: "web.key", role: "certificate", found: ["PRIVATE KEY"] }),
    new Failure("NO_KEY", { file: "web.crt", role: "key", found: ["CERTIFICATE"] }),
    new Failure("WOULD_LOSE_KEY", { file: "web.pem", held: "key", form: "leaf" }),
    new Failure("WOULD_LOSE_KEY", { file: "web.pem", held: "key" }),
  ])("%j has no flag in its help that a list does not have", (failure) => {
    const help = tell(failure, { isList: true }).help.join("\n");
    expect(help).not.toMatch(/`--|`renew |the command runs in|--password-file|--out/);
    expect(help).not.toBe("");
  });

  test("a command that keeps the list names it, where it was named", () => {
    const failure = new Failure("BAD_RUN_CONFIG", { file: "b.json", problem: { kind: "empty" }, others: 1 });
    const [last] = tell(failure, { isList: true, list: "my list.json" }).help.slice(-1);
    expect(last).toContain("`renew run --config 'my list.json' --keep-going`");
    expect(tell(failure, { isList: true }).help.join()).toContain("`renew run --keep-going`");
    expect(ofList("a$&b$$.json")("`renew run`")).toBe("`renew run --config 'a$&b$$.json'`");
    expect(ofList("b.json")("`renew run`, `renew run --help`, `renew run --config FILE`")).toBe(
      "`renew run --config b.json`, `renew run --help`, `renew run --config FILE`",
    );
  });

  test("alone: with flags, as ever", () => {
    const { help } = tell(new Failure("ROOT_MISSING", { file: "r.crt", from: "--root", errno: "ENOENT" }));
    expect(help[0]).toBe("name it: `--root root_ca.crt`");
  });
});
