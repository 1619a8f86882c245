import { defineConfig } from "vitest/config"

/** Tests against real Kafkas, one file at a time: each file starts its own and stops it. `npm run test:kafka`. */
export default defineConfig({
  test: {
    include: ["test/servers/kafka/**/*.test.ts"],
    pool: "forks",
    fileParallelism: false,
    testTimeout: 300_000,
    hookTimeout: 180_000
  }
})
