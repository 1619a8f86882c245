/**
 * What stands before the sequencer: bounded, with a lane of its own for control.
 *
 * Quotes conflate per instrument while they wait: the latest wins, takes the place of the first and counts what it
 * replaced, so they need no bound but the number of instruments. Orders, fills, vault and operator records never drop:
 * their sender waits. Control (kill switch, cancel-all) goes before everything.
 */
import { Effect, Semaphore } from "effect"
import type { InputDraft } from "../../domain/journal/record.ts"
import type { QuotePayload } from "../ports/records/market.ts"

export interface IntakeLimits {
  /** Inputs other than quotes that may wait; the sender of one more waits itself. */
  readonly inputsMax: number
  /** Control commands that may wait; one more is refused. */
  readonly controlMax: number
}

type Waiting = { input: InputDraft; readonly permit: boolean; readonly instrument: number }

export class Intake {
  readonly #limits: IntakeLimits
  readonly #permits: Semaphore.Semaphore
  readonly #control: Array<InputDraft> = []
  #waiting: Array<Waiting> = []
  #head = 0
  /** The place of each instrument's waiting quote. */
  readonly #pending = new Map<number, Waiting>()
  #wake: (() => void) | undefined

  constructor(limits: IntakeLimits) {
    this.#limits = limits
    this.#permits = Semaphore.makeUnsafe(limits.inputsMax)
  }

  /** Called (once) when something waits after nothing did. */
  onInput(wake: () => void): void {
    this.#wake = wake
  }

  /** Takes a quote in; never waits, never fails. */
  quote(input: InputDraft<string, QuotePayload>): void {
    const { instrument } = input.payload
    const pending = this.#pending.get(instrument)
    if (pending === undefined) {
      const waiting = { input, permit: false, instrument }
      this.#pending.set(instrument, waiting)
      this.#push(waiting)
      return
    }
    const replaced = (pending.input.payload as QuotePayload).replaced + 1 + input.payload.replaced
    pending.input = { ...input, payload: { ...input.payload, replaced } }
  }

  /** Takes any other input in; waits while `inputsMax` of them wait. */
  offer(input: InputDraft): Effect.Effect<void> {
    return Effect.andThen(
      this.#permits.take(1),
      Effect.sync(() => this.#push({ input, permit: true, instrument: -1 }))
    )
  }

  /** Takes a control command in; false where `controlMax` wait already. */
  control(input: InputDraft): boolean {
    if (this.#control.length >= this.#limits.controlMax) return false
    this.#control.push(input)
    this.#awake()
    return true
  }

  size(): number {
    return this.#control.length + this.#waiting.length - this.#head
  }

  hasControl(): boolean {
    return this.#control.length > 0
  }

  takeControl(): InputDraft | undefined {
    return this.#control.shift()
  }

  /** The next input: control first, then in order of arrival; undefined while nothing waits. */
  take(): InputDraft | undefined {
    const control = this.#control.shift()
    if (control !== undefined) return control
    const next = this.#waiting[this.#head]
    if (next === undefined) return undefined
    this.#head++
    if (this.#head > 1024 && this.#head * 2 > this.#waiting.length) {
      this.#waiting = this.#waiting.slice(this.#head)
      this.#head = 0
    }
    if (next.instrument >= 0) this.#pending.delete(next.instrument)
    if (next.permit) Effect.runFork(this.#permits.release(1))
    return next.input
  }

  #push(waiting: Waiting): void {
    this.#waiting.push(waiting)
    this.#awake()
  }

  #awake(): void {
    const wake = this.#wake
    this.#wake = undefined
    wake?.()
  }
}
