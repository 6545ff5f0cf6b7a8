import { beforeAll, describe, expect, test } from "vitest";
import { choose, type MethodReason, reasons } from "../../src/ca/credential.ts";
import { type Authority, createAuthority, type Usage } from "../../src/dev-ca/authority.ts";
import { issued } from "../support/issued.ts";

const now = new Date("2026-03-02T12:00:00Z");
const hours = (count: number) => new Date(now.getTime() + count * 3_600_000);
const valid = { notBefore: hours(-1), notAfter: hours(1) };
const expired = { notBefore: hours(-2), notAfter: hours(-1) };

let authority: Authority;
beforeAll(async () => {
  authority = await createAuthority();
});

describe("which credential", () => {
  test.each<[string, { notBefore: Date; notAfter: Date }, Usage[], boolean, string, MethodReason]>([
    ["valid, may be a client", valid, ["clientAuth"], true, "mtls", "valid"],
    ["valid, client and server", valid, ["serverAuth", "clientAuth"], true, "mtls", "valid"],
    ["valid, no usage at all", valid, [], true, "mtls", "valid"],
    ["valid, any usage", valid, ["any"], true, "mtls", "valid"],
    ["valid, server and any", valid, ["serverAuth", "any"], true, "mtls", "valid"],
    ["valid, server only", valid, ["serverAuth"], true, "token", "not-a-client"],
    ["valid, server and mail", valid, ["serverAuth", "emailProtection"], true, "token", "not-a-client"],
    ["valid, neither client nor server", valid, ["codeSigning"], true, "mtls", "valid"],
    ["expired", expired, ["clientAuth"], true, "token", "expired"],
    ["expired, no usage at all", expired, [], true, "token", "expired"],
    ["expired, server only", expired, ["serverAuth"], true, "token", "expired"],
    ["not valid yet", { notBefore: hours(1), notAfter: hours(2) }, ["clientAuth"], true, "mtls", "valid"],
    ["valid to this very second", { ...valid, notAfter: now }, ["clientAuth"], true, "mtls", "valid"],
    ["valid, asked for", valid, ["clientAuth"], false, "token", "asked"],
    ["expired, asked for", expired, ["clientAuth"], false, "token", "asked"],
    ["server only, asked for", valid, ["serverAuth"], false, "token", "asked"],
  ])("%s", async (_, validity, usages, mtls, method, because) => {
    const { leaf } = await issued({ ...validity, usages }, authority);
    expect(choose(leaf, { mtls }, now)).toEqual({ method, because });
    expect(reasons[because]).not.toBe("");
  });
});
