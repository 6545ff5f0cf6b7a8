// The floor for many renewals: undici's pool, every answer written to its file, and nothing looked at. ROOT URL TODO-FILE CONNECTIONS
// What is to do has a token that is ready, or the key that one is signed with here, as every client has to.
const { createPrivateKey, randomUUID } = require("node:crypto");
const { readFileSync, writeFileSync } = require("node:fs");
const { request } = require("undici/lib/api/index.js");
const Pool = require("undici/lib/dispatcher/pool.js");

const [root, url, todoFile, connections] = process.argv.slice(2);
const todo = JSON.parse(readFileSync(todoFile, "utf8"));
const pool = new Pool(url, { connections: Number(connections), connect: { ca: readFileSync(root) } });

async function tokenOf({ token, crt, key }) {
  if (token !== undefined) return token;
  const { SignJWT } = await import("jose/jwt/sign");
  const blocks = readFileSync(crt, "utf8").match(/-----BEGIN CERTIFICATE-----[^-]*/g);
  const x5cInsecure = blocks.map((block) => block.slice(27).replace(/\s/g, ""));
  const now = Math.floor(Date.now() / 1000);
  const claims = {
    aud: `${url}/renew`,
    iss: "step-ca-client/1.0",
    nbf: now,
    iat: now,
    exp: now + 300,
    jti: randomUUID(),
  };
  return new SignJWT({ ...claims, sub: crt.replace(/^.*\/|\.crt$/g, "").concat(".internal") })
    .setProtectedHeader({ alg: "ES256", typ: "JWT", x5cInsecure })
    .sign(createPrivateKey(readFileSync(key)));
}

async function lane() {
  for (let next = todo.pop(); next !== undefined; next = todo.pop()) {
    const headers = { "content-type": "application/json", authorization: `Bearer ${await tokenOf(next)}` };
    const { statusCode, body } = await request.call(pool, { method: "POST", path: "/renew", headers });
    const text = await body.text();
    if (statusCode !== 201) throw new Error(`${statusCode} ${text}`);
    writeFileSync(next.crt, JSON.parse(text).certChain.join(""));
  }
}
Promise.all(Array.from({ length: Number(connections) }, lane)).then(() => pool.close());
