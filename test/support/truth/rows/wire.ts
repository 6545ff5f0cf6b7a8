/** What is between the client and the CA, or listens in its place. */
import {
  answering,
  hidingAfterTheFirst,
  passing,
  plainHttp,
  presenting,
  saying,
  terminating,
  unwrapping,
  unwrappingForOpenssl,
} from "../fronts.ts";
import {
  badChain,
  expired,
  hours,
  mtls,
  newest,
  type Outcome,
  oldAndNew,
  type Row,
  refused,
  rejected,
  stopped,
  token,
  x509,
} from "../row.ts";

const missing = "missing client certificate";
const byToken = () => ["--mtls=false"];
const via = { Via: "1.1 gateway" };

/** As nginx has it (ngx_http_special_response.c, error 497), and Apache (server/core.c and modules/ssl). */
const nginx = (title: string) => ({
  status: 400,
  headers: { "Content-Type": "text/html", Server: "nginx/1.24.0" },
  body: `<html>\r\n<head><title>400 ${title}</title></head>\r\n<body>\r\n<center><h1>400 Bad Request</h1></center>\r\n<center>${title}</center>\r\n<hr><center>nginx/1.24.0</center>\r\n</body>\r\n</html>\r\n`,
});
const apache = {
  status: 400,
  headers: { "Content-Type": "text/html; charset=iso-8859-1", Server: "Apache/2.4.58 (Ubuntu)" },
  body: `<!DOCTYPE HTML PUBLIC "-//IETF//DTD HTML 2.0//EN">\n<html><head>\n<title>400 Bad Request</title>\n</head><body>\n<h1>Bad Request</h1>\n<p>Your browser sent a request that this server could not understand.<br />\nReason: You're speaking plain HTTP to an SSL-enabled server port.<br />\n Instead use the HTTPS scheme to access this URL, please.<br />\n</p>\n</body></html>\n`,
};

