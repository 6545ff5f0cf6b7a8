/** The embedded step-ca as a server: it speaks what the real one speaks for renewal, and misbehaves when told to. */
import { randomUUID, sign } from "node:crypto";
import type { TLSSocket } from "node:tls";
import { type Authority, createAuthority } from "./authority.ts";
import type { Fault } from "./faults.ts";
import type { Like } from "./like.ts";
import type { Certificate } from "./rules/certificate.ts";
import {
  createProvisioner,
  type DevProvisioner,
  type RenewalClaims,
  standardProvisioners,
} from "./rules/provisioners.ts";
import { createState, type State } from "./rules/state.ts";
import { createHttp } from "./wire/http.ts";
import { listen } from "./wire/listener.ts";
import type { LogEntry } from "./wire/log.ts";

export { type Fault, faults } from "./faults.ts";
export type { Like } from "./like.ts";
export type { DevProvisioner, RenewalClaims } from "./rules/provisioners.ts";
export type { LogEntry } from "./wire/log.ts";

export interface DevCaOptions {
  /** Two CAs may share one: the old rule and the new rule, with the same root. */
  authority?: Authority;
  /** Default "v0.30.2". */
  like?: Like;
  /** What /version says; "N/A" as a CA built without linker flags. Default as `like`. */
  says?: string;
  /** Default 127.0.0.1. */
  host?: string;
  /** Default 0: a free one. */
  port?: number;
  /** The names in its TLS certificate and the audiences that it accepts. Default localhost and 127.0.0.1. */
  dnsNames?: string[];
  /** Default: admin (plain), after-expiry (allowRenewalAfterExpiry), no-renewal (disableRenewal). */
  provisioners?: DevProvisioner[];
  /** Of the whole authority: /provisioners does not show them. */
  claims?: RenewalClaims;
  /** Default 0; the real one's default is a minute. */
  backdateMs?: number;
  crl?: boolean;
  /** Like a StepCAS registration authority: renews by token alone. */
  registrationAuthority?: boolean;
  /** Paths that a proxy in front hides: 404. */
  hide?: string[];
  now?: () => Date;
  faults?: Iterable<Fault>;
}

export interface DevCa {
  /** https://localhost:PORT, or the first of `dnsNames`. */
  readonly url: string;
  readonly port: number;
  readonly authority: Authority;
  readonly log: readonly LogEntry[];
  /** May be changed at any time; TLS faults take effect on the next connection. */
  readonly faults: Set<Fault>;
  /** A one-time token for POST /sign: the first provisioner's unless told. */
  token(subject: string, names?: string[], provisioner?: string): string;
  /** By serial number, hexadecimal. */
  revoke(serial: string): void;
  /** Ends all connections and leaves nothing running. */
  close(): Promise<void>;
}

/** Starts one on loopback. */
export async function startDevCa(options: DevCaOptions = {}): Promise<DevCa> {
  const state = await createState(await settingsFrom(options));
  const { authority, faults, dnsNames, now } = state;
  const log: LogEntry[] = [];
  const certificates = new WeakMap<object, Certificate | null>();
  const certificateOf = ({ socket }: { socket: object }) => certificates.get(socket) ?? null;
  const http = createHttp({ state, log, hide: options.hide ?? [], certificateOf });
  const { host = "127.0.0.1", port: wanted = 0 } = options;
  const listener = await listen(
    state,
    { host, port: wanted },
    {
      accepted(socket: TLSSocket, certificate) {
        certificates.set(socket, certificate);
        http.emit("connection", socket);
      },
      failed(error) {
        const way = error.includes("verify certificate") ? "mtls" : "none";
        log.push({ time: now(), method: "", path: "", status: 0, way, error, requestId: "" });
      },
    },
  );
  const url = `https://${dnsNames[0] ?? "localhost"}:${listener.port}`;
  return {
    url,
    port: listener.port,
    authority,
    log,
    faults,
    token: (subject, names, provisioner) => oneTimeToken(state, url, { subject, names, provisioner }),
    revoke: (serial) => void state.revoked.set(BigInt(`0x${serial}`).toString(), { at: now(), reason: 0 }),
    close: () => listener.close(),
  };
}

async function settingsFrom(options: DevCaOptions) {
  const { like = "v0.30.2", provisioners = standardProvisioners } = options;
  return {
    authority: options.authority ?? (await createAuthority()),
    like,
    says: options.says ?? like,
    dnsNames: options.dnsNames ?? ["localhost", "127.0.0.1"],
    provisioners: provisioners.map(createProvisioner),
    claims: options.claims ?? {},
    backdateMs: options.backdateMs ?? 0,
    crl: options.crl ?? false,
    registrationAuthority: options.registrationAuthority ?? false,
    faults: new Set(options.faults),
    now: options.now ?? (() => new Date()),
  };
}

interface TokenWish {
  subject: string;
  names: string[] | undefined;
  provisioner: string | undefined;
}

/** As `step ca token` makes it. */
function oneTimeToken(state: State, url: string, { subject, names, provisioner: wanted }: TokenWish): string {
  const provisioner = state.provisioners.find(({ name }) => wanted === undefined || name === wanted);
  if (!provisioner) throw new Error(`no provisioner ${wanted ?? "at all"}`);
  const now = Math.floor(state.now().getTime() / 1000);
  const header = { alg: "ES256", kid: provisioner.keyId, typ: "JWT" };
  const claims = {
    aud: `${url}/1.0/sign`,
    iss: provisioner.name,
    sub: subject,
    sans: names ?? [subject],
    jti: randomUUID(),
    iat: now,
    nbf: now,
    exp: now + 300,
  };
  const input = [header, claims].map((part) => Buffer.from(JSON.stringify(part)).toString("base64url")).join(".");
  const signature = sign("sha256", Buffer.from(input), { key: provisioner.privateKey, dsaEncoding: "ieee-p1363" });
  return `${input}.${signature.toString("base64url")}`;
}
