/**
 * The durable gate: a request leaves only once the record that caused it is durable, and only once.
 *
 * Requests wait here from their record until their due time; one whose sending is in doubt after a restart is asked
 * about instead of sent again.
 */
import type { KernelLedger, Outstanding } from "./KernelLedger.ts"

/** A request would have left before its record was durable: a defect of the host. */
class NotDurable extends Error {
  override readonly name = "NotDurable"
}

/** The writer's lease ran out before it sent: another may have taken the book over. The host must not go on. */
class LeaseExpired extends Error {
  override readonly name = "LeaseExpired"
}

export class Outbox {
  readonly #ledger: KernelLedger
  /** Requests up to this seq were outstanding when the process started: their fate is in doubt. */
  readonly #inDoubtThrough: number
  readonly #taken = new Set<string>()
  #leaseUntilMs = Number.NEGATIVE_INFINITY

  constructor(ledger: KernelLedger, inDoubtThrough: number) {
    this.#ledger = ledger
    this.#inDoubtThrough = inDoubtThrough
  }

  /** An acknowledged commit lets requests leave until then, on the clock of `take`. */
  leased(untilMs: number): void {
    this.#leaseUntilMs = untilMs
  }

  /** The request due first; of two due together, the one made first. */
  next(): Outstanding | undefined {
    let first: Outstanding | undefined
    for (const request of this.#ledger.outstanding()) {
      if (this.#taken.has(request.key)) continue
      if (first === undefined || request.dueMs < first.dueMs) first = request
    }
    return first
  }

  /** Takes a request out for sending. Throws `NotDurable` where its record is not, `LeaseExpired` past the lease. */
  take(
    request: Outstanding,
    durableThrough: number,
    nowMs: number
  ): { readonly request: Outstanding; readonly inDoubt: boolean } {
    if (request.request.seq > durableThrough) {
      throw new NotDurable(
        `record ${request.request.seq} (${request.request.type}) is not durable: only ${durableThrough} is`
      )
    }
    if (nowMs > this.#leaseUntilMs) {
      throw new LeaseExpired(
        `request ${request.key} was due at ${nowMs}, the lease ended at ${this.#leaseUntilMs}`
      )
    }
    for (const key of this.#taken) if (!this.#ledger.isOutstanding(key)) this.#taken.delete(key)
    this.#taken.add(request.key)
    return { request, inDoubt: request.request.seq <= this.#inDoubtThrough }
  }
}
