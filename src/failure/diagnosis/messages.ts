/** What clients and proxies say: step, Go, Node, OpenSSL, curl, Java, Python, nginx. Not the CA's own sentences: those are the causes'. */
import type { CauseId } from "../evidence.ts";
import type { Code } from "../facts.ts";

export type Meaning = readonly (Code | CauseId)[];

const file = "(certificate chain|private key)";

/** The first that fits decides, so what is particular comes first. */
export const messages: readonly (readonly [RegExp, Meaning])[] = [
  // the CA's log, about clients that did not like the CA's certificate
  [
    /TLS handshake error from \S+ (EOF|remote error: tls: )/i,
    ["CA_UNTRUSTED", "CA_NAME_MISMATCH", "CA_CERT_EXPIRED", "CA_CERT_NOT_YET_VALID"],
  ],

  // proxies
  [
    /No required SSL certificate was sent|The SSL certificate error|client SSL certificate verify error/i,
    ["TLS_TERMINATED"],
  ],
  [/header.{0,20}(too large|too long)|431 Request Header|exceeded maximum allowed header/i, ["HEADER_TOO_LARGE"]],
  [/plain HTTP request was sent to HTTPS port|speaking plain HTTP to an SSL/i, ["PROXY_SPEAKS_HTTP"]],
  [
    /\b(502 Bad Gateway|50[34] (Service|Gateway)|no healthy upstream|upstream connect error|No server is available to handle)/i,
    ["CA_UNREACHABLE", "PROXY_ANSWERED"],
  ],
  [/\b(403 Forbidden|407 Proxy Auth|413 (Request Entity|Payload|Content))/i, ["PROXY_REFUSED", "PROXY_ANSWERED"]],
  [/404 page not found|405 Method Not Allowed|404 Not Found/i, ["WRONG_PATH", "NOT_A_CA"]],
  [/\bToo Many Requests\b/i, ["CA_BUSY"]],
  [
    /failed decoding CA error response|invalid character '<'/i,
    ["NOT_A_CA", "PROXY_REFUSED", "CA_UNREACHABLE", "HEADER_TOO_LARGE"],
  ],

  // files, by step and Go
  [new RegExp(`error (reading|loading) ${file}.*(no such file|executable file not found)`, "i"), ["FILE_MISSING"]],
  [new RegExp(`error (reading|loading) ${file}.*is a directory`, "i"), ["FILE_IS_FOLDER"]],
  [
    /open \/dev\/tty|allocating terminal|loading private key.*no such device/i,
    ["WOULD_OVERWRITE", "EXPIRED_NEEDS_FORCE", "KEY_ENCRYPTED"],
  ],
  [/decryption password incorrect|bad.?decrypt/i, ["WRONG_PASSPHRASE"]],
  [/not a valid PEM encoded block|failed to find any PEM data in certificate/i, ["NOT_PEM", "FILE_EMPTY"]],
  [/\bPEM\b.*no.start.line|PEM_(R_)?NO_START_LINE/i, ["NOT_PEM", "ROOT_NOT_PEM", "FILE_EMPTY"]],
  [/does not contain a valid PEM encoded certificate/i, ["SWAPPED", "NO_CERTIFICATE"]],
  [/does not contain a valid private key|failed to find PEM block with type ending in/i, ["PUBLIC_KEY", "NO_KEY"]],
  [/malformed certificate/i, ["NOT_PEM", "FILE_EMPTY", "BAD_CERTIFICATE"]],
  [/KEY_VALUES_MISMATCH|key values mismatch|private key does not match public key/i, ["KEY_MISMATCH"]],
  [/not certificates found/i, ["ROOT_NOT_PEM"]],
  [/error reading cert pool/i, ["ROOT_MISSING"]],
  [/\bopen \S+ failed: /i, ["CANNOT_WRITE"]],

  // step's words about its own command line
  [/requires the '--ca-url' flag/i, ["CA_URL_MISSING"]],
  [/must have https scheme/i, ["BAD_URL"]],
  [/are mutually exclusive|flag '[^']*' requires the '/i, ["FLAG_CONFLICT"]],
  [/invalid value '[^']*' for flag '--(expires-in|renew-period)'/i, ["BAD_DURATION"]],
  [/too many positional arguments/i, ["BAD_FLAG"]],
  [/Something unexpected happened/i, ["NOT_A_CA", "BAD_RESPONSE"]],

  // the server's certificate
  [
    /ALTNAME_INVALID|cannot validate certificate for|certificate is (not )?valid for|legacy Common Name field|no alternative certificate subject name|No (subject alternative|name matching)|hostname.{0,40}(mismatch|doesn't match)/i,
    ["CA_NAME_MISMATCH"],
  ],
  [
    /CERT_HAS_EXPIRED|CertificateExpiredException|(problem|failed|error:num=10|code: 10)[^a-z]{1,4}certificate has expired|^(Error: )?certificate has expired$/i,
    ["CA_CERT_EXPIRED"],
  ],
  [/CERT_NOT_YET_VALID|CertificateNotYetValid|certificate is not yet valid(?! \d)/i, ["CA_CERT_NOT_YET_VALID"]],
  [
    /SELF_SIGNED_CERT|UNABLE_TO_(GET_ISSUER_CERT|VERIFY_LEAF_SIGNATURE)|self.signed certificate|unable to get (local )?issuer certificate|unable to verify the first certificate|PKIX path (building|validation) failed|CERTIFICATE_VERIFY_FAILED|SEC_ERROR_UNKNOWN_ISSUER/i,
    ["CA_UNTRUSTED"],
  ],

  // the network
  [
    /first record does not look like a TLS handshake|server gave HTTP response to HTTPS client|wrong.version.number|plaintext connection\?|packet length too long/i,
    ["NOT_A_CA"],
  ],
  [
    /connection refused|ECONNREFUSED|no such host|ENOTFOUND|EAI_AGAIN|could not resolve host|UnknownHostException|no route to host|EHOSTUNREACH|network is unreachable|ENETUNREACH|couldn't connect to server|failed to connect to/i,
    ["CA_UNREACHABLE"],
  ],
  [
    /i\/o timeout|deadline exceeded|TLS handshake timeout|ETIMEDOUT|UND_ERR_(CONNECT|HEADERS|BODY)_TIMEOUT|timed out/i,
    ["CA_TIMEOUT"],
  ],
  [
    /ECONNRESET|connection reset by peer|socket hang up|other side closed|empty reply from server|unexpected EOF|": EOF\b/i,
    ["CA_CLOSED"],
  ],
];

/** TLS alerts by what Go, OpenSSL, Node, Java and others call them (RFC 8446 §6.2). */
export const alertNames: readonly (readonly [RegExp, number])[] = (
  [
    ["bad.?cert(ificate)?", 42],
    ["unsupported.?cert(ificate)?", 43],
    ["(revoked.?certificate|certificate.?revoked)", 44],
    ["(expired.?cert(ificate)?|certificate.?expired)", 45],
    ["unknown.?(ca\\b|certificate.?authority)", 48],
    ["(unknown.?certificate|certificate.?unknown)", 46],
    ["access.?denied", 49],
    ["(error decrypting message|decrypt.?error)", 51],
    ["certificate.?required", 116],
  ] as const
).map(([name, number]) => [new RegExp(`(alert|tls:|SSL_ERROR).{0,20}(_|\\b)${name}`, "i"), number]);
