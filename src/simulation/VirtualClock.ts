/** A clock whose sleeps end at once, having moved it on: time that a single fiber waits through costs nothing. */
import { type Clock, Duration, Effect } from "effect"

export class VirtualClock implements Clock.Clock {
  #nowMs = 0
  readonly currentTimeMillis = Effect.sync(() => this.currentTimeMillisUnsafe())
  readonly currentTimeNanos = Effect.sync(() => this.currentTimeNanosUnsafe())
  readonly monotonicTimeNanos = Effect.sync(() => this.monotonicTimeNanosUnsafe())

  currentTimeMillisUnsafe(): number {
    return this.#nowMs
  }

  currentTimeNanosUnsafe(): bigint {
    return BigInt(Math.round(this.#nowMs * 1e6))
  }

  monotonicTimeNanosUnsafe(): bigint {
    return this.currentTimeNanosUnsafe()
  }

  sleep(duration: Duration.Duration): Effect.Effect<void> {
    return Effect.andThen(
      Effect.sync(() => {
        this.#nowMs += Duration.toMillis(duration)
      }),
      Effect.yieldNow
    )
  }
}
