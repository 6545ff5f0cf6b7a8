/** From a user of a kubeconfig to what a renewal takes: paths, and a world in which they can be read. */
import { Failure } from "../failure/failure.ts";
import type { OfKubeconfig, Paths } from "../renewal/load.ts";
import type { World } from "../world.ts";
import { halvesOf } from "./credentials.ts";
import { asPem, installInside } from "./inside.ts";
import type { Chosen } from "./which.ts";

export interface Found {
  readonly paths: Paths;
  readonly world: World;
  /** Certificate and key are both files, or both in the kubeconfig; else one of each. */
  readonly are: "files" | "inside" | "apart";
}

/** Throws what a user has instead of a certificate with its key. */
export function findPaths({ config, user }: Chosen, passphraseFile: string | undefined, world: World): Found {
  const { file } = config;
  const halves = halvesOf({ config, user });
  const { certificate, key } = halves;
  const paths = {
    certificate: certificate.in === "file" ? certificate.file : file,
    key: key.in === "file" ? key.file : file,
    ...(passphraseFile !== undefined && { passphraseFile }),
  };
  if (certificate.in === "file" && key.in === "file") return { paths, world, are: "files" };
  const place = { file, user: user.name, halves };
  const kube: OfKubeconfig = {
    user: user.name,
    disk: world.fs,
    told: (failure) => told(failure, { file, user: user.name }),
    ...(certificate.in === "config" && {
      install: (goal, pem) => installInside(place, goal, pem, world.fs),
    }),
  };
  const are = certificate.in === key.in ? "inside" : "apart";
  return { paths: { ...paths, kube }, world: { ...world, fs: asPem(place, world.fs) }, are };
}

/** Codes of what is wrong with a file's contents. */
const ofContents: readonly string[] = [
  "FILE_EMPTY",
  "NOT_PEM",
  "NO_CERTIFICATE",
  "NO_KEY",
  "CERTIFICATE_REQUEST",
  "SWAPPED",
  "BAD_CERTIFICATE",
  "CA_CERTIFICATE",
  "PUBLIC_KEY",
  "BAD_KEY",
  "KEY_MISMATCH",
];

function told(failure: Failure, about: { file: string; user: string }): Failure {
  if (!ofContents.includes(failure.code)) return failure;
  const { facts } = failure;
  if ("file" in facts && facts.file !== about.file) return failure; // the other half, which is a file of its own
  return new Failure("KUBE_BAD_PAIR", { ...about, problem: failure }, failure);
}
