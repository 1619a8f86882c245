/**
 * Which input comes next in a session, and when: the session's clock.
 *
 * It never passes the due time of a pending answer. Inputs due together come as supervision, control, gateway answers,
 * timers, quotes (ARCHITECTURE.md).
 */
import type { InputDraft } from "../../domain/journal/record.ts"
import type { QuoteSource, Speaker, SteppedOutside } from "../ports/Gateway.ts"
import { ActorUp, kernelSource, TimerFired } from "../ports/records/kernel.ts"
import { type KernelLedger, type Outstanding, staysDown } from "./KernelLedger.ts"
import type { Outbox } from "./Outbox.ts"

export interface SessionWorld {
  readonly market: QuoteSource
  readonly speakers: ReadonlyArray<Speaker>
  /** An operator's command due at or before `nowMs`; undefined for none. Goes before all but supervision. */
  readonly control: ControlLane
  /** What stands behind a wire and is stepped; absent where all of it is in this process. */
  readonly outside?: SteppedOutside
}

export interface ControlLane {
  /** Epoch ms of the next command; Infinity for none; -Infinity for one that waits already. */
  readonly nextDueMs: () => number
  readonly next: () => InputDraft
}

export type Next =
  /** `take` takes it from its source: only once it is really admitted. */
  | { readonly _tag: "Input"; readonly take: () => InputDraft; readonly timeMs: number }
  /** Quotes may be taken one by one while `quoteReady()`. */
  | { readonly _tag: "Quotes"; readonly timeMs: number }
  | { readonly _tag: "Perform"; readonly request: Outstanding; readonly timeMs: number }
  /** The outside has an event before anything that is known: it goes first. */
  | { readonly _tag: "Advance"; readonly toMs: number; readonly untilMs: number }
  | { readonly _tag: "Done" }

export class SessionClock {
  readonly #world: SessionWorld
  readonly #ledger: KernelLedger
  readonly #outbox: Outbox
  /** Nothing but quotes is due before this time, as far as the records so far tell. */
  #barrierMs = 0

  constructor(world: SessionWorld, ledger: KernelLedger, outbox: Outbox) {
    this.#world = world
    this.#ledger = ledger
    this.#outbox = outbox
  }

  next(): Next {
    const { market, speakers, control, outside } = this.#world
    const upMs = this.#nextUpMs()
    const controlMs = control.nextDueMs()
    const request = this.#outbox.next()
    const requestMs = request?.dueMs ?? Number.POSITIVE_INFINITY
    const speaker = earliest(speakers)
    const speakerMs = speaker?.nextDueMs() ?? Number.POSITIVE_INFINITY
    const timer = this.#ledger.nextTimer()
    const timerMs = timer?.dueMs ?? Number.POSITIVE_INFINITY
    const marketMs = market.nextDueMs()
    this.#barrierMs = Math.min(upMs, controlMs, requestMs, timerMs)
    const firstMs = Math.min(this.#barrierMs, speakerMs, marketMs)
    // At one time our own side goes first, as an order does before the quotes of its time.
    if (outside !== undefined && outside.nextDueMs() < firstMs) {
      return { _tag: "Advance", toMs: outside.nextDueMs(), untilMs: firstMs }
    }
    if (firstMs === Number.POSITIVE_INFINITY) return { _tag: "Done" }
    const admittedMs = outside?.nowMs?.() ?? Number.NEGATIVE_INFINITY
    const timeMs = Math.max(firstMs, this.#ledger.timeMs, admittedMs)
    if (upMs <= timeMs) return { _tag: "Input", take: () => this.#up(timeMs), timeMs }
    if (controlMs <= timeMs) return { _tag: "Input", take: () => control.next(), timeMs }
    if (request !== undefined && requestMs <= timeMs) return { _tag: "Perform", request, timeMs }
    if (speaker !== undefined && speakerMs <= timeMs) {
      return { _tag: "Input", take: () => speaker.next(), timeMs }
    }
    if (timer !== undefined && timerMs <= timeMs) {
      const input = { ...TimerFired.make({ ...timer }), source: kernelSource, sourceSeq: 0 }
      return { _tag: "Input", take: () => input, timeMs }
    }
    return { _tag: "Quotes", timeMs }
  }

  /** After `Quotes`: whether the next quote still comes before everything else. */
  quoteReady(): boolean {
    const dueMs = this.#world.market.nextDueMs()
    if (dueMs >= this.#barrierMs || dueMs === Number.POSITIVE_INFINITY) return false
    for (const speaker of this.#world.speakers) if (speaker.nextDueMs() <= dueMs) return false
    return this.#world.control.nextDueMs() > dueMs
  }

  takeQuote(): InputDraft {
    return this.#world.market.next()
  }

  quoteDueMs(): number {
    return this.#world.market.nextDueMs()
  }

  #nextUpMs(): number {
    let first = Number.POSITIVE_INFINITY
    for (const { dueMs } of this.#ledger.down.values()) if (dueMs < first) first = dueMs
    return first
  }

  #up(timeMs: number): InputDraft {
    const group: Array<string> = []
    for (const [actor, { dueMs }] of this.#ledger.down) {
      if (dueMs <= timeMs && dueMs !== staysDown) group.push(actor)
    }
    return { ...ActorUp.make({ group }), source: kernelSource, sourceSeq: 0 }
  }
}

const earliest = (speakers: ReadonlyArray<Speaker>): Speaker | undefined => {
  let first: Speaker | undefined
  for (const speaker of speakers) {
    if (first === undefined || speaker.nextDueMs() < first.nextDueMs()) first = speaker
  }
  return first
}
