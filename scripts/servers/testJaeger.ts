/** `npm run test:jaeger [-- FILES]`: tests against a real Jaeger, which they start on free ports and always stop. */
import { spawn } from "node:child_process"
import { requireJaeger } from "./jaegerBinary.ts"
import { Missing } from "./kafkaJars.ts"

try {
  requireJaeger()
  const files = process.argv.slice(2)
  const child = spawn("vitest", ["run", "--config", "vitest.jaeger.config.ts", ...files], {
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
