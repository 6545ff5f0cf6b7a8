/** Exit 75 and 76: nobody answered, or not with what was asked for. */
import type { Answered, Diagnosis } from "../evidence.ts";
import { type Family, type Line, quoted, sentence } from "./explanation.ts";
import { aroundProxy, reach } from "./unanswered.ts";

function said({ status, said: words, requestId, server, via }: Answered): Line[] {
  const who: Line[] = [];
  if (server !== undefined) who.push(["server", quoted(server)]);
  if (via !== undefined) who.push(["via", quoted(via)]);
  if (requestId !== undefined) who.push(["request id", requestId]);
  return [["it said", words === "" ? `${status}, and nothing else` : `${status} ${quoted(words)}`], ...who];
}

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
  "CA_BUSY" | "CA_FAILED" | "NOT_A_CA" | "BAD_RESPONSE" | "RESPONSE_TOO_LARGE" | "WRONG_CERTIFICATE" | "PROXY_REFUSED"
> = {
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
    what: (f) =>
      f.proxy === undefined
        ? `something in front of ${new URL(f.url).host} refused`
        : `the proxy ${f.proxy} refused a tunnel to ${new URL(f.url).host}`,
    why: (f) => {
      if (f.proxy !== undefined)
        return f.status === 407
          ? "It wants a user and a password. The CA was not asked."
          : `HTTPS_PROXY names it as the way to the CA, and it answered ${f.status}: the CA was not asked.`;
      return `The answer is not in step-ca's words, so a proxy spoke: ${f.problem}.`;
    },
    evidence: (f) => [["url", f.url], ...said(f)],
    help: (f) => [
      ...(f.problem.includes("header")
        ? ["the proxy's administrator: allow larger headers, in nginx `large_client_header_buffers 4 16k;`"]
        : []),
      ...(f.proxy !== undefined && f.status === 407 ? ["name them: `HTTPS_PROXY=http://USER:PASSWORD@HOST:PORT`"] : []),
      f.proxy === undefined
        ? "go to the CA directly, around the proxy: `--ca-url https://CA:9000`"
        : aroundProxy(new URL(f.url).hostname),
    ],
  },
};
