/** Exit 75 and 76: nobody answered, or not with what was asked for. */
import type { Answered, Diagnosis } from "../evidence.ts";
import { shell } from "../shell.ts";
import { span } from "../time.ts";
import { type Family, type Line, quoted, sentence } from "./explanation.ts";

function said({ status, said: words, requestId, server, via }: Answered): Line[] {
  const who: Line[] = [];
  if (server !== undefined) who.push(["server", quoted(server)]);
  if (via !== undefined) who.push(["via", quoted(via)]);
  if (requestId !== undefined) who.push(["request id", requestId]);
  return [["it said", words === "" ? `${status}, and nothing else` : `${status} ${quoted(words)}`], ...who];
}

/** A limit below a second is no limit of 0s. */
const limit = (ms: number) => (ms < 1000 ? `${ms}ms` : span(ms));

const reach = (url: string) =>
  `see who answers: \`curl -skv ${shell(`${url.replace(/\/[^/]*$/, "")}/health`, "URL")}\``;

/** What the first cause says of the answer, where it is more than that it is not step-ca's. */
function notAnswered(url: string, diagnosis: Diagnosis | undefined): string {
  switch (diagnosis?.causes[0]?.id) {
    case "WRONG_PATH":
      return `there is no ${new URL(url).pathname} at ${new URL(url).origin}`;
    case "PROXY_SPEAKS_HTTP":
      return `a proxy before ${new URL(url).host} speaks no TLS to the CA`;
    case "TLS_TERMINATED":
      return `a proxy before ${new URL(url).host} judges certificates itself`;
    default:
      return `what answers at ${url} is not a step-ca`;
  }
}

const nouns = { renew: "renewal", rekey: "rekey" };

export const network: Family<
  | "CA_UNREACHABLE"
  | "CA_TIMEOUT"
  | "CA_CLOSED"
  | "CA_BUSY"
  | "CA_FAILED"
  | "NOT_A_CA"
  | "BAD_RESPONSE"
  | "RESPONSE_TOO_LARGE"
  | "WRONG_CERTIFICATE"
  | "PROXY_REFUSED"
