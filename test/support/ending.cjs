// For `node --require`: as the process ends, writes down what it has loaded of Node and what it had not let go of.
const { writeFileSync } = require("node:fs");

process.on("exit", () => {
  const ending = { modules: process.moduleLoadList, open: process.getActiveResourcesInfo() };
  writeFileSync(process.env.RENEW_TEST_ENDING, JSON.stringify(ending));
});
