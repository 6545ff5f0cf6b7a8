import { describe, expect, test } from "vitest";
import { parseServerAddress } from "../../src/ca/server-address.ts";
import { isFailure } from "../../src/failure/failure.ts";

describe("an address", () => {
  test.each([
    ["tls://web", "web", 443, "tls://web:443"],
    ["tcp://web", "web", 443, "tcp://web:443"],
    ["https://web", "web", 443, "https://web:443"],
    ["smtps://mail", "mail", 465, "smtps://mail:465"],
    ["ldaps://ldap", "ldap", 636, "ldaps://ldap:636"],
    ["tls://web:8443", "web", 8443, "tls://web:8443"],
    ["tls://web:", "web", 443, "tls://web:443"],
    ["TLS://WEB:8443", "web", 8443, "tls://web:8443"],
    ["hTtPs://sMaLlStEp.cOm", "smallstep.com", 443, "https://smallstep.com:443"],
    ["https://web/a/b?c#d", "web", 443, "https://web:443"],
    ["https://web:8443/", "web", 8443, "https://web:8443"],
    ["https://web?x:1", "web", 443, "https://web:443"],
    ["https://user:secret@web:1", "web", 1, "https://web:1"],
    ["https://a@b@web", "web", 443, "https://web:443"],
    ["tls://127.0.0.1:65535", "127.0.0.1", 65_535, "tls://127.0.0.1:65535"],
    ["tls://[::1]", "::1", 443, "tls://[::1]:443"],
    ["tls://[::1]:8443", "::1", 8443, "tls://[::1]:8443"],
    ["ldaps://::1", "::1", 636, "ldaps://[::1]:636"],
    ["tls://[fe80::1%25eth0]:1", "fe80::1%eth0", 1, "tls://[fe80::1%eth0]:1"],
    ["tls://bücher.example", "xn--bcher-kva.example", 443, "tls://xn--bcher-kva.example:443"],
    ["tls://under_score", "under_score", 443, "tls://under_score:443"],
  ])("%s", (text, host, port, url) => {
    expect(parseServerAddress(text)).toEqual({ host, port, url });
  });

  test.each([
    "web.crt",
    "./web.crt",
    "web:443",
    "localhost",
    "",
    "http://web",
    "imaps://web",
    "tls:/web",
    "/tls://web",
    "constructor://web",
  ])("'%s' is none, and so a file's name", (text) => expect(parseServerAddress(text)).toBeNull());

  test.each([
    "tls://",
    "tls://:443",
    "tls:///path",
    "tls://local host",
    "tls://web:0",
    "tls://web:65536",
    "tls://web:https",
    "tls://web:-1",
    "tls://web:1:2",
    "tls://[::1",
    "tls://[nonsense]",
    "tls://[]",
    "tls://a%20b",
    "tls://we\nb",
  ])("%j is not usable", (text) => {
    expect(() => parseServerAddress(text)).toThrow("BAD_URL");
  });

  test("no password comes into a message", () => {
    try {
      parseServerAddress("https://user:secret@:1");
      expect.unreachable();
    } catch (error) {
      expect(isFailure(error, "BAD_URL") && error.facts.value).toBe("https://…@:1");
    }
  });
});
