// The same as raw-mtls.cjs by undici's Client, loaded without the rest of undici. CRT KEY ROOT URL
const { readFileSync, writeFileSync } = require("node:fs");
const { request } = require("undici/lib/api/index.js");
const Client = require("undici/lib/dispatcher/client.js");

const [crt, keyFile, root, url] = process.argv.slice(2);
const [cert, key, ca] = [crt, keyFile, root].map((file) => readFileSync(file));
const client = new Client(url, { connect: { cert, key, ca } });

async function renew() {
  const headers = { "content-type": "application/json" };
  const { statusCode, body } = await request.call(client, { method: "POST", path: "/renew", headers });
  const text = await body.text();
  if (statusCode !== 201) throw new Error(`${statusCode} ${text}`);
  writeFileSync(crt, JSON.parse(text).certChain.join(""));
  await client.close();
}
renew();
