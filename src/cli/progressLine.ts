/** How far a long command is, on standard error, at most every two seconds. */
import { Clock, Console, Effect } from "effect"

const everyMs = 2_000

export class ProgressLine {
  readonly #what: string
  readonly #clock: Clock.Clock
  #toldMs: number

  constructor(what: string, clock: Clock.Clock) {
    this.#what = what
    this.#clock = clock
    this.#toldMs = clock.currentTimeMillisUnsafe()
  }

  /** `what`: what is counted, as in "records written". */
  static make(what: string): Effect.Effect<ProgressLine> {
    return Effect.map(Clock.Clock, (clock) => new ProgressLine(what, clock))
  }

  /** `share`: 0 to 1. */
  tell(count: number, share: number): Effect.Effect<void> {
    return Effect.suspend(() => {
      const nowMs = this.#clock.currentTimeMillisUnsafe()
      if (nowMs - this.#toldMs < everyMs) return Effect.void
      this.#toldMs = nowMs
      return Console.error(`... ${count} ${this.#what}, ${Math.floor(100 * share)} %`)
    })
  }
}