const proxies: Row[] = [
  {
    name: "TLS-terminating proxy",
    on: oldAndNew,
    through: (scene) => terminating(scene),
    expect: token,
  },
  {
    name: "TLS-terminating proxy, serverAuth only",
    on: oldAndNew,
    leaf: { usages: ["serverAuth"] },
    through: (scene) => terminating(scene),
    expect: (version) => (version === "v0.26.1" ? token : badChain("NO_CLIENT_AUTH", x509.usage)),
  },
  {
    name: "TLS-terminating proxy, clientAuth only",
    on: oldAndNew,
    leaf: { usages: ["clientAuth"] },
    through: (scene) => terminating(scene),
    expect: (version) => (version === "v0.26.1" ? badChain("NO_SERVER_AUTH_OLD_CA", x509.usage) : token),
  },
  {
    name: "TLS-terminating proxy with a certificate of its own",
    on: oldAndNew,
    through: async (scene) => terminating(scene, { own: await proxysOwn(scene) }),
    expect: stopped("WRONG_CERTIFICATE"),
  },
  {
    name: "the same, whose certificate has expired",
    on: oldAndNew,
    leaf: expired,
    through: async (scene) => terminating(scene, { own: await proxysOwn(scene) }),
    expect: stopped("WRONG_CERTIFICATE"),
  },
  {
    name: "proxy under a name that is not the CA's, --mtls=false",
    on: oldAndNew,
    flags: byToken,
    through: (scene) => terminating(scene, { host: "127.0.0.2" }),
    expect: refused("token", "AUDIENCE_NOT_A_CA_NAME", "validation failed, invalid audience claim (aud)"),
  },
  {
    name: "proxy that takes the token away",
    on: oldAndNew,
    leaf: expired,
    through: (scene) => terminating(scene, { authorization: () => undefined }),
    expect: refused("token", "TOKEN_NOT_SEEN", missing, { certainty: "likely" }),
  },
  {
    name: "proxy that takes the token away, and shows itself",
    on: oldAndNew,
    leaf: expired,
    through: (scene) => terminating(scene, { authorization: () => undefined, adds: via }),
    expect: refused("token", "TOKEN_NOT_SEEN", missing),
  },
  {
    name: "proxy that cuts the token, and shows itself",
    on: oldAndNew,
    leaf: expired,
    through: (scene) => terminating(scene, { authorization: (value) => value.slice(0, 400), adds: via }),
    expect: { ...refused("token", "TOKEN_UNREADABLE", "error parsing x5cInsecure token"), certainty: "possible" },
  },
  {
    name: "proxy that speaks plain HTTP to the CA",
    on: oldAndNew,
    leaf: expired,
    through: (scene) => terminating(scene, { isPlain: true }),
    expect: refused("token", "PROXY_SPEAKS_HTTP", null, { code: "NOT_A_CA" }),
  },
  ...(["valid", "expired"] as const).flatMap((life): Row[] => {
    const leaf = life === "valid" ? {} : expired;
    const expect = refused("token", "PROXY_SPEAKS_HTTP", null, { code: "NOT_A_CA" });
    const first = { ...expect, method: life === "valid" ? ("mtls" as const) : ("token" as const) };
    return [
      {
        name: `proxy that passes on what was in TLS, ${life}`,
        on: oldAndNew,
        leaf,
        through: unwrapping,
        expect: first,
      },
      {
        name: `the same to a TLS port of OpenSSL, ${life}`,
        on: newest,
        leaf,
        through: unwrappingForOpenssl,
        // It says nothing, and closes.
        expect: refused(first.method, "CONNECTION_CUT", null, { code: "CA_CLOSED", certainty: "possible" }),
      },
      {
        name: `nginx behind the proxy wants TLS, ${life}`,
        on: newest,
        leaf,
        through: (scene) => answering(scene, nginx("The plain HTTP request was sent to HTTPS port")),
        expect: first,
      },
      {
        name: `Apache behind the proxy wants TLS, ${life}`,
        on: newest,
        leaf,
        through: (scene) => answering(scene, apache),
        expect: first,
      },
    ];
  }),
  {
    name: "proxy whose headers may have 2 KB",
    on: newest,
    leaf: expired,
    through: (scene) => terminating(scene, { maxHeaderSize: 2048 }),
    expect: refused("token", "HEADER_TOO_LARGE", null, { code: "PROXY_REFUSED" }),
  },
  {
    name: "proxy that reaches no CA",
    on: newest,
    leaf: expired,
    through: (scene) => answering(scene, { status: 502, body: "<html><title>502 Bad Gateway</title></html>" }),
    expect: refused("token", "PROXY_ANSWERED", null, { code: "CA_UNREACHABLE" }),
  },
  {
    name: "proxy that wants a login",
    on: newest,
    leaf: expired,
    through: (scene) => answering(scene, { status: 401, headers: { Server: "nginx" }, body: "<html>401</html>" }),
    expect: refused("token", "PROXY_ANSWERED", null, { code: "PROXY_REFUSED" }),
  },
  ...([511, 524] as const).map(
    (status): Row => ({
      name: `${status === 511 ? "captive portal" : "proxy that gives up waiting"}, ${status}`,
      on: newest,
      leaf: expired,
      through: (scene) => answering(scene, { status, body: "<html><title>Not yet</title></html>" }),
      expect: refused("token", "PROXY_ANSWERED", null, { code: status === 511 ? "PROXY_REFUSED" : "CA_UNREACHABLE" }),
    }),
  ),
  ...["durations", "template", "webhook"].map(
    (name): Row => ({
      // None of them is asked at a renewal.
      name: `a provisioner whose ${name} would refuse it, expired`,
      at: "provisioners that sign nothing",
      on: oldAndNew,
      leaf: { ...expired, provisioner: { name } },
      expect: token,
    }),
  ),
  {
    name: "a path before /renew",
    on: newest,
    flags: ({ standing }) => ["--ca-url", `${standing.ca.url}/ca`],
    expect: refused("mtls", "WRONG_PATH", null, { code: "NOT_A_CA" }),
  },
  {
    name: "the path /1.0",
    on: oldAndNew,
    flags: ({ standing }) => ["--ca-url", `${standing.ca.url}/1.0`],
    expect: mtls,
  },
  {
    name: "the path /1.0, expired",
    on: oldAndNew,
    leaf: expired,
    flags: ({ standing }) => ["--ca-url", `${standing.ca.url}/1.0`],
    expect: token,
  },
];

