/** Who may write, what is refused, and what a real server says to it. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, Scope } from "effect"
import kafkajs from "kafkajs"
import { BookLocked } from "../../../src/actors/ports/Journal.ts"
import { SimulatedDisk } from "../../../src/infra/journal/file/simulatedDisk.ts"
import { makeBookRegistry } from "../../../src/infra/journal/kafka/bookRegistry.ts"
import { openTopics } from "../../../src/infra/journal/kafka/bookTopics.ts"
import { makeKafkaJournal } from "../../../src/infra/journal/kafka/KafkaJournal.ts"
import { codec, epochRecord, quoteRecord } from "../../contract/journal/records.ts"
import { optionsib } from "../../e2e/desk.ts"
import { clientConfig, linkTo, newTopic, withKafka } from "./kafkaServer.ts"

const kafka = withKafka(1)
const sizes = { partitions: 3, replicationFactor: 0 }
const config = () => clientConfig(kafka().cluster.brokers)

const withAdmin = <A>(use: (admin: kafkajs.Admin) => Promise<A>) =>
  Effect.promise(async () => {
    const admin = new kafkajs.Kafka({ ...config(), logLevel: kafkajs.logLevel.NOTHING }).admin()
    await admin.connect()
    try {
      return await use(admin)
    } finally {
      await admin.disconnect()
    }
  })

const journalOn = (topic: string, book: string, partition: number) =>
  makeKafkaJournal(codec, {
    log: linkTo(kafka().cluster.brokers),
    book,
    topic,
    partition,
    snapshotsTopic: `${topic}.snapshots`,
    disk: new SimulatedDisk(),
    writerFolder: "/writer",
    readersFolder: () => "/readers",
    commitRetryMsMax: 5_000
  })

describe("a book on Kafka, taken over", () => {
  it.live("fences the writer of before, whose batch is nowhere", () =>
    Effect.gen(function* () {
      const { journal: topic } = yield* openTopics(config(), newTopic(), sizes)
      const first = yield* journalOn(topic, "alpha", 0).openWriter
      first.append(epochRecord(0, 1))
      yield* first.commit
      const heldSinceMs = first.heldSinceMs()
      const second = yield* journalOn(topic, "alpha", 0).openWriter
      assert.strictEqual(second.opened.lastSeq, 0)
      first.append(quoteRecord(1))
      const refused = yield* Effect.flip(first.commit)
      assert.instanceOf(refused, BookLocked)
      assert.strictEqual(first.durableThrough(), 0)
      assert.instanceOf(yield* Effect.flip(first.renew), BookLocked)
      assert.strictEqual(first.heldSinceMs(), heldSinceMs)
      second.append({ ...quoteRecord(1, 2), epoch: 2 })
      yield* second.commit
      const reader = yield* journalOn(topic, "alpha", 0).openReader
      assert.deepStrictEqual(
        [...reader.headers(0)].map(({ seq, epoch }) => [seq, epoch]),
        [
          [0, 1],
          [1, 2]
        ]
      )
    }).pipe(Effect.scoped)
  )

  it.live("renews the lease of an idle writer", () =>
    Effect.gen(function* () {
      const { journal: topic } = yield* openTopics(config(), newTopic(), sizes)
      const writer = yield* journalOn(topic, "alpha", 0).openWriter
      const before = writer.heldSinceMs()
      yield* writer.renew
      assert.isAbove(writer.heldSinceMs(), before)
      writer.append(epochRecord(0, 1))
      yield* writer.commit
      const reader = yield* journalOn(topic, "alpha", 0).openReader
      assert.strictEqual(reader.head().seq, 0)
    }).pipe(Effect.scoped)
  )

  it.live("commits what it holds once the server is back", () =>
    Effect.gen(function* () {
      const { cluster } = kafka()
      const { journal: topic } = yield* openTopics(config(), newTopic(), sizes)
      const scope = yield* Scope.make()
      const patient = makeKafkaJournal(codec, {
        log: linkTo(cluster.brokers),
        book: "alpha",
        topic,
        partition: 0,
        snapshotsTopic: `${topic}.snapshots`,
        disk: new SimulatedDisk(),
        writerFolder: "/writer",
        readersFolder: () => "/readers",
        commitRetryMsMax: 0
      })
      const writer = yield* Scope.provide(patient.openWriter, scope)
      writer.append(epochRecord(0, 1))
      yield* writer.commit
      yield* Effect.promise(() => cluster.kill(1))
      writer.append(quoteRecord(1))
      const away = yield* Effect.flip(writer.commit)
      assert.strictEqual(away._tag, "JournalUnavailable")
      assert.strictEqual(writer.pending(), 1)
      assert.throws(() => writer.truncatePending(0), RangeError)
      cluster.start(1)
      yield* Effect.promise(() => cluster.ready())
      yield* writer.commit
      assert.strictEqual(writer.durableThrough(), 1)
      yield* Scope.close(scope, Exit.void)
      const reader = yield* journalOn(topic, "alpha", 0).openReader
      assert.deepStrictEqual(
        [...reader.headers(0)].map(({ seq }) => seq),
        [0, 1]
      )
    })
  )
})

describe("a topic that is not a journal's", () => {
  const settingsOf = (settings: Readonly<Record<string, string>>, numPartitions = 1) =>
    Effect.gen(function* () {
      const topic = newTopic()
      yield* openTopics(config(), topic, sizes)
      yield* withAdmin((admin) => admin.deleteTopics({ topics: [topic] }))
      const configEntries = Object.entries(settings).map(([name, value]) => ({ name, value }))
      yield* withAdmin(async (admin) => {
        for (let tries = 0; tries < 100; tries++) {
          const made = await admin
            .createTopics({
              waitForLeaders: false,
              topics: [{ topic, numPartitions, replicationFactor: 1, configEntries }]
            })
            .catch(() => false)
          if (made) return
          await new Promise((resolve) => setTimeout(resolve, 100))
        }
      })
      return topic
    })

  it.live("is refused with each setting's name and the wanted value", () =>
    Effect.gen(function* () {
      const keeps = { "retention.ms": "-1", "retention.bytes": "-1" }
      const compacted = yield* settingsOf({ ...keeps, "cleanup.policy": "compact" })
      const first = yield* Effect.flip(openTopics(config(), compacted, sizes))
      assert.match(first.why, /cleanup\.policy is compact, and it must be delete/)
      const forgets = yield* settingsOf({ "retention.ms": "3600000", "retention.bytes": "1000000" })
      const second = yield* Effect.flip(openTopics(config(), forgets, sizes))
      assert.match(second.why, /retention\.ms is 3600000, and it must be -1/)
      assert.match(second.why, /retention\.bytes is 1000000, and it must be -1/)
      const narrow = yield* settingsOf(keeps, 5)
      const third = yield* Effect.flip(openTopics(config(), narrow, sizes))
      assert.match(third.why, /\.snapshots: it has 3 partitions, and it must have 5/)
    })
  )

  it.live("is refused where another's data is in the partition", () =>
    Effect.gen(function* () {
      const { journal: topic } = yield* openTopics(config(), newTopic(), sizes)
      const producer = new kafkajs.Kafka({
        ...config(),
        logLevel: kafkajs.logLevel.NOTHING
      }).producer({ createPartitioner: () => () => 0 })
      yield* Effect.promise(async () => {
        await producer.connect()
        await producer.send({ topic, messages: [{ value: "somebody's own" }] })
        await producer.disconnect()
      })
      const refused = yield* Effect.flip(Effect.scoped(journalOn(topic, "alpha", 0).openWriter))
      assert.match(refused.message, /partition 0, offset 0 .* data that is not of book alpha/)
      const writer = journalOn(topic, "alpha", 1).openWriter
      yield* Effect.scoped(Effect.flatMap(writer, (opened) => opened.renew))
      const other = yield* Effect.flip(Effect.scoped(journalOn(topic, "beta", 1).openWriter))
      assert.match(other.message, /not of book beta/)
    })
  )
})

describe("the books of a topic", () => {
  it.live("have a partition each, given once, whoever asks at the same time", () =>
    Effect.gen(function* () {
      const topics = yield* openTopics(config(), newTopic(), sizes)
      const registryOf = () => makeBookRegistry(linkTo(kafka().cluster.brokers), topics)
      const claims = yield* Effect.all(
        ["a", "b", "c"].map((book) => registryOf().claim(book, () => ({ of: book }))),
        { concurrency: "unbounded" }
      )
      assert.deepStrictEqual(claims.map(({ partition }) => partition).sort(), [0, 1, 2])
      const registry = registryOf()
      assert.deepStrictEqual(yield* registry.claim("a", () => ({ of: "another" })), claims[0])
      const full = yield* Effect.flip(registry.claim("d", () => null))
      assert.match(full.why, /3 partitions and as many books \(a, b, c\)/)
      const finished = yield* registry.update("b", (entry) => ({ ...entry, finished: true }))
      assert.deepStrictEqual(yield* registry.find("b"), finished)
      assert.deepStrictEqual(
        (yield* registry.list).map(({ book, finished: ended }) => [book, ended]),
        [
          ["a", false],
          ["b", true],
          ["c", false]
        ]
      )
    })
  )

  it.live(
    "tell a desk whose server is not there so, in a sentence, after the tries it was given",
    () =>
      Effect.gen(function* () {
        const ended = yield* optionsib(
          "run",
          "--speed",
          "max",
          "--journal",
          "kafka://127.0.0.1:1/x"
        )
        assert.strictEqual(ended.code, 1)
        assert.match(
          ended.err,
          /Kafka at 127\.0\.0\.1:1 does not answer after 6 tries: .*ECONNREFUSED/
        )
        assert.strictEqual(ended.err.trimEnd().split("\n").length, 1)
      })
  )
})
