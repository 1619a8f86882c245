/**
 * From an actor's crash (a throw at its mailbox) to its first handled message, on both hosts: the desk on the GOOG session with
 * its own snapshot distance, and the kernel alone with next to nothing to fold, beside Pekko typed. Run: node bench/crashes.ts
 */
import { Effect } from "effect"
import type { FaultHook } from "../src/actors/runtime/handle.ts"
import { makeLiveHost } from "../src/actors/runtime/LiveHost.ts"
import { liveOnce, toyWorld } from "../test/actors/runtime/toySession.ts"
import { googStage, memoryJournal, runDesk, settingsWith } from "./desk.ts"
import { type Measure, percentileRows, type Row, rounds, runAlone } from "./figure.ts"
import { pekkoCrashes } from "./pekko.ts"

const hosts = ["straight", "live"] as const

interface Crasher {
  readonly hook: FaultHook
  /** Microseconds from each throw to the same actor's next evolved message. */
  readonly timesUs: Array<number>
}

/**
 * Crashes each actor once per round of `everyMs` x actors of the session's time, at its first message in its own slot of the
 * round or behind it: far enough apart that each restart is immediate.
 */
const crasher = (actors: ReadonlyArray<string>, everyMs: number): Crasher => {
  const timesUs: Array<number> = []
  const roundMs = everyMs * actors.length
  const nextMs = new Map<string, number>()
  const crashedAtMs = new Map<string, number>()
  const hook: FaultHook = (point, actor, record) => {
    if (point === "evolve") {
      const atMs = crashedAtMs.get(actor)
      if (atMs === undefined) return
      timesUs.push((performance.now() - atMs) * 1000)
      crashedAtMs.delete(actor)
    }
    if (point !== "mailbox") return
    if (nextMs.size === 0) {
      for (const [slot, id] of actors.entries()) {
        nextMs.set(id, record.logicalTimeMs + (slot + 1) * everyMs)
      }
    }
    const dueMs = nextMs.get(actor)
    if (dueMs === undefined || record.logicalTimeMs < dueMs) return
    nextMs.set(actor, record.logicalTimeMs + roundMs)
    crashedAtMs.set(actor, performance.now())
    throw new Error("crashed by the bench")
  }
  return { hook, timesUs }
}

const deskActors = [
  "feed",
  "vault",
  "executor",
  "hedger",
  "risk-gate",
  "convergence",
  "features",
  "regime-classifier",
  "strategy",
  "auditor",
  "health"
]
const minuteMs = 60_000

const toyActors = ["ticker", "sender", "checker", "wisher"]
const toyQuotes = 60_000
const toyEveryMs = 61

const measure: Measure = (progress) =>
  Effect.gen(function* () {
    progress("loads the session")
    const stage = yield* googStage
    const settings = settingsWith()
    const pekko = yield* Effect.promise(() => pekkoCrashes(progress))
    const rowsOf = (what: string, times: ReadonlyArray<number>): ReadonlyArray<Row> =>
      "why" in pekko
        ? percentileRows(what, "us", times).map((row) => ({
            ...row,
            peer: { name: pekko.why, value: undefined }
          }))
        : percentileRows(what, "us", times, pekko)
    const rows: Array<Row> = []
    for (const host of hosts) {
      const times: Array<number> = []
      for (const session of rounds(4, 2, 5)) {
        const { hook, timesUs } = crasher(deskActors, minuteMs)
        const journal = memoryJournal(settings)
        yield* runDesk({ stage, settings, journal, host, fault: hook })
        progress(`desk, ${host} host: ${timesUs.length} crashes`)
        if (session > 0) times.push(...timesUs)
      }
      rows.push(...rowsOf(`desk, ${host} host`, times))
    }
    for (const host of hosts) {
      const times: Array<number> = []
      for (const seed of rounds(4, 2, 3)) {
        const { hook, timesUs } = crasher(toyActors, toyEveryMs)
        yield* liveOnce(toyWorld(seed + 1, toyQuotes), {
          fault: hook,
          snapshotRecords: 200,
          ...(host === "live" && {
            host: (book, market, fault) =>
              makeLiveHost(book, {
                mailboxCapacity: 4,
                quoteBatchMax: 64,
                rewindMarket: (sourceSeq) => market.resumeAfter(sourceSeq),
                ...(fault !== undefined && { fault })
              })
          })
        })
        progress(`kernel alone, ${host} host: ${timesUs.length} crashes`)
        if (seed > 0) times.push(...timesUs)
      }
      rows.push(...rowsOf(`kernel alone, ${host} host`, times))
    }
    return rows
  }).pipe(Effect.scoped, Effect.orDie, Effect.runPromise)

await runAlone(measure)
