/**
 * From an actor's crash (a throw at its mailbox) to its first handled message, on both hosts: the desk on the GOOG session with
 * its own snapshot distance, and the kernel alone with next to nothing to fold. Run: node bench/crashes.ts
 */
import { Effect } from "effect"
import type { FaultHook } from "../src/actors/runtime/handle.ts"
import { makeLiveHost } from "../src/actors/runtime/LiveHost.ts"
import { liveOnce, toyWorld } from "../test/actors/runtime/toySession.ts"
import { googStage, memoryJournal, runDesk, settingsWith } from "./desk.ts"
import { type Measure, percentileRows, type Row, runAlone } from "./figure.ts"

const hosts = ["straight", "live"] as const

interface Crasher {
  readonly hook: FaultHook
  /** Microseconds from each throw to the same actor's next evolved message. */
  readonly timesUs: Array<number>
}

/**
 * Crashes an actor every `everyMs` of the session's time, one after the other in the order of `actors`. Long enough apart that
 * each restart is immediate.
 */
const crasher = (actors: ReadonlyArray<string>, everyMs: number): Crasher => {
  const timesUs: Array<number> = []
  let victim = 0
  let nextMs = 0
  let crashed: { readonly actor: string; readonly atMs: number } | undefined
  const hook: FaultHook = (point, actor, record) => {
    if (point === "evolve" && crashed?.actor === actor) {
      timesUs.push((performance.now() - crashed.atMs) * 1000)
      crashed = undefined
    }
    if (point !== "mailbox" || record.logicalTimeMs < nextMs || crashed !== undefined) return
    if (nextMs === 0) {
      nextMs = record.logicalTimeMs + everyMs
      return
    }
    if (actors[victim % actors.length] !== actor) return
    victim++
    nextMs = record.logicalTimeMs + everyMs
    crashed = { actor, atMs: performance.now() }
    throw new Error("crashed by the bench")
  }
  return { hook, timesUs }
}

/** All of the desk's actors that take quotes, so that each minute has its crash. */
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
const deskSessions = 3
const minuteMs = 60_000

const toyActors = ["ticker", "sender", "checker", "wisher"]
const toyQuotes = 60_000
const toyEveryMs = 61

const measure: Measure = (progress) =>
  Effect.gen(function* () {
    progress("loads the session")
    const stage = yield* googStage
    const settings = settingsWith()
    const rows: Array<Row> = []
    for (const host of hosts) {
      const times: Array<number> = []
      for (let session = 0; session <= deskSessions; session++) {
        const { hook, timesUs } = crasher(deskActors, minuteMs)
        const journal = memoryJournal(settings)
        yield* runDesk({ stage, settings, journal, host, fault: hook })
        progress(`desk, ${host} host: ${timesUs.length} crashes`)
        // The first session warms the code up.
        if (session > 0) times.push(...timesUs)
      }
      rows.push(...percentileRows(`desk, ${host} host`, "us", times))
    }
    for (const host of hosts) {
      const times: Array<number> = []
      for (let seed = 0; seed <= 2; seed++) {
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
      rows.push(...percentileRows(`kernel alone, ${host} host`, "us", times))
    }
    return rows
  }).pipe(Effect.scoped, Effect.orDie, Effect.runPromise)

await runAlone(measure)
