/** Exit 75, where no answer came, or not the whole of one. */
import { shell } from "../shell.ts";
import { span } from "../time.ts";
import { type Family, quoted } from "./explanation.ts";

/** A limit below a second is no limit of 0s. */
const limit = (ms: number) => (ms < 1000 ? `${ms}ms` : span(ms));

export const reach = (url: string) =>
  `see who answers: \`curl -skv ${shell(`${url.replace(/\/[^/]*$/, "")}/health`, "URL")}\``;

/** Of the errors below HTTP: nobody was there. */
const isAbsent = (errno: string) => !/^(HPE_|ECONNRESET$|EPIPE$|ERR_|[A-Z]*_CERT|CERT_|UNABLE_)/.test(errno);

export const aroundProxy = (host: string) =>
  `go to the CA directly: \`NO_PROXY=${shell(host, "HOST")}\` in the environment`;

export const unanswered: Family<"CA_UNREACHABLE" | "CA_TIMEOUT" | "CA_CLOSED"> = {
  CA_UNREACHABLE: {
    exit: 75,
    retry: "later",
    title: "the CA cannot be reached",
    about:
      "Nobody listens at the address, its name has no address, the network has no way there, or a proxy in front of the CA cannot reach it (502, 503, 504; of Cloudflare 520 to 530).",
    what: (f) => {
      if (f.proxy === undefined) return `${f.host} cannot be reached`;
      if (f.status !== undefined) return `the proxy ${f.proxy} cannot reach ${f.host}`;
      return `the proxy ${f.proxy} ${isAbsent(f.errno) ? "cannot be reached" : "opens no tunnel"}`;
    },
    why: (f) => {
      if (f.proxy !== undefined)
        return f.status === undefined
          ? `HTTPS_PROXY names it as the way to ${f.host}, and the proxy has failed: the CA was not asked.`
          : `It answered ${f.status} when it was asked for a tunnel: the CA itself was not asked.`;
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
      ...(f.proxy === undefined ? [] : [aroundProxy(f.host)]),
      f.proxy !== undefined
        ? "or is the proxy down? HTTPS_PROXY says where it is"
        : f.errno === "ENOTFOUND"
          ? `check the name: \`getent hosts ${shell(f.host, "HOST")}\``
          : "is the CA running, and is that its address?",
      ...(f.proxy === undefined ? [reach(f.url)] : []),
    ],
  },
  CA_TIMEOUT: {
    exit: 75,
    retry: "later",
    title: "the CA did not answer in time",
    about: "The whole exchange is bounded by --timeout (30s), connecting by 10s of it.",
    what: (f) =>
      f.proxy !== undefined
        ? `no tunnel through the proxy ${f.proxy} within ${limit(f.limitMs)}`
        : f.phase === "connect"
          ? `no connection to the CA within ${limit(f.limitMs)}`
          : `no whole answer from the CA within ${limit(f.limitMs)}`,
    why: (f) =>
      f.proxy !== undefined
        ? "HTTPS_PROXY names it as the way to the CA, and it did not open that way: the CA was not asked."
        : f.phase === "connect"
          ? "A firewall that drops packets looks like this, and so does a host that is down, or a server that takes the connection and says nothing."
          : "The connection stood, but the answer did not come.",
    evidence: (f) => [["url", f.url]],
    help: (f) => [
      f.proxy === undefined ? reach(f.url) : aroundProxy(new URL(f.url).hostname),
      "allow more time: `--timeout 2m`",
    ],
  },
  CA_CLOSED: {
    exit: 75,
    retry: "later",
    title: "the CA closed the connection without an answer, or in the middle of one",
    about:
      "An answer that was cut off is lost: where it had begun with 201, the CA may have issued a certificate that nobody has, and another run renews again. No answer and no TLS alert. A CA that is restarting does this; so does step-ca v0.19 to v0.22 when the token's audience is not one of its names, and a step-ca whose cloud provisioner could not be initialised.",
    what: (f) =>
      "cut" in f
        ? `the CA's answer was cut off after ${f.cut.bytes} ${f.cut.bytes === 1 ? "byte" : "bytes"}`
        : "the connection was closed without an answer",
    why: (f) =>
      "cut" in f
        ? f.cut.status === 201
          ? "It had begun with 201: the CA may have issued a certificate, which is lost. Another run renews again."
          : `It had begun with ${f.cut.status}, and the rest, with its reason, is lost.`
        : f.isBeforeTls
          ? "It was closed before the TLS handshake, so no certificate was sent, and none was judged."
          : f.method === "mtls"
            ? "It was closed after the client certificate was sent, without a TLS alert, and nothing speaks against the certificate."
            : "No certificate was offered in the handshake, so it is no refusal of one. A restart, a crash in the CA, or something between us.",
    evidence: (f) => [
      ["url", f.url],
      ["system said", quoted(f.said)],
    ],
    help: (f) =>
      "cut" in f
        ? [
            "run the same command again",
            "a proxy or a load balancer may limit how long an answer takes, or how large it is",
          ]
        : [],
  },
};
