/**
 * `npm run test:kafka [-- FILES]`: the tests that need real Kafkas. Each file starts its own on free ports, below a
 * temporary folder of this run; whatever still runs there when the tests end, in order or not, is stopped here.
 */
import { spawn } from "node:child_process"
import { mkdtempSync, readdirSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import * as path from "node:path"
import { KafkaCluster } from "./kafkaCluster.ts"
import { kafkaJars, Missing } from "./kafkaJars.ts"

const runTests = (folder: string): Promise<number> =>
  new Promise((resolve, reject) => {
    const args = ["run", "--config", "vitest.kafka.config.ts", ...process.argv.slice(2)]
    const child = spawn("vitest", args, {
      stdio: "inherit",
      env: { ...process.env, OPTIONSIB_KAFKA_FOLDER: folder }
    })
    for (const signal of ["SIGINT", "SIGTERM"] as const) {
      process.on(signal, () => child.kill(signal))
    }
    child.once("error", reject)
    child.once("exit", (code) => resolve(code ?? 1))
  })

try {
  kafkaJars()
  const folder = mkdtempSync(path.join(tmpdir(), "kafka-"))
  try {
    process.exitCode = await runTests(folder)
  } finally {
    for (const name of readdirSync(folder)) {
      await KafkaCluster.find(path.join(folder, name))?.stop()
    }
    rmSync(folder, { recursive: true, force: true })
  }
} catch (thrown) {
  if (!(thrown instanceof Missing)) throw thrown
  console.error(thrown.message)
  process.exitCode = 1
}
