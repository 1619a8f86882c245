/**
 * A book on a simulated Kafka: one process's journal at a time, over a log that outlives it and fails by plan.
 *
 * The disk's faults are the servers': full is away, a slow sync is a slow acknowledgement, and what a machine that stopped
 * leaves of its writes is what becomes of its last transaction.
 */
import { Clock, Effect } from "effect"
import type { Journal } from "../../actors/ports/Journal.ts"
import { uniformAt } from "../../domain/chance.ts"
import type { Unsynced } from "../../domain/chaos/faults.ts"
import type { RecordCodec } from "../../domain/journal/codec.ts"
import { SimulatedDisk } from "../../infra/journal/file/simulatedDisk.ts"
import { makeKafkaJournal } from "../../infra/journal/kafka/KafkaJournal.ts"
import type { KafkaLog, LogPlace, LogSession } from "../../infra/journal/kafka/kafkaLog.ts"
import { type AppendFate, SimulatedKafka } from "../../infra/journal/kafka/simulatedKafka.ts"
import { Killed } from "../Killed.ts"
import type { MeetsRival } from "../Rivalry.ts"
import type { Strikes } from "../Strikes.ts"
import { delayed } from "./latency.ts"

/** Changes what a journal sees of the log. */
export type KafkaChange = (sound: KafkaLog) => KafkaLog

const journalsAt: LogPlace = { topic: "desk", partition: 0 }
/** Beyond it a commit fails and the process ends. */
const commitRetryMsMax = 60_000
/** A commit is seen so often only by a later fetch: Kafka's readers may lag. */
const seenLateShare = 0.1

export class KafkaBook {
  readonly #kafka = new SimulatedKafka()
  readonly #codec: RecordCodec
  readonly #book: string
  readonly #seed: number
  readonly #takeoverWaitMs: number
  #tokens = 0
  #draws = 0
  #nextFate: AppendFate = "Acknowledged"

  /** `takeoverWaitMs`: how long an opening waits for a writer that may still live. */
  constructor(codec: RecordCodec, book: string, seed: number, takeoverWaitMs: number) {
    this.#takeoverWaitMs = takeoverWaitMs
    this.#codec = codec
    this.#book = book
    this.#seed = seed
    this.#kafka.chance = {
      append: () => {
        const fate = this.#nextFate
        this.#nextFate = "Acknowledged"
        return fate
      },
      lateGetsIn: () => this.#draw() < 0.5,
      unseenFetches: () => (this.#draw() < seenLateShare ? 1 : 0),
      request: () => "Answered"
    }
  }

  /** As a sound process finds it, on a mirror of its own. */
  sound(change: KafkaChange = (log) => log, takeoverWaitMs = 0): Journal["Service"] {
    return makeKafkaJournal(this.#codec, {
      log: change(this.#kafka),
      book: this.#book,
      ...journalsAt,
      snapshotsTopic: `${journalsAt.topic}.snapshots`,
      disk: new SimulatedDisk(),
      writerFolder: "/writer",
      readersFolder: () => "/readers",
      commitRetryMsMax,
      takeoverWaitMs,
      newToken: () => `token-${++this.#tokens}`
    })
  }

  /** As one life of the process has it. `change` plants a bug in its adapter. */
  faulty(
    strikes: Strikes,
    change: KafkaChange = (log) => log,
    meets?: MeetsRival,
    takeoverWaitMs = this.#takeoverWaitMs
  ): Journal["Service"] {
    let beganMs: number | undefined
    /** The session stands still in a commit: what lasts goes on by the clock meanwhile. */
    const wait = Effect.gen({ self: this }, function* () {
      const clockMs = yield* Clock.currentTimeMillis
      beganMs ??= clockMs - strikes.nowMs
      const nowMs = Math.max(strikes.nowMs, clockMs - beganMs)
      beganMs = clockMs - nowMs
      this.#kafka.isAway = strikes.during("DiskFull", nowMs) !== undefined
      const { syncMs } = strikes.during("SlowDisk", nowMs) ?? { syncMs: 0 }
      if (syncMs > 0) yield* Effect.sleep(syncMs)
    })
    const append = (session: LogSession): LogSession["append"] =>
      Effect.fnUntraced({ self: this }, function* (place, entries) {
        yield* wait
        if (place.topic !== journalsAt.topic) return yield* session.append(place, entries)
        yield* delayed(strikes, "journal")
        const rival = meets && strikes.take("Rival", ({ point }) => point === "in commit")
        if (rival !== undefined) yield* meets!(rival)
        if (strikes.take("Fenced") !== undefined) yield* this.#takenOver
        const kill = strikes.take("ProcessKill", ({ point }) => point === "in commit")
        if (kill !== undefined) {
          this.#nextFate = fateOf[kill.unsynced]
          return yield* dying(session.append(place, entries), "in an append")
        }
        const unknown = strikes.take("AppendUnknown")
        if (unknown !== undefined) {
          this.#nextFate = unknown.applied
            ? "AnswerLost"
            : this.#draw() < 0.5
              ? "RequestLost"
              : "Late"
        }
        const after = strikes.take("ProcessKill", ({ point }) => point === "after commit")
        if (after === undefined) return yield* session.append(place, entries)
        return yield* dying(session.append(place, entries), "after an append")
      })
    const kafka = this.#kafka
    return this.sound(
      () =>
        change({
          servers: kafka.servers,
          openSession: (id, after) =>
            Effect.andThen(
              wait,
              Effect.map(kafka.openSession(id, after), (session) => ({
                id: session.id,
                append: append(session)
              }))
            ),
          fetch: (place, from) => Effect.andThen(wait, kafka.fetch(place, from)),
          ends: (place) => Effect.andThen(wait, kafka.ends(place))
        }),
      takeoverWaitMs
    )
  }

  /** The process has ended; its servers are there for whoever comes next. */
  ended(): void {
    this.#kafka.isAway = false
    this.#nextFate = "Acknowledged"
  }

  /** Another process opens the book and ends before it wrote a record. */
  readonly #takenOver = Effect.suspend(() => {
    const { isAway } = this.#kafka
    this.#kafka.isAway = false
    return Effect.scoped(this.sound().openWriter).pipe(
      Effect.orDie,
      Effect.ensuring(
        Effect.sync(() => {
          this.#kafka.isAway = isAway
        })
      )
    )
  })

  #draw(): number {
    return uniformAt(this.#seed, 13, this.#draws++)
  }
}

const fateOf: Readonly<Record<Unsynced, AppendFate>> = {
  lost: "RequestLost",
  "first part": "Late",
  "some sectors": "Late",
  all: "AnswerLost"
}

const dying = (append: Effect.Effect<unknown, unknown>, where: string): Effect.Effect<never> =>
  Effect.andThen(
    Effect.ignore(append),
    Effect.sync(() => {
      throw new Killed(`killed ${where}`)
    })
  )
