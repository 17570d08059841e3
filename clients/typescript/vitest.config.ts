import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["tests/**/*.test.ts"],
    globalSetup: ["tests/server/start.ts"],
    testTimeout: 20_000,
    hookTimeout: 30_000,
    // One server is shared by all files.
    fileParallelism: false,
  },
});
