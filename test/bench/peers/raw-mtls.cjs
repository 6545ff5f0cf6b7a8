// The floor for a renewal over mTLS: one POST, one file written, and nothing looked at besides. CRT KEY ROOT URL
const { readFileSync, writeFileSync } = require("node:fs");
const { request } = require("node:https");

const [crt, keyFile, root, url] = process.argv.slice(2);
const [cert, key, ca] = [crt, keyFile, root].map((file) => readFileSync(file));
const headers = { "content-type": "application/json" };

const post = request(`${url}/renew`, { method: "POST", headers, cert, key, ca, agent: false }, (answer) => {
  const parts = [];
  answer.on("data", (part) => parts.push(part));
  answer.on("end", () => {
    const body = Buffer.concat(parts).toString();
    if (answer.statusCode !== 201) throw new Error(`${answer.statusCode} ${body}`);
    writeFileSync(crt, JSON.parse(body).certChain.join(""));
  });
});
post.end();
