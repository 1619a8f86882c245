import { defineConfig } from "vitest/config"

/** Tests against a real Jaeger, which they start and stop. `npm run test:jaeger`. */
export default defineConfig({
  test: {
    include: ["test/servers/jaeger/**/*.test.ts"],
    pool: "forks",
    fileParallelism: false,
    testTimeout: 300_000,
    hookTimeout: 120_000
  }
})
