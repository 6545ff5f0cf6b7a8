import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/real/**/*.test.ts"],
    globalSetup: ["test/real/binaries.ts", "test/real/kube-binaries.ts", "test/support/secrets-report.ts"],
    setupFiles: ["test/support/secrets-setup.ts"],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    env: { TZ: "UTC", NODE_EXTRA_CA_CERTS: "", FORCE_COLOR: "", NO_COLOR: "" },
  },
});
