import { Effect } from "effect"
import { openTopics } from "../../../src/infra/journal/kafka/bookTopics.ts"
import { kafkaSubject } from "../../contract/journal/kafkaSubject.ts"
import { journalContract } from "../../contract/journal/suite.ts"
import { clientConfig, newTopic, withKafka } from "./kafkaServer.ts"

const kafka = withKafka(1)

journalContract({
  name: "Kafka (one node)",
  make: Effect.suspend(() => {
    const { cluster, link } = kafka()
    return Effect.map(
      openTopics(clientConfig(cluster.brokers), newTopic(), {
        partitions: 2,
        replicationFactor: 0
      }),
      (topics) =>
        kafkaSubject({
          log: link,
          topic: topics.journal,
          snapshotsTopic: topics.snapshots,
          partition: 1,
          book: "alpha",
          commitRetryMsMax: 10_000
        })
    )
  }).pipe(Effect.orDie)
})
