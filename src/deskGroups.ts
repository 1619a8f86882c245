/** Groups of processes that share the books of a Kafka journal. */
import { Effect, Layer } from "effect"
import { BookGroups } from "./cli/BookGroups.ts"
import { deskBooks, sentence } from "./deskJournal.ts"
import { clientConfig, parseKafkaAddress } from "./infra/journal/kafka/address.ts"

export const layer: Layer.Layer<BookGroups> = Layer.succeed(BookGroups, {
  join: Effect.fnUntraced(function* ({ storage }, group, books) {
    const address = parseKafkaAddress(storage.journal)!
    // The client is loaded where it is needed alone: every other command starts sooner without it.
    const { joinGroup } = yield* Effect.promise(
      () => import("./infra/journal/kafka/groupMember.ts")
    )
    const config = yield* Effect.mapError(clientConfig(address, storage.kafka), sentence)
    const topic = `${address.topic}.control`
    return yield* Effect.mapError(joinGroup({ config, topic, group, slots: books }), sentence)
  }),
  finished: (settings) =>
    Effect.scoped(
      Effect.gen(function* () {
        const { registry } = yield* deskBooks(settings.storage.journal, settings, true)
        const entries = yield* Effect.mapError(registry.list, sentence)
        return new Set(entries.filter(({ finished }) => finished).map(({ book }) => book))
      })
    )
})
