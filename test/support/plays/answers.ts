/** Exit 75 and 76: nobody answered, or not with what was asked for. */
import { createServer as createHttpServer } from "node:http";
import { createServer as createTcpServer } from "node:net";
import { expired, force, leaf, type Plays } from "./play.ts";

export const answers: Plays = {
  "ca-unreachable": { set: leaf(), command: force },
  "ca-unreachable-proxy-502": { set: leaf({ faults: ["html-502"] }), command: force },
  "ca-timeout": { set: leaf({ faults: ["hang"] }), command: `--timeout 300ms ${force}` },
  "ca-closed": { set: leaf({ faults: ["close"] }, expired), command: force },
  "ca-busy": { set: leaf({ faults: ["too-many-requests"] }), command: force },
  "not-a-ca-page": { set: leaf({ faults: ["html-200"] }), command: force },
  "not-a-ca-redirect": { set: leaf({ faults: ["redirect"] }), command: force },
  "not-a-ca-plain-http": {
    set: async (s) => {
      await leaf()(s);
      await s.listen(createHttpServer());
    },
    command: force,
  },
  "not-a-ca-ssh": {
    set: async (s) => {
      await leaf()(s);
      await s.listen(createTcpServer((socket) => socket.end("SSH-2.0-OpenSSH_9.2\r\n")));
    },
    command: force,
  },
  "bad-response": { set: leaf({ faults: ["garbage-json"] }), command: force },
  "bad-response-empty": { set: leaf({ faults: ["empty-201"] }), command: force },
  "response-too-large": { set: leaf({ faults: ["huge-body"] }), command: force },
  "wrong-certificate-key": { set: leaf({ faults: ["other-key"] }), command: force },
  "wrong-certificate-root": { set: leaf({ faults: ["other-root"] }), command: force },
  "proxy-refused": { set: leaf({ faults: ["html-403"] }), command: force },
  "proxy-refused-header": { set: leaf({ faults: ["html-400-header-too-large"] }, expired), command: force },
};
