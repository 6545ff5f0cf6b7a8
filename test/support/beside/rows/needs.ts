/** Does it need renewal? The exit status says it. */
import type { Issued } from "../../../../src/dev-ca/authority.ts";
import { startTlsServer } from "../../tls-server.ts";
import { issue } from "../play.ts";
import { type Row, type Scene, untouched } from "../row.ts";

const connected = "connected, no request; files unchanged";

type Short = Omit<Row, "program" | "about" | "does"> & { about?: string; does?: Row["does"] };
const needs = ({ about = "", does = untouched, ...row }: Short): Row => ({
  ...row,
  about: about || String(row.args),
  program: "needs-renewal",
  does,
});
const used = (share: number) => ({ hours: 10, used: share });
const url = (name: string, args: string, row: Partial<Row> = {}) =>
  needs({ id: `needs-url${name}`, args, does: connected, ...row });

const dueSecond = async ({ authority, issued, write }: Scene) => {
  const now = Date.now();
  const second = await authority.issue({ notBefore: new Date(now - 9e6), notAfter: new Date(now + 1e6) });
  write("web.crt", issued.certificate + second.certificate);
};

export const needsRows: readonly Row[] = [
  needs({ id: "needs-fresh", args: "web.crt", exits: 1 }),
  needs({ id: "needs-67", args: "web.crt", leaf: used(0.67) }),
  needs({ id: "needs-66", args: "web.crt --expires-in 66%", leaf: used(0.665) }),
  needs({ id: "needs-75-no", args: "web.crt --expires-in 75%", leaf: used(0.7), exits: 1 }),
  needs({ id: "needs-75-yes", args: "web.crt --expires-in 75%", leaf: used(0.76) }),
  needs({ id: "needs-100h", args: "web.crt --expires-in 100h" }),
  needs({ id: "needs-30m", args: "web.crt --expires-in 30m", exits: 1 }),
  needs({ id: "needs-expired", args: "web.crt", leaf: used(1.5) }),
  needs({ id: "needs-missing", args: "nope.crt", exits: 2, words: "stderr" }),
  needs({
    id: "needs-garbage",
    args: "web.crt",
    files: ({ write }) => write("web.crt", "words"),
    exits: 255,
    words: "stderr",
  }),
  needs({
    id: "needs-empty",
    args: "web.crt",
    files: ({ write }) => write("web.crt", ""),
    exits: 255,
    words: "stderr",
  }),
  needs({
    id: "needs-der",
    args: "web.crt",
    files: ({ issued, write }) =>
      write("web.crt", Buffer.from(issued.certificate.replace(/-----.*?-----|\s/g, ""), "base64")),
    exits: 1,
  }),
  ...["soon", "66", "66.5%"].map((value) =>
    needs({ id: `needs-percent ${value}`, args: `web.crt --expires-in=${value}`, exits: 255, words: "stderr" }),
  ),
  needs({ id: "needs-percent-zero", args: "web.crt --expires-in=0%" }),
  needs({ id: "needs-no-argument", about: "no file given", args: "", exits: 255, words: "stderr" }),
  needs({ id: "needs-unknown-flag", args: "web.crt --nope", exits: 255, words: "stderr" }),
  needs({ id: "needs-verbose-yes", args: "web.crt -v", leaf: used(0.7), words: "stdout" }),
  needs({ id: "needs-verbose-no", args: "web.crt --verbose", exits: 1, words: "stderr" }),
  needs({ id: "needs-second-due", about: "the second is due", args: "web.crt", files: dueSecond, exits: 1 }),
  needs({ id: "needs-bundle", about: "the second is due", args: "web.crt --bundle", files: dueSecond }),
  url("", "tls://127.0.0.1:PORT --roots root.crt", { exits: 1 }),
  url("-https", "https://127.0.0.1:PORT --roots root.crt --expires-in 100h"),
  url("-no-root", "tls://127.0.0.1:PORT", { exits: 255, words: "stderr" }),
  url("-wrong-name", "tls://127.0.0.1:PORT --roots root.crt --servername other.internal", {
    exits: 255,
    words: "stderr",
  }),
  url("-expired", "tls://127.0.0.1:PORT --roots root.crt", {
    through: async ({ authority }) =>
      startTlsServer(served(await issue(authority, { names: ["127.0.0.1"], used: 1.5 }))),
    does: untouched,
    exits: 255,
    words: "stderr",
  }),
  url("-another-name", "tls://127.0.0.1:PORT --roots root.crt", {
    through: async ({ authority }) => startTlsServer(served(await issue(authority, {}))),
    does: untouched,
    exits: 255,
    words: "stderr",
  }),
  url("-down", "tls://127.0.0.1:DOWN --roots root.crt", { does: untouched, exits: 255, words: "stderr" }),
];

function served({ chain, key }: Issued) {
  return { cert: chain, key };
}
