// What the compiler says to whoever uses the package: compiled against it as it is published (see package.test.ts and .ci/pack).
import { createServer as createPlainServer } from "node:http";
import { createSecureServer } from "node:http2";
import { createServer as createHttpsServer } from "node:https";
import { createServer as createTlsServer } from "node:tls";
import type { CertificateFacts, RenewCause, RenewErrorCode, RenewFailure } from "x5c-renew";
import { explain, needsRenewal, RenewError, rekey, renew, watch } from "x5c-renew";

const pair = {
  certificate: "web.crt",
  key: "web.key",
  caUrl: new URL("https://ca.internal:9000"),
  root: ["root_ca.crt"],
};

export async function renewals(signal: AbortSignal | undefined): Promise<CertificateFacts> {
  const result = await renew({ ...pair, signal, expiresIn: "66%", hooks: { exec: ["systemctl", "reload", "nginx"] } });
  // @ts-expect-error: only a renewal has a method
  result.method;
  if (result.outcome === "not-due") result.dueFrom.toISOString();
  if (result.outcome === "renewed") {
    const method: "mtls" | "token" = result.method;
    const file: string = result.file;
    return { ...result.previous, subject: `${method} ${file}` };
  }
  const rekeyed = await rekey({ ...pair, kind: { type: "EC", curve: "P-384" } });
  if (rekeyed.outcome === "rekeyed" && rekeyed.kind.type === "RSA") rekeyed.kind.bits?.toFixed();
  // @ts-expect-error: a curve is for keys of the type EC
  await rekey({ ...pair, kind: { type: "RSA", curve: "P-384" } });
  // @ts-expect-error: bits are for keys of the type RSA
  await rekey({ ...pair, kind: { type: "EC", bits: 256 } });
  const kind = { type: "OKP", curve: "P-256" } as const;
  // @ts-expect-error: also where it is no literal
  await rekey({ ...pair, kind });
  await rekey({ ...pair, also: [{ form: "p12", file: "web.p12" }], p12PassphraseFile: "p12.pass" });
  // @ts-expect-error: a form that there is not
  await renew({ ...pair, also: [{ form: "pfx", file: "web.pfx" }] });
  // @ts-expect-error: the key is missing
  await renew({ certificate: "web.crt", caUrl: "ca.internal", root: "root_ca.crt" });
  // @ts-expect-error: a mistyped option
  await renew({ ...pair, expiresin: "66%" });
  // @ts-expect-error: a way that there is not
  await renew({ ...pair, method: "MTLS" });
  const { needed, usedPercent } = await needsRenewal({ certificate: "https://web.internal", roots: "root_ca.crt" });
  return needed && usedPercent > 66 ? result.certificate : rekeyed.certificate;
}

export async function errors(error: unknown): Promise<RenewFailure | null> {
  if (!(error instanceof RenewError)) return null;
  const code: RenewErrorCode = error.code;
  const causes: readonly RenewCause[] = error.causes.map(({ id }) => id);
  // @ts-expect-error: a code that there is not
  if (error.code === "NO_SUCH_CODE") throw error;
  if (error.retry === "later" && code !== "CA_BUSY" && causes.includes("REVOKED")) console.error(error.rendered);
  // @ts-expect-error: it is for the library to make
  new RenewError("x");
  const pages = await explain(error);
  return pages[0]?.kind === "code" ? error.toJSON() : null;
}

export async function watching(): Promise<void> {
  for (const server of [createHttpsServer(), createSecureServer(), createTlsServer()]) {
    const one = await watch(
      { ...pair, server, also: [{ form: "combined", file: "web.pem" }] },
      { onRenewed: ({ certificate, by, next }) => console.log(certificate.notAfter, by === "other", next.getTime()) },
    );
    one.renewNow();
    await one.stop();
  }
  // @ts-expect-error: a server without TLS has no certificate
  await watch({ ...pair, server: createPlainServer() });
  // @ts-expect-error: a watch decides itself when to use force
  await watch({ ...pair, force: true });
}
