/** Answers that no step-ca gives: those of proxies, portals and broken servers. */
import type { Answer } from "../endpoints/answer.ts";
import { json } from "../endpoints/answer.ts";
import type { Fault } from "../faults.ts";
import { words } from "../rules/refusal.ts";

type Pages = Partial<Record<Fault, () => Answer>>;

/** In front of every path. */
export const everywhere: Pages = {
  "html-200": () => page(200, "Welcome", "Sign in to use this network."),
  "html-404": () => page(404, "404 Not Found"),
  "html-403": () => page(403, "403 Forbidden"),
  "html-502": () => page(502, "502 Bad Gateway"),
  redirect: () => {
    const found = page(302, "302 Found");
    return { ...found, headers: { ...found.headers, Location: "https://login.example/" } };
  },
};

/** For renewals alone. */
export const onRenewal: Pages = {
  "huge-body": () => json(201, { crt: "-----BEGIN CERTIFICATE-----\n", padding: "x".repeat(2 * 1024 * 1024) }),
  "garbage-json": () => ({ ...json(201, {}), body: `{"crt":"-----BEGIN CERTIFICATE-----\\nMII` }),
  "empty-201": () => ({ status: 201, headers: {}, body: "" }),
  "html-400-header-too-large": () => page(400, "400 Request Header Or Cookie Too Large"),
  "too-many-requests": () => later(json(429, { status: 429, message: "Too Many Requests" }), 30),
  "busy-503": () => later(page(503, "503 Service Temporarily Unavailable"), 120),
  "server-error-500": () => json(500, { status: 500, message: words.internal }),
  "escape-sequences": () => json(401, { status: 401, message: HOSTILE }),
};

/** Sets a window title, clears the screen, makes text blink, turns the reading direction round, ends a C string. */
const HOSTILE =
  "\u001b]0;owned\u0007\u001b[2J\u001b[5mall is well\u001b[0m \u202Egnihton wonk I\u202C\u009b31m\u0000 the end\r\nrenewed";

function page(status: number, title: string, text = ""): Answer {
  const body = `<html>\r\n<head><title>${title}</title></head>\r\n<body>\r\n<center><h1>${title}</h1>${text}</center>\r\n<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n`;
  return { status, headers: { "Content-Type": "text/html", Server: "nginx" }, body, byProxy: true };
}

function later(answer: Answer, seconds: number): Answer {
  return { ...answer, headers: { ...answer.headers, "Retry-After": String(seconds) } };
}
