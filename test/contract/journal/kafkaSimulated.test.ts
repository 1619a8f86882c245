import { Effect } from "effect"
import { SimulatedKafka } from "../../../src/infra/journal/kafka/simulatedKafka.ts"
import { kafkaSubject } from "./kafkaSubject.ts"
import { journalContract } from "./suite.ts"

const place = { topic: "desk", snapshotsTopic: "desk.snapshots", partition: 1, book: "alpha" }

journalContract({
  name: "Kafka (simulated)",
  make: Effect.sync(() =>
    kafkaSubject({ ...place, log: new SimulatedKafka(), commitRetryMsMax: 10_000 })
  )
})

/** Commits are decided long before they can be read. */
journalContract({
  name: "Kafka (simulated, seen late)",
  make: Effect.sync(() => {
    const kafka = new SimulatedKafka()
    kafka.chance = { ...kafka.chance, unseenFetches: () => 3 }
    return kafkaSubject({ ...place, log: kafka, commitRetryMsMax: 10_000 })
  })
})
