import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    exclude: ["test/real/**"],
    globalSetup: ["test/support/secrets-report.ts"],
    setupFiles: ["test/support/secrets-setup.ts"],
    // Most tests wait for processes or signatures now and then: two at a time, also on two cores.
    maxWorkers: 2,
    testTimeout: 30_000,
    env: { TZ: "UTC", NODE_EXTRA_CA_CERTS: "", FORCE_COLOR: "", NO_COLOR: "" },
  },
});
