/** Whose certificates are renewed, and of which shape. */
import { ask } from "../raw.ts";
import {
  alert,
  badChain,
  bothWays,
  type Case,
  expired,
  mtls,
  refused,
  renewed,
  type TokenChange,
  token,
  unknownAuthority,
  wrongUsage,
} from "./case.ts";

const ecdsa = (issuer: string): string =>
  `${unknownAuthority} (possibly because of "x509: ECDSA verification failure" while trying to verify candidate authority certificate "${issuer}")`;
const leafAlone: TokenChange = { chain: ({ certificate }) => certificate };

const chainCases: Case[] = [
  { name: "leaf alone, mTLS", ask: mtls({}, leafAlone), expect: renewed },
  { name: "leaf alone, token", ask: token(expired, leafAlone), expect: badChain(unknownAuthority) },
  { name: "leaf alone under the root itself, mTLS", at: "root", ask: mtls({}, leafAlone), expect: renewed },
  { name: "leaf alone under the root itself, token", at: "root", ask: token(expired, leafAlone), expect: renewed },
  { name: "of an earlier intermediate, mTLS", ask: mtls({}, { by: ({ earlier }) => earlier }), expect: renewed },
  { name: "of an earlier intermediate, token", ask: token(expired, { by: ({ earlier }) => earlier }), expect: renewed },
  {
    name: "of an earlier intermediate, leaf alone, mTLS",
    ask: mtls({}, { by: ({ earlier }) => earlier, ...leafAlone }),
    expect: alert(48, unknownAuthority),
  },
  {
    name: "under an intermediate for servers only, mTLS",
    ask: mtls({}, { by: ({ forServers }) => forServers }),
    expect: alert(42, wrongUsage),
  },
  {
    name: "under an intermediate for servers only, token",
    ask: token(expired, { by: ({ forServers }) => forServers }),
    expect: (version) => (version === "v0.26.1" ? renewed : badChain(wrongUsage)),
  },
  { name: "of another CA, mTLS", ask: mtls({}, { by: ({ foreign }) => foreign }), expect: alert(48, unknownAuthority) },
  {
    name: "of another CA, token",
    ask: token(expired, { by: ({ foreign }) => foreign }),
    expect: badChain(unknownAuthority),
  },
  {
    name: "of another CA with the same names, mTLS",
    ask: mtls({}, { by: ({ impostor }) => impostor }),
    expect: alert(48, ecdsa("root")),
  },
  {
    name: "of another CA with the same names, token",
    ask: token(expired, { by: ({ impostor }) => impostor }),
    expect: badChain(ecdsa("root")),
  },
];

const shapeCases: Case[] = [
  {
    name: "certificate and bad token: the certificate counts",
    ask: async (bench) => {
      const { chain, key } = await bench.issue();
      return ask(bench.ca, { pair: { cert: chain, key }, headers: { Authorization: "Bearer nonsense" } });
    },
    expect: renewed,
  },
  ...(["RSA-2048", "P-384", "P-521", "Ed25519"] as const).flatMap((key) => bothWays(`${key} key`, { key }, renewed)),
  ...bothWays("no common name", { subject: null }, renewed),
  ...bothWays("no names", { names: [] }, renewed),
  ...bothWays(
    "names of every kind",
    { names: ["a.example", "10.1.2.3", "::1", "a@b.example", "https://a.example/b"] },
    renewed,
  ),
  ...bothWays("an organization, as Kubernetes has it", { organization: "system:masters" }, renewed),
  { name: "no digitalSignature, mTLS", ask: mtls({ keyUsages: ["keyEncipherment"] }), expect: renewed },
  ...(["keyEncipherment", null] as const).map((use) => ({
    name: `${use === null ? "no key usage at all" : "no digitalSignature"}, token`,
    ask: token({ ...expired, keyUsages: use === null ? [] : [use] }),
    expect: refused(
      401,
      "error validating renew token",
      "certificate used to sign x5cInsecure token cannot be used for digital signature",
    ),
  })),
];

export const chains: Case[] = [...chainCases, ...shapeCases];
