/** Any TLS server that `renew needs-renewal` looks at. Its exit statuses are step's; these are the families they belong to. */
import { shell } from "../shell.ts";
import { instant, relative, span } from "../time.ts";
import { type Family, quoted } from "./explanation.ts";

const asStep = "`renew needs-renewal` ends with 255 then, as step does.";

export const servers: Family<"SERVER_UNREACHABLE" | "SERVER_UNTRUSTED"> = {
  SERVER_UNREACHABLE: {
    exit: 75,
    retry: "later",
    title: "a server to look at cannot be reached",
    about: `No connection, no answer within --timeout, or no TLS from the first byte on: STARTTLS is not spoken. The way is direct, and by HTTPS_PROXY where that fails. ${asStep}`,
    what: (f) =>
      f.problem === "timeout"
        ? `${f.url} does not answer within ${span(f.limitMs)}`
        : f.problem === "tls"
          ? `${f.url} does not complete a TLS handshake`
          : `${f.url} cannot be reached`,
    why: (f) =>
      f.problem === "tls"
        ? "What listens there does not speak TLS from the first byte on, or wants a client certificate."
        : f.proxy !== undefined
          ? `There is no direct way to it, and the proxy of HTTPS_PROXY, ${f.proxy}, opens none.`
          : "Without the server's certificate it cannot be told whether it needs renewal.",
    evidence: (f) => [
      [
        f.proxy === undefined ? "system said" : "by the proxy",
        quoted(f.errno !== "" && !f.said.includes(f.errno) ? `${f.errno}: ${f.said}` : f.said),
      ],
    ],
    help: (f) => [
      f.problem === "timeout"
        ? "is the port open, and no firewall between? Or give it more time: `--timeout 1m`"
        : "check host and port",
      "or look at the file on the server itself: `renew needs-renewal CRT`",
    ],
  },
  SERVER_UNTRUSTED: {
    exit: 78,
    retry: "after-fix",
    title: "what a server presents cannot be trusted",
    about: `The certificate does not lead to one of --roots (or the system's), is for other names, has expired or is not valid yet. What an unknown server shows says nothing of the certificate that was meant. An expired one needs renewal most of all; but it cannot be verified. ${asStep}`,
    what: (f) => {
      switch (f.problem) {
        case "expired":
          return `${f.url} has an expired ${f.notAfter < f.now ? "certificate" : "issuer"}`;
        case "not-yet-valid":
          return `${f.url} has a certificate not yet valid`;
        case "name":
          return `${f.url} has another name's certificate`;
        case "unknown-issuer":
          return `${f.url} leads to no trusted root`;
      }
    },
    why: (f) => {
      if (f.problem === "expired" && f.notAfter < f.now)
        return "It needs renewal; but as it cannot be verified, this is an error, as for step.";
      if (f.problem === "name") return `It is not for ${f.name}. Only alternative names count, not the common name.`;
      if (f.problem === "not-yet-valid") return "By this machine's clock it begins later.";
      return "What cannot be verified says nothing of the certificate that was meant.";
    },
    evidence: (f) => [
      ["subject", f.subject || "none"],
      ["issuer", f.issuer],
      ...(f.problem === "name" ? [["its names", f.names.join(", ") || "none"] as const] : []),
      ...(f.problem === "not-yet-valid" ? [["valid from", instant(f.notBefore)] as const] : []),
      ["valid until", `${instant(f.notAfter)} (${relative(f.notAfter, f.now)})`],
      ["system said", quoted(f.said)],
    ],
    help: (f) => {
      switch (f.problem) {
        case "expired":
          return ["renew it, where its file and key are: `renew --force CRT KEY`"];
        case "not-yet-valid":
          return ["is this machine's clock right? `date -u`, `timedatectl`"];
        case "name": {
          const name = f.names.find((one) => !one.includes("*"));
          return name === undefined
            ? ["ask for a name that it has: `--servername NAME`"]
            : [`ask for a name that it has: \`--servername ${shell(name, "NAME")}\``];
        }
        case "unknown-issuer":
          return ["name the root that it leads to: `--roots root_ca.crt`"];
      }
    },
  },
};
