/** Below the flags of `renew systemd --help`. */
export const systemdHelp = `EXAMPLES
  Print a service and its timer, and look at them:
    $ renew systemd /etc/ssl/web.crt /etc/ssl/web.key

  Write them, and reload nginx after each renewal; then start the timer:
    $ sudo renew systemd --install --reload nginx /etc/ssl/web.crt \\
        /etc/ssl/web.key --ca-url https://ca.internal:9000 --root root_ca.crt
    $ sudo systemctl daemon-reload
    $ sudo systemctl enable --now renew@web.timer

  A daemon instead, for short lifetimes:
    $ sudo renew systemd --daemon --install /etc/ssl/web.crt /etc/ssl/web.key

  Is the sandbox tight?
    $ systemd-analyze security renew@web.service

TEMPLATES
  Where CRT and KEY are called alike, as web.crt and web.key, the units are
  templates for all pairs of their folder: renew@web.timer, renew@mail.timer.
  Other pairs get units of their own, named by their path. One that is there and
  is for other files, or has other settings, is not replaced without --force:
  give the new ones a --name, or put what is one pair's alone into a drop-in.
  With --also, too, where those files are called alike: web.pem of web.crt.

WHAT IT SAYS BY ITSELF
  The paths of renew, Node and all files are whole. Where the CA is, its root
  and every other setting are those that a run here would have. The timer looks
  at least six times in the time that is left once the certificate is due.

HOOKS
  They run in the service's sandbox. systemctl works from there as root, by the
  manager's socket. Files that a hook writes elsewhere take a drop-in:
    $ systemctl edit renew@web.service
    [Service]
    ReadWritePaths=/etc/haproxy/certs

EXIT STATUS
  0 printed or written   64 usage, or a unit that is another's
  66 no such folder      73 cannot write
`;
