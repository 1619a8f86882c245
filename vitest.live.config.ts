import { defineConfig } from "vitest/config"

/** Trades on the wall clock, whose minutes they wait for. `npm run test:live`. */
export default defineConfig({
  test: {
    include: ["test/servers/live/**/*.test.ts"],
    pool: "forks",
    fileParallelism: false,
    testTimeout: 300_000,
    hookTimeout: 120_000
  }
})
