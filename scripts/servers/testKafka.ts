/** `npm run test:kafka [-- FILES]`: tests against real Kafkas, which each file starts on free ports and always stops. */
import { spawn } from "node:child_process"
import { kafkaJars, Missing } from "./kafkaJars.ts"

try {
  kafkaJars()
  const files = process.argv.slice(2)
  const child = spawn("vitest", ["run", "--config", "vitest.kafka.config.ts", ...files], {
    stdio: "inherit"
  })
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => child.kill(signal))
  child.on("exit", (code) => {
    process.exitCode = code ?? 1
  })
} catch (thrown) {
  if (!(thrown instanceof Missing)) throw thrown
  console.error(thrown.message)
  process.exitCode = 1
}
