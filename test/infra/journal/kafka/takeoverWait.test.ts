/** Who takes a book over from a writer that may still live waits for its lease to end. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, Fiber, Scope } from "effect"
import { TestClock } from "effect/testing"
import { SimulatedDisk } from "../../../../src/infra/journal/file/simulatedDisk.ts"
import { makeKafkaJournal } from "../../../../src/infra/journal/kafka/KafkaJournal.ts"
import { SimulatedKafka } from "../../../../src/infra/journal/kafka/simulatedKafka.ts"
import { codec, turnsFrom } from "../../../contract/journal/records.ts"

const waitMs = 5_000

const process = (kafka: SimulatedKafka) =>
  makeKafkaJournal(codec, {
    log: kafka,
    book: "main",
    topic: "desk",
    partition: 0,
    snapshotsTopic: "desk.snapshots",
    disk: new SimulatedDisk(),
    writerFolder: "/writer",
    readersFolder: () => "/readers",
    commitRetryMsMax: 1_000,
    takeoverWaitMs: waitMs
  })

const writeSome = (kafka: SimulatedKafka) =>
  Effect.gen(function* () {
    const writer = yield* process(kafka).openWriter
    for (const record of turnsFrom(0, 3)) writer.append(record)
    yield* writer.commit
  })

/** How long another process's opening takes, ms of the test clock. */
const openingMs = (kafka: SimulatedKafka) =>
  Effect.gen(function* () {
    const opening = yield* Effect.forkChild(Effect.scoped(process(kafka).openWriter))
    for (let ms = 0; ms <= 2 * waitMs; ms += 500) {
      yield* Effect.yieldNow
      if (opening.pollUnsafe() !== undefined) return ms
      yield* TestClock.adjust(500)
    }
    yield* Fiber.interrupt(opening)
    return Number.POSITIVE_INFINITY
  })

describe("A book on Kafka, taken over", () => {
  it.effect("from a writer that said nothing is open after its lease, no sooner", () =>
    Effect.gen(function* () {
      const kafka = new SimulatedKafka()
      const scope = yield* Scope.make()
      yield* Scope.provide(writeSome(kafka), scope)
      assert.isAtLeast(yield* openingMs(kafka), waitMs)
      yield* Scope.close(scope, Exit.void)
    })
  )

  it.effect("for the first time is open at once", () =>
    Effect.gen(function* () {
      assert.isBelow(yield* openingMs(new SimulatedKafka()), waitMs)
    })
  )
})
