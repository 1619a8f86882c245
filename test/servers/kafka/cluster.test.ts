/** Three nodes: the contract, and what a leader's death leaves of a journal that is being written. */
import { mkdtempSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber } from "effect"
import kafkajs from "kafkajs"
import { nodeDisk } from "../../../src/infra/journal/file/nodeDisk.ts"
import { type BookTopics, openTopics } from "../../../src/infra/journal/kafka/bookTopics.ts"
import { makeKafkaJournal } from "../../../src/infra/journal/kafka/KafkaJournal.ts"
import { kafkaSubject } from "../../contract/journal/kafkaSubject.ts"
import { codec, turnAt } from "../../contract/journal/records.ts"
import { journalContract } from "../../contract/journal/suite.ts"
import { clientConfig, linkTo, newTopic, withKafka } from "./kafkaServer.ts"

const kafka = withKafka(3)

const newTopics = Effect.suspend(() =>
  openTopics(clientConfig(kafka().cluster.brokers), newTopic(), {
    partitions: 1,
    replicationFactor: 0
  })
)

journalContract({
  name: "Kafka (three nodes)",
  make: Effect.map(newTopics, (topics) =>
    kafkaSubject({
      log: kafka().link,
      topic: topics.journal,
      snapshotsTopic: topics.snapshots,
      partition: 0,
      book: "alpha",
      commitRetryMsMax: 30_000
    })
  ).pipe(Effect.orDie)
})

const journalOn = (topics: BookTopics) => {
  const folder = mkdtempSync(join(tmpdir(), "mirror-"))
  return makeKafkaJournal(codec, {
    log: linkTo(kafka().cluster.brokers),
    book: "alpha",
    topic: topics.journal,
    partition: 0,
    snapshotsTopic: topics.snapshots,
    disk: nodeDisk,
    writerFolder: join(folder, "writer"),
    readersFolder: () => folder,
    commitRetryMsMax: 60_000
  })
}

/** The node that leads the partition of the journal. */
const leaderOf = async (topic: string): Promise<number> => {
  const admin = new kafkajs.Kafka({
    ...clientConfig(kafka().cluster.brokers),
    logLevel: kafkajs.logLevel.NOTHING
  }).admin()
  await admin.connect()
  const { topics } = await admin.fetchTopicMetadata({ topics: [topic] })
  await admin.disconnect()
  return topics[0]!.partitions[0]!.leader
}

describe("a journal on three nodes", () => {
  it.live("loses nothing, repeats nothing and keeps order when leaders are killed", () =>
    Effect.gen(function* () {
      const topics = yield* newTopics
      const journal = journalOn(topics)
      const writer = yield* journal.openWriter
      let commits = 0
      let longestMs = 0
      const appending = yield* Effect.forkChild(
        Effect.forever(
          Effect.suspend(() => {
            for (let turns = 0; turns < 5; turns++) {
              const seq = writer.durableThrough() + writer.pending() + 1
              for (const record of turnAt(seq)) writer.append(record)
            }
            const began = performance.now()
            return Effect.tap(writer.commit, () => {
              commits++
              longestMs = Math.max(longestMs, performance.now() - began)
              return Effect.void
            })
          })
        )
      )
      const { cluster } = kafka()
      for (let kills = 0; kills < 2; kills++) {
        const before = commits
        while (commits < before + 20) yield* Effect.sleep("20 millis")
        const leader = yield* Effect.promise(() => leaderOf(topics.journal))
        yield* Effect.promise(() => cluster.kill(leader))
        const killed = commits
        while (commits < killed + 20) {
          yield* Effect.sleep("20 millis")
          const ended = appending.pollUnsafe()
          if (ended !== undefined) assert.fail(String(ended))
        }
        cluster.start(leader)
        yield* Effect.promise(() => cluster.ready())
      }
      const acknowledged = writer.durableThrough()
      yield* Fiber.interrupt(appending)
      const reader = yield* journalOn(topics).openReader
      const seqs = [...reader.headers(0)].map(({ seq }) => seq)
      assert.deepStrictEqual(
        seqs,
        Array.from(seqs, (_, index) => index)
      )
      assert.isAtLeast(reader.head().seq, acknowledged)
      assert.isAbove(commits, 80)
      console.log(`${commits} commits, the longest ${Math.round(longestMs)} ms`)
    }).pipe(Effect.scoped)
  )
})
