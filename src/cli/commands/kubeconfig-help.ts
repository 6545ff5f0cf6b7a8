/** Below the flags of `renew kubeconfig --help`. */
export const kubeconfigHelp = `EXAMPLES
  The certificate of the current context's user, without a question:
    $ renew kubeconfig --force --ca-url https://ca.internal:9000 \\
        --root root_ca.crt

  From cron or a timer: only in the last third of the lifetime, quietly:
    $ renew kubeconfig -q --force --expires-in 66%

  Another file, another user:
    $ renew kubeconfig --force --user dave /etc/rancher/k3s/k3s.yaml

  A new key as well, both in one rename:
    $ renew kubeconfig --force --rekey

  Will it renew tonight, and what if tonight's run is missed?
    $ renew doctor --kubeconfig ~/.kube/config

  A certificate that renews whenever kubectl needs it:
    $ renew kubectl-credential --install --user dave dave.crt dave.key

WHICH FILE, WHICH USER
  FILE, else those of KUBECONFIG, of which one that holds the user is written,
  else ~/.kube/config. The user is --user, else the current context's, else the
  only one. It is the name in the list of users, which need not be the one that
  the cluster knows. --context is one of step's, and none of these.

WHAT IS WRITTEN
  Of client-certificate-data (with --rekey: of client-key-data, too) the value,
  in the form that it has; every other byte stays. The file is replaced by a
  rename, with its mode and its owner. What kubectl config changes meanwhile
  stays. Where client-certificate names a file, that file is renewed, as by
  \`renew CRT KEY\`. Anchors and aliases of YAML at that place are refused.

EXIT STATUS
  0 renewed or not due   64 usage   65 content of a file   66 missing file
  69 renewed, but the hook failed   70 bug   73 cannot write   75 try later
  76 wrong answer   77 refused   78 trust, configuration
  129, 130, 143 interrupted   10 not due (--exit-code)
`;
