// For `node --require`: as the process ends, writes down what it has loaded of Node and what it had not let go of.
const { writeFileSync } = require("node:fs");

const file = process.env.RENEW_TEST_ENDING;
process.on("exit", () => {
  const resources = process.getActiveResourcesInfo();
  writeFileSync(file, JSON.stringify({ modules: process.moduleLoadList, resources }));
});
