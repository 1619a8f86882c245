/**
 * A Kafka in memory that keeps the promises of `KafkaLog` and none beyond: acknowledgements get lost, transactions are
 * decided late, commits are seen late, servers go away. Deterministic: chance comes from the caller.
 */
import { Effect } from "effect"
import {
  type KafkaLog,
  type LogEntry,
  type LogPlace,
  type LogSession,
  LogUnavailable,
  OutcomeUnknown,
  SessionFenced,
  type SessionId,
  type StoredEntry
} from "./kafkaLog.ts"

/**
 * What becomes of an append: it is acknowledged; its request is lost; it is committed and the answer is lost; or it is
 * still on its way, and decided only when the next session of its transactional id is opened.
 */
export type AppendFate = "Acknowledged" | "RequestLost" | "AnswerLost" | "Late"

export interface SimulatedKafkaChance {
  readonly append: () => AppendFate
  /** Whether a late append gets in before the session that ends it. */
  readonly lateGetsIn: () => boolean
  /** How many fetches pass a commit by before it is seen. */
  readonly unseenFetches: () => number
  /** Whether another request is lost, before or after it took effect. */
  readonly request: () => "Answered" | "RequestLost" | "AnswerLost"
}

const soundChance: SimulatedKafkaChance = {
  append: () => "Acknowledged",
  lateGetsIn: () => false,
  unseenFetches: () => 0,
  request: () => "Answered"
}

interface Stored extends StoredEntry {
  /** Fetches until it is seen; entries behind it wait for it. */
  unseen: number
}

interface Partition {
  readonly entries: Array<Stored>
  nextOffset: number
}

interface Writer {
  readonly producerId: string
  epoch: number
  /** The epoch before, where its owner itself asked for the newer one and may not have heard. */
  lastEpoch: number
  late: (() => void) | undefined
}

const pageEntriesMax = 64

export class SimulatedKafka implements KafkaLog {
  readonly servers = "simulated"
  /** While true nothing gets through. */
  isAway = false
  chance: SimulatedKafkaChance
  readonly #partitions = new Map<string, Partition>()
  readonly #writers = new Map<string, Writer>()

  constructor(chance: SimulatedKafkaChance = soundChance) {
    this.chance = chance
  }

  /** The entries of a partition, seen or not. */
  entries(place: LogPlace): ReadonlyArray<StoredEntry> {
    return this.#partition(place).entries
  }

  /** Puts an entry there as nobody's. */
  plant(place: LogPlace, entry: LogEntry): void {
    this.#put(place, [entry], 0)
  }

  openSession(
    transactionalId: string,
    after?: SessionId
  ): Effect.Effect<LogSession, SessionFenced | LogUnavailable> {
    return this.#asked(() => {
      const writer = this.#writer(transactionalId)
      const isRetry = after !== undefined && after.producerEpoch === writer.lastEpoch
      if (after !== undefined && after.producerEpoch !== writer.epoch && !isRetry) {
        return Effect.fail(new SessionFenced({ why: "a newer session was opened" }))
      }
      writer.late?.()
      writer.late = undefined
      if (!isRetry) {
        writer.lastEpoch = after === undefined ? -1 : writer.epoch
        writer.epoch++
      }
      const id = { producerId: writer.producerId, producerEpoch: writer.epoch }
      return Effect.succeed(this.#session(writer, id))
    })
  }

  fetch(place: LogPlace, from: number) {
    return this.#asked(() => {
      const { entries, nextOffset } = this.#partition(place)
      const firstUnseen = entries.findIndex(({ unseen }) => unseen > 0)
      if (firstUnseen >= 0) entries[firstUnseen]!.unseen--
      const seen = firstUnseen < 0 ? entries : entries.slice(0, firstUnseen)
      const stableEnd = firstUnseen < 0 ? nextOffset : entries[firstUnseen]!.offset
      const page = seen.filter(({ offset }) => offset >= from).slice(0, pageEntriesMax)
      const last = page.at(-1)
      const isWhole = last === undefined || last === seen.at(-1)
      return Effect.succeed({
        entries: page,
        next: isWhole ? Math.max(from, stableEnd) : last.offset + 1,
        stableEnd
      })
    })
  }

  ends(place: LogPlace) {
    return this.#asked(() => Effect.succeed({ first: 0, end: this.#partition(place).nextOffset }))
  }

  #session(writer: Writer, id: SessionId): LogSession {
    return {
      id,
      append: (place, entries) =>
        Effect.suspend((): Effect.Effect<number, SessionFenced | OutcomeUnknown> => {
          const fate = this.isAway ? "RequestLost" : this.chance.append()
          const lost = Effect.fail(new OutcomeUnknown({ why: "no answer" }))
          if (fate === "RequestLost") return lost
          if (id.producerEpoch !== writer.epoch) {
            return Effect.fail(new SessionFenced({ why: "a newer session was opened" }))
          }
          if (fate === "Late") {
            writer.late = () => {
              if (this.chance.lateGetsIn()) this.#put(place, entries, 0)
            }
            return lost
          }
          const next = this.#put(place, entries, this.chance.unseenFetches())
          return fate === "AnswerLost" ? lost : Effect.succeed(next)
        })
    }
  }

  /** The offset after the entries. The commit itself takes one, as Kafka's markers do. */
  #put(place: LogPlace, entries: ReadonlyArray<LogEntry>, unseen: number): number {
    const partition = this.#partition(place)
    for (const { key, value } of entries) {
      const copy = value === null ? null : Buffer.from(value)
      partition.entries.push({ offset: partition.nextOffset++, key, value: copy, unseen })
    }
    return partition.nextOffset++
  }

  #asked<A, E>(answer: () => Effect.Effect<A, E>): Effect.Effect<A, E | LogUnavailable> {
    return Effect.suspend((): Effect.Effect<A, E | LogUnavailable> => {
      const fate = this.isAway ? "RequestLost" : this.chance.request()
      const lost = Effect.fail(new LogUnavailable({ place: this.servers, why: "no answer" }))
      if (fate === "RequestLost") return lost
      return fate === "Answered" ? answer() : Effect.andThen(answer(), lost)
    })
  }

  #partition({ topic, partition }: LogPlace): Partition {
    const name = `${topic}/${partition}`
    const known = this.#partitions.get(name) ?? { entries: [], nextOffset: 0 }
    this.#partitions.set(name, known)
    return known
  }

  #writer(transactionalId: string): Writer {
    const known = this.#writers.get(transactionalId)
    if (known !== undefined) return known
    const producerId = String(this.#writers.size + 1)
    const made: Writer = { producerId, epoch: -1, lastEpoch: -2, late: undefined }
    this.#writers.set(transactionalId, made)
    return made
  }
}
