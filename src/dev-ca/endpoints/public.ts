/** What a CA tells everyone (certificates, api/api.go). */
import { createHash } from "node:crypto";
import { page } from "../rules/provisioners.ts";
import { badRequest, Refusal, words } from "../rules/refusal.ts";
import type { State } from "../rules/state.ts";
import { type Answer, json, pem } from "./answer.ts";
import type { Request } from "./request.ts";

export function health(): Answer {
  return json(200, { status: "ok" });
}

export function version({ says }: State): Answer {
  return json(200, { version: says });
}

export function provisioners(state: State, { query }: Request): Answer {
  const limit = query.get("limit") ?? "";
  if (!/^[+-]?\d*$/.test(limit)) {
    const problem = `limit '${limit}' is not an integer`;
    throw badRequest(problem, `${problem}: strconv.Atoi: parsing "${limit}": invalid syntax`);
  }
  return json(200, page(state.provisioners, query.get("cursor") ?? "", Number(limit)));
}

/** 201, oddly, as the real one; so do /intermediates and /federation. */
export function roots({ root }: State): Answer {
  return json(201, { crts: [root.pem] });
}

export function rootsPem({ root }: State): Answer {
  return pem(root.pem);
}

/** By SHA-256 fingerprint, dashes and upper case allowed. */
export function root({ root: { der, pem: ca }, traits }: State, { path }: Request): Answer {
  const asked = path.slice(path.lastIndexOf("/") + 1);
  const sum = asked.replaceAll("-", "").toLowerCase();
  if (createHash("sha256").update(der).digest("hex") === sum) return json(200, { ca });
  const log = `certificate with fingerprint ${sum} was not found`;
  if (traits.namesMissingRoot) throw new Refusal(404, `root certificate with fingerprint "${sum}" was not found`, log);
  throw new Refusal(404, words.notFound, `${path} was not found: ${log}`);
}

export function intermediates(state: State): Answer {
  return json(201, { crts: published(state) });
}

export function intermediatesPem(state: State): Answer {
  return pem(published(state).join(""));
}

/** A registration authority does not know its issuer; where the root itself issues, it counts as one. */
function published({ issuers, registrationAuthority }: State): string[] {
  if (registrationAuthority) {
    throw new Refusal(501, words.notImplemented, "error getting intermediates: method not implemented");
  }
  return issuers.map(({ pem: text }) => text);
}