> = {
  CA_UNREACHABLE: {
    exit: 75,
    retry: "later",
    title: "the CA cannot be reached",
    about:
      "Nobody listens at the address, its name has no address, the network has no way there, or a proxy in front of the CA cannot reach it (502, 503, 504; of Cloudflare 520 to 530).",
    what: (f) => `${f.host} cannot be reached`,
    why: (f) => {
      if (f.status !== undefined)
        return `Something in front of the CA answered ${f.status}: it could not reach the CA itself.`;
      if (f.errno === "ECONNREFUSED") return "Nobody listens at that address and port.";
      if (f.errno === "ENOTFOUND" || f.errno === "EAI_AGAIN")
        return "The name has no address, or the name server does not answer.";
      return "The network has no way there.";
    },
    evidence: (f) => [
      ["url", f.url],
      f.status === undefined ? ["system said", quoted(f.said)] : ["it said", `${f.status} ${quoted(f.said)}`],
    ],
    help: (f) => [
      f.errno === "ENOTFOUND"
        ? `check the name: \`getent hosts ${shell(f.host, "HOST")}\``
        : "is the CA running, and is --ca-url right?",
      reach(f.url),
    ],
  },
  CA_TIMEOUT: {
    exit: 75,
    retry: "later",
    title: "the CA did not answer in time",
    about: "The whole exchange is bounded by --timeout (30s), connecting by 10s of it.",
    what: (f) =>
      f.phase === "connect"
        ? `no connection to the CA within ${limit(f.limitMs)}`
        : `no whole answer from the CA within ${limit(f.limitMs)}`,
    why: (f) =>
      f.phase === "connect"
        ? "A firewall that drops packets looks like this, and so does a host that is down, or a server that takes the connection and says nothing."
        : "The connection stood, but the answer did not come.",
    evidence: (f) => [["url", f.url]],
    help: (f) => [reach(f.url), "allow more time: `--timeout 2m`"],
  },
  CA_CLOSED: {
    exit: 75,
    retry: "later",
    title: "the CA closed the connection without an answer",
    about:
      "No answer and no TLS alert. A CA that is restarting does this; so does step-ca v0.19 to v0.22 when the token's audience is not one of its names, and a step-ca whose cloud provisioner could not be initialised.",
    what: () => "the connection was closed without an answer",
    why: (f) =>
      f.isBeforeTls
        ? "It was closed before the TLS handshake, so no certificate was sent, and none was judged."
        : f.method === "mtls"
          ? "It was closed after the client certificate was sent, without a TLS alert, and nothing speaks against the certificate."
          : "No certificate was offered in the handshake, so it is no refusal of one. A restart, a crash in the CA, or something between us.",
    evidence: (f) => [
      ["url", f.url],
      ["system said", quoted(f.said)],
    ],
    help: () => [],
  },
  CA_BUSY: {
    exit: 75,
    retry: "later",
    title: "the CA, or a proxy before it, asks to come back later",
    about: "Status 429, or 503 from the CA itself. Retry-After says when.",
    what: () => "the CA is busy",
    why: (f) =>
      f.retryAfter === undefined
        ? "It asks to come back later."
        : `It asks to come back after ${/^\d+$/.test(f.retryAfter) ? `${f.retryAfter} seconds` : f.retryAfter}.`,
    evidence: (f) => [["url", f.url], ...said(f)],
    help: () => ["try again later; from a timer, spread the machines: RandomizedDelaySec="],
  },
  CA_FAILED: {
    exit: 75,
    retry: "later",
    title: "the CA failed, for a reason it keeps to its log",
    about:
      "A 500 whose reason is only in the CA's log: its database, its key store, an upstream CA. It may pass, and it may not.",
    what: () => "the CA failed",
    why: (f) => {
      const [first] = f.diagnosis.causes;
      if (first?.certainty === "certain") return sentence(first.because);
      const says = "It says that the error is its own, and keeps the reason to its log. It may pass, or not.";
      return first?.certainty === "likely" ? `${says} Most likely: ${first.because}.` : says;
    },
    help: () => [],
  },
  NOT_A_CA: {
    exit: 76,
    retry: "after-fix",
    title: "the answer is not one that a step-ca gives to a renewal",
    about:
      "Another server listens at that address: a web page, a redirect, a server without TLS. Or the CA is there, but not at that path, or a proxy speaks in its place.",
    what: (f) => notAnswered(f.url, f.diagnosis),
    why: (f) => sentence(f.diagnosis?.causes[0]?.because ?? f.problem),
    evidence: (f) => [
      ...(f.status === undefined ? [] : [["status", String(f.status)] as const]),
      ...(f.said ? [[f.status === undefined ? "system said" : "it said", quoted(f.said)] as const] : []),
    ],
    help: (f) => ["check --ca-url: host, port (step-ca's is often 9000 or 443) and path", reach(f.url)],
  },
  BAD_RESPONSE: {
    exit: 76,
    retry: "later",
    title: "the CA said yes, but its answer cannot be read",
    about: "Status 201, and then not the JSON with a certificate chain that step-ca sends. Nothing of it was used.",
    what: () => "the answer of the CA cannot be read",
    why: (f) => `It says ${f.status}, but ${f.problem}. Nothing of it was used.`,
    evidence: (f) => [["url", f.url], ...(f.said === "" ? [] : [["it said", quoted(f.said)] as const])],
    help: (f) => ["is there a proxy in between that changes answers?", reach(f.url)],
  },
  RESPONSE_TOO_LARGE: {
    exit: 76,
    retry: "after-fix",
    title: "the answer is larger than any certificate chain",
    about: "Answers are read up to 1 MiB. step-ca's are a few kilobytes.",
    what: () => "the answer is larger than any certificate chain",
    why: (f) => `It was cut off after ${f.limit / 1024} KiB. Nothing of it was used.`,
    evidence: (f) => [["url", f.url]],
    help: () => ["check --ca-url: this is hardly a step-ca"],
  },
  WRONG_CERTIFICATE: {
    exit: 76,
    retry: "after-fix",
    title: "the certificate that came back is not the one that was asked for",
    about:
      "A renewal repeats key, subject, names, usages and provisioner, ends later, and leads to a trusted root. A rekey has the new key, and repeats the rest. If any of that differs, nothing is installed. A proxy that shows the CA a client certificate of its own gets its own certificate renewed: step-ca prefers the handshake to the token.",
    what: (f) =>
      f.operation === "rekey"
        ? "what came back is not this certificate for the new key"
        : "what came back is not a renewal of this certificate",
    why: (f) => {
      const has = (...wanted: readonly string[]) => f.changes.some(({ what }) => wanted.includes(what));
      const key = f.operation === "rekey" ? "It is not for the key that was sent." : "It is for another key.";
      const differs = has("public key") ? key : `It differs in what a ${nouns[f.operation]} repeats.`;
      // A rekey through a proxy has our new key all the same, and the proxy's names.
      const isAnother = has("public key") || (f.operation === "rekey" && has("subject", "alternative names"));
      const proxy = `A proxy that shows the CA its own client certificate gets that ${f.operation}ed.`;
      return [differs, ...(isAnother ? [proxy] : []), "It was not installed."].join(" ");
    },
    evidence: (f) =>
      f.changes.flatMap(
        ({ what, was, is }) =>
          [
            [`${what} asked`, was],
            [`${what} came`, is],
          ] as const,
      ),
    help: (f) => [
      ...(f.changes.some(({ what }) => what === "root")
        ? ["if the CA has a new root, add it: `--root old_root.crt,new_root.crt`"]
        : []),
      "go to the CA directly, around the proxy: `--ca-url https://CA:9000`",
      `the CA's administrator: see which certificate the log says was ${f.operation}ed`,
    ],
  },
  PROXY_REFUSED: {
    exit: 76,
    retry: "after-fix",
    title: "something in front of the CA refused",
    about:
      "The answer is not in step-ca's words: a proxy, a firewall or a gateway spoke. A token travels in a header and grows with key size and chain: 2 KB for P-256, up to 9 KB for RSA-4096, where nginx takes 8 KB.",
    what: (f) => `something in front of ${new URL(f.url).host} refused`,
    why: (f) => `The answer is not in step-ca's words, so a proxy spoke: ${f.problem}.`,
    evidence: (f) => [["url", f.url], ...said(f)],
    help: (f) => [
      ...(f.problem.includes("header")
        ? ["the proxy's administrator: allow larger headers, in nginx `large_client_header_buffers 4 16k;`"]
        : []),
      "go to the CA directly, around the proxy: `--ca-url https://CA:9000`",
    ],
  },
};
