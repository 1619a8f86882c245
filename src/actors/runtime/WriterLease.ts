/**
 * Until when what the process sends may leave it: for the lease from just before the last acknowledged append was sent,
 * on the monotonic clock. Who was paused for longer may not be the writer any more and must not send.
 */
import { Clock, Effect } from "effect"
import type { JournalWriter } from "../ports/Journal.ts"

export class WriterLease {
  readonly #leaseMs: number
  readonly #clock: Clock.Clock
  #heldSinceMs = (): number => Number.NEGATIVE_INFINITY

  constructor(leaseMs: number, clock: Clock.Clock) {
    this.#leaseMs = leaseMs
    this.#clock = clock
  }

  static make(leaseMs: number): Effect.Effect<WriterLease> {
    return Effect.map(Clock.Clock, (clock) => new WriterLease(leaseMs, clock))
  }

  heldBy(writer: JournalWriter): void {
    this.#heldSinceMs = () => writer.heldSinceMs()
  }

  /** Whether half of it is gone. */
  isOld(): boolean {
    return this.#leftMs() < this.#leaseMs / 2
  }

  /** "" where something may leave now, or why not. */
  problem(): string {
    const leftMs = this.#leftMs()
    if (leftMs >= 0) return ""
    return leftMs === Number.NEGATIVE_INFINITY
      ? "the book is not open"
      : `the writer's lease ended ${Math.ceil(-leftMs)} ms ago: another process may have the book`
  }

  #leftMs(): number {
    const nowMs = Number(this.#clock.monotonicTimeNanosUnsafe() / 1_000n) / 1_000
    return this.#heldSinceMs() + this.#leaseMs - nowMs
  }
}
