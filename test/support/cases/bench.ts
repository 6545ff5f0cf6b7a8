/** Sets the table's places up: the authorities and the CAs that work with them. */
import { type Authority, createAuthority, type Issued } from "../../../src/dev-ca/authority.ts";
import type { DevCa } from "../../../src/dev-ca/server.ts";
import type { Answer } from "../raw.ts";
import type { StepCa } from "../step-ca.ts";
import { aboutConnection } from "../step-ca-log.ts";
import { authorityLife, type Bench, type Case, type Place, valid } from "./case.ts";
import { type Observed, observe } from "./observe.ts";

export interface Authorities {
  at: Record<Place, Authority>;
  foreign: Authority;
  impostor: Record<Place, Authority>;
  earlier: Authority;
  forServers: Authority;
}

export async function createAuthorities(): Promise<Authorities> {
  const create = (more: Parameters<typeof createAuthority>[0] = {}) => createAuthority({ ...authorityLife, ...more });
  const intermediate = await create({ subject: "Main", intermediate: true });
  const ownRoot = await create();
  const root = { certificate: intermediate.root, key: intermediate.rootKey };
  const impostor = await create({ subject: "Main", intermediate: true });
  return {
    at: { intermediate, root: ownRoot, ra: intermediate },
    foreign: await create({ subject: "Foreign", intermediate: true }),
    impostor: { intermediate: impostor, root: await create(), ra: impostor },
    earlier: await create({ root, intermediate: { subject: "Main intermediate, the first" } }),
    forServers: await create({ root, intermediate: { subject: "Main for servers", usages: ["serverAuth"] } }),
  };
}

/** A CA that the table is put to, real or embedded. */
export interface SubjectCa {
  url: string;
  authority: Authority;
  revoke(serial: string): Promise<void>;
  oneTimeToken(subject: string, names: string[]): string;
  /** What it wrote about an answer, "" where that is nothing. */
  logOf(answer: Answer): Promise<string>;
}

/** A real step-ca as the table sees it. */
export function genuine(ca: StepCa): SubjectCa {
  return {
    url: ca.url,
    authority: ca.authority,
    revoke: (serial) => ca.revoke(serial),
    oneTimeToken: (subject, names) => ca.token("admin", subject, { sans: names }),
    logOf: (answer) => ca.logOf(answer),
  };
}

/** The embedded CA as the table sees it. */
export function embedded(ca: DevCa): SubjectCa {
  return {
    url: ca.url,
    authority: ca.authority,
    revoke: async (serial) => ca.revoke(serial),
    oneTimeToken: (subject, names) => ca.token(subject, names, "admin"),
    async logOf(answer) {
      if ("status" in answer) {
        const entry = ca.log.findLast(({ requestId }) => requestId !== "" && requestId === answer.requestId);
        return entry?.error ?? "";
      }
      const lines = ca.log.map(({ error = "" }) => error);
      return aboutConnection(lines, answer.localPort) ?? "nothing about this connection";
    },
  };
}

/** Puts one case to one CA. */
export async function put(
  { at = "intermediate", ask }: Case,
  ca: SubjectCa,
  authorities: Authorities,
): Promise<Observed> {
  const { authority } = ca;
  let asked: Issued | undefined;
  const bench: Bench = {
    ca,
    authority,
    foreign: authorities.foreign,
    impostor: authorities.impostor[at],
    earlier: authorities.earlier,
    forServers: authorities.forServers,
    revoke: (serial) => ca.revoke(serial),
    oneTimeToken: (subject, names) => ca.oneTimeToken(subject, names),
    async issue(spec = {}, by = authority) {
      asked = await by.issue({
        subject: "web",
        names: ["web.example"],
        usages: ["serverAuth", "clientAuth"],
        provisioner: { name: "after-expiry" },
        ...valid,
        ...spec,
      });
      return asked;
    },
  };
  const answer = await ask(bench);
  return observe(answer, await ca.logOf(answer), { authority, asked });
}
