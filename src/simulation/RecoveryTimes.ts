/**
 * How long actors and the process were away.
 *
 * Actors by the session's time, which their backoff goes by. The process by the clock that passes while the session stands
 * still: from its death through what starting it again is taken to last, what it waits for at its opening, and its tries,
 * to its first record; and from there through the session to the first decision that an actor makes of an input.
 */
import type { ActorDown, ActorRestarted, ActorUp } from "../actors/ports/records/kernel.ts"
import { type JournalRecord, noCause, type PayloadOf } from "../domain/journal/record.ts"

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

/** A process that is not back yet. */
interface Away {
  /** On the clock. */
  readonly sinceMs: number
  /** What starting it again is taken to last. */
  readonly startMs: number
  readonly who: "process" | "rival"
  /** Its first record: how long it was away by then, and the session's time. */
  back?: { readonly awayMs: number; readonly logicalMs: number }
  /** Something came in after it was back. */
  isFed: boolean
  /** Starting it again and the session pass on the clock. */
  readonly isOnClock?: boolean
}

export class RecoveryTimes {
  /** By actor; "process" and "rival" for the whole, and "..., to a decision". */
  readonly times = new Map<string, Recovery>()
  readonly #downSinceMs = new Map<string, number>()
  #away: Away | undefined

  /** `clockMs`: of the clock that passes. */
  record(record: JournalRecord, clockMs: number): void {
    this.#process(record, clockMs)
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

  /** It is started again, which is taken to last `startMs`. */
  processDied(clockMs: number, startMs: number): void {
    this.#away = { sinceMs: clockMs, startMs, who: "process", isFed: false }
  }

  /** The same where the session goes on by the clock meanwhile. */
  processDiedOnClock(clockMs: number): void {
    this.#away = { sinceMs: clockMs, startMs: 0, who: "process", isFed: false, isOnClock: true }
  }

  /** The process stands still, and a rival that runs already opens its book. */
  rivalComes(clockMs: number): void {
    this.#away = { sinceMs: clockMs, startMs: 0, who: "rival", isFed: false }
  }

  #process({ cause, logicalTimeMs, type }: JournalRecord, clockMs: number): void {
    const away = this.#away
    if (away === undefined) return
    const { back, sinceMs, startMs, who } = away
    if (type === "EpochOpened") {
      const awayMs = clockMs - sinceMs + startMs
      away.back = { awayMs, logicalMs: logicalTimeMs }
      this.#add(who, awayMs)
    } else if (cause === noCause) {
      away.isFed ||= back !== undefined
    } else if (back !== undefined && away.isFed) {
      const sinceBackMs = logicalTimeMs - back.logicalMs
      const awayMs = away.isOnClock === true ? clockMs - sinceMs : back.awayMs + sinceBackMs
      this.#add(`${who}, to a decision`, awayMs)
      this.#away = undefined
    }
  }

  #add(who: string, ms: number): void {
    this.times.set(who, plus(this.times.get(who) ?? none, ms))
  }
}
