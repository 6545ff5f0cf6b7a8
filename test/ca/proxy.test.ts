/** The rules of Go's `golang.org/x/net/http/httpproxy`, by which step finds its proxy. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { proxyFor } from "../../src/ca/proxy.ts";
import { isFailure } from "../../src/failure/failure.ts";

const proxy = "http://proxy.internal:3128";

function via(host: string, env: Record<string, string>, port = 443) {
  try {
    return proxyFor({ host, port }, env)?.href ?? "direct";
  } catch (error) {
    if (isFailure(error, "BAD_URL")) return { code: error.code, ...error.facts };
    throw error;
  }
}

describe("which proxy", () => {
  test.each([
    ["none", {}, "direct"],
    ["HTTPS_PROXY", { HTTPS_PROXY: proxy }, "http://proxy.internal:3128/"],
    ["https_proxy", { https_proxy: proxy }, "http://proxy.internal:3128/"],
    ["capitals first", { HTTPS_PROXY: proxy, https_proxy: "http://other" }, "http://proxy.internal:3128/"],
    ["an empty one is none", { HTTPS_PROXY: "", https_proxy: "" }, "direct"],
    [
      "an empty one in capitals lets the other one through",
      { HTTPS_PROXY: "", https_proxy: proxy },
      "http://proxy.internal:3128/",
    ],
    ["without a scheme", { HTTPS_PROXY: "proxy.internal:3128" }, "http://proxy.internal:3128/"],
    ["over TLS", { HTTPS_PROXY: "https://proxy.internal" }, "https://proxy.internal/"],
    ["with a password", { HTTPS_PROXY: "http://u:p%40ss@proxy.internal" }, "http://u:p%40ss@proxy.internal/"],
    ["HTTP_PROXY is for http", { HTTP_PROXY: proxy, http_proxy: proxy, ALL_PROXY: proxy }, "direct"],
  ])("%s", (_, env, expected) => {
    expect(via("ca.internal", env)).toBe(expected);
  });

  test.each([
    ["no URL", "http://", "http://"],
    ["socks", "socks5://proxy.internal", "socks5://proxy.internal"],
    ["a bad port", "u:secret@proxy.internal:99999", "…@proxy.internal:99999"],
    ["a password that cannot be decoded", "http://u:%zz@proxy.internal", "http://…@proxy.internal"],
  ])("%s is refused, and no password repeated", (_, value, shown) => {
    expect(via("ca.internal", { HTTPS_PROXY: value })).toMatchObject({
      code: "BAD_URL",
      from: "HTTPS_PROXY",
      value: shown,
    });
  });

  test.each(["localhost", "127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1", "::ffff:7f00:1"])(
    "%s needs none",
    (host) => {
      expect(via(host, { HTTPS_PROXY: proxy })).toBe("direct");
    },
  );

  test.each(["localhost.internal", "mylocalhost", "128.0.0.1", "::2"])("%s is not loopback", (host) => {
    expect(via(host, { HTTPS_PROXY: proxy })).not.toBe("direct");
  });
});

describe("NO_PROXY", () => {
  test.each([
    ["ca.internal", "ca.internal", true],
    ["CA.Internal", "ca.internal", true],
    ["internal", "ca.internal", true],
    ["internal", "a.b.internal", true],
    ["internal", "notinternal", false],
    [".internal", "ca.internal", true],
    [".internal", "internal", false],
    ["*.internal", "ca.internal", true],
    ["*.internal", "internal", false],
    ["*internal", "ca.internal", false],
    ["*", "ca.internal", true],
    ["other, ca.internal ,x", "ca.internal", true],
    ["", "ca.internal", false],
    [" , ,", "ca.internal", false],
    [".", "ca.internal", false],
    ["*.", "ca.internal", false],
    ["ca.internal:443", "ca.internal", true],
    ["ca.internal:9000", "ca.internal", false],
    ["ca.internal:", "ca.internal", true],
    ["internal:443", "ca.internal", true],
    ["ca.internal:https", "ca.internal", false],
    [":443", "ca.internal", false],
    ["bücher.example", "xn--bcher-kva.example", true],
    ["10.0.0.1", "10.0.0.1", true],
    ["10.0.0.1", "10.0.0.10", false],
    ["10.0.0.1:443", "10.0.0.1", true],
    ["10.0.0.1:9000", "10.0.0.1", false],
    ["0.0.1", "10.0.0.1", false],
    ["0.1", "10.0.0.1", false],
    ["10.0.0.0/8", "10.9.9.9", true],
    ["10.0.0.0/8", "11.0.0.1", false],
    ["10.0.0.0/8", "ca.internal", false],
    ["10.0.0.0/33", "10.0.0.1", false],
    ["10.0.0.0/", "10.0.0.1", false],
    ["10.0.0.0/x", "10.0.0.1", false],
    ["internal/8", "ca.internal", false],
    ["0.0.0.0/0", "10.0.0.1", true],
    ["2001:db8::1", "2001:db8::1", true],
    ["2001:DB8:0::1", "2001:db8::1", true],
    ["[2001:db8::1]:443", "2001:db8::1", true],
    ["[2001:db8::1]:9000", "2001:db8::1", false],
    ["2001:db8::/32", "2001:db8::1", true],
    ["2001:db8::/32", "2001:db9::1", false],
    ["2001:db8::/129", "2001:db8::1", false],
    ["10.0.0.1", "::ffff:a00:1", true],
  ])("'%s' and %s: direct is %s", (rule, host, direct) => {
    expect(via(host, { HTTPS_PROXY: proxy, NO_PROXY: rule }) === "direct").toBe(direct);
    expect(via(host, { https_proxy: proxy, no_proxy: rule }) === "direct").toBe(direct);
  });

  test("no rule whatever throws", () => {
    const piece = fc.constantFrom(
      "*",
      ".",
      ",",
      ":",
      "/",
      "[",
      "]",
      "::",
      "10.0.0.0",
      "internal",
      "443",
      "/99",
      "-1",
      "é",
      " ",
    );
    const rule = fc.oneof(
      fc.string(),
      fc.array(piece).map((pieces) => pieces.join("")),
    );
    const host = fc.constantFrom("ca.internal", "10.0.0.1", "2001:db8::1");
    fc.assert(
      fc.property(rule, host, (list, name) => {
        expect(["direct", `${proxy}/`]).toContain(via(name, { HTTPS_PROXY: proxy, NO_PROXY: list }));
      }),
      { seed: 1, numRuns: 1000 },
    );
  });
});
