/** What survives the end of a simulated process: its disk, the exchange's own log, the chain's own log. */

import { Effect } from "effect"
import type { Journal } from "../actors/ports/Journal.ts"
import { recordTypes } from "../actors/runtime/Book.ts"
import { makeRecordCodec, type RecordCodec } from "../domain/journal/codec.ts"
import type { JournalRecord } from "../domain/journal/record.ts"
import type { Listing } from "../ibWallDay.ts"
import type { Disk } from "../infra/journal/file/disk.ts"
import { makeFileJournal } from "../infra/journal/file/FileJournal.ts"
import { SimulatedDisk } from "../infra/journal/file/simulatedDisk.ts"
import { type LogMedium, makeMemoryMedium } from "../infra/log/medium.ts"
import { deskPlan } from "../supervisors/tradingDesk.ts"
import type { BrokerLine } from "./faulty/broker.ts"
import { KafkaBook } from "./faulty/kafka.ts"
import { Venue } from "./faulty/venue.ts"
import { SimulatedTws } from "./SimulatedTws.ts"
import type { Strikes } from "./Strikes.ts"
import { type Stage, surroundings } from "./stage.ts"
import type { VirtualTime } from "./VirtualTime.ts"

export interface Storage {
  readonly stage: Stage
  readonly codec: RecordCodec
  readonly disk: SimulatedDisk
  /** Where the book is on Kafka; undefined where it is on the disk. */
  readonly kafka: KafkaBook | undefined
  /** The journal as a sound process would open it. */
  readonly journal: Journal["Service"]
  /** The same, as another process beside it would. */
  readonly beside: (disk: Disk) => Journal["Service"]
  readonly exchange: LogMedium
  /** Where the broker is Interactive Brokers; undefined where it is the simulated exchange. */
  readonly wire: Wire | undefined
  readonly vault: LogMedium
  /** Of the program in LiteSVM. */
  readonly chainLog: LogMedium
  readonly line: BrokerLine
  readonly venue: Venue
}

/** From the last look at the lease to the write behind it, at most; as `deskJournal` has it. */
const sendMsMax = 1_000

/** The TWS simulator and what the gateway keeps. */
export interface Wire {
  readonly time: VirtualTime
  readonly tws: SimulatedTws
  readonly gatewayLog: LogMedium
  /** Of the first life. */
  listing: Listing | undefined
}

const openWire = (
  stage: Stage,
  exchange: LogMedium,
  time: VirtualTime,
  strikes: Strikes
): Effect.Effect<Wire> =>
  Effect.map(SimulatedTws.open(stage, exchange, time, strikes), (tws) => ({
    ...{ time, tws },
    ...{ gatewayLog: makeMemoryMedium(), listing: undefined }
  }))

/** `time`: of the wire, where the stage has one. */
export const makeStorage = Effect.fnUntraced(function* (
  stage: Stage,
  strikes: Strikes,
  time: VirtualTime | undefined
) {
  const { settings } = stage
  const plan = deskPlan(settings, { ...surroundings(settings), gateways: [] })
  const codec = makeRecordCodec(recordTypes(plan))
  const disk = new SimulatedDisk()
  const kafka =
    stage.journal === "kafka"
      ? new KafkaBook(codec, settings.book, settings.seed, settings.storage.leaseMs + sendMsMax)
      : undefined
  const beside = (shared: Disk) =>
    makeFileJournal(codec, {
      directory: "/simulated",
      book: settings.book,
      segmentBytesMax: 200_000,
      disk: shared
    })
  const journal = kafka?.sound() ?? beside(disk)
  const exchange = makeMemoryMedium()
  const wire = time === undefined ? undefined : yield* openWire(stage, exchange, time, strikes)
  const storage: Storage = {
    stage,
    codec,
    disk,
    kafka,
    journal,
    beside,
    exchange,
    wire,
    vault: makeMemoryMedium(),
    chainLog: makeMemoryMedium(),
    line: { connection: 0 },
    venue: new Venue()
  }
  return storage
})

/** Everything durable, as the next process would find it. */
export const durableRecords = (storage: Storage): Effect.Effect<ReadonlyArray<JournalRecord>> =>
  Effect.orDie(Effect.map(storage.journal.openReader, (reader) => [...reader.read(0)]))
