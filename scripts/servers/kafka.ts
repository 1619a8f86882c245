/**
 * `npm run dev:kafka -- start|stop|status [--nodes 1|3] [--port 19092] [--dir FOLDER]`: a real Kafka for development.
 *
 * Loopback only. Its data stays in FOLDER (default .optionsib/kafka) until that is removed.
 */
import { existsSync } from "node:fs"
import * as path from "node:path"
import { parseArgs } from "node:util"
import { KafkaCluster } from "./kafkaCluster.ts"
import { Missing } from "./kafkaJars.ts"

const usage =
  "usage: npm run dev:kafka -- start|stop|status [--nodes 1|3] [--port 19092] [--dir FOLDER]"

const main = async (): Promise<number> => {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      nodes: { type: "string" },
      port: { type: "string", default: "19092" },
      dir: { type: "string", default: ".optionsib/kafka" }
    }
  })
  const folder = path.resolve(values.dir)
  const [command] = positionals
  const cluster = KafkaCluster.find(folder)
  switch (command) {
    case "start":
      return start(folder, values.nodes, Number(values.port))
    case "stop":
      if (cluster === undefined) return said(`there is no Kafka in ${folder}`)
      await cluster.stop()
      return said("stopped")
    case "status":
      if (cluster === undefined) return said(`there is no Kafka in ${folder}`)
      for (const { id, port } of cluster.plan.nodes) {
        const pid = cluster.pid(id)
        said(`node ${id}  127.0.0.1:${port}  ${pid === undefined ? "stopped" : `process ${pid}`}`)
      }
      return 0
    default:
      console.error(usage)
      return 1
  }
}

const start = async (folder: string, nodesText: string | undefined, port: number) => {
  const existing = KafkaCluster.find(folder)
  const nodes = Number(nodesText ?? existing?.plan.nodes.length ?? 1)
  if ((nodes !== 1 && nodes !== 3) || !Number.isInteger(port) || port < 1 || port > 65_532) {
    console.error(`--nodes is 1 or 3 and --port a port below 65533; ${usage}`)
    return 1
  }
  if (existing !== undefined && existing.plan.nodes.length !== nodes) {
    console.error(
      `${folder} holds a Kafka of ${existing.plan.nodes.length} nodes, not ${nodes}: name another --dir, or remove it`
    )
    return 1
  }
  const half = existing === undefined && existsSync(path.join(folder, "1"))
  if (half) said(`${folder} holds a start that was cut short; going on with it`)
  const cluster = existing ?? (await KafkaCluster.create(folder, nodes, port))
  cluster.startAll()
  try {
    await cluster.ready()
  } catch (thrown) {
    await cluster.stop()
    throw thrown
  }
  return said(`ready: ${cluster.brokers.join(",")}`)
}

const said = (text: string): number => {
  console.log(text)
  return 0
}

try {
  process.exitCode = await main()
} catch (thrown) {
  console.error(
    thrown instanceof Missing || thrown instanceof Error ? thrown.message : String(thrown)
  )
  process.exitCode = 1
}
