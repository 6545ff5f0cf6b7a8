/** Where the CA is, and by what it is trusted: flags, environment, step's configuration. */
import type { Server } from "node:https";
import { portOf, startProxy } from "../../proxy.ts";
import { issue } from "../play.ts";
import { byToken, connected, type Front, type Row, renewed, type Scene, unsaid, untouched, with_ } from "../row.ts";

const web = "web.crt web.key --force";
const configured = { args: web, reach: false } as const;
const root = ({ authority }: Scene) => authority.root;
const two = '{"one":{"profile":"p1","authority":"a1"},"two":{"profile":"p2","authority":"a2"}}';
const single = '{"one":{"profile":"p1","authority":"a1"}}';

function contexts(names: string, { write, ...scene }: Scene, current?: string): void {
  write("sp/contexts.json", names);
  write("sp/authorities/a1/config/defaults.json", '{"ca-url":"https://CA"}');
  write("sp/authorities/a1/certs/root_ca.crt", root({ write, ...scene }));
  write("sp/authorities/a2/config/defaults.json", '{"ca-url":"https://localhost:1"}');
  if (current !== undefined) write("sp/current-context.json", `{"context":"${current}"}`);
}

export const placeRows: readonly Row[] = [
  {
    id: "url-no-scheme",
    about: "--ca-url without https://",
    args: `${web} --ca-url localhost:PORT --root root.crt`,
    reach: false,
    does: renewed,
  },
  {
    id: "url-slash",
    about: "--ca-url with a slash at its end",
    args: `${web} --ca-url CA/ --root root.crt`,
    reach: false,
    does: renewed,
  },
  {
    id: "url-ip",
    about: "--ca-url with an IP address, by token",
    args: `${web} --mtls=false --ca-url https://127.0.0.1:PORT --root root.crt`,
    reach: false,
    does: byToken,
  },
  {
    id: "url-http",
    about: "--ca-url with http://",
    args: `${web} --ca-url http://localhost:PORT --root root.crt`,
    reach: false,
    exits: [1, 64],
    does: untouched,
  },
  {
    id: "url-prefix",
    about: "--ca-url with a path",
    args: `${web} --ca-url CA/1.0 --root root.crt`,
    reach: false,
    does: { step: renewed, renew: renewed.replace("/renew", "/1.0/renew") },
    why: "the path is kept, so that a CA behind one can be reached",
  },
  {
    id: "no-url",
    about: "no --ca-url anywhere",
    args: `${web} --root root.crt`,
    reach: false,
    exits: [1, 78],
    does: untouched,
  },
  {
    id: "no-root",
    about: "no --root anywhere",
    args: `${web} --ca-url CA`,
    reach: false,
    exits: [1, 78],
    does: untouched,
  },
  {
    ...configured,
    id: "env-url-root",
    about: "STEP_CA_URL and STEP_ROOT",
    env: { STEP_CA_URL: "CA", STEP_ROOT: "root.crt" },
    does: renewed,
  },
  {
    id: "flag-beats-env",
    about: "flags beat STEP_CA_URL and STEP_ROOT",
    args: web,
    env: { STEP_CA_URL: "https://localhost:1", STEP_ROOT: "nope.crt" },
    does: renewed,
  },
  {
    ...configured,
    id: "defaults",
    about: "config/defaults.json in STEPPATH",
    files: ({ write }) => write("sp/config/defaults.json", '{"ca-url":"https://CA","root":"root.crt"}'),
    does: renewed,
  },
  {
    ...configured,
    id: "defaults-home",
    about: "defaults.json in $HOME/.step without STEPPATH",
    env: { STEPPATH: "" },
    files: ({ write }) => write(".step/config/defaults.json", '{"ca-url":"https://CA","root":"root.crt"}'),
    does: renewed,
  },
  {
    ...configured,
    id: "defaults-root-place",
    about: "ca-url in defaults.json, the root at certs/root_ca.crt",
    files: (scene) => {
      scene.write("sp/config/defaults.json", '{"ca-url":"https://CA"}');
      scene.write("sp/certs/root_ca.crt", root(scene));
    },
    does: renewed,
  },
  {
    ...configured,
    id: "env-beats-defaults",
    about: "STEP_CA_URL beats defaults.json",
    env: { STEP_CA_URL: "CA" },
    files: ({ write }) => write("sp/config/defaults.json", '{"ca-url":"https://localhost:1","root":"root.crt"}'),
    does: renewed,
  },
  {
    id: "defaults-broken",
    about: "a broken defaults.json where all flags are given",
    args: web,
    files: ({ write }) => write("sp/config/defaults.json", "{"),
    exits: [1, 0],
    does: { step: untouched, renew: renewed },
    why: "nothing is needed from it; that it is broken is said",
  },
  {
    ...configured,
    id: "context-flag",
    about: "--context",
    args: `${web} --context one`,
    files: (scene) => contexts(two, scene),
    does: renewed,
  },
  {
    ...configured,
    id: "context-env",
    about: "STEP_CONTEXT",
    env: { STEP_CONTEXT: "one" },
    files: (scene) => contexts(two, scene),
    does: renewed,
  },
  {
    ...configured,
    id: "context-current",
    about: "current-context.json",
    files: (scene) => contexts(two, scene, "one"),
    does: renewed,
  },
  {
    ...configured,
    id: "context-root-place",
    about: "in a context the root is at authorities/NAME/certs/root_ca.crt",
    files: (scene) => {
      contexts(single, scene, "one");
      scene.write("sp/certs/root_ca.crt", "no root");
    },
    does: renewed,
  },
  {
    ...configured,
    id: "context-unknown",
    about: "--context with a name that is not there",
    args: `${web} --context three`,
    files: (scene) => contexts(two, scene),
    exits: [1, 78],
    does: untouched,
  },
  {
    ...configured,
    id: "context-single",
    about: "one context, none current",
    files: (scene) => contexts(single, scene),
    does: { step: renewed.replace("web.crt;", "web.crt, created sp/current-context.json;"), renew: renewed },
    why: "the only one is used, and step's configuration is left alone",
  },
  {
    ...configured,
    id: "context-none-current",
    about: "two contexts, none current, no terminal",
    files: (scene) => contexts(two, scene),
    exits: [1, 78],
    does: untouched,
  },
  {
    id: "root-dir",
    about: "--root with a folder",
    args: `${web} --ca-url CA --root roots`,
    reach: false,
    files: (scene) => scene.write("roots/root.pem", root(scene)),
    does: renewed,
  },
  {
    id: "root-bundle",
    about: "--root with two certificates in one file",
    args: `${web} --ca-url CA --root both.pem`,
    reach: false,
    files: (scene) => scene.write("both.pem", scene.stranger.root + root(scene)),
    does: renewed,
  },
  {
    id: "root-list",
    about: "--root with two files",
    args: `${web} --ca-url CA --root other.crt,root.crt`,
    reach: false,
    files: ({ stranger, write }) => write("other.crt", stranger.root),
    does: renewed,
  },
  {
    id: "root-wrong",
    about: "--root is another CA's",
    args: `${web} --ca-url CA --root other.crt`,
    reach: false,
    files: ({ stranger, write }) => write("other.crt", stranger.root),
    exits: [1, 78],
    does: connected,
  },
  {
    id: "root-missing",
    about: "the root file does not exist",
    args: `${web} --ca-url CA --root nope.crt`,
    reach: false,
    exits: [1, 78],
    does: untouched,
  },
  {
    id: "root-garbage",
    about: "the root file holds no certificate",
    args: `${web} --ca-url CA --root bad.crt`,
    reach: false,
    files: ({ write }) => write("bad.crt", "words"),
    exits: [1, 78],
    does: untouched,
  },
  {
    id: "server-only-old",
    about: "a certificate for servers only, at a CA before v0.26.2",
    args: web,
    on: "v0.26.1",
    leaf: { usages: ["serverAuth"] },
    exits: [1, 0],
    does: { step: connected, renew: unsaid(byToken) },
    why: "mTLS cannot work with it, so a token is used",
  },
  {
    id: "client-only-old",
    about: "a certificate for clients only that has expired, at a CA before v0.26.2",
    args: web,
    on: "v0.26.1",
    leaf: { usages: ["clientAuth"], used: 1.5, provisioner: { name: "after-expiry" } },
    exits: [1, 77],
    does: {
      step: "POST /renew 401 token; files unchanged",
      renew: with_("POST /renew 401 token; files unchanged", "and asked the CA more"),
    },
    why: "the cause is found out",
  },
  {
    id: "renew-old",
    about: "a valid certificate, at a CA before v0.26.2",
    args: web,
    on: "v0.26.1",
    does: unsaid(renewed),
  },
  {
    id: "token-old",
    about: "by token, at a CA before v0.26.2",
    args: `${web} --mtls=false`,
    on: "v0.26.1",
    does: unsaid(byToken),
  },
  {
    id: "proxy-own-certificate",
    about: "a proxy that ends TLS, and shows the CA a certificate of its own",
    args: web,
    through: async ({ authority, ca }) => {
      const own = await authority.issue({ names: ["localhost"], usages: ["serverAuth"] });
      const client = await issue(authority, { subject: "proxy", names: ["proxy.internal"] });
      return front(await startProxy({ port: ca.port, own, root: authority.root, client }));
    },
    exits: [0, 76],
    does: {
      step: renewed.replace("same key, fits", "new key, DOES NOT FIT"),
      renew: "POST /renew 201 mTLS; files unchanged",
    },
    why: "another's certificate is not installed",
  },
  {
    id: "proxy-page",
    about: "a proxy that answers with a page",
    args: web,
    through: async ({ authority, ca }) => {
      const own = await authority.issue({ names: ["localhost"], usages: ["serverAuth"] });
      const page = { status: 502, title: "502 Bad Gateway" };
      return front(await startProxy({ port: ca.port, own, root: authority.root, page }));
    },
    exits: [1, 75],
    does: untouched,
  },
];

function front(server: Server): Front {
  return { port: portOf(server), close: () => server.close() };
}
