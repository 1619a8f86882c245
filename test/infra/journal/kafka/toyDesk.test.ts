/** The toy desk with its book on a simulated Kafka. */
import { assert, describe, it } from "@effect/vitest"
import { Clock, Effect } from "effect"
import { verifyRecords } from "../../../../src/actors/runtime/verify.ts"
import { SimulatedDisk } from "../../../../src/infra/journal/file/simulatedDisk.ts"
import { makeKafkaJournal } from "../../../../src/infra/journal/kafka/KafkaJournal.ts"
import { SimulatedKafka } from "../../../../src/infra/journal/kafka/simulatedKafka.ts"
import { VirtualClock } from "../../../../src/simulation/VirtualClock.ts"
import { ToyVenue, toyPlan } from "../../../actors/runtime/toyDesk.ts"
import { liveOnce, toyWorld } from "../../../actors/runtime/toySession.ts"

const seed = 5
const quotes = 600

const onKafka = (kafka: SimulatedKafka) => {
  const world = toyWorld(seed, quotes)
  const journal = makeKafkaJournal(world.codec, {
    log: kafka,
    book: "toy",
    topic: "desk",
    partition: 0,
    snapshotsTopic: "desk.snapshots",
    disk: new SimulatedDisk(),
    writerFolder: "/writer",
    readersFolder: () => "/readers",
    commitRetryMsMax: 60_000
  })
  return { ...world, journal }
}

const onVirtualTime = <A, E>(effect: Effect.Effect<A, E>) =>
  Effect.provideService(effect, Clock.Clock, new VirtualClock())

describe("The toy desk on a simulated Kafka", () => {
  it.effect("writes the chain that it writes in memory", () =>
    Effect.gen(function* () {
      const calm = yield* liveOnce(toyWorld(seed, quotes))
      const there = yield* liveOnce(onKafka(new SimulatedKafka()))
      assert.deepStrictEqual([there.head, there.state], [calm.head, calm.state])
    })
  )

  it.effect("records that its servers were away, once they are back, and loses nothing", () =>
    onVirtualTime(
      Effect.gen(function* () {
        const calm = yield* liveOnce(toyWorld(seed, quotes))
        const kafka = new SimulatedKafka()
        let calls = 0
        // The first of them gets in, and its answer is lost.
        const isAway = () => calls > 20 && calls <= 32
        kafka.chance = {
          ...kafka.chance,
          append: () => (++calls === 21 ? "AnswerLost" : isAway() ? "RequestLost" : "Acknowledged"),
          request: () => (isAway() && ++calls > 0 ? "RequestLost" : "Answered")
        }
        const world = onKafka(kafka)
        const after = yield* liveOnce(world)
        assert.strictEqual(after.state, calm.state)
        const reader = yield* world.journal.openReader
        const records = [...reader.read(0)]
        const alerts = records.filter(({ type }) => type === "JournalRestored")
        assert.strictEqual(alerts.length, 1)
        const { outageMs, tries } = alerts[0]!.payload as { outageMs: number; tries: number }
        assert.isAtLeast(outageMs, 1_000)
        assert.isAtLeast(tries, 5)
        assert.strictEqual(records.length, calm.records + 1)
        const plan = toyPlan(seed, new ToyVenue())
        const read = (from: number) => records.filter(({ seq }) => seq >= from)
        const { difference, stateHash } = verifyRecords(plan, world.codec, read)
        assert.isUndefined(difference)
        assert.strictEqual(stateHash, calm.state)
      })
    )
  )
})
