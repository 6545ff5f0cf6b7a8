/** Which path is which endpoint; each is also under /1.0. */
import type { State } from "../rules/state.ts";
import { type Answer, methodNotAllowed, notFound } from "./answer.ts";
import { crl } from "./crl.ts";
import { health, intermediates, intermediatesPem, provisioners, root, roots, rootsPem, version } from "./public.ts";
import { rekey, renew } from "./renew.ts";
import type { Request } from "./request.ts";
import { revoke } from "./revoke.ts";
import { sign } from "./sign.ts";

type Endpoint = (state: State, request: Request) => Answer | Promise<Answer>;

const posts: Record<string, Endpoint> = {
  "/renew": renew,
  "/re-sign": renew,
  "/rekey": rekey,
  "/sign": sign,
  "/revoke": revoke,
};
const gets: Record<string, Endpoint> = {
  "/health": health,
  "/version": version,
  "/provisioners": provisioners,
  "/roots": roots,
  "/roots.pem": rootsPem,
  "/root/{sha}": root,
  "/federation": roots,
  "/crl": crl,
};
const newer: Record<string, Endpoint> = { "/intermediates": intermediates, "/intermediates.pem": intermediatesPem };

/** HEAD is answered like GET, without the body. */
export function route(state: State, request: Request): Answer | Promise<Answer> {
  const path = plainPath(request.path);
  const got = gets[path] ?? (state.traits.publishesIntermediates ? newer[path] : undefined);
  const posted = posts[path];
  if (got) return ["GET", "HEAD"].includes(request.method) ? got(state, request) : methodNotAllowed("GET");
  if (posted) return request.method === "POST" ? posted(state, request) : methodNotAllowed("POST");
  return notFound();
}

export function isRenewal({ method, path }: { method: string; path: string }): boolean {
  return method === "POST" && ["/renew", "/re-sign", "/rekey"].includes(plainPath(path));
}

/** Without the version that it may begin with, and with {sha} for a fingerprint. */
export function plainPath(path: string): string {
  return path.replace(/^\/1\.0(?=\/)/, "").replace(/^\/root\/[^/]+$/, "/root/{sha}");
}
