// The floor for many renewals: undici's pool, ready-made tokens, every answer written to its file. ROOT URL TOKENS-FILE CONNECTIONS
const { readFileSync, writeFileSync } = require("node:fs");
const { request } = require("undici/lib/api/index.js");
const Pool = require("undici/lib/dispatcher/pool.js");

const [root, url, tokensFile, connections] = process.argv.slice(2);
const todo = JSON.parse(readFileSync(tokensFile, "utf8"));
const pool = new Pool(url, { connections: Number(connections), connect: { ca: readFileSync(root) } });

async function lane() {
  for (let next = todo.pop(); next !== undefined; next = todo.pop()) {
    const headers = { "content-type": "application/json", authorization: `Bearer ${next.token}` };
    const { statusCode, body } = await request.call(pool, { method: "POST", path: "/renew", headers });
    const text = await body.text();
    if (statusCode !== 201) throw new Error(`${statusCode} ${text}`);
    writeFileSync(next.crt, JSON.parse(text).certChain.join(""));
  }
}
Promise.all(Array.from({ length: Number(connections) }, lane)).then(() => pool.close());