async function proxysOwn({ standing: { ca } }: Parameters<NonNullable<Row["through"]>>[0]) {
  const provisioner = { name: "after-expiry" };
  const { chain, key } = await ca.authority.issue({ subject: "proxy", names: ["proxy.example"], provisioner });
  return { cert: chain, key };
}

/** Nothing but /health, as a production guide may have it. */
const public_ = /^\/(1\.0\/)?(version|provisioners|roots|intermediates|crl)/;
const hidden = {
  through: (scene: Parameters<NonNullable<Row["through"]>>[0]) => terminating(scene, { hides: public_ }),
};
const hiddenAfter: Pick<Row, "through"> = { through: (scene) => hidingAfterTheFirst(scene, public_) };
const likely = { certainty: "likely" } as const;
const possible = { certainty: "possible" } as const;

const hiding: Row[] = [
  {
    name: "endpoints hidden, clientAuth only, expired",
    on: oldAndNew,
    leaf: { ...expired, usages: ["clientAuth"] },
    ...hidden,
    expect: (version) => (version === "v0.26.1" ? badChain("NO_SERVER_AUTH_OLD_CA", x509.usage, likely) : token),
  },
  {
    name: "endpoints hidden, serverAuth only, expired",
    on: oldAndNew,
    leaf: { ...expired, usages: ["serverAuth"] },
    ...hidden,
    expect: (version) => (version === "v0.26.1" ? token : badChain("NO_CLIENT_AUTH", x509.usage, likely)),
  },
  {
    name: "/version hidden, serverAuth only, expired",
    on: newest,
    leaf: { ...expired, usages: ["serverAuth"] },
    through: (scene) => terminating(scene, { hides: /^\/version/ }),
    expect: badChain("NO_CLIENT_AUTH", x509.usage),
  },
  {
    name: "endpoints hidden, codeSigning only, expired",
    on: oldAndNew,
    leaf: { ...expired, usages: ["codeSigning"] },
    ...hidden,
    expect: badChain("NO_CLIENT_AUTH", x509.usage),
  },
  {
    // What hides the endpoints presents the CA's intermediate all the same.
    name: "endpoints hidden, leaf only, expired",
    on: oldAndNew,
    leaf: expired,
    file: ({ certificate }) => certificate,
    ...hidden,
    expect: token,
  },
  {
    name: "endpoints hidden, of an earlier intermediate, leaf only, expired",
    on: oldAndNew,
    by: "earlier",
    leaf: expired,
    file: ({ certificate }) => certificate,
    ...hidden,
    expect: badChain("CHAIN_INCOMPLETE", x509.unknown, likely),
  },
  {
    name: "endpoints hidden, of another CA, expired",
    on: oldAndNew,
    by: "foreign",
    leaf: expired,
    ...hidden,
    expect: badChain("UNKNOWN_ISSUER", x509.unknown, likely),
  },
  {
    name: "endpoints hidden, of another CA, valid",
    on: oldAndNew,
    by: "foreign",
    ...hiddenAfter,
    expect: rejected("UNKNOWN_ISSUER", x509.unknown, likely),
  },
  {
    name: "endpoints hidden, serverAuth under another's use, valid",
    on: oldAndNew,
    by: "forServers",
    ...hiddenAfter,
    expect: rejected("ISSUER_FORBIDS_USAGE", x509.usage, likely),
  },
  {
    name: "endpoints hidden, provisioner gone, valid",
    on: oldAndNew,
    leaf: { provisioner: { name: "gone" } },
    ...hiddenAfter,
    expect: refused("mtls", "PROVISIONER_GONE", "authority.authorizeRenew: provisioner not found", possible),
  },
  {
    name: "endpoints hidden, not yet valid",
    on: oldAndNew,
    leaf: { notBefore: hours(1), notAfter: hours(3) },
    ...hiddenAfter,
    expect: rejected("NOT_YET_VALID", x509.time, { code: "CERT_NOT_YET_VALID" }),
  },
  {
    name: "endpoints hidden, no provisioner extension, expired",
    on: oldAndNew,
    leaf: { ...expired, provisioner: null },
    ...hidden,
    expect: refused(
      "token",
      "NO_EXTENSION_FOR_TOKEN",
      "error validating renew token: cannot get provisioner from certificate",
      likely,
    ),
  },
  {
    name: "endpoints hidden, provisioner lacks allowRenewalAfterExpiry",
    on: oldAndNew,
    leaf: { ...expired, provisioner: { name: "admin" } },
    ...hidden,
    expect: refused("token", "EXPIRED_NOT_ALLOWED", "certificate expired on", { code: "CERT_EXPIRED" }),
  },
];

