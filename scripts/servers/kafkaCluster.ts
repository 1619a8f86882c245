/** A Kafka of one node or three on this machine's loopback: formatted, started, killed, stopped. */
import { execFileSync, spawn } from "node:child_process"
import { randomBytes } from "node:crypto"
import * as fs from "node:fs"
import { createServer } from "node:net"
import * as path from "node:path"
import { setTimeout as sleep } from "node:timers/promises"
import { kafkaJars, loggingFile } from "./kafkaJars.ts"
import { probeKafka } from "./kafkaProbe.ts"

interface KafkaNode {
  /** From 1. */
  readonly id: number
  readonly port: number
  readonly controllerPort: number
}

interface ClusterPlan {
  readonly clusterId: string
  readonly nodes: ReadonlyArray<KafkaNode>
}

/** A listener beside the plain one, and what it needs. */
export interface SecureListener {
  readonly port: number
  /** Lines of the node's settings, without the listener itself: its name is SECURE. */
  readonly settings: ReadonlyArray<string>
  /** Of `kafka-storage format`. */
  readonly formatArguments: ReadonlyArray<string>
}

const stopMsMax = 20_000
const readyMsMax = 90_000

/** A folder holds one cluster: its plan, and per node its settings, data, log and process id. */
export class KafkaCluster {
  readonly folder: string
  readonly plan: ClusterPlan

  private constructor(folder: string, plan: ClusterPlan) {
    this.folder = folder
    this.plan = plan
  }

  /** The cluster of a folder; undefined where there is none. */
  static find(folder: string): KafkaCluster | undefined {
    const file = path.join(folder, "cluster.json")
    if (!fs.existsSync(file)) return undefined
    return new KafkaCluster(folder, JSON.parse(fs.readFileSync(file, "utf8")) as ClusterPlan)
  }

