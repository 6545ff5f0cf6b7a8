/** Exit 78: trust and configuration. */
import { shell, shellFile } from "../shell.ts";
import { instant, relative } from "../time.ts";
import { type Family, quoted, sentence } from "./explanation.ts";

/** Names that can stand in a URL as they are: no wildcards. */
const namesToUse = (names: readonly string[]) => names.filter((name) => !name.includes("*"));

/** The same address under another name. The name is foreign. */
function addressOf(url: string, name = ""): string {
  const { protocol, port } = new URL(url);
  return shell(`${protocol}//${name.includes(":") ? `[${name}]` : name}${port && `:${port}`}`, "URL");
}

const clockHelp = "is this machine's clock right? `date -u`, `timedatectl`";

export const trust: Family<
  | "CA_URL_MISSING"
  | "BAD_CONFIGURATION"
  | "NO_CONTEXT"
  | "ROOT_MISSING"
  | "ROOT_NOT_PEM"
  | "CA_UNTRUSTED"
  | "CA_NAME_MISMATCH"
  | "CA_CERT_EXPIRED"
  | "CA_CERT_NOT_YET_VALID"
> = {
  CA_URL_MISSING: {
    exit: 78,
    retry: "after-fix",
    title: "nobody said where the CA is",
    about:
      "The CA's address comes from --ca-url, STEP_CA_URL, or `ca-url` in $STEPPATH/config/defaults.json, which `step ca bootstrap` writes.",
    what: () => "nobody said where the CA is",
    why: () => "Neither a flag nor the environment nor step's configuration has its address.",
    evidence: (f) => f.looked.map((place) => ["looked at", place]),
    help: () => [
      "add `--ca-url https://ca.internal:9000`",
      "or set it up once: `step ca bootstrap --ca-url URL --fingerprint SHA256`",
    ],
  },
  BAD_CONFIGURATION: {
    exit: 78,
    retry: "after-fix",
    title: "step's configuration cannot be used",
    about:
      "defaults.json, in $STEPPATH/config or in a context's two folders, is JSON with flag names as keys; contexts.json and current-context.json in $STEPPATH say which context it is. They are read only when a flag is missing.",
    what: (f) => `${f.file} cannot be used`,
    why: (f) => sentence(f.problem),
    help: (f) => {
      if (f.isList)
        return [
          `see how its certificates stand: \`renew status --config ${shellFile(f.file)}\``,
          "for one of them, leave `--config` out here, and name its CA by `--ca-url` and `--root`",
        ];
      if (f.problem === "it does not exist") return ["check the path after `--config`"];
      const look = /JSON/.test(f.problem)
        ? `see what is wrong with it: \`node -p 'JSON.parse(fs.readFileSync(process.argv[1]))' ${shellFile(f.file)}\``
        : `look at it: \`cat ${shellFile(f.file)}\``;
      return [look, "or give every value as a flag"];
    },
  },
  NO_CONTEXT: {
    exit: 78,
    retry: "after-fix",
    title: "which of step's contexts is meant cannot be told",
    about:
      "With contexts (`step context list`) one STEPPATH serves several CAs. The one to use is named by --context or STEP_CONTEXT, else it is the current one (`step context select NAME`), else the only one. step asks on the terminal where there are several, which hangs or fails in a unit.",
    what: (f) => {
      if (f.named === undefined) return `step has ${f.known.length} contexts here, and none is current`;
      return f.known.length === 0
        ? `${f.named.from} names the context '${f.named.name}', and step has none here`
        : `step has no context '${f.named.name}' here`;
    },
    why: (f) => {
      if (f.named === undefined) return "A context says which CA is meant, and which root is trusted.";
      return f.known.length === 0
        ? `Contexts are listed in ${f.file}, which does not exist or lists none.`
        : `${f.named.from} names it, and ${f.file} has others.`;
    },
    evidence: (f) => (f.known.length === 0 ? [] : [["contexts", f.known.join(", ")]]),
    help: (f) => {
      const [first] = f.known;
      if (first === undefined)
        return ["leave it out", "or make one: `step ca bootstrap --context NAME --ca-url URL --fingerprint SHA256`"];
      if (f.nearest !== undefined) return [`did you mean \`--context ${shell(f.nearest, "NAME")}\`?`];
      return [
        `name one: \`--context ${shell(first, "NAME")}\`, or STEP_CONTEXT in a unit`,
        "or choose one for good: `step context select NAME`",
      ];
    },
  },
  ROOT_MISSING: {
    exit: 78,
    retry: "after-fix",
    title: "the CA's root certificate is not there",
    about:
      "Only the CA's own root is trusted. It comes from --root, STEP_ROOT, `root` in defaults.json, or $STEPPATH/certs/root_ca.crt.",
    what: (f) => `the root certificate ${f.file} cannot be read`,
    why: (f) => `${f.from} names it, and without a root the CA cannot be trusted.`,
    evidence: (f) => [["system error", f.errno]],
    help: (f) => [
      `name it: \`${/roots/i.test(f.from) ? "--roots" : "--root"} root_ca.crt\``,
      "get it from the CA: `step ca root root_ca.crt --ca-url URL --fingerprint SHA256`",
    ],
  },
  ROOT_NOT_PEM: {
    exit: 78,
    retry: "after-fix",
    title: "the root file holds no certificate",
    about: "A root file is PEM or DER and holds one or more certificates.",
    what: (f) => `${f.file} holds no root certificate`,
    why: () => "A root file holds one or more certificates as PEM or DER.",
    evidence: (f) => (f.found.length === 0 ? [] : [["it holds", f.found.join(", ")]]),
    help: () => ["get the root from the CA: `step ca root root_ca.crt --ca-url URL --fingerprint SHA256`"],
  },
  CA_UNTRUSTED: {
    exit: 78,
    retry: "after-fix",
    title: "the server's certificate does not lead to a trusted root",
    about:
      "What listens at the CA's address shows a certificate that none of the given roots has signed: another CA, a renewed root, a proxy with a certificate of its own, or a server that leaves out its intermediate.",
    what: () => "the CA's own certificate does not lead to a trusted root",
    why: (f) =>
      f.kind === "leaf-only"
        ? "The server sends its own certificate without the intermediate that signed it, or it belongs to another CA."
        : f.kind === "same-name"
          ? "A root of the same name is trusted, but with another key: the CA was set up anew, or this is not it."
          : "The root that was given did not sign what the server shows. No request was sent.",
    evidence: (f) => [
      ...f.roots.map((root) => ["trusted root", root] as const),
      ...f.presented.map((certificate) => ["server shows", certificate] as const),
      ["system said", quoted(f.said)],
    ],
    help: (f) => [
      `is ${new URL(f.url).origin} the CA that issued this certificate?`,
      "if the CA has a new root: `step ca root root_ca.crt --ca-url URL --fingerprint SHA256`, or `--root old.crt,new.crt`",
      "if a proxy with its own certificate stands before the CA, trust its root too: `--root ca_root.crt,proxy_root.crt`",
    ],
  },
  CA_NAME_MISMATCH: {
    exit: 78,
    retry: "after-fix",
    title: "the CA's certificate is for other names than the URL's",
    about:
      "The host of --ca-url must be among the names in the CA's certificate, which are the dnsNames of its ca.json.",
    what: (f) => `the CA's certificate is not for ${f.host}`,
    why: () => "The host of --ca-url must be one of the names in the CA's certificate. No request was sent.",
    evidence: (f) => [["its names", f.names.length === 0 ? "none" : f.names.join(", ")]],
    help: (f) => [
      ...(namesToUse(f.names)[0] === undefined
        ? []
        : [`use a name that it has: \`--ca-url ${addressOf(f.url, namesToUse(f.names)[0])}\``]),
      `the CA's administrator: add ${quoted(f.host)} to dnsNames in ca.json`,
    ],
  },
  CA_CERT_EXPIRED: {
    exit: 78,
    retry: "after-fix",
    title: "the CA's own certificate has expired, by our clock",
    about:
      "Either the CA's server certificate (or an issuer of it) has really expired, or the clock of this machine is ahead.",
    what: () => "the CA's certificate has expired, by our clock",
    why: () => "Either it really has, or this clock is ahead. No request was sent.",
    evidence: (f) => [
      ...(f.notAfter ? [["expired", `${instant(f.notAfter)} (${relative(f.notAfter, f.now)})`] as const] : []),
      ["our clock", instant(f.now)],
    ],
    help: () => [
      clockHelp,
      "the CA's administrator: restart step-ca, which gets itself a new certificate; check its root and intermediate",
    ],
  },
  CA_CERT_NOT_YET_VALID: {
    exit: 78,
    retry: "after-fix",
    title: "the CA's own certificate is not valid yet, by our clock",
    about:
      "Most often the clock of this machine is behind: step-ca makes its server certificate when it starts, valid from that moment.",
    what: () => "the CA's certificate is not yet valid by our clock",
    why: () =>
      "Most likely this clock is behind: step-ca makes its certificate when it starts, valid from then. No request was sent.",
    evidence: (f) => [
      ...(f.notBefore ? [["valid from", `${instant(f.notBefore)} (${relative(f.notBefore, f.now)})`] as const] : []),
      ["our clock", instant(f.now)],
    ],
    help: () => [clockHelp, "if this clock is right, the CA's is ahead: its administrator has to set it"],
  },
};
