import { defineConfig } from "vitest/config"

const report = process.env.OPTIONSIB_TEST_REPORT

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    // They need real servers: `npm run test:kafka`, `test:jaeger` and `test:tws` start them.
    exclude: ["test/servers/**", "**/node_modules/**"],
    // Files share a process and its modules: loading Effect anew for each of them costs more than most tests.
    pool: "forks",
    isolate: false,
    maxWorkers: "100%",
    testTimeout: 120_000,
    hookTimeout: 120_000,
    ...(report !== undefined && {
      reporters: ["default", ["json", { outputFile: report }]]
    })
  }
})
