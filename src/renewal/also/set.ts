/** A renewed certificate and its other forms, installed as one: all of them old, all of them new, or a journal that says which. */
import { Failure, isFailure } from "../../failure/failure.ts";
import type { Goal } from "../../files/goal.ts";
import { abandon, complete, type Pair, prepare } from "../../files/pair.ts";
import { readNamed } from "../../files/read.ts";
import type { World } from "../../world.ts";
import type { RekeyPolicy } from "../rekey.ts";
import type { Policy } from "../renew.ts";
import { filesIn } from "../trust.ts";
import type { Turn } from "../turn.ts";
import type { Also, Reserved } from "./form.ts";
import { type Material, type Outputs, ofForms, outputsFor } from "./outputs.ts";

type WithForms = Pick<Policy, "paths" | "out" | "root"> & { readonly also: Also };

export interface CertificateSet {
  readonly goals: readonly Goal[];
  /** Says by a journal that something is to come, before the CA is asked. Throws CANNOT_WRITE. */
  prepare(): PreparedSet;
}

export interface PreparedSet {
  /** What fails takes away what was prepared. */
  abandoning<T>(work: () => Promise<T>): Promise<T>;
  /** Throws TARGET_CHANGED and CANNOT_WRITE, as `complete` does. */
  complete(pem: Buffer, of: Omit<Material, "keyFile">): "renamed";
}

/** Throws as `outputsFor` does. */
export async function setOf(
  policy: WithForms,
  certificate: Goal,
  { token }: Turn,
  world: World,
): Promise<CertificateSet> {
  const { also, paths } = policy;
  const { fs } = world;
  const own = { own: paths.certificate, keyFile: paths.key };
  const around = { token, certificate: certificate.target.named, ...own, reserved: reservedOf(policy) };
  const { goals, contents } = await outputsFor(also, around, world);
  const keyFile = readNamed(paths.key, "key", fs);
  const named = <T>(work: () => T): T =>
    namedBy(also)(() => {
      try {
        return work();
      } catch (error) {
        throw alone(error);
      }
    });
  return {
    goals,
    prepare: () => {
      const prepared = named(() => prepare({ certificate, key: null, others: goals }, Buffer.alloc(0), fs));
      return {
        abandoning: async (work) => {
          try {
            return await work();
          } catch (error) {
            abandon(prepared, fs);
            throw error;
          }
        },
        complete: (pem, of) => {
          named(() => complete(prepared, pem, fs, contents({ ...of, keyFile })));
          return "renamed";
        },
      };
    },
  };
}

/** Those of a new pair, which is prepared and completed as one with them. Throws as `outputsFor` does. */
export async function formsOf(
  policy: Omit<RekeyPolicy, "also"> & { readonly also: Also },
  { certificate }: Pick<Pair, "certificate">,
  { token }: Turn,
  world: World,
): Promise<Outputs & { named<T>(work: () => T): T }> {
  const { also, outCertificate, outKey, privateKey, paths } = policy;
  const given = Object.entries({ "--out-cert": outCertificate, "--out-key": outKey, "--private-key": privateKey });
  const more = given.flatMap(([what, file]) => (file === undefined ? [] : [{ what, file }]));
  const around = { token, certificate: certificate.target.named, own: paths.certificate, keyFile: paths.key };
  const outputs = await outputsFor(also, { ...around, reserved: reservedOf(policy, more) }, world);
  return { ...outputs, named: namedBy(also) };
}

/** Says which flag named the file that could not be written. */
function namedBy(also: Also) {
  return <T>(work: () => T): T => {
    try {
      return work();
    } catch (error) {
      throw ofForms(error, also);
    }
  };
}

/** Its key stays where it is. */
function alone(error: unknown): unknown {
  if (!isFailure(error, "CANNOT_WRITE")) return error;
  const { ofPair: _, ...facts } = error.facts;
  return new Failure("CANNOT_WRITE", facts, error.cause);
}

/** All that no form may be written over. */
export function reservedOf({ also, paths, out, root }: WithForms, more: readonly Reserved[] = []): Reserved[] {
  const { certificate, key, passphraseFile } = paths;
  const may = (what: string, file: string | undefined) => (file === undefined ? [] : [{ what, file }]);
  return [
    ...(root.files ?? filesIn(root.value)).map((file) => ({ what: "--root", file })),
    ...may("--password-file", passphraseFile),
    ...may("--p12-password-file", also.passwordFile),
    ...more,
    ...may("--out", out),
    { what: "KEY", file: key },
    { what: "CRT", file: certificate },
  ];
}
