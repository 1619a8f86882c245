/**
 * How the kernel meets the outside. A gateway performs what a durable record asks for and answers with inputs; a
 * market speaks on its own.
 */
import { type Effect, Schema } from "effect"
import type { InputDraft, JournalRecord } from "../../domain/journal/record.ts"
import type { Head } from "./Journal.ts"

/** Performs requests. Adapters in `src/actors/gateways/` build it from a typed port. */
export interface RequestGateway {
  readonly id: string
  /** Record types that it performs. */
  readonly requests: ReadonlyArray<string>
  /** Simulated time from request to answer in a session, ms. */
  readonly latencyMs: number
  /** The key under which a request and its first answer meet; the kernel holds a request as outstanding until it is answered. */
  readonly requestKey: (request: JournalRecord) => string
  /** The key of the request that this input answers, or undefined where it answers none. */
  readonly answeredKey: (type: string, payload: unknown) => string | undefined
  /**
   * Performs a durable request; called when the session clock reaches its due time `nowMs`. Safe to repeat: keyed.
   * Expected failures are answers (a rejection, a failure record), never a failed effect.
   */
  readonly perform: (
    request: JournalRecord,
    nowMs: number
  ) => Effect.Effect<ReadonlyArray<InputDraft>>
  /** Told once a session runs: the head of the journal, everything before which is durable while a request is performed. */
  readonly opened?: (head: () => Head) => void
  /** Asks what became of a request that was outstanding when the process died; may send it, when absence is certain. */
  readonly recover: (
    request: JournalRecord,
    nowMs: number
  ) => Effect.Effect<ReadonlyArray<InputDraft>>
}

/** Speaks on its own: fills of resting orders, expiries. In a session its times are a function of the quotes shown to it. */
export interface Speaker {
  readonly source: string
  /** Epoch ms of its next input; Infinity while it has none. */
  readonly nextDueMs: () => number
  /** Takes the next input. */
  readonly next: () => InputDraft
  /** Goes on after the input numbered `sourceSeq`: later ones are spoken again, earlier ones never. */
  readonly resumeAfter: (sourceSeq: number) => void
}

/** The quotes of a session, in order. The world behind it (a simulated exchange) sees each quote as it is taken. */
export interface QuoteSource {
  /** Epoch ms of the next quote; Infinity at the end. */
  readonly nextDueMs: () => number
  readonly next: () => InputDraft
  readonly resumeAfter: (sourceSeq: number) => void
}

/** What moves behind a wire can no longer be stepped. What it did since is not known; the session stops there. */
export class OutsideLost extends Schema.TaggedError<OutsideLost>()("OutsideLost", {
  place: Schema.String,
  why: Schema.String
}) {
  override get message() {
    return `the session cannot go on: ${this.place} does not answer: ${this.why}`
  }
}

/**
 * An outside behind a wire in a session: it moves only when the session lets it. Its inputs come through the market and
 * the speakers, which hold what it said and have nothing due while they are empty.
 */
export interface SteppedOutside {
  /** Epoch ms of its next own event as far as it told; Infinity for none. */
  readonly nextDueMs: () => number
  /**
   * Lets it go on through `toMs`. When this ends the wire is quiet: all it said until then has arrived. On the wall clock
   * it waits for what comes, no longer than until `untilMs`, when something of the desk's own is due.
   */
  readonly advance: (toMs: number, untilMs: number) => Effect.Effect<void, OutsideLost>
  /**
   * Only where it is on the wall clock: epoch ms of now. What is due is then admitted now, late or not, and each `advance`
   * may wait; left out in a session, where everything is admitted at its due time.
   */
  readonly nowMs?: () => number
}
