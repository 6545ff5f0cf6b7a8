/** What is behind a CA: the service that signs, its keys, its database. */
import { expired, force, leaf, type Plays } from "./play.ts";

export const behind: Plays = {
  "ca-failed": { set: leaf({ faults: ["broken-store"] }), command: force },
  "ca-failed-by-token": { set: leaf({ faults: ["broken-store"] }, expired), command: force },
  "ca-failed-signer": { set: leaf({ faults: ["broken-signer"] }), command: force },
  "ca-panicked": { set: leaf({ faults: ["panic"] }, expired), command: force },
  "cas-cannot-renew": { set: leaf({ faults: ["vault"] }), command: force },
  "lifetime-is-backdate": {
    set: leaf({ backdateMs: 60_000 }, { from: -30 / 3600, to: 30 / 3600 }),
    command: force,
  },
  "upstream-refuses": {
    set: leaf({ registrationAuthority: true, faults: ["upstream-refuses"] }, expired),
    command: force,
  },
  "upstream-unreachable": {
    set: leaf({ registrationAuthority: true, faults: ["upstream-unreachable"] }, expired),
    command: force,
  },
  "unsupported-key": { set: leaf({ faults: ["unsupported-key"] }), command: force },
  "terminal-escapes-from-the-ca": { set: leaf({ faults: ["escape-sequences"] }), command: force },
};
