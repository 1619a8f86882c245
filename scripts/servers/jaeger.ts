/**
 * `npm run dev:jaeger -- build|start|stop|status [--otlp-port 4318] [--ui-port 16686] [--dir FOLDER] [--jobs N]`: a real
 * Jaeger for development, on loopback only, its traces in memory.
 */
import { availableParallelism } from "node:os"
import * as path from "node:path"
import { parseArgs } from "node:util"
import { buildJaeger, jaegerBinary, jaegerIsBuilt, jaegerVersion } from "./jaegerBinary.ts"
import { JaegerServer } from "./jaegerServer.ts"
import { Missing } from "./kafkaJars.ts"

const usage =
  "usage: npm run dev:jaeger -- build|start|stop|status [--otlp-port 4318] [--ui-port 16686] [--dir FOLDER] [--jobs N]"

const main = async (): Promise<number> => {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      "otlp-port": { type: "string", default: "4318" },
      "ui-port": { type: "string", default: "16686" },
      dir: { type: "string", default: ".optionsib/jaeger" },
      jobs: { type: "string", default: String(availableParallelism()) }
    }
  })
  const folder = path.resolve(values.dir)
  const [command] = positionals
  switch (command) {
    case "build": {
      const jobs = Number(values.jobs)
      if (!Number.isInteger(jobs) || jobs < 1)
        return refused(`--jobs is ${values.jobs}, not 1 or more`)
      if (!jaegerIsBuilt()) said(`builds Jaeger ${jaegerVersion}, once; some 20 minutes`)
      return said(await buildJaeger(jobs))
    }
    case "start":
      return start(folder, Number(values["otlp-port"]), Number(values["ui-port"]))
    case "stop": {
      const server = JaegerServer.find(folder)
      if (server === undefined) return said(`no Jaeger runs out of ${folder}`)
      await server.stop()
      return said("stopped")
    }
    case "status": {
      said(
        jaegerIsBuilt() ? `built    ${jaegerBinary}` : "built    no: npm run dev:jaeger -- build"
      )
      const server = JaegerServer.find(folder)
      return server === undefined ? said("running  no") : toldOf(server)
    }
    default:
      return refused(usage)
  }
}

const start = async (folder: string, otlp: number, ui: number): Promise<number> => {
  if (![otlp, ui].every((port) => Number.isInteger(port) && port >= 0 && port <= 65_535)) {
    return refused(`--otlp-port and --ui-port are ports, 0 for a free one; ${usage}`)
  }
  const running = JaegerServer.find(folder)
  return toldOf(running ?? (await JaegerServer.start(folder, { otlp, ui })))
}

const toldOf = (server: JaegerServer): number => {
  said(`running  process ${server.pid}`)
  said(`OTLP     ${server.otlpUrl}    run --otlp ${server.otlpUrl}`)
  return said(`query    ${server.queryUrl}/api/traces?service=optionsib`)
}

const said = (text: string): number => {
  console.log(text)
  return 0
}

const refused = (text: string): number => {
  console.error(text)
  return 1
}

process.exitCode = await main().catch((error: unknown) => {
  if (error instanceof Missing || (error instanceof Error && "code" in error)) {
    console.error(error.message)
    return 1
  }
  throw error
})
