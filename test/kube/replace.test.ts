/** One value is written anew, whatever the file looks like: all other bytes stay, and all other values. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { filled } from "../../src/kube/inside.ts";
import { parseKubeconfig } from "../../src/kube/kubeconfig.ts";
import { at, read } from "../../src/kube/written.ts";
import { shaped, shapes } from "../support/kubeconfig-shapes.ts";

const place = {
  file: "config",
  user: "dave",
  halves: {
    certificate: { in: "config", key: "client-certificate-data" },
    key: { in: "config", key: "client-key-data" },
  },
} as const;

test("whatever the file looks like", () => {
  fc.assert(
    fc.property(shapes, (shape) => {
      const text = shaped(shape);
      const [, , certificate, key] = shape.sizes;
      const pem = { certificate: Buffer.from("new".repeat(certificate)), key: Buffer.from("KEY".repeat(key)) };
      const after = filled(place, Buffer.from(text), pem).toString();
      const value = (whole: string) =>
        parse(whole.replaceAll("\r\n", "\n")) as { users: { name: string; user: Record<string, string> }[] };
      const expected = value(text);
      const own = expected.users.find(({ name }) => name === "dave")?.user ?? {};
      const ends = (old: string | undefined) => (old?.endsWith("\n") ? "\n" : "");
      own["client-certificate-data"] = pem.certificate.toString("base64") + ends(own["client-certificate-data"]);
      own["client-key-data"] = pem.key.toString("base64") + ends(own["client-key-data"]);
      expect(value(after)).toEqual(expected);
      // What comes before the first of the two values, and what comes after the last, is the same byte for byte.
      const { users } = parseKubeconfig("config", Buffer.from(text));
      const written = users.find(({ name }) => name === "dave")?.own;
      const spots = ["client-certificate-data", "client-key-data"].map((name) => at(written, name));
      const [first, last] = [
        Math.min(...spots.map((spot) => spot?.start ?? 0)),
        Math.max(...spots.map((spot) => spot?.end ?? 0)),
      ];
      expect(after.startsWith(text.slice(0, first))).toBe(true);
      expect(after.endsWith(text.slice(last))).toBe(true);
    }),
    { numRuns: 300 },
  );
});

describe("what is read of any text", () => {
  test("never throws anything but a fault with a place", () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.string({
            unit: fc.constantFrom(
              "a",
              ":",
              " ",
              "-",
              "\n",
              "{",
              "}",
              "[",
              "]",
              "&",
              "*",
              '"',
              "'",
              "|",
              ">",
              "#",
              ",",
              "?",
              "!",
              "<",
              "\t",
              "\r",
            ),
          }),
        ),
        (text) => {
          const reading = read(text);
          if ("fault" in reading) expect(reading.fault.at).toBeLessThanOrEqual(text.length);
          else expect(["words", "entries", "items", "elsewhere"]).toContain(reading.root.kind);
        },
      ),
      { numRuns: 1000 },
    );
  });

  test("however deep it is", () => {
    expect(read("[".repeat(100_000))).toHaveProperty("fault");
  });
});
