import { runBundled } from "../support/bundled.js";

await runBundled("bench");
