/**
 * Plays a book on a simulated Kafka: a writer appends and commits, dies, is paused and taken over, while requests and
 * acknowledgements get lost, transactions land late and servers go away. Returns what was promised and not kept.
 */
import { Clock, Effect, Exit, Scope } from "effect"
import type { Journal, JournalWriter } from "../../../../src/actors/ports/Journal.ts"
import type { JournalRecord } from "../../../../src/domain/journal/record.ts"
import { SimulatedDisk } from "../../../../src/infra/journal/file/simulatedDisk.ts"
import { makeKafkaJournal } from "../../../../src/infra/journal/kafka/KafkaJournal.ts"
import type { KafkaLog } from "../../../../src/infra/journal/kafka/kafkaLog.ts"
import {
  type AppendFate,
  SimulatedKafka
} from "../../../../src/infra/journal/kafka/simulatedKafka.ts"
import { VirtualClock } from "../../../../src/simulation/VirtualClock.ts"
import { codec, turnAt } from "../../../contract/journal/records.ts"

export interface Played {
  /** "" or the promise that was broken. */
  readonly broken: string
  readonly takeovers: number
  readonly commits: number
  readonly failedCommits: number
  readonly doubts: number
}

/** `mutate` makes of the log what a worse adapter would make of it. */
export const play = (
  seed: number,
  mutate: (log: KafkaLog) => KafkaLog = (log) => log,
  steps = 60
): Effect.Effect<Played> =>
  Effect.provideService(playOn(seed, mutate, steps), Clock.Clock, new VirtualClock())

interface Life {
  readonly journal: Journal["Service"]
  readonly writer: JournalWriter
  readonly scope: Scope.Closeable
  readonly epoch: number
}

const place = { topic: "desk", partition: 0 }

const playOn = Effect.fnUntraced(function* (
  seed: number,
  mutate: (log: KafkaLog) => KafkaLog,
  steps: number
) {
  const random = mulberry32(seed)
  const kafka = new SimulatedKafka()
  let doubts = 0
  const trouble = random() * 0.3
  kafka.chance = {
    append: () => {
      const fate = fateOf(random, trouble)
      if (fate !== "Acknowledged") doubts++
      return fate
    },
    lateGetsIn: () => random() < 0.5,
    unseenFetches: () => (random() < trouble ? Math.floor(random() * 4) : 0),
    request: () =>
      random() >= trouble / 3 ? "Answered" : random() < 0.5 ? "RequestLost" : "AnswerLost"
  }
  let tokens = 0
  /** Each process has the log as its adapter sees it, and a disk for its mirror. */
  const journalOf = (): Journal["Service"] =>
    makeKafkaJournal(codec, {
      log: mutate(kafka),
      book: "alpha",
      topic: place.topic,
      partition: place.partition,
      snapshotsTopic: "desk.snapshots",
      disk: new SimulatedDisk(),
      writerFolder: "/writer",
      readersFolder: () => "/readers",
      commitRetryMsMax: 2_000,
      newToken: () => `token-${++tokens}`
    })

  /** What was told to be durable, in order. */
  const acknowledged: Array<JournalRecord> = []
  const count = { takeovers: 0, commits: 0, failedCommits: 0 }
  let broken = ""
  let living: Life | undefined
  const zombies: Array<Life> = []

  const open = Effect.fnUntraced(function* () {
    const scope = yield* Scope.make()
    const journal = journalOf()
    const opened = yield* Effect.exit(Scope.provide(journal.openWriter, scope))
    if (Exit.isFailure(opened)) {
      if (!/JournalUnavailable/.test(String(opened))) broken ||= `opening: ${String(opened)}`
      return undefined
    }
    const writer = opened.value
    const found = [...writer.read(0)]
    broken ||= heldBack(acknowledged, found)
    acknowledged.splice(0, acknowledged.length, ...found)
    return { journal, writer, scope, epoch: writer.opened.lastEpoch + 1 }
  })

  const commit = Effect.fnUntraced(function* (life: Life, isZombie: boolean) {
    const { writer } = life
    const before = writer.durableThrough()
    const exit = yield* Effect.exit(writer.commit)
    const news = [...writer.read(before + 1)].filter(({ seq }) => seq <= writer.durableThrough())
    if (Exit.isSuccess(exit)) count.commits++
    else {
      count.failedCommits++
      if (!/JournalUnavailable|BookLocked/.test(String(exit))) broken ||= String(exit)
      if (!isZombie && /BookLocked|damaged/.test(String(exit))) {
        broken ||= `a writer that nobody followed lost its book: ${String(exit)}`
      }
    }
    if (isZombie && news.length > 0) broken ||= "a fenced writer was told that its batch is durable"
    if (!isZombie) acknowledged.push(...news)
  })

  const appendTurn = ({ writer, epoch }: Life): void => {
    const seq = writer.durableThrough() + writer.pending() + 1
    for (const record of turnAt(seq, epoch)) writer.append(record)
  }

  for (let step = 0; step < steps && broken === ""; step++) {
    const draw = random()
    if (living === undefined) {
      living = yield* open()
      count.takeovers++
    } else if (draw < 0.62) {
      for (let turns = Math.floor(random() * 4); turns >= 0; turns--) appendTurn(living)
      yield* commit(living, false)
    } else if (draw < 0.7) {
      const renewed = yield* Effect.exit(living.writer.renew)
      if (/BookLocked/.test(String(renewed))) broken ||= `renewal: ${String(renewed)}`
    } else if (draw < 0.78) {
      kafka.isAway = !kafka.isAway && random() < 0.5
    } else if (draw < 0.9) {
      // It dies, or is paused and does not know that its book is taken.
      if (random() < 0.5) zombies.push(living)
      living = undefined
    } else if (zombies.length > 0 && count.takeovers > 0) {
      const zombie = zombies[Math.floor(random() * zombies.length)]!
      appendTurn(zombie)
      yield* commit(zombie, true)
    }
  }
  kafka.isAway = false
  kafka.chance = new SimulatedKafka().chance
  if (broken === "" && living !== undefined) {
    appendTurn(living)
    yield* commit(living, false)
  }
  if (broken === "") {
    const reader = yield* Effect.exit(journalOf().openReader)
    broken = Exit.isFailure(reader)
      ? `reading: ${String(reader)}`
      : heldBack(acknowledged, [...reader.value.read(0)])
  }
  return { broken, ...count, doubts }
})

/** Whether every acknowledged record is there, once, in order; more may follow. */
const heldBack = (
  acknowledged: ReadonlyArray<JournalRecord>,
  found: ReadonlyArray<JournalRecord>
): string => {
  for (const [seq, record] of acknowledged.entries()) {
    const there = found[seq]
    if (there === undefined) return `record ${seq} was acknowledged and is gone`
    if (there.seq !== seq || there.epoch !== record.epoch || there.type !== record.type) {
      return `record ${seq} was acknowledged and is another now`
    }
  }
  return ""
}

const fateOf = (random: () => number, trouble: number): AppendFate => {
  if (random() >= trouble) return "Acknowledged"
  const draw = random()
  return draw < 0.33 ? "RequestLost" : draw < 0.66 ? "AnswerLost" : "Late"
}

/** A small generator with a period of 2^32: https://gist.github.com/tommyettinger/46a874533244883189143505d203312c */
const mulberry32 = (seed: number) => {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = state
    t = Math.imul(t ^ (t >>> 15), t | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296
  }
}
