/** Kubeconfigs in all the shapes that YAML and JSON allow, for properties that hold whatever a file looks like. */
import fc from "fast-check";
import { stringify } from "yaml";

const base64 = (seed: string, length: number) => Buffer.from(seed.repeat(length)).toString("base64");
/** A kubeconfig as some program may have written it; the user dave has a pair. */
export interface Shape {
  before: Record<string, string>[];
  after: Record<string, string>[];
  more: Record<string, string>;
  sizes: [number, number, number, number];
  style: "PLAIN" | "QUOTE_SINGLE" | "QUOTE_DOUBLE" | "BLOCK_LITERAL";
  indent: number;
  json: boolean;
  windows: boolean;
  keyFirst: boolean;
  trailing: string;
}

const words = fc.string({ maxLength: 12 });
export const shapes: fc.Arbitrary<Shape> = fc.record({
  before: fc.array(fc.record({ token: words, username: words }), { maxLength: 3 }),
  after: fc.array(fc.record({ token: words }), { maxLength: 3 }),
  more: fc.dictionary(fc.constantFrom("as", "as-uid", "x"), words, { maxKeys: 2 }),
  sizes: fc.tuple(
    ...([1, 1, 1, 1].map(() => fc.integer({ min: 30, max: 120 })) as [
      fc.Arbitrary<number>,
      fc.Arbitrary<number>,
      fc.Arbitrary<number>,
      fc.Arbitrary<number>,
    ]),
  ),
  style: fc.constantFrom("PLAIN", "QUOTE_SINGLE", "QUOTE_DOUBLE", "BLOCK_LITERAL"),
  indent: fc.integer({ min: 1, max: 6 }),
  json: fc.boolean(),
  windows: fc.boolean(),
  keyFirst: fc.boolean(),
  trailing: fc.constantFrom("", "\n", "\n# the end\n", "\n\n"),
});

export function shaped({
  before,
  after,
  more,
  sizes: [certificate, key],
  style,
  indent,
  json,
  windows,
  keyFirst,
  trailing,
}: Shape): string {
  const pair = { "client-certificate-data": base64("old", certificate), "client-key-data": base64("Key", key) };
  const turned = Object.fromEntries(Object.entries(pair).reverse());
  const own = keyFirst ? { ...more, ...turned } : { ...pair, ...more };
  const users = [
    ...before.map((user, index) => ({ name: `before${index}`, user })),
    { name: "dave", user: own },
    ...after.map((user, index) => ({ user, name: `after${index}` })),
  ];
  const config = { kind: "Config", users, contexts: [] };
  const text = json
    ? JSON.stringify(config, null, indent)
    : stringify(config, { indent, lineWidth: 0, defaultStringType: style, defaultKeyType: "PLAIN" });
  const whole = text.trimEnd() + trailing.replace("# the end\n", json ? "" : "# the end\n");
  return windows ? whole.replaceAll("\n", "\r\n") : whole;
}
