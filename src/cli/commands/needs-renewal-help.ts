/** Below the flags of `renew needs-renewal --help`. */
export const needsRenewalHelp = `EXAMPLES
  In a script: has it used 66% of its lifetime?
    $ renew needs-renewal web.crt && renew --force web.crt web.key

  In a unit, before the renewal (see EXIT STATUS):
    ExecCondition=renew needs-renewal /etc/step/certs/web.crt
    ExecStart=renew --force /etc/step/certs/web.crt /etc/step/certs/web.key

  Less than a day left, of any certificate in the file?
    $ renew needs-renewal --bundle --expires-in 24h fullchain.pem

  What does the server really present?
    $ renew needs-renewal https://web.internal --roots root_ca.crt -v
    $ renew needs-renewal tls://10.0.0.7:8443 --servername web.internal

  The numbers, for a program:
    $ renew needs-renewal --json web.crt

RULES
  A percentage counts whole: 66% is met when 66 percent are full. A duration is
  met when no more than it is left; 0s is met by an expired certificate. An
  empty --expires-in is the default, as for step.

SERVERS
  tls:// tcp:// https:// (port 443), smtps:// (465), ldaps:// (636), each with
  HOST, HOST:PORT, [IPv6] or [IPv6]:PORT; a path is passed over. TLS from the
  first byte on; nothing is sent after the handshake. The connection is direct,
  as step's is; where that fails, HTTPS_PROXY is tried.
  The certificate has to lead to a root and to be for the name. So the expired
  certificate of a server is 255, not 0: it cannot be verified, and step's
  scripts expect 255. The failure says that it has expired; its file gives 0.

EXIT STATUS
  0 it needs renewal   1 it does not   2 there is no such file
  255 anything else: usage, an unreadable file, a server that cannot be
  reached or verified   129, 130, 143 interrupted
  What systemd's ExecCondition makes of them: 0 goes on; 1 to 254 skips the
  unit quietly; 255 fails it. So a certificate file that is missing (2), or
  whose name is mistyped, is passed over in silence. Where it must be there,
  add before it: ExecCondition=/bin/sh -c 'test -e FILE || exit 255'
`;
