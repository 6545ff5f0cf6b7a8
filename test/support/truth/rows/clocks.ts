/** A client whose clock is wrong; the CA's is right. */
import { minutes, mtls, oldAndNew, type Row, refused } from "../row.ts";

const byToken = () => ["--mtls=false"];

export const clocks: Row[] = [
  { name: "clock 10 min ahead, mTLS", on: oldAndNew, clock: 10, expect: mtls },
  {
    name: "clock 10 min ahead, token",
    on: oldAndNew,
    clock: 10,
    flags: byToken,
    expect: refused("token", "CLOCK_AHEAD", "token not valid yet (nbf)"),
  },
  {
    name: "clock 10 min ahead, so the certificate seems expired",
    on: oldAndNew,
    clock: 10,
    leaf: { notBefore: minutes(-60), notAfter: minutes(6) },
    expect: refused("token", "CLOCK_AHEAD", "token not valid yet (nbf)"),
  },
  {
    name: "clock 20 min behind, token",
    on: oldAndNew,
    clock: -20,
    flags: byToken,
    expect: refused("token", "CLOCK_BEHIND", "token is expired (exp)"),
  },
];
