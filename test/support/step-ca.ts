/** The real programs for a test: found before any test ran, and the CA among them started. */
import { inject } from "vitest";
import type { BinaryName } from "../real/binaries.ts";
import { type StepCa, type StepCaOptions, startStepCaOf } from "./step-ca-server.ts";

export { fingerprint, freePort, type StepCa, type StepCaChanges, type StepCaOptions } from "./step-ca-server.ts";

/** The path of a real program, undefined where it could not be had: `describe.skipIf(realBinary("step-v0.30.6") === undefined)`. */
export function realBinary(name: BinaryName): string | undefined {
  return inject("binaries")[name];
}

export async function startStepCa(options: StepCaOptions): Promise<StepCa> {
  const binary = realBinary(`step-ca-${options.version}`);
  if (binary === undefined) throw new Error(`no step-ca ${options.version} here; skip what needs it`);
  return startStepCaOf(binary, options);
}
