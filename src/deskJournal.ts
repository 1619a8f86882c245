/** The journal that a run's settings name: in a folder, in memory, or a book of a Kafka topic with its registry. */
import * as path from "node:path"
import { Effect, type Layer, type Scope } from "effect"
import type { Journal } from "./actors/ports/Journal.ts"
import { isOnKafka, type RunInfo } from "./actors/ports/Runs.ts"
import { CannotStart } from "./cli/Launcher.ts"
import type { RecordCodec } from "./domain/journal/codec.ts"
import * as FileJournal from "./infra/journal/file/FileJournal.ts"
import { parseKafkaAddress } from "./infra/journal/kafka/address.ts"
import type { KafkaBooks } from "./infra/journal/kafka/KafkaBooks.ts"
import type { LogRefused, LogUnavailable } from "./infra/journal/kafka/kafkaLog.ts"
import * as MemoryJournal from "./infra/journal/memory.ts"
import type { Settings } from "./supervisors/settings.ts"

export interface DeskJournalParts {
  readonly settings: Settings
  readonly run: RunInfo
  /** The run's own folder. */
  readonly folder: string
  readonly codec: RecordCodec
}

export const deskJournal = ({
  settings,
  run,
  folder,
  codec
}: DeskJournalParts): Effect.Effect<Layer.Layer<Journal>, CannotStart> => {
  if (isOnKafka(run.journal)) {
    return Effect.scoped(
      Effect.gen(function* () {
        const books = yield* deskBooks(run.journal, settings)
        const entry = yield* Effect.mapError(books.registry.find(run.book), sentence)
        if (entry === undefined) {
          const why = `${run.runId} has no journal: there is no book ${run.book} on ${run.journal}`
          return yield* new CannotStart({ why })
        }
        return books.journal(codec, entry, {
          mirrorFolder: path.join(folder, "mirror"),
          commitRetryMsMax: settings.storage.kafka.commitRetryMsMax,
          takeoverWaitMs: isOutsideShared(settings) ? settings.storage.leaseMs + sendMsMax : 0
        })
      })
    )
  }
  return Effect.succeed(
    run.journal === "memory"
      ? MemoryJournal.layerMemory(codec, { book: run.book })
      : FileJournal.layer(codec, {
          directory: path.join(folder, "journal"),
          book: run.book,
          segmentBytesMax: settings.storage.segmentBytesMax
        })
  )
}

/** From the last look at the lease to the write behind it, at most. */
const sendMsMax = 1_000

/** An exchange or a vault inside the process ends with it: nothing of a dead writer can reach it. */
const isOutsideShared = ({ servers, brokers, vault, mode }: Settings): boolean =>
  servers.exchange !== "" ||
  servers.vault !== "" ||
  vault.chain === "rpc" ||
  (brokers.use === "ib" && mode !== "simulated")

/** The books of a Kafka address. `make`: makes its topics where they are missing. */
export const deskBooks = (
  place: string,
  { storage }: Settings,
  make = false
): Effect.Effect<KafkaBooks, CannotStart, Scope.Scope> => {
  const { connectTries, partitions, replicationFactor } = storage.kafka
  const address = parseKafkaAddress(place)!
  // The client is loaded where it is needed alone: every other command starts sooner without it.
  return Effect.promise(() => import("./infra/journal/kafka/KafkaBooks.ts")).pipe(
    Effect.flatMap(({ openKafkaBooks }) =>
      openKafkaBooks({
        address,
        connection: storage.kafka,
        ...(make && { make: { partitions, replicationFactor } })
      })
    ),
    Effect.mapError((error) =>
      error._tag === "LogRefused"
        ? sentence(error)
        : new CannotStart({
            why: `Kafka at ${address.brokers.join(",")} does not answer after ${connectTries} tries: ${error.why}; start it (for development: npm run dev:kafka -- start), or name another --journal`
          })
    )
  )
}

/** Says that something of Kafka's own stands against the start. */
export const sentence = (error: LogRefused | LogUnavailable): CannotStart =>
  new CannotStart({ why: error.why })
