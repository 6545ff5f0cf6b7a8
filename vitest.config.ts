import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    exclude: ["test/real/**"],
    testTimeout: 20_000,
    env: { TZ: "UTC", NODE_EXTRA_CA_CERTS: "", FORCE_COLOR: "", NO_COLOR: "" },
  },
});
