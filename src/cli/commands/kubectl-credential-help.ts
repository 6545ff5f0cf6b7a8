/** Below the flags of `renew kubectl-credential --help`. */
export const kubectlCredentialHelp = `EXAMPLES
  Let kubectl get the certificate of the user dave here from now on:
    $ renew kubectl-credential --install --user dave dave.crt dave.key \\
        --ca-url https://ca.internal:9000 --root root_ca.crt

  The same in another kubeconfig, in place of what the user has there:
    $ renew kubectl-credential --install --force --user dave \\
        --kubeconfig /etc/rancher/k3s/k3s.yaml dave.crt dave.key

  What kubectl runs then:
    $ renew kubectl-credential --ca-url https://ca.internal:9000 \\
        --root root_ca.crt dave.crt dave.key

WHAT IT DOES
  While the certificate is not due it is printed as it is, from its files, in
  little more time than Node takes to start. When it is due it is renewed first:
  by one of all the kubectl that ask at once; the others wait for it and take
  the new one. It is due when a third of its lifetime is left (--expires-in).
  Where it cannot be renewed and is still good, it is printed, and stderr says
  why; once it has expired, nothing is printed, and the exit status is that of
  the failure. It is renewed by token then, if the CA allows that.

  expirationTimestamp is when it becomes due: a kubectl that stays asks again
  then. stdout has that one line of JSON, with the private key in it, and
  nothing else.

WHAT --install WRITES
  An exec stanza below the user, with whole paths; a user that is not there is
  added. Every other byte of the file stays, and a second time nothing is
  written. Other credentials of the user are taken out with --force only, and
  not even so a private key in the kubeconfig that is another than KEY's.

EXIT STATUS
  0 printed, or installed   64 usage   65 content of a file   66 missing file
  70 bug   73 cannot write   75 try later   76 wrong answer   77 refused
  78 trust, configuration   129, 130, 143 interrupted
`;
