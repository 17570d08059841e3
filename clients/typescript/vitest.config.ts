import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["tests/**/*.test.ts"],
    globalSetup: ["tests/server/start.ts"],
    testTimeout: 20_000,
    hookTimeout: 30_000,
    // Some promises are about the clock on the wall, and the machine may be busy.
    retry: 1,
    // One server is shared by all files.
    fileParallelism: false,
  },
});
