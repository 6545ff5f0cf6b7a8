// The floor for a renewal by token: the token is ready, one POST, one file written. CRT ROOT URL TOKEN-FILE
const { readFileSync, writeFileSync } = require("node:fs");
const { request } = require("node:https");

const [crt, root, url, tokenFile] = process.argv.slice(2);
const headers = { "content-type": "application/json", authorization: `Bearer ${readFileSync(tokenFile, "utf8")}` };

const post = request(`${url}/renew`, { method: "POST", headers, ca: readFileSync(root), agent: false }, (answer) => {
  const parts = [];
  answer.on("data", (part) => parts.push(part));
  answer.on("end", () => {
    const body = Buffer.concat(parts).toString();
    if (answer.statusCode !== 201) throw new Error(`${answer.statusCode} ${body}`);
    writeFileSync(crt, JSON.parse(body).certChain.join(""));
  });
});
post.end();
