/**
 * One actor as a fiber: it takes steps from its mailbox, carries them out and reports to the sequencer.
 *
 * What a step throws kills the fiber with that defect; the observer tells the sequencer, whatever the fiber had done.
 */
import { Cause, Effect, Fiber, type Scope } from "effect"
import type { JournalRecord } from "../../domain/journal/record.ts"
import type { ActorCell } from "./ActorCell.ts"
import { acceptEvents, type FaultHook, handleMessage } from "./handle.ts"
import { type Mailbox, makeMailbox } from "./Mailbox.ts"
import { reasonOf } from "./reason.ts"
import type { Outcome, Step } from "./Sequencer.ts"

export type Work =
  | { readonly _tag: "Step"; readonly step: Extract<Step, { _tag: "Handle" | "Accept" }> }
  /** Market data in seq order, each its own turn, none of which decides. */
  | { readonly _tag: "Quotes"; readonly quotes: ReadonlyArray<JournalRecord> }

/** `quoteIndex`: of a batch, the first quote that was not taken in. */
export interface Reply {
  readonly actor: string
  readonly outcome: Outcome
  readonly quoteIndex: number
}

const taken: Outcome = { _tag: "Done", drafts: [] }

export class LiveActor {
  readonly cell: ActorCell
  readonly #replies: Mailbox<Reply>
  readonly #mailbox: Mailbox<Work>
  readonly #fault: FaultHook | undefined
  #fiber: Fiber.Fiber<void> | undefined
  #quoteIndex = 0

  private constructor(
    cell: ActorCell,
    mailbox: Mailbox<Work>,
    replies: Mailbox<Reply>,
    fault: FaultHook | undefined
  ) {
    this.cell = cell
    this.#mailbox = mailbox
    this.#replies = replies
    this.#fault = fault
  }

  static readonly make = Effect.fnUntraced(function* (
    cell: ActorCell,
    capacity: number,
    replies: Mailbox<Reply>,
    fault: FaultHook | undefined
  ) {
    return new LiveActor(cell, yield* makeMailbox<Work>(cell.id, capacity), replies, fault)
  })

  /** Starts the fiber in `scope`; `init` (its rebuild) runs inside it. One reply comes: up, or crashed in `init`. */
  start(scope: Scope.Scope, init: (cell: ActorCell) => void): Effect.Effect<void> {
    return Effect.gen({ self: this }, function* () {
      const fiber = yield* Effect.forkIn(this.#run(init), scope)
      this.#fiber = fiber
      fiber.addObserver((exit) => {
        if (this.#fiber !== fiber) return
        this.#fiber = undefined
        if (exit._tag === "Success") return
        const reason = reasonOf(Cause.squash(exit.cause))
        this.#reply({ _tag: "Crashed", reason }, this.#quoteIndex)
      })
    })
  }

  /** Interrupts the fiber and waits until it is gone; nothing is reported. */
  get stop(): Effect.Effect<void> {
    return Effect.suspend(() => {
      const fiber = this.#fiber
      this.#fiber = undefined
      return fiber === undefined ? Effect.void : Fiber.interrupt(fiber)
    })
  }

  tell(work: Work): void {
    this.#mailbox.tell(work)
  }

  #run(init: (cell: ActorCell) => void): Effect.Effect<void> {
    return Effect.gen({ self: this }, function* () {
      init(this.cell)
      this.#reply(taken, 0)
      for (;;) {
        for (const work of yield* this.#mailbox.takeAll) this.#work(work)
      }
    })
  }

  #work(work: Work): void {
    if (work._tag === "Quotes") {
      this.#quotes(work.quotes)
      return
    }
    const { step } = work
    if (step._tag === "Accept") {
      acceptEvents(step.cell, step.events, this.#fault)
      this.#reply(taken, 0)
      return
    }
    const { cell, record, nowMs, late } = step
    const drafts = handleMessage(cell, record, nowMs, late, this.#fault)
    this.#reply({ _tag: "Done", drafts }, 0)
  }

  #quotes(quotes: ReadonlyArray<JournalRecord>): void {
    for (let i = 0; i < quotes.length; i++) {
      this.#quoteIndex = i
      const quote = quotes[i]!
      if (this.#fault === undefined) this.cell.evolve(quote)
      else handleMessage(this.cell, quote, quote.logicalTimeMs, false, this.#fault)
    }
    this.#quoteIndex = 0
    this.#reply(taken, quotes.length)
  }

  #reply(outcome: Outcome, quoteIndex: number): void {
    this.#replies.tell({ actor: this.cell.id, outcome, quoteIndex })
  }
}
