/** Below the flags of `renew --help`: examples first, because people look for theirs. */
export const renewHelp = `EXAMPLES
  Renew in place, without a question (terminal, CI job):
    $ renew --force web.crt web.key --ca-url https://ca.internal:9000 \\
        --root root_ca.crt

  From cron or a timer: only in the last third of the lifetime, quietly:
    $ renew -q --force --expires-in 66% web.crt web.key

  Reload a service afterwards; what fails is owed, and the next run does it:
    $ renew -q --force --expires-in 66% --exec 'systemctl reload nginx' \\
        web.crt web.key
    $ renew -q --force --expires-in 66% --pid-file /run/haproxy.pid \\
        --signal USR2 web.crt web.key

  Stay, renew in time, and reload a service each time:
    $ renew --daemon --exec "systemctl reload nginx" web.crt web.key

  After \`step ca bootstrap\` the CA and its root are known:
    $ renew --force web.crt web.key

  Behind a proxy that ends TLS, prove identity by token:
    $ renew --force --mtls=false web.crt web.key

  Keep the last two certificates, and go back to the newest of them:
    $ renew --force --backup 2 web.crt web.key
    $ renew rollback web.crt web.key

  Keep the old file, write the new chain beside it:
    $ renew web.crt web.key --out new.crt

  For HAProxy, certificate and key in one file; for Java, PKCS#12:
    $ renew --force web.crt web.key --also combined=haproxy.pem \\
        --also p12=tomcat.p12 --p12-password-file p12.pass

  In a script: was it renewed (0), or not due (10)?
    $ renew --force --exit-code --expires-in 8h web.crt web.key

  Will it renew tonight, and what if tonight's run is missed?
    $ renew doctor web.crt web.key

  What does this error mean?
    $ renew explain CA_REFUSED

OTHER COMMANDS
  renew rekey CRT KEY            the same certificate for a new key, both as one
  renew run                      many certificates, which a file lists
  renew rollback CRT KEY         back to what --backup has kept
  renew systemd CRT KEY          units for it: a timer or a daemon, sandboxed
  renew cron CRT KEY             the line for a crontab
  renew needs-renewal FILE|URL   is it time? For timers and units
  renew status [CRT...]          how they stand; for Prometheus, too
  renew kubeconfig [FILE]        the certificate of a Kubernetes user
  renew kubectl-credential       kubectl's plugin: renews when it is asked
  renew doctor CRT KEY           what is well, what is not, and a forecast
  renew explain [CODE]           the page of an error code or a cause
  renew completion SHELL         what bash, zsh or fish completes it with
  renew demo                     a story in half a minute, on an embedded CA
  renew dev-ca                   the embedded CA, for trying things out

HOOKS
  --exec and --exec-shell run in this folder and write to stderr. They are told
  RENEW_CERT, RENEW_KEY, RENEW_SERIAL, RENEW_PREVIOUS_SERIAL, RENEW_NOT_AFTER,
  RENEW_NAMES (a comma between them) and RENEW_METHOD (mtls, token or rollback).
  What an earlier run owes comes first, also when nothing is due.

OTHER FORMS
  --also FORM=FILE writes the certificate besides, in one piece with CRT: a
  crash leaves all files old, all new, or the next run makes them so.
    leaf        the certificate alone        chain   its intermediates
    fullchain   both, as in CRT              der     the certificate, binary
    combined    both, then the key           p12     PKCS#12, with the key
    root        the CA's roots
  A file that is missing or stale is written also when nothing is due, from what
  is there, and no hook is run for it. New files with the key are yours alone
  (0600), the others are like CRT; a file that is there keeps mode and owner.
  The key of combined is encrypted where KEY is, and a p12's by its passphrase.

TWO RUNS AT ONCE
  One at a time works on a certificate. The others wait, --lock-timeout at
  most, and end with 0 when it has done what they were asked for.

ENVIRONMENT
  Each flag with a value, --force and --mtls can come from STEP_<FLAG>, such as
  STEP_CA_URL or STEP_FORCE (step calls it STEP_F), or from
  $STEPPATH/config/defaults.json (default ~/.step). A flag wins over the
  environment, and that over the file. --also is a list in the file, and has
  commas in STEP_ALSO. Where step has contexts, --context, STEP_CONTEXT, the
  current one or the only one is used: its profile's defaults.json over its
  authority's. HTTPS_PROXY and NO_PROXY are honoured; loopback addresses never
  go through a proxy. NO_COLOR, FORCE_COLOR.

EXIT STATUS
  0 renewed or not due   64 usage   65 content of a file   66 missing file
  69 renewed, but the hook failed   70 bug   73 cannot write   75 try later
  76 wrong answer   77 refused   78 trust, configuration
  129, 130, 143 interrupted   10 not due (--exit-code)
`;
