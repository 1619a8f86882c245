/** A Kafka for a test file: started before its tests in a temporary folder, stopped after them whatever happens. */
import { randomUUID } from "node:crypto"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, beforeAll } from "@effect/vitest"
import { KafkaCluster } from "../../../scripts/servers/kafkaCluster.ts"
import { KafkaLink } from "../../../src/infra/journal/kafka/KafkaLink.ts"

export interface RunningKafka {
  readonly cluster: KafkaCluster
  readonly link: KafkaLink
}

export const withKafka = (nodes: number): (() => RunningKafka) => {
  let running: RunningKafka | undefined
  let folder = ""
  beforeAll(async () => {
    folder = mkdtempSync(join(process.env.OPTIONSIB_KAFKA_FOLDER ?? tmpdir(), "kafka-"))
    const cluster = await KafkaCluster.create(folder, nodes, 0)
    cluster.startAll()
    await cluster.ready()
    running = { cluster, link: linkTo(cluster.brokers) }
  })
  afterAll(async () => {
    await KafkaCluster.find(folder)?.stop()
    rmSync(folder, { recursive: true, force: true })
  })
  return () => running!
}

export const linkTo = (brokers: ReadonlyArray<string>): KafkaLink =>
  new KafkaLink(clientConfig(brokers), brokers.join(","))

export const newTopic = (): string => `optionsib-${randomUUID().slice(0, 8)}`

export const clientConfig = (brokers: ReadonlyArray<string>) => ({
  clientId: "optionsib-test",
  brokers: [...brokers],
  connectionTimeout: 2_000,
  requestTimeout: 10_000,
  retry: { retries: 5, initialRetryTime: 20, maxRetryTime: 300 }
})
