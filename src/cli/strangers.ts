/** Flags that people know from other commands, and why they are none here. */

const groups: readonly (readonly [flags: string, because: string])[] = [
  [
    "provisioner issuer token provisioner-password-file x5c-cert x5c-key x5c-chain x5t-cert x5t-key sshpop-cert " +
      "sshpop-key nebula-cert nebula-key k8ssa-token-path console acme webroot standalone http-listen contact kid",
    "A renewal proves itself by the certificate and its key, and the CA knows its provisioner: nothing else is asked for.",
  ],
  [
    "not-before not-after san set set-file template cert-not-before cert-not-after",
    "A renewal repeats the certificate: names, usages and lifetime stay. For others get a new one: `step ca certificate`.",
  ],
  ["kty crv curve size no-password insecure", "A renewal keeps the key. A new one is made by `renew rekey CRT KEY`."],
  ["out-cert out-key private-key rekey-period", "A renewal keeps the key: this is a flag of `renew rekey`."],
  ["bundle roots servername", "This is a flag of `renew needs-renewal`."],
  ["renew-period mtls", "This is a flag of `renew CRT KEY`."],
  ["prometheus", "This is a flag of `renew status`."],
  ["rehearse", "This is a flag of `renew doctor`."],
  ["concurrency keep-going method", "This is a flag of `renew run`, which renews what a file lists."],
  [
    "fingerprint",
    "The CA is known by its root certificate. `step ca root` gets it by its fingerprint, and `--root` names it.",
  ],
  ["header", "No headers of one's own are sent. A CA behind a path is reached by `--ca-url`, which keeps the path."],
  ["profile authority team", "A context names both: `--context NAME`."],
];

const reasons = new Map(groups.flatMap(([flags, because]) => flags.split(" ").map((flag) => [flag, because] as const)));

/** What a list says of its certificates, each for itself. */
const listed =
  "expires-in exec exec-shell exec-timeout pid pid-file signal backup timeout lock-timeout password-file out also p12-password-file".split(
    " ",
  );

/** Undefined for a flag that nobody knows, and for commands that renew nothing. `flag` has no dashes. */
export function reasonAgainst(flag: string, command: string): string | undefined {
  if (command === "run") return againstRun(flag);
  return ["renew", "rekey", "needs-renewal", "doctor"].includes(command) ? reasons.get(flag) : undefined;
}

function againstRun(flag: string): string | undefined {
  if (listed.includes(flag)) return `The list says it, for all at its top or in an entry: "${flag}" is a key there.`;
  if (flag === "mtls") return "Here it is `--method`: auto, mtls or token.";
  if (flag === "renew-period") return "A list says when each is due: `expires-in` is a key there.";
  return ["concurrency", "keep-going", "method"].includes(flag) ? undefined : reasons.get(flag);
}
