/**
 * Every row of the truth table. What a client like this one cannot bring about on a real CA of these versions, and the embedded
 * one plays instead (test/transcripts.test.ts):
 * - a token that is malformed, carries no chain, is signed with another key, or has a wrong subject or issuer: renew makes none;
 *   a proxy that cuts it stands for them all.
 * - "token flow is not supported": all of these versions renew by token whatever the provisioner.
 * - a SCEP provisioner: needs an RSA intermediate; SSHPOP fails at the same place in the CA.
 * - linked CAs, Google's CA service, keys in a KMS or HSM: they are somebody else's machines.
 * - rekeying, whose command renew does not have yet.
 */
import type { Row } from "./row.ts";
import { behind } from "./rows/behind.ts";
import { chains } from "./rows/chains.ts";
import { clocks } from "./rows/clocks.ts";
import { combined } from "./rows/combined.ts";
import { files } from "./rows/files.ts";
import { rules } from "./rows/rules.ts";
import { usages } from "./rows/usages.ts";
import { wire } from "./rows/wire.ts";

export const rows: readonly Row[] = [
  ...usages,
  ...rules,
  ...chains,
  ...clocks,
  ...combined,
  ...behind,
  ...wire,
  ...files,
];
