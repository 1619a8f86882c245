/** How long actors and the process were away, in session time. */
import type { ActorDown, ActorRestarted, ActorUp } from "../actors/ports/records/kernel.ts"
import type { JournalRecord, PayloadOf } from "../domain/journal/record.ts"

export interface Recovery {
  readonly times: number
  readonly totalMs: number
  readonly worstMs: number
}

const none: Recovery = { times: 0, totalMs: 0, worstMs: 0 }

const plus = ({ times, totalMs, worstMs }: Recovery, ms: number): Recovery => ({
  times: times + 1,
  totalMs: totalMs + ms,
  worstMs: Math.max(worstMs, ms)
})

export class RecoveryTimes {
  readonly actors = new Map<string, Recovery>()
  process: Recovery = none
  readonly #downSinceMs = new Map<string, number>()
  #diedMs: number | undefined

  record(record: JournalRecord): void {
    if (this.#diedMs !== undefined && record.type === "EpochOpened") {
      this.process = plus(this.process, Math.max(0, record.logicalTimeMs - this.#diedMs))
      this.#diedMs = undefined
    }
    if (record.type === "ActorRestarted") {
      for (const actor of (record.payload as PayloadOf<typeof ActorRestarted>).group) {
        this.#add(actor, 0)
      }
    } else if (record.type === "ActorDown") {
      for (const { group } of (record.payload as PayloadOf<typeof ActorDown>).failures) {
        for (const { actor } of group) this.#downSinceMs.set(actor, record.logicalTimeMs)
      }
    } else if (record.type === "ActorUp") {
      for (const actor of (record.payload as PayloadOf<typeof ActorUp>).group) {
        this.#add(
          actor,
          record.logicalTimeMs - (this.#downSinceMs.get(actor) ?? record.logicalTimeMs)
        )
        this.#downSinceMs.delete(actor)
      }
    }
  }

  processDied(atMs: number): void {
    this.#diedMs = atMs
  }

  /** Adds what another run saw. */
  merge(other: RecoveryTimes): void {
    this.process = both(this.process, other.process)
    for (const [actor, times] of other.actors) {
      this.actors.set(actor, both(this.actors.get(actor) ?? none, times))
    }
  }

  #add(actor: string, ms: number): void {
    this.actors.set(actor, plus(this.actors.get(actor) ?? none, ms))
  }
}

const both = (a: Recovery, b: Recovery): Recovery => ({
  times: a.times + b.times,
  totalMs: a.totalMs + b.totalMs,
  worstMs: Math.max(a.worstMs, b.worstMs)
})
