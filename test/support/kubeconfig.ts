/** Kubeconfigs as people have them. */
import { readFileSync } from "node:fs";

export const base64 = (file: string) => readFileSync(file).toString("base64");

/** Written by hand, with two other users and all that a rewrite would lose. */
export function kubeconfig(user: string, credentials: readonly string[]): string {
  return `# the cluster of the lab; ask dave
apiVersion: v1
kind: Config
preferences: {}   # nothing
clusters:
- cluster:
    server: "https://127.0.0.1:6443"
    certificate-authority: ca.crt
  name: lab
contexts:
  - context: {cluster: lab, user: ${user}}
    name: ${user}@lab
  - name: other
    context:
        cluster: lab
        user: robot
current-context: ${user}@lab
users:
- name: robot
  user:
    token: 'abc'   # not ours
- user:
${credentials.map((line) => `    ${line}\n`).join("")}  name: ${user}
- name: ci
  user:
    exec:
      apiVersion: client.authentication.k8s.io/v1
      command: aws
      args: [eks, get-token]
      interactiveMode: Never
`;
}

/** Of a pair in files, inline. */
export const inline = (name: string): string[] => [
  `client-certificate-data: ${base64(`${name}.crt`)}`,
  `client-key-data: ${base64(`${name}.key`)}`,
];
