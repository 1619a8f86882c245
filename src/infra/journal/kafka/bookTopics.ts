/**
 * The topics behind a journal address: TOPIC for the journals, TOPIC.snapshots and TOPIC.books beside it.
 *
 * Made where they are missing; where they are there, their settings must be such that nothing is lost.
 */
import { Effect } from "effect"
import kafkajs, { type KafkaConfig } from "kafkajs"
import { LogRefused, LogUnavailable } from "./kafkaLog.ts"
import "./repairs.ts"

export interface TopicSizes {
  /** Journals of so many books fit; only for making topics. */
  readonly partitions: number
  /** 0: the server's default. */
  readonly replicationFactor: number
}

export interface BookTopics {
  readonly journal: string
  readonly snapshots: string
  readonly books: string
  readonly partitions: number
}

interface Wanted {
  readonly topic: string
  readonly partitions: number | undefined
  readonly settings: Readonly<Record<string, string>>
}

const keepsEverything = {
  "cleanup.policy": "delete",
  "retention.ms": "-1",
  "retention.bytes": "-1"
}
const keepsLatest = { "cleanup.policy": "compact" }
/** So that a server cleans soon; any value does. */
const cleansSoon = { "segment.bytes": "16777216", "min.cleanable.dirty.ratio": "0.1" }
/** With so many copies or more, an acknowledgement must be of two. */
const copiesForTwo = 3

/** Looks at the topics, and makes them where `make` says how large. */
export const openTopics = (
  config: KafkaConfig,
  topic: string,
  make: TopicSizes | undefined
): Effect.Effect<BookTopics, LogRefused | LogUnavailable> =>
  Effect.tryPromise({
    try: () => withAdmin(config, (admin) => open(admin, topic, make)),
    catch: (error) =>
      error instanceof LogRefused
        ? error
        : new LogUnavailable({ place: serversOf(config), why: (error as Error).message })
  })

const { ConfigResourceTypes, Kafka, logLevel } = kafkajs

type Admin = ReturnType<InstanceType<typeof Kafka>["admin"]>

const withAdmin = async <A>(config: KafkaConfig, use: (admin: Admin) => Promise<A>): Promise<A> => {
  const admin = new Kafka({ ...config, logLevel: logLevel.NOTHING }).admin()
  try {
    await admin.connect()
    return await use(admin)
  } finally {
    await admin.disconnect().catch(() => {})
  }
}

const open = async (
  admin: Admin,
  topic: string,
  make: TopicSizes | undefined
): Promise<BookTopics> => {
  const names = { journal: topic, snapshots: `${topic}.snapshots`, books: `${topic}.books` }
  const existing = new Set(await admin.listTopics())
  if (!existing.has(topic) && make === undefined) {
    throw new LogRefused({ why: `there is no topic ${topic}: no book was ever run on it` })
  }
  const partitions = existing.has(topic)
    ? (await metadataOf(admin, topic)).partitions
    : make!.partitions
  const wanted: ReadonlyArray<Wanted> = [
    { topic: names.books, partitions: 1, settings: keepsLatest },
    { topic: names.snapshots, partitions, settings: keepsLatest },
    { topic: names.journal, partitions, settings: keepsEverything }
  ]
  const missing = wanted.filter((one) => !existing.has(one.topic))
  if (missing.length > 0) await create(admin, missing, make ?? { partitions, replicationFactor: 0 })
  for (const one of wanted) await check(admin, one)
  return { ...names, partitions }
}

const metadataOf = async (admin: Admin, topic: string) => {
  const { topics } = await admin.fetchTopicMetadata({ topics: [topic] })
  const found = topics[0]!.partitions
  return { partitions: found.length, copies: found[0]!.replicas.length }
}

/** `waitForLeaders` would throw on a fresh server; who uses a partition waits for its leader. */
const create = async (
  admin: Admin,
  missing: ReadonlyArray<Wanted>,
  { replicationFactor }: TopicSizes
): Promise<void> => {
  const copies = replicationFactor > 0 ? replicationFactor : await copiesHere(admin)
  const twoInSync = copies >= copiesForTwo ? { "min.insync.replicas": "2" } : {}
  await admin.createTopics({
    waitForLeaders: false,
    topics: missing.map(({ topic, partitions, settings }) => {
      const all = {
        ...settings,
        ...twoInSync,
        ...(settings["cleanup.policy"] === "compact" && cleansSoon)
      }
      return {
        topic,
        numPartitions: partitions!,
        replicationFactor: copies,
        configEntries: Object.entries(all).map(([name, value]) => ({ name, value }))
      }
    })
  })
  await visible(admin, missing)
}

/** Three where there are three nodes, else one: Kafka's own default is one. */
const copiesHere = async (admin: Admin): Promise<number> => {
  const { brokers } = await admin.describeCluster()
  return brokers.length >= copiesForTwo ? copiesForTwo : 1
}

const visibleTries = 100
const visiblePauseMs = 50

const visible = async (admin: Admin, topics: ReadonlyArray<Wanted>): Promise<void> => {
  for (let tries = 0; tries < visibleTries; tries++) {
    const found = await admin
      .fetchTopicMetadata({ topics: topics.map(({ topic }) => topic) })
      .catch(() => ({ topics: [] }))
    const led = found.topics.filter(
      ({ partitions }) => partitions.length > 0 && partitions.every(({ leader }) => leader >= 0)
    )
    if (led.length === topics.length) return
    await new Promise((resolve) => setTimeout(resolve, visiblePauseMs))
  }
}

/** Every setting that is not as it must be, in one sentence each. */
const check = async (admin: Admin, wanted: Wanted): Promise<void> => {
  const { topic } = wanted
  const { resources } = await admin.describeConfigs({
    includeSynonyms: false,
    resources: [{ type: ConfigResourceTypes.TOPIC, name: topic }]
  })
  const found = new Map(
    resources[0]!.configEntries.map(({ configName, configValue }) => [configName, configValue])
  )
  const { partitions, copies } = await metadataOf(admin, topic)
  const wrong = Object.entries(wanted.settings)
    .filter(([name, value]) => found.get(name) !== value)
    .map(([name, value]) => `${name} is ${found.get(name)}, and it must be ${value}`)
  if (copies >= copiesForTwo && Number(found.get("min.insync.replicas")) < 2) {
    wrong.push("min.insync.replicas is 1, and with three copies it must be 2")
  }
  if (wanted.partitions !== undefined && partitions < wanted.partitions) {
    wrong.push(`it has ${partitions} partitions, and it must have ${wanted.partitions}`)
  }
  if (wrong.length > 0) throw new LogRefused({ why: `topic ${topic}: ${wrong.join("; ")}` })
}

const serversOf = ({ brokers }: KafkaConfig): string =>
  Array.isArray(brokers) ? brokers.join(",") : "Kafka"
