/** Waiting for something to be heard over one connection: until it is, the connection ends, or the time is over. */
import { Effect } from "effect"
import type { IbWire } from "./ibWire.ts"

export class IbWatch<Fault> {
  readonly #answerMs: number
  readonly #fault: (why: string) => Fault
  readonly #looks = new Set<() => void>()
  #given: string | undefined

  constructor(answerMs: number, fault: (why: string) => Fault) {
    this.#answerMs = answerMs
    this.#fault = fault
  }

  /** Something was heard, or the connection changed. */
  look(): void {
    for (const each of [...this.#looks]) each()
  }

  /** Nothing will be heard any more. */
  give(why: string): void {
    this.#given = why
  }

  until(wire: IbWire, isHeard: () => boolean): Effect.Effect<void, Fault> {
    const heard = Effect.callback<void, Fault>((resume) => {
      const look = (): void => {
        if (this.#given !== undefined) resume(Effect.fail(this.#fault(this.#given)))
        else if (isHeard()) resume(Effect.void)
        else if (!wire.isOpen) resume(Effect.fail(this.#fault("the connection was lost")))
        else return
        this.#looks.delete(look)
      }
      this.#looks.add(look)
      look()
      return Effect.sync(() => this.#looks.delete(look))
    })
    return Effect.timeoutOrElse(heard, {
      duration: this.#answerMs,
      orElse: () => Effect.fail(this.#fault(`it said nothing for ${this.#answerMs} ms`))
    })
  }
}
