/** Below the flags of `renew rollback --help`. */
export const rollbackHelp = `EXAMPLES
  Keep the last two from now on, with their keys where those are replaced:
    $ renew -q --force --expires-in 66% --backup 2 web.crt web.key
    $ renew rekey --force --backup 2 web.crt web.key

  What is kept, and where is the key of each?
    $ renew rollback --list web.crt web.key

  Go back to the newest, and reload the service:
    $ renew rollback --force --exec 'systemctl reload nginx' web.crt web.key

  To another one, by its number or its serial number; first without a change:
    $ renew rollback --dry-run --to 2 web.crt web.key
    $ renew rollback --force --to 2 web.crt web.key

  Back from the way back, since what was replaced is kept as well:
    $ renew rollback --force web.crt web.key

  With the files that are written in other forms, as \`renew\` writes them:
    $ renew rollback --force --also combined=haproxy.pem web.crt web.key

OTHER FORMS
  Without --also they stay as they are: the next renewal with --also, or a list
  that names them, writes them anew, also when nothing is due. Those beside CRT
  that hold what is replaced are named; into a PKCS#12 file nobody can look.

WHERE IT IS KEPT
  Beside each file, hidden, with its owner and mode; a link to the file leads to
  the folder of what it links to. web.crt: .web.crt.renew-backup-1 (the newest),
  -2, and so on. web.key: .web.key.renew-backup-ID, where ID is the first 16
  digits of \`openssl pkey -in KEY -pubout -outform der | sha256sum\`.
  A renewal keeps the certificate alone, as the key stays; a rekey keeps the key
  too, until no certificate that is kept needs it. Only what was a certificate
  with its key is kept; an expired one is, since it can be renewed.

WHAT IS CHECKED
  That the backup can be read, that its key is found (in KEY, or kept), and that
  it has not expired; --force takes an expired one. Whether the CA has revoked
  it is not asked. A timer or a daemon renews what you have gone back to once it
  is due: stop it first, if the old one is to stay.

EXIT STATUS
  0 rolled back, or listed   64 usage   65 no use in the backup   66 no backup
  69 rolled back, but the hook failed   70 bug   73 cannot write
  129, 130, 143 interrupted
`;