  /** `basePort`: node i listens on basePort + i - 1; 0 picks free ports. `secure`: for a cluster of one node. */
  static async create(
    folder: string,
    nodeCount: number,
    basePort: number,
    secure?: SecureListener
  ): Promise<KafkaCluster> {
    const ports = await freePorts(nodeCount * 2)
    const nodes = Array.from({ length: nodeCount }, (_, index) => ({
      id: index + 1,
      port: basePort === 0 ? ports[index]! : basePort + index,
      controllerPort: ports[nodeCount + index]!
    }))
    const cluster = new KafkaCluster(folder, {
      clusterId: randomBytes(16).toString("base64url").replaceAll(/[-_]/g, "a"),
      nodes
    })
    fs.mkdirSync(folder, { recursive: true })
    const libs = kafkaJars()
    for (const node of nodes) {
      fs.mkdirSync(cluster.#nodeFolder(node.id), { recursive: true })
      fs.writeFileSync(cluster.#settingsFile(node.id), cluster.#settings(node, secure))
      const format = ["kafka.tools.StorageTool", "format", "--ignore-formatted"]
      execFileSync(
        "java",
        [
          ...["-Xmx128m", "-XX:TieredStopAtLevel=1", ...classPath(libs), ...format],
          ...["-t", cluster.plan.clusterId, "-c", cluster.#settingsFile(node.id)],
          ...(secure?.formatArguments ?? [])
        ],
        { stdio: ["ignore", "ignore", "inherit"] }
      )
    }
    fs.writeFileSync(path.join(folder, "cluster.json"), JSON.stringify(cluster.plan, null, 2))
    return cluster
  }

  get brokers(): ReadonlyArray<string> {
    return this.plan.nodes.map(({ port }) => `127.0.0.1:${port}`)
  }

  /** Starts a node; `ready` tells when it serves. */
  start(id: number): void {
    if (this.pid(id) !== undefined) return
    const log = fs.openSync(path.join(this.#nodeFolder(id), "log"), "a")
    const heap = [
      "-Xms256m",
      "-Xmx256m",
      "-XX:+UseSerialGC",
      "-XX:TieredStopAtLevel=1",
      "-XX:MaxDirectMemorySize=128m"
    ]
    const child = spawn(
      "java",
      [...heap, ...classPath(kafkaJars()), "kafka.Kafka", this.#settingsFile(id)],
      { detached: true, stdio: ["ignore", log, log] }
    )
    fs.closeSync(log)
    fs.writeFileSync(this.#pidFile(id), String(child.pid))
    child.unref()
  }

  startAll(): void {
    for (const { id } of this.plan.nodes) this.start(id)
  }

  /** Waits until a transaction over the whole cluster commits and is read back. Throws with the node's log. */
  async ready(): Promise<void> {
    const untilMs = Date.now() + readyMsMax
    await probeKafka(this.brokers, this.plan.nodes.length, () => {
      const dead = this.plan.nodes.find(({ id }) => this.pid(id) === undefined)
      if (dead !== undefined) throw new Error(`node ${dead.id} ended:\n${this.#logEnd(dead.id)}`)
      if (Date.now() > untilMs) {
        throw new Error(`Kafka was not ready in ${readyMsMax / 1000} s:\n${this.#logEnd(1)}`)
      }
    })
  }

  /** The node's process; undefined where it does not run. A number that another process has by now is not it. */
  pid(id: number): number | undefined {
    const file = this.#pidFile(id)
    if (!fs.existsSync(file)) return undefined
    const pid = Number(fs.readFileSync(file, "utf8"))
    const command = spawnedCommand(pid)
    return command?.includes(this.#settingsFile(id)) === true ? pid : undefined
  }

  signal(id: number, signal: NodeJS.Signals): void {
    const pid = this.pid(id)
    if (pid !== undefined) process.kill(pid, signal)
  }

  /** SIGKILL, and waits until the process is gone. */
  async kill(id: number): Promise<void> {
    this.signal(id, "SIGKILL")
    await this.#gone(id)
  }

  /** In order where it can, by force after 20 s. */
  async stop(): Promise<void> {
    for (const { id } of this.plan.nodes) this.signal(id, "SIGTERM")
    await Promise.all(
      this.plan.nodes.map(async ({ id }) => {
        if (await this.#gone(id)) return
        await this.kill(id)
      })
    )
  }

  async #gone(id: number): Promise<boolean> {
    const untilMs = Date.now() + stopMsMax
    while (this.pid(id) !== undefined) {
      if (Date.now() > untilMs) return false
      await sleep(50)
    }
    return true
  }

  #nodeFolder = (id: number): string => path.join(this.folder, String(id))
  #settingsFile = (id: number): string => path.join(this.#nodeFolder(id), "server.properties")
  #pidFile = (id: number): string => path.join(this.#nodeFolder(id), "pid")

  #logEnd(id: number): string {
    const file = path.join(this.#nodeFolder(id), "log")
    return fs.existsSync(file) ? fs.readFileSync(file, "utf8").slice(-3_000) : "no log"
  }

  #settings({ id, port, controllerPort }: KafkaNode, secure: SecureListener | undefined): string {
    const own = secure === undefined ? "" : `,SECURE://127.0.0.1:${secure.port}`
    const { nodes } = this.plan
    const copies = nodes.length
    const inSyncMin = copies >= 3 ? 2 : 1
    const voters = nodes.map((node) => `${node.id}@127.0.0.1:${node.controllerPort}`).join(",")
    return `${[
      "process.roles=broker,controller",
      `node.id=${id}`,
      `controller.quorum.voters=${voters}`,
      `listeners=PLAINTEXT://127.0.0.1:${port},CONTROLLER://127.0.0.1:${controllerPort}${own}`,
      `advertised.listeners=PLAINTEXT://127.0.0.1:${port}${own}`,
      "listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,SECURE:SASL_SSL",
      ...(secure?.settings ?? []),
      "controller.listener.names=CONTROLLER",
      "inter.broker.listener.name=PLAINTEXT",
      `log.dirs=${path.join(this.#nodeFolder(id), "data")}`,
      "auto.create.topics.enable=false",
      `default.replication.factor=${copies}`,
      `min.insync.replicas=${inSyncMin}`,
      `offsets.topic.replication.factor=${copies}`,
      "offsets.topic.num.partitions=4",
      `transaction.state.log.replication.factor=${copies}`,
      `transaction.state.log.min.isr=${inSyncMin}`,
      "transaction.state.log.num.partitions=4",
      `share.coordinator.state.topic.replication.factor=${copies}`,
      `share.coordinator.state.topic.min.isr=${inSyncMin}`,
      "group.initial.rebalance.delay.ms=0",
      "num.network.threads=2",
      "num.io.threads=4",
      "background.threads=2",
      "log.segment.bytes=67108864",
      "log.cleaner.dedupe.buffer.size=8388608",
      "broker.session.timeout.ms=6000"
    ].join("\n")}\n`
  }
}

const classPath = (libs: string): ReadonlyArray<string> => [
  "-cp",
  path.join(libs, "*"),
  `-Dlog4j2.configurationFile=${loggingFile()}`
]

/** The command line of a process; undefined where there is no such process. */
const spawnedCommand = (pid: number): string | undefined => {
  try {
    return execFileSync("ps", ["-o", "args=", "-p", String(pid)], { encoding: "utf8" })
  } catch {
    return undefined
  }
}

export const freePorts = async (count: number): Promise<ReadonlyArray<number>> => {
  const servers = await Promise.all(
    Array.from(
      { length: count },
      () =>
        new Promise<ReturnType<typeof createServer>>((resolve, reject) => {
          const server = createServer()
          server.once("error", reject)
          server.listen(0, "127.0.0.1", () => resolve(server))
        })
    )
  )
  const ports = servers.map((server) => (server.address() as { readonly port: number }).port)
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))))
  return ports
}
