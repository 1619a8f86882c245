/**
 * What stands before the sequencer: bounded, with lanes of their own for control.
 *
 * Quotes conflate per instrument while they wait: the latest wins, takes the place of the first and counts what it
 * replaced, so they need no bound but the number of instruments. Orders, fills, vault and operator records never drop:
 * their sender waits, or is told to come again. Control goes before everything, and the kill switch and cancel-all before
 * other control.
 */
import { Effect, Semaphore } from "effect"
import type { EventDraft, InputDraft } from "../../domain/journal/record.ts"
import type { QuotePayload } from "../ports/records/market.ts"
import { CancelAllOrders, HaltTrading } from "../ports/records/operator.ts"

export interface IntakeLimits {
  /** Inputs other than quotes that may wait; the sender of one more waits itself. */
  readonly inputsMax: number
  /** Control commands that may wait, the urgent ones counted apart; one more is refused. */
  readonly controlMax: number
}

/** A control command that was taken in. */
export interface Command {
  readonly draft: EventDraft
  /** Of its record, once it left the intake; -1 while it waits. */
  seq: number
}

type Waiting = { input: InputDraft; readonly permit: boolean; readonly instrument: number }

const urgent: ReadonlySet<string> = new Set([HaltTrading.type, CancelAllOrders.type])

export class Intake {
  readonly #limits: IntakeLimits
  readonly #permits: Semaphore.Semaphore
  readonly #urgent: Array<Command> = []
  readonly #control: Array<Command> = []
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

  /** Takes a control command in; undefined where `controlMax` of its lane wait already: its sender comes again. */
  control(draft: EventDraft): Command | undefined {
    const lane = urgent.has(draft.type) ? this.#urgent : this.#control
    if (lane.length >= this.#limits.controlMax) return undefined
    const command: Command = { draft, seq: -1 }
    lane.push(command)
    this.#awake()
    return command
  }

  /** Everything that waits. */
  size(): number {
    return this.#urgent.length + this.#control.length + this.#waiting.length - this.#head
  }

  hasControl(): boolean {
    return this.#urgent.length > 0 || this.#control.length > 0
  }

  /** The next control command; goes before `take`. */
  takeControl(): Command | undefined {
    return this.#urgent.shift() ?? this.#control.shift()
  }

  /** The next input that is no command, in order of arrival; undefined while none waits. */
  take(): InputDraft | undefined {
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
