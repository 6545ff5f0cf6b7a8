/** Below the flags of `renew run --help`: examples first, then every key of the list. */
export const runHelp = `EXAMPLES
  The smallest list, renew.json:
    {"ca-url": "https://ca.internal:9000", "root": "root_ca.crt",
     "certificates": [{"crt": "web.crt", "key": "web.key"}]}

  From cron or a timer: what is due, and the others where one is broken:
    $ renew run -q --keep-going

  Another list; what would be done, and why:
    $ renew run --config site.yaml --dry-run

  Stay, and renew each in time:
    $ renew run --daemon

  All of them by token, due or not:
    $ renew run --force --method token

THE LIST
  JSON, where comments and trailing commas are allowed, or YAML by its ending
  (.yaml, .yml), with aliases and merge keys (<<). Names in it count from the
  folder that it lies in: of a link from the link's own, of /dev/stdin and of
  <(...) from the working folder. An unknown key is refused. Settings at the top
  are for all certificates, and each entry may have its own. The JSON Schema
  x5c-renew/run.schema.json is for editors.

  at the top
    certificates    a list of entries
    include         folders whose *.json, *.yaml and *.yml are lists as well
    concurrency     so many at once, 1 to 1000 (default: 8)
  of an entry
    crt, key        the certificate's file, and its key's
    out             the new chain goes there instead of crt (or: outputs)
    also            other forms, written as one with it, as in
                    {"combined": "web.pem"}; see \`renew --help\`
  at the top, or of an entry
    ca-url          the CA; https:// may be left out
    root            its roots: a file, a folder, or a list
    expires-in      due when less is left, or so much used (default: 66%)
    method          auto, mtls or token (default: auto)
    password-file   the passphrase of an encrypted key
    p12-password-file
                    the passphrase of a p12, in its first line
    exec            a program to run afterwards: text, or a list of words;
                    with a / in its name it counts from the list's folder
    exec-shell      the same, as a line for /bin/sh, in place of exec
    exec-timeout    limit for it (default: 60s)
    pid, pid-file   the process that gets a signal afterwards
    signal          by number or name (default: HUP)
    backup          keep the last N that were replaced
    timeout         limit for one exchange with the CA (default: 30s)
    lock-timeout    how long to wait for another run (default: 30s)
  An empty text takes back what the top says, as if it said nothing: "exec": "".
  Only ca-url and root cannot be empty.

HOOKS
  They are told what those of \`renew\` are: RENEW_CERT, RENEW_KEY, RENEW_SERIAL
  and so on. One that several certificates share is run once, after all of
  them: those variables are of the first, RENEW_COUNT says how many there are,
  and RENEW_CERTS has the whole paths of all, one on a line. It is left out
  where it would be longer than 96 KiB. A hook of one entry has neither. What
  fails is owed, and the next run does it.

FAILURES
  All of the list is checked before any other file is opened, and all files
  before any request: what is due by what is in them, what is not due by whether
  they are there; --dry-run reads all of them. Where something is broken nothing
  is renewed, unless --keep-going or --daemon says so. Two entries that write
  one file, or one that writes a key, a hook or a list, are always refused. A
  failure that many certificates have is told once.

EXIT STATUS
  0 all is well   10 nothing was due (--exit-code)   else that of the worst
  failure, worst first: 130, 143, 129 interrupted   70 bug   78 the list,
  trust, configuration   64 usage   65 content of a file   66 missing file
  77 refused   76 wrong answer   73 cannot write   69 renewed, but a hook
  failed   75 try later
`;
