/**
 * Membership of a consumer group on a control topic without messages: Kafka shares the topic's partitions out among the
 * live members, and a partition that is ours is a turn to try. Nothing that must be right hangs on it.
 */
import { Effect, type Scope } from "effect"
import kafkajs, { type KafkaConfig } from "kafkajs"
import { LogUnavailable } from "./kafkaLog.ts"
import "./repairs.ts"

/** A member that is not heard of for so long is out; the least that servers allow by default. */
const sessionTimeoutMs = 6_000
const heartbeatMs = 1_000
const rebalanceMsMax = 10_000
const joinMsMax = 60_000

const { Kafka, logLevel } = kafkajs

export interface GroupOptions {
  readonly config: KafkaConfig
  readonly topic: string
  readonly group: string
  /** Partitions that the control topic must have at least. */
  readonly slots: number
}

export interface Membership {
  /** Partitions that are this member's now. */
  readonly slots: () => ReadonlySet<number>
}

/** Joins, and leaves with the scope. Returns once the group has given this member its share. */
export const joinGroup = ({
  config,
  topic,
  group,
  slots
}: GroupOptions): Effect.Effect<Membership, LogUnavailable, Scope.Scope> =>
  Effect.gen(function* () {
    const kafka = new Kafka({ ...config, logLevel: logLevel.NOTHING })
    const place = Array.isArray(config.brokers) ? config.brokers.join(",") : "Kafka"
    const attempt = <A>(act: () => Promise<A>) =>
      Effect.tryPromise({
        try: act,
        catch: (error) => new LogUnavailable({ place, why: (error as Error).message })
      })
    yield* attempt(() => makeTopic(kafka, topic, slots))
    const consumer = kafka.consumer({
      groupId: `optionsib.${group}`,
      sessionTimeout: sessionTimeoutMs,
      heartbeatInterval: heartbeatMs,
      rebalanceTimeout: rebalanceMsMax,
      retry: {
        ...config.retry,
        retries: Number.MAX_SAFE_INTEGER,
        restartOnFailure: async () => true
      }
    })
    let mine: ReadonlySet<number> = new Set()
    const joined = new Promise<void>((resolve) => {
      consumer.on("consumer.group_join", ({ payload }) => {
        mine = new Set(payload.memberAssignment[topic] ?? [])
        resolve()
      })
    })
    yield* Effect.addFinalizer(() => Effect.promise(() => consumer.disconnect().catch(() => {})))
    yield* attempt(async () => {
      await consumer.connect()
      await consumer.subscribe({ topic, fromBeginning: false })
      await consumer.run({ eachMessage: async () => {} })
    })
    yield* Effect.timeoutOrElse(
      attempt(() => joined),
      {
        duration: `${joinMsMax} millis`,
        orElse: () =>
          Effect.fail(new LogUnavailable({ place, why: `group ${group} gave no answer` }))
      }
    )
    return { slots: () => mine }
  })

const makeTopic = async (
  kafka: InstanceType<typeof Kafka>,
  topic: string,
  slots: number
): Promise<void> => {
  const admin = kafka.admin()
  await admin.connect()
  try {
    const existing = new Set(await admin.listTopics())
    if (!existing.has(topic)) {
      await admin.createTopics({
        waitForLeaders: false,
        topics: [{ topic, numPartitions: slots, replicationFactor: -1 }]
      })
    }
    const { topics } = await admin.fetchTopicMetadata({ topics: [topic] })
    const partitions = topics[0]?.partitions.length ?? 0
    if (partitions > 0 && partitions < slots) {
      await admin.createPartitions({ topicPartitions: [{ topic, count: slots }] })
    }
  } finally {
    await admin.disconnect().catch(() => {})
  }
}
