/**
 * A Kafka journal under test, over any `KafkaLog`. Its process dies by being forgotten: what it had not committed is
 * nowhere else, and what it may still try meets the fence of whoever opens the book next.
 */
import { Effect } from "effect"
import type { Journal } from "../../../src/actors/ports/Journal.ts"
import { SimulatedDisk } from "../../../src/infra/journal/file/simulatedDisk.ts"
import { readSlots } from "../../../src/infra/journal/kafka/bookSnapshots.ts"
import { makeKafkaJournal } from "../../../src/infra/journal/kafka/KafkaJournal.ts"
import type { KafkaLog } from "../../../src/infra/journal/kafka/kafkaLog.ts"
import { codec } from "./records.ts"

interface SubjectOptions {
  readonly log: KafkaLog
  readonly topic: string
  readonly snapshotsTopic: string
  readonly partition: number
  readonly book: string
  readonly commitRetryMsMax: number
}

export const kafkaSubject = (options: SubjectOptions) => {
  const { book, log, partition, snapshotsTopic } = options
  const born = (): Journal["Service"] =>
    makeKafkaJournal(codec, {
      ...options,
      disk: new SimulatedDisk(),
      writerFolder: "/writer",
      readersFolder: () => "/readers"
    })
  let living = born()
  const journal: Journal["Service"] = {
    openWriter: Effect.suspend(() => living.openWriter),
    openReader: Effect.suspend(() => living.openReader),
    saveSnapshot: (snapshot) => living.saveSnapshot(snapshot),
    loadSnapshot: (atMost) => living.loadSnapshot(atMost)
  }
  return {
    journal,
    crash: Effect.sync(() => {
      living = born()
    }),
    damageSnapshot: (seq: number) =>
      Effect.gen(function* () {
        const at = { topic: snapshotsTopic, partition }
        const slots = yield* readSlots(log, at, book)
        const { slot, parts } = slots.find(({ snapshot }) => snapshot?.seq === seq)!
        const value = Buffer.from(parts.get(0)!)
        value[value.length - 3]! ^= 1
        const session = yield* log.openSession("damage")
        yield* session.append(at, [{ key: `${book}/${slot}/0`, value }])
      }).pipe(Effect.orDie)
  }
}
