/** Answers that are not about the certificate: another server's, or about how the request came. */
import { type Family, proved, silent, speaks } from "../cause.ts";
import { hasExpired } from "../clock.ts";
import { againCommand, shell } from "../commands.ts";
import { proxyShown, symptomOf } from "../symptom.ts";
import { isSince } from "../version.ts";
import { quoted } from "../words.ts";
import { around } from "./between.ts";

type Elsewhere = "PROXY_SPEAKS_HTTP" | "HEADER_TOO_LARGE" | "WRONG_PATH" | "PROXY_ANSWERED" | "REKEY_REQUEST_SPOILT";

/** The address and what is before /renew in it, "" for nothing. */
function partsOf(url: string): { origin: string; prefix: string } {
  if (!URL.canParse(url)) return { origin: url, prefix: "" };
  const { origin, pathname } = new URL(url);
  return { origin, prefix: pathname.replace(/\/+$/, "") };
}

export const elsewhere: Family<Elsewhere> = {
  PROXY_SPEAKS_HTTP: {
    id: "PROXY_SPEAKS_HTTP",
    title: "a proxy sends plain HTTP to the CA's TLS port",
    who: "admin",
    symptoms: ["plain-http"],
    step: "wire",
    weigh(e) {
      if (symptomOf(e) !== "plain-http") return silent("nobody says so");
      const who = e.answer?.shape === "html" ? "what answered" : "the CA";
      return proved(`${who} says that it got plain HTTP, and we sent TLS`);
    },
    help: () => ["the proxy's administrator: use https towards the CA, or pass TLS through (nginx: `stream`)", around],
    page: `The CA answers 400, "Client sent an HTTP request to an HTTPS server", to whoever speaks plain HTTP to it. renew speaks TLS only, so a proxy between ends TLS and goes on without it. Where another server with TLS is between that proxy and the CA, that one says it in its own words: nginx "400 The plain HTTP request was sent to HTTPS port", Apache "You're speaking plain HTTP to an SSL-enabled server port".`,
    logs: ["client sent an HTTP request to an HTTPS server"],
  },

  HEADER_TOO_LARGE: {
    id: "HEADER_TOO_LARGE",
    title: "the token does not fit a proxy's limit for headers",
    who: "admin",
    symptoms: ["header-too-large"],
    step: "wire",
    weigh: (e) =>
      symptomOf(e) === "header-too-large"
        ? proved("what answered says that the request's headers are too large")
        : silent("nobody says so"),
    help: (e) => [
      "the proxy's administrator: allow larger headers, in nginx `large_client_header_buffers 4 16k;`",
      around,
      ...(hasExpired(e) ? [] : [`the certificate is still valid, and mTLS needs no header: \`${againCommand(e)}\``]),
    ],
    page: `The token carries the chain in a header: with one intermediate 2 KB for P-256 keys, 4 KB for RSA-2048, 6 KB for RSA-4096; with two intermediates of RSA-4096 8.6 KB, where nginx takes 8 KB. The proxy answers 400 ("Request Header Or Cookie Too Large") or 431. step-ca itself takes 1 MB.`,
    logs: [],
  },

  WRONG_PATH: {
    id: "WRONG_PATH",
    title: "what answers has no such path, or does not take a POST there",
    who: "you",
    symptoms: ["not-found"],
    step: "wire",
    weigh(e) {
      if (symptomOf(e) !== "not-found") return silent("nobody says so");
      const { origin, prefix } = partsOf(e.ca.url);
      const without =
        prefix === ""
          ? "another server listens there, or the CA is behind a prefix that --ca-url leaves out"
          : `the prefix ${quoted(prefix)} in --ca-url may be wrong, or one too many`;
      return proved(`the answer of ${origin} is ${e.answer?.status ?? 404}: ${without}`);
    },
    help(e) {
      const { origin, prefix } = partsOf(e.ca.url);
      const places = prefix === "" ? [origin] : [origin, `${origin}${prefix}`];
      const asked = places.map((place) => `\`curl -sk ${shell(`${place}/health`, "URL")}\``);
      return [
        `check --ca-url, its host, port and path; a step-ca answers {"status":"ok"} to ${asked.join(" or ")}`,
        "step-ca itself has no prefix: /renew and /1.0/renew; its port is often 9000 or 443",
      ];
    },
    page: `Another server listens there, or the path is wrong: a proxy's prefix left out, or one too many. step-ca has /renew and /1.0/renew; /rekey came with v0.15.0.`,
    logs: [],
  },

  REKEY_REQUEST_SPOILT: {
    id: "REKEY_REQUEST_SPOILT",
    title: "the certificate request of a rekey did not reach the CA as it was made",
    who: "both",
    symptoms: ["rekey-body"],
    step: "wire",
    weigh: (e) =>
      symptomOf(e) === "rekey-body"
        ? proved(`the CA says so: ${quoted(e.answer?.said ?? "")}`)
        : silent("nobody says so"),
    help: () => [around, "without a proxy this is a bug in renew: please report it with `renew --version`"],
    page: `POST /rekey holds a certificate request in JSON. The CA answers 400 with "error decoding json" (empty or cut), "missing csr", or "invalid csr" (its signature is wrong). renew makes sound ones, so something between has changed the body, or it is a bug.`,
    logs: ["error decoding json", "missing csr", "invalid csr"],
  },

  PROXY_ANSWERED: {
    id: "PROXY_ANSWERED",
    title: "something in front of the CA answered, not the CA",
    who: "both",
    symptoms: ["proxy", "other", "unauthorized-bare"],
    step: "wire",
    weigh(e) {
      const symptom = symptomOf(e);
      const shown = proxyShown(e.answer);
      if (symptom === "proxy" && /SSL certificate/i.test(e.answer?.said ?? ""))
        return silent("the page says more than that: it is about certificates");
      if (symptom === "proxy")
        return proved(`the answer is not in step-ca's form${shown === null ? "" : `: ${shown} gave it`}`);
      if (shown !== null) return speaks(`${shown} is in between, and the words are not step-ca's`);
      const hasOwnWords = symptom === "unauthorized-bare" && isSince(e.ca, [0, 14, 0]);
      return hasOwnWords
        ? speaks("a CA of this age has other words for it")
        : silent("the words are none of step-ca's that renew knows, so they may be a proxy's");
    },
    help(e) {
      const { status } = e.answer ?? { status: 0 };
      const isCut = (status >= 502 && status <= 504) || (status >= 520 && status <= 530);
      return [
        ...(isCut ? ["the proxy's administrator: is the CA running, and can the proxy reach it?"] : []),
        `see who answers: \`curl -skv ${shell(`${e.ca.url}/health`, "URL")}\``,
        ...(status < 400 || status === 404
          ? ["check --ca-url: host, port (step-ca's is often 9000 or 443) and path"]
          : []),
        around,
      ];
    },
    page: `step-ca answers in JSON, with a status and a message. A page, plain text, 502, 503 or 504 comes from a proxy, a load balancer or a firewall before it: it wants a login, forbids the path, or cannot reach the CA. The headers Server and Via often name it; step-ca sends neither.`,
    logs: [],
  },
};