const page = { status: 200, headers: { "Content-Type": "text/html" }, body: "<html><title>Welcome</title></html>" };
const inItsPlace = (name: string, through: Row["through"], expect: Outcome, more: Partial<Row> = {}): Row => ({
  name,
  on: newest,
  ...(through && { through }),
  expect,
  ...more,
});

const elsewhere: Row[] = [
  inItsPlace(
    "answer 429 with Retry-After",
    (scene) => answering(scene, { status: 429, headers: { "Retry-After": "30" } }),
    stopped("CA_BUSY", /Too Many/),
  ),
  inItsPlace("answer 200 with a page", (scene) => answering(scene, page), stopped("NOT_A_CA")),
  inItsPlace("answer 404 with a page", (scene) => answering(scene, { ...page, status: 404 }), stopped("NOT_A_CA")),
  inItsPlace("answer 201, empty", (scene) => answering(scene, { status: 201 }), stopped("BAD_RESPONSE")),
  inItsPlace(
    "answer 302",
    (scene) => answering(scene, { status: 302, headers: { Location: "https://login.example/" } }),
    stopped("NOT_A_CA"),
  ),
  inItsPlace("plain HTTP on the port", () => plainHttp(), stopped("NOT_A_CA", /HTTP response to HTTPS client/)),
  inItsPlace(
    "an SSH server on the port",
    () => saying("SSH-2.0-OpenSSH_9.7\r\n"),
    stopped("NOT_A_CA", /TLS handshake/),
  ),
  inItsPlace("accepts, never answers", () => saying(""), stopped("CA_TIMEOUT"), {
    flags: () => ["--timeout", "1s"],
    noStep: "waits for ever",
  }),
  inItsPlace("nobody listens", undefined, stopped("CA_UNREACHABLE", /connection refused/), {
    flags: () => ["--ca-url", "https://localhost:1"],
  }),
  inItsPlace("no such host", undefined, stopped("CA_UNREACHABLE", /no such host|lookup/), {
    flags: () => ["--ca-url", "https://ca.invalid:9000"],
  }),
  inItsPlace(
    "URL's name not among the CA's",
    (scene) => passing(scene, "127.0.0.2"),
    stopped("CA_NAME_MISMATCH", /certificate is valid for|cannot validate certificate/),
  ),
  inItsPlace(
    "server's certificate expired",
    async ({ standing: { ca } }) => {
      const { chain, key } = await ca.authority.issue({ names: ["localhost"], usages: ["serverAuth"], ...expired });
      return presenting({ cert: chain, key });
    },
    stopped("CA_CERT_EXPIRED", /has expired/),
  ),
];

export const wire: Row[] = [...proxies, ...hiding, ...elsewhere];
