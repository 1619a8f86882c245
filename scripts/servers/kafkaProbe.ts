/** Whether a Kafka serves: a transaction commits over it and a consumer of a group reads it back. */
import { randomUUID } from "node:crypto"
import { setTimeout as sleep } from "node:timers/promises"
import { type Admin, Kafka, logLevel } from "kafkajs"
import "../../src/infra/journal/kafka/repairs.ts"

const pauseMs = 250

/**
 * Tries until it went through once; `goOn` is called before each new try and throws to end them. Warms the topics of
 * transactions and groups, which a fresh node makes on first use.
 */
export const probeKafka = async (
  brokers: ReadonlyArray<string>,
  nodes: number,
  goOn: () => void
): Promise<void> => {
  for (;;) {
    goOn()
    try {
      await probeOnce(brokers, nodes)
      return
    } catch {
      await sleep(pauseMs)
    }
  }
}

const probeOnce = async (brokers: ReadonlyArray<string>, nodes: number): Promise<void> => {
  const kafka = new Kafka({
    clientId: "optionsib-probe",
    brokers: [...brokers],
    logLevel: logLevel.NOTHING,
    connectionTimeout: 2_000,
    requestTimeout: 5_000,
    retry: { initialRetryTime: 50, maxRetryTime: 500, retries: 4 }
  })
  const admin = kafka.admin()
  const topic = `optionsib-probe-${randomUUID()}`
  try {
    await admin.connect()
    const cluster = await admin.describeCluster()
    if (cluster.brokers.length < nodes) throw new Error("not all nodes have joined")
    await admin.createTopics({
      topics: [{ topic, numPartitions: 1, replicationFactor: nodes }],
      waitForLeaders: false
    })
    await leaderOf(admin, topic)
    await transact(kafka, topic)
    await readBack(kafka, topic)
  } finally {
    await admin.deleteTopics({ topics: [topic] }).catch(() => {})
    await admin.disconnect().catch(() => {})
  }
}

const leaderOf = async (admin: Admin, topic: string): Promise<void> => {
  for (let tries = 0; tries < 40; tries++) {
    const { topics } = await admin
      .fetchTopicMetadata({ topics: [topic] })
      .catch(() => ({ topics: [] }))
    const leader = topics[0]?.partitions[0]?.leader
    if (leader !== undefined && leader >= 0) return
    await sleep(pauseMs)
  }
  throw new Error(`${topic} has no leader`)
}

const transact = async (kafka: Kafka, topic: string): Promise<void> => {
  const producer = kafka.producer({
    transactionalId: topic,
    maxInFlightRequests: 1,
    idempotent: true,
    retry: { initialRetryTime: 50, maxRetryTime: 500, retries: 20 },
    createPartitioner: () => () => 0
  })
  try {
    await producer.connect()
    const transaction = await producer.transaction()
    await transaction.send({ topic, acks: -1, messages: [{ value: "probe" }] })
    await transaction.commit()
  } finally {
    await producer.disconnect().catch(() => {})
  }
}

const readBack = async (kafka: Kafka, topic: string): Promise<void> => {
  const consumer = kafka.consumer({ groupId: topic, retry: { retries: 10 } })
  try {
    await consumer.connect()
    await consumer.subscribe({ topics: [topic], fromBeginning: true })
    await Promise.race([
      new Promise<void>((resolve, reject) => {
        consumer.run({ eachMessage: async () => resolve() }).catch(reject)
      }),
      sleep(15_000, undefined, { ref: false }).then(() => {
        throw new Error("nothing was read back")
      })
    ])
  } finally {
    await consumer.disconnect().catch(() => {})
  }
}
