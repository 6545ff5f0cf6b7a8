/** Whatever the CA's public endpoints do, a refusal is told with its own code and exit status, and within three seconds more. */
import { afterEach, describe, expect, test } from "vitest";
import { bytes, type HostileCa, json, type Replies, startHostileCa, troubles } from "../support/hostile-ca.ts";
import { type Scene, scene } from "../support/scene.ts";

const U401 =
  "The request lacked necessary authorization to be completed. Please see the certificate authority logs for more info.";
const refusal = json(401, { status: 401, message: U401 });

let current: Scene | undefined;
let server: HostileCa | undefined;
afterEach(async () => {
  await server?.close();
  await current?.end();
});

async function renewAt(replies: (s: Scene) => Replies | Promise<Replies>) {
  current = await scene({ intermediate: true });
  await current.issue("web", { provisioner: { name: "admin" } });
  server = await startHostileCa(current.authority, { "/renew": refusal, ...(await replies(current)) });
  const started = performance.now();
  const ran = await current.renew("--json --force web.crt web.key --root root.crt", {
    env: { STEP_CA_URL: server.url },
  });
  return { ...ran, tookMs: performance.now() - started, error: JSON.parse(ran.stdout).error as Told };
}

interface Told {
  code: string;
  causes: { id: string; certainty: string }[];
  evidence: { status: number; lines: { label: string; value: string }[] };
}

describe("a refusal is told as it was, and in time, where everything else", () => {
  // What is slow in other ways ends by the same limit; see the tests of askCa.
  const others = Object.entries(troubles).filter(([name]) => !["drips", "says that it has a gigabyte"].includes(name));
  test.each(others)("%s", async (name, reply) => {
    const { exit, error, tookMs } = await renewAt(() => ({ "*": reply }));
    expect([exit, error.code, error.evidence.status]).toEqual([77, "CA_REFUSED", 401]);
    expect(error.causes.filter(({ certainty }) => certainty === "certain")).toEqual([]);
    expect(tookMs).toBeLessThan(name === "never answers" ? 4500 : 3000);
  });

  test("is another CA's", async () => {
    const { exit, error } = await renewAt(async () => {
      const other = await scene({ subject: "another CA", intermediate: true });
      await other.end();
      const crts = [other.authority.root];
      return { "/roots": json(201, { crts }), "/intermediates": json(201, { crts: other.authority.intermediates }) };
    });
    expect([exit, error.code]).toEqual([77, "CA_REFUSED"]);
    expect(error.evidence.lines).toContainEqual({
      label: "published",
      value: "another CA's roots and intermediates, not used",
    });
    expect(error.causes.map(({ id }) => id)).not.toContain("UNKNOWN_ISSUER");
  });

  test("is a list of provisioners that never ends", async () => {
    let page = 0;
    const { exit, error, tookMs } = await renewAt(() => ({
      "/provisioners": (response, request) =>
        json(200, { provisioners: [{ name: `p${page}`, type: "JWK" }], nextCursor: String(++page) })(response, request),
    }));
    expect([exit, error.code]).toEqual([77, "CA_REFUSED"]);
    expect(error.causes.map(({ id, certainty }) => `${id} ${certainty}`)).not.toContain("PROVISIONER_GONE certain");
    expect(tookMs).toBeLessThan(4000);
  });

  test("is well, and what refuses speaks no HTTP", async () => {
    const { exit, error } = await renewAt(() => ({ "/renew": troubles["is no HTTP"] ?? bytes(200, "") }));
    expect([exit, error.code]).toEqual([76, "NOT_A_CA"]);
  });
});
