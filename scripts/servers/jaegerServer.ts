/** One Jaeger on this machine's loopback with its traces in memory: started, asked, stopped. */
import { spawn } from "node:child_process"
import * as fs from "node:fs"
import { createServer } from "node:net"
import * as path from "node:path"
import { setTimeout as sleep } from "node:timers/promises"
import { requireJaeger } from "./jaegerBinary.ts"

export interface JaegerPorts {
  /** OTLP over HTTP; spans go to /v1/traces. */
  readonly otlp: number
  /** The query API; this build holds no pages. */
  readonly ui: number
  readonly grpc: number
  readonly health: number
}

interface Running {
  readonly pid: number
  readonly ports: JaegerPorts
}

const readyMsMax = 60_000
const stopMsMax = 10_000

/** A folder holds one Jaeger: its settings, its log, its process id and ports. */
export class JaegerServer {
  readonly folder: string
  readonly pid: number
  readonly ports: JaegerPorts

  private constructor(folder: string, { pid, ports }: Running) {
    this.folder = folder
    this.pid = pid
    this.ports = ports
  }

  get otlpUrl(): string {
    return `http://127.0.0.1:${this.ports.otlp}`
  }

  get queryUrl(): string {
    return `http://127.0.0.1:${this.ports.ui}`
  }

  /** The one that runs out of a folder; undefined where none does. */
  static find(folder: string): JaegerServer | undefined {
    const file = path.join(folder, "running.json")
    if (!fs.existsSync(file)) return undefined
    const running = JSON.parse(fs.readFileSync(file, "utf8")) as Running
    return isJaeger(running.pid, folder) ? new JaegerServer(folder, running) : undefined
  }

  /** Ports that are 0 are picked. Ready when it answers queries. Throws `Missing` where it is not built. */
  static async start(
    folder: string,
    wanted: { readonly otlp: number; readonly ui: number }
  ): Promise<JaegerServer> {
    const binary = requireJaeger()
    const [first, second, grpc, health] = await freePorts(4)
    const ports: JaegerPorts = {
      otlp: wanted.otlp || first!,
      ui: wanted.ui || second!,
      grpc: grpc!,
      health: health!
    }
    fs.mkdirSync(folder, { recursive: true })
    const config = path.join(folder, "config.yaml")
    fs.writeFileSync(config, configText(ports))
    const log = fs.openSync(path.join(folder, "log"), "w")
    const child = spawn(binary, ["--config", config], {
      detached: true,
      // It would trace itself to whoever listens on OTLP's usual port.
      env: { ...process.env, OTEL_TRACES_SAMPLER: "always_off" },
      stdio: ["ignore", log, log]
    })
    fs.closeSync(log)
    let ended = false
    child.on("exit", () => {
      ended = true
    })
    child.unref()
    const running = { pid: child.pid!, ports }
    fs.writeFileSync(path.join(folder, "running.json"), JSON.stringify(running))
    const server = new JaegerServer(folder, running)
    const until = Date.now() + readyMsMax
    while (!(await server.answers())) {
      if (ended || Date.now() > until) {
        await server.stop()
        const told = fs.readFileSync(path.join(folder, "log"), "utf8").trim().split("\n").slice(-5)
        throw new Error(`Jaeger did not start:\n${told.join("\n")}`)
      }
      await sleep(100)
    }
    return server
  }

  async answers(): Promise<boolean> {
    const asked = [
      fetch(`${this.queryUrl}/api/services`),
      // An empty request is a valid one: the receiver is up when it takes it.
      fetch(`${this.otlpUrl}/v1/traces`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: '{"resourceSpans":[]}'
      })
    ]
    const answers = await Promise.allSettled(asked)
    return answers.every((answer) => answer.status === "fulfilled" && answer.value.ok)
  }

  /** Its traces are gone with it. */
  async stop(): Promise<void> {
    const until = Date.now() + stopMsMax
    if (isJaeger(this.pid, this.folder)) process.kill(this.pid, "SIGTERM")
    while (isJaeger(this.pid, this.folder)) {
      if (Date.now() > until) process.kill(this.pid, "SIGKILL")
      await sleep(50)
    }
    fs.rmSync(path.join(this.folder, "running.json"), { force: true })
  }
}

/** Whether the process still is the one that was started: a number may be another's by now. */
const isJaeger = (pid: number, folder: string): boolean => {
  const file = `/proc/${pid}/cmdline`
  if (!fs.existsSync("/proc/self")) return isAlive(pid)
  return (
    fs.existsSync(file) && fs.readFileSync(file, "utf8").includes(path.join(folder, "config.yaml"))
  )
}

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

const freePorts = async (count: number): Promise<ReadonlyArray<number>> => {
  const servers = await Promise.all(
    Array.from({ length: count }, async () => {
      const server = createServer()
      await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
      return server
    })
  )
  return Promise.all(
    servers.map(async (server) => {
      const { port } = server.address() as { readonly port: number }
      await new Promise((resolve) => server.close(resolve))
      return port
    })
  )
}

const configText = ({ otlp, ui, grpc, health }: JaegerPorts): string => `service:
  extensions: [jaeger_storage, jaeger_query, healthcheckv2]
  pipelines:
    traces:
      receivers: [otlp]
      processors: []
      exporters: [jaeger_storage_exporter]
  telemetry:
    metrics: { level: none }
    logs: { level: warn }
extensions:
  healthcheckv2:
    use_v2: true
    http: { endpoint: "127.0.0.1:${health}" }
  jaeger_query:
    storage: { traces: memory }
    http: { endpoint: "127.0.0.1:${ui}" }
    grpc: { endpoint: "127.0.0.1:${grpc}" }
  jaeger_storage:
    backends:
      memory:
        memory: { max_traces: 100000 }
receivers:
  otlp:
    protocols:
      http: { endpoint: "127.0.0.1:${otlp}" }
exporters:
  jaeger_storage_exporter:
    trace_storage: memory
`
