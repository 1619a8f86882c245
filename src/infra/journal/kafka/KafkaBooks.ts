/**
 * The books of a journal topic: who they are, and a journal for each.
 *
 * Opening looks at the topics' settings first. A journal connects by itself, each time on connections of its own, so that
 * it outlives this.
 */
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { Effect, Layer, type Scope } from "effect"
import { Journal } from "../../../actors/ports/Journal.ts"
import type { RecordCodec } from "../../../domain/journal/codec.ts"
import { nodeDisk } from "../file/nodeDisk.ts"
import { clientConfig, type KafkaAddress, type KafkaConnection } from "./address.ts"
import { type BookEntry, type BookRegistry, makeBookRegistry } from "./bookRegistry.ts"
import { type BookTopics, openTopics, type TopicSizes } from "./bookTopics.ts"
import { makeKafkaJournal } from "./KafkaJournal.ts"
import { KafkaLink } from "./KafkaLink.ts"
import type { LogRefused, LogUnavailable } from "./kafkaLog.ts"

export interface KafkaBooksOptions {
  readonly address: KafkaAddress
  readonly connection: KafkaConnection
  /** Makes the topics where they are missing; without it they must be there. */
  readonly make?: TopicSizes
}

export interface KafkaBooks {
  readonly topics: BookTopics
  /** Which books there are, on which partitions, and whether their runs are finished. */
  readonly registry: BookRegistry
  /** A book's journal. Opening it for writing takes the book over, whoever has it. */
  readonly journal: (
    codec: RecordCodec,
    entry: BookEntry,
    options: JournalOfBookOptions
  ) => Layer.Layer<Journal>
}

export interface JournalOfBookOptions {
  /** Where the writer's mirror goes; replaced at each opening. Default: a folder that ends with the process. */
  readonly mirrorFolder?: string
  readonly commitRetryMsMax: number
  /** As of `KafkaJournalOptions`; 0 where it is left out. */
  readonly takeoverWaitMs?: number
}

export const openKafkaBooks = Effect.fnUntraced(function* (
  options: KafkaBooksOptions
): Effect.fn.Return<KafkaBooks, LogRefused | LogUnavailable, Scope.Scope> {
  const { address, connection, make } = options
  const servers = `kafka://${address.brokers.join(",")}`
  const config = yield* clientConfig(address, connection)
  const topics = yield* openTopics(config, address.topic, make)
  const link = yield* Effect.acquireRelease(
    Effect.sync(() => new KafkaLink(config, servers)),
    (open) => open.close
  )
  return {
    topics,
    registry: makeBookRegistry(link, topics),
    journal: (codec, { book, partition }, { mirrorFolder, commitRetryMsMax, takeoverWaitMs = 0 }) =>
      Layer.effect(
        Journal,
        Effect.map(
          Effect.acquireRelease(
            Effect.sync(() => new KafkaLink(config, servers)),
            (own) => own.close
          ),
          (own) => {
            let temporary: string | undefined
            const readersFolder = (): string => {
              temporary ??= temporaryFolder()
              return temporary
            }
            return makeKafkaJournal(codec, {
              log: own,
              book,
              topic: topics.journal,
              partition,
              snapshotsTopic: topics.snapshots,
              disk: nodeDisk,
              writerFolder: mirrorFolder ?? join(readersFolder(), "writer"),
              readersFolder,
              commitRetryMsMax,
              takeoverWaitMs
            })
          }
        )
      )
  }
})

const temporaryFolders = new Set<string>()

/** Gone when the process ends in order: a reader may be read long after its journal was let go. */
const temporaryFolder = (): string => {
  const folder = mkdtempSync(join(tmpdir(), "optionsib-mirror-"))
  if (temporaryFolders.size === 0) {
    process.once("exit", () => {
      for (const path of temporaryFolders) rmSync(path, { recursive: true, force: true })
    })
  }
  temporaryFolders.add(folder)
  return folder
}
