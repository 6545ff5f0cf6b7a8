/** Whether a host is an address, without what that costs in Node. */
import { isIPv6 } from "node:net";

/** Not `isIP`, which takes longer to be ready than a handshake. No name has a colon, or ends in a number. */
export function isAddress(host: string): boolean {
  return host.includes(":") || /(^|\.)\d+$/.test(host);
}

/**
 * Node asks of every host whether it is an address. V8 makes bytecode of an expression first, and machine code at its second use:
 * of the one for IPv6 in 4 ms together, and machine code alone in 1 ms, which it makes at once for a text of 1,000 characters
 * (V8, JSRegExp::kTierUpForSubjectLengthValue).
 */
export function prepareForNames(): void {
  if (!isPrepared) isIPv6("-".repeat(1000));
  isPrepared = true;
}

let isPrepared = false;
