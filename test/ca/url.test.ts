import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseCaUrl } from "../../src/ca/url.ts";
import { isFailure } from "../../src/failure/failure.ts";

function read(value: string) {
  try {
    return parseCaUrl(value, "--ca-url");
  } catch (error) {
    if (isFailure(error, "BAD_URL")) return { code: error.code, ...error.facts };
    throw error;
  }
}

describe("the CA's address", () => {
  test.each([
    ["https://ca.internal", "https://ca.internal", "ca.internal", 443],
    ["https://ca.internal:9000", "https://ca.internal:9000", "ca.internal", 9000],
    ["HTTPS://CA.internal:9000/", "https://ca.internal:9000", "ca.internal", 9000],
    ["https://ca.internal:443", "https://ca.internal", "ca.internal", 443],
    ["ca.internal", "https://ca.internal", "ca.internal", 443],
    ["ca.internal:9000", "https://ca.internal:9000", "ca.internal", 9000],
    ["localhost:9000/", "https://localhost:9000", "localhost", 9000],
    [" ca.internal\n", "https://ca.internal", "ca.internal", 443],
    ["127.0.0.1:9000", "https://127.0.0.1:9000", "127.0.0.1", 9000],
    ["[::1]:9000", "https://[::1]:9000", "::1", 9000],
    ["https://[2001:DB8:0::1]", "https://[2001:db8::1]", "2001:db8::1", 443],
    ["ca.internal/some/prefix/", "https://ca.internal/some/prefix", "ca.internal", 443],
    ["https://ca.internal:9000/step//", "https://ca.internal:9000/step", "ca.internal", 9000],
    ["ca.internal:9000//step", "https://ca.internal:9000//step", "ca.internal", 9000],
    ["bücher.example", "https://xn--bcher-kva.example", "xn--bcher-kva.example", 443],
  ])("%s", (value, href, host, port) => {
    const url = read(value);
    expect(url).toMatchObject({ href, host, port });
    if ("origin" in url) expect(url.origin + url.prefix).toBe(href);
  });

  test.each([
    "",
    " ",
    "http://ca.internal",
    "ftp://ca.internal",
    "https://",
    "https:///",
    "https:/ca.internal",
    "ht!tp://ca.internal",
    "https ://ca.internal",
    "http//:ca.internal",
    "https:\\\\ca.internal",
    "https://ca!internal",
    "ca*.internal",
    "https:ca.internal",
    "::1",
    "::1:9000",
    "ca internal",
    "ca.internal:port",
    "ca.internal:99999",
    "https://ca.internal/?a=b",
    "https://ca.internal/#root",
    "file:///etc/passwd",
    "https://[::1",
    "unix:/run/ca.sock",
  ])("'%s' is none", (value) => {
    expect(read(value)).toMatchObject({ code: "BAD_URL", from: "--ca-url", value });
  });

  test.each([
    ["https://dave:secret@ca.internal", "https://…@ca.internal"],
    ["dave:secret@ca.internal", "…@ca.internal"],
    ["dave:sec/ret@ca.internal", "…@ca.internal"],
    ["https://dave:sec@ret@ca.internal", "https://…@ca.internal"],
    ["http://secret@ca.internal", "http://…@ca.internal"],
    ["https:/dave:secret@ca.internal", "https:/…@ca.internal"],
  ])("'%s' holds a secret, which is not repeated", (value, shown) => {
    expect(read(value)).toMatchObject({ code: "BAD_URL", value: shown });
  });

  test("anything else is an https address or BAD_URL", () => {
    const text = fc.oneof(fc.string(), fc.webUrl({ withQueryParameters: true }), fc.webAuthority({ withPort: true }));
    fc.assert(
      fc.property(text, (value) => {
        const url = read(value);
        if ("code" in url) return;
        expect(url.origin).toMatch(/^https:\/\//);
        expect(url.prefix).toMatch(/^$|^\/.*[^/]$/s);
        expect(new URL(`${url.href}/renew`).pathname).toBe(`${url.prefix}/renew`);
      }),
      { seed: 1, numRuns: 500 },
    );
  });
});
