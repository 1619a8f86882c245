/** IB's limit of messages per second, kept by us: what waits here is failed when the connection drops, never forgotten. */
import { Clock, Effect } from "effect"

const windowMs = 1_000

export class IbPacing {
  readonly #perSecondMax: number
  /** When the last turns were given, oldest first; at most `#perSecondMax`. */
  readonly #turnsMs: Array<number> = []

  constructor(perSecondMax: number) {
    this.#perSecondMax = perSecondMax
  }

  /** Returns when one more message may leave. Turns are given in the order in which they were asked for. */
  readonly turn: Effect.Effect<void> = Effect.gen({ self: this }, function* () {
    const nowMs = yield* Clock.currentTimeMillis
    const oldest = this.#turnsMs.length < this.#perSecondMax ? undefined : this.#turnsMs.shift()
    const dueMs = oldest === undefined ? nowMs : Math.max(nowMs, oldest + windowMs)
    this.#turnsMs.push(dueMs)
    if (dueMs > nowMs) yield* Effect.sleep(dueMs - nowMs)
  })
}
