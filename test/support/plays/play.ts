/** A transcript before it is written: what lies in a folder, the CA where one is needed, and the command. */
import type { DevCaOptions } from "../../../src/dev-ca/server.ts";
import { realFileSystem } from "../../../src/files/system.ts";
import type { Scene, scene } from "../scene.ts";
import type { WorldOptions } from "../world.ts";

export interface Play {
  /** Makes the scene; what it returns changes the world. */
  set(scene: Scene): Promise<WorldOptions | undefined>;
  command: string;
  /** It fails, and does something all the same: one of many. */
  isPartial?: true;
  authority?: Parameters<typeof scene>[0];
}

export type Plays = Record<string, Play>;

/** What people type; CA stands for the URL of what the scene has started last. */
export const force = "--force web.crt web.key --ca-url CA --root root.crt";
export const byToken = `--mtls=false ${force}`;

type Spec = Parameters<Scene["issue"]>[1];

/** A server's pair, and a CA where there are options for one. */
export const leaf =
  (ca?: DevCaOptions, spec: Spec = {}): Play["set"] =>
  async (s) => {
    const usages = ["serverAuth" as const, "clientAuth" as const];
    await s.issue("web", { subject: "web.internal", names: ["web.internal"], usages, ...spec });
    if (ca) await s.ca(ca);
  };

/** A Kubernetes user's pair, for clients only, and a CA. */
export const client =
  (like: "v0.26.1" | "v0.26.2" | "v0.30.2", spec: Spec, ca: DevCaOptions = {}): Play["set"] =>
  async (s) => {
    await s.issue("web", { subject: "dave", organization: "system:masters", ...spec });
    await s.ca({ like, ...ca });
  };

/** Hours from now. */
export const expired = { from: -30, to: -6 };

type Method = keyof typeof realFileSystem;

/** A disk that fails at one of its methods, or some. */
export const failing = (methods: Method | readonly Method[], code: string): WorldOptions => {
  const fail = () => {
    throw Object.assign(new Error(code), { code });
  };
  return { fs: { ...realFileSystem, ...Object.fromEntries([methods].flat().map((method) => [method, fail])) } };
};
