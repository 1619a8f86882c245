/**
 * The live host: one fiber and one bounded mailbox per actor, driven by the sequencer's fiber.
 *
 * It carries out the same steps as the straight host, one at a time, so it writes the same chain under any scheduling
 * of its fibers. Runs of quotes travel to each actor as one batch.
 */
import { Effect, type Scope } from "effect"
import type { InputDraft, JournalRecord } from "../../domain/journal/record.ts"
import type { ActorCell } from "./ActorCell.ts"
import type { Book } from "./Book.ts"
import type { FaultHook } from "./handle.ts"
import { LiveActor, type Reply } from "./LiveActor.ts"
import { type Mailbox, makeMailbox } from "./Mailbox.ts"
import type { Outcome, Step, Turn } from "./Sequencer.ts"
import type { SessionClock } from "./SessionClock.ts"
import type { Host } from "./SessionRun.ts"

export interface LiveHostOptions {
  /** Messages that wait at one actor; the sequencer sends one step at a time, so a handful is enough. */
  readonly mailboxCapacity: number
  /** Quotes that travel as one batch. */
  readonly quoteBatchMax: number
  /** Takes market inputs back: the next one taken is the one after `sourceSeq`. */
  readonly rewindMarket: (sourceSeq: number) => void
  readonly fault?: FaultHook
}

const done: Outcome = { _tag: "Done", drafts: [] }

/** Starts every actor that is not down, in tree order, in the caller's scope; they stop in reverse order with it. */
export const makeLiveHost = Effect.fn("LiveHost.make")(function* (
  book: Book,
  options: LiveHostOptions
): Effect.fn.Return<Host, never, Scope.Scope> {
  const scope = yield* Effect.scope
  const cells = book.kernel.router.cells
  const replies = yield* makeMailbox<Reply>("the sequencer", cells.length + 1)
  const actors = new Map<string, LiveActor>()
  for (const cell of cells) {
    const actor = yield* LiveActor.make(cell, options.mailboxCapacity, replies, options.fault)
    actors.set(cell.id, actor)
    yield* Effect.addFinalizer(() => actor.stop)
    if (book.kernel.ledger.down.has(cell.id)) continue
    yield* actor.start(scope, () => {})
    yield* replies.take
  }
  const host = new LiveHost(book, options, actors, replies, scope)
  return {
    turn: (input, nowMs) => host.turn(input, nowMs),
    quotes: (clock, most) => host.quotes(clock, most)
  }
})

class LiveHost {
  readonly #book: Book
  readonly #options: LiveHostOptions
  readonly #actors: ReadonlyMap<string, LiveActor>
  readonly #replies: Mailbox<Reply>
  readonly #scope: Scope.Scope

  constructor(
    book: Book,
    options: LiveHostOptions,
    actors: ReadonlyMap<string, LiveActor>,
    replies: Mailbox<Reply>,
    scope: Scope.Scope
  ) {
    this.#book = book
    this.#options = options
    this.#actors = actors
    this.#replies = replies
    this.#scope = scope
  }

  turn(input: InputDraft, nowMs: number): Effect.Effect<void> {
    const { sequencer } = this.#book.kernel
    return Effect.andThen(
      Effect.suspend(() => this.#run(sequencer.turn(input, nowMs))),
      this.#runTrailing(nowMs)
    )
  }

  quotes(clock: SessionClock, most: number): Effect.Effect<void> {
    return Effect.gen({ self: this }, function* () {
      const { ledger, sequencer } = this.#book.kernel
      const batchMax = Math.min(most, this.#options.quoteBatchMax)
      const batch: Array<JournalRecord> = []
      while (batch.length < batchMax && clock.quoteReady()) {
        const dueMs = Math.max(clock.quoteDueMs(), ledger.timeMs)
        const input = clock.takeQuote()
        if (input.type !== "Quote") {
          if (!(yield* this.#deliver(batch))) {
            this.#options.rewindMarket(ledger.sourceCursor(input.source))
            return
          }
          yield* this.turn(input, dueMs)
          return
        }
        batch.push(sequencer.admit(input, dueMs))
      }
      yield* this.#deliver(batch)
    })
  }

  /** Hands a run of quotes to each subscriber; false where one crashed and the rest was taken back. */
  #deliver(batch: ReadonlyArray<JournalRecord>): Effect.Effect<boolean> {
    return Effect.gen({ self: this }, function* () {
      if (batch.length === 0) return true
      const { router, ledger } = this.#book.kernel
      const subscribers = router.subscribers("Quote")
      let crash:
        | { readonly quote: number; readonly cell: number; readonly reason: string }
        | undefined
      for (let i = 0; i < subscribers.length; i++) {
        const cell = subscribers[i]!
        if (ledger.down.has(cell.id)) continue
        const quotes = crash === undefined ? batch : batch.slice(0, crash.quote)
        if (quotes.length === 0) break
        this.#actors.get(cell.id)!.tell({ _tag: "Quotes", quotes })
        const reply = yield* this.#replies.take
        if (reply.outcome._tag === "Crashed") {
          crash = { quote: reply.quoteIndex, cell: i, reason: reply.outcome.reason }
        }
      }
      if (crash === undefined) return true
      yield* this.#takeBack(batch, crash.quote, crash.cell)
      const record = batch[crash.quote]!
      yield* this.#run(this.#book.kernel.sequencer.afterCrash(record, crash.cell, crash.reason))
      yield* this.#runTrailing(record.logicalTimeMs)
      return false
    })
  }

  /**
   * As if the quotes behind the crashed one had not come: they come again. Who stands before the crashed actor took them
   * and is rebuilt; who stands behind it was given none of them.
   */
  #takeBack(batch: ReadonlyArray<JournalRecord>, quote: number, cell: number): Effect.Effect<void> {
    return Effect.gen({ self: this }, function* () {
      const { router, ledger } = this.#book.kernel
      const last = batch[quote]!
      this.#book.takeBack(last.seq)
      ledger.rewind(last)
      this.#options.rewindMarket(last.sourceSeq)
      const subscribers = router.subscribers("Quote")
      for (const other of subscribers.slice(0, cell)) {
        if (ledger.down.has(other.id)) continue
        other.cursor = last.seq + 1
        yield* this.#restart(other)
      }
    })
  }

  #runTrailing(nowMs: number): Effect.Effect<void> {
    return Effect.gen({ self: this }, function* () {
      const { sequencer } = this.#book.kernel
      for (;;) {
        const input = sequencer.nextTrailing()
        if (input === undefined) return
        yield* this.#run(sequencer.turn(input, nowMs))
      }
    })
  }

  #run(turn: Turn): Effect.Effect<void> {
    return Effect.gen({ self: this }, function* () {
      let next = turn.next()
      while (next.done !== true) next = turn.next(yield* this.#perform(next.value))
    })
  }

  #perform(step: Step): Effect.Effect<Outcome> {
    switch (step._tag) {
      case "Handle":
      case "Accept":
        this.#actors.get(step.cell.id)!.tell({ _tag: "Step", step })
        return Effect.map(this.#replies.take, ({ outcome }) => outcome)
      case "Rebuild":
        return this.#rebuild(step.cells)
      case "Stop":
        return Effect.as(this.#stop(step.cells), done)
    }
  }

  /** Right to left. */
  #stop(cells: ReadonlyArray<ActorCell>): Effect.Effect<void> {
    return Effect.forEach([...cells].reverse(), ({ id }) => this.#actors.get(id)!.stop, {
      discard: true
    })
  }

  /** Left to right; the first that cannot be rebuilt ends it. */
  #rebuild(cells: ReadonlyArray<ActorCell>): Effect.Effect<Outcome> {
    return Effect.gen({ self: this }, function* () {
      yield* this.#stop(cells)
      for (const cell of cells) {
        const outcome = yield* this.#restart(cell)
        if (outcome._tag === "Crashed") return outcome
      }
      return done
    })
  }

  #restart(cell: ActorCell): Effect.Effect<Outcome> {
    return Effect.gen({ self: this }, function* () {
      const actor = this.#actors.get(cell.id)!
      yield* actor.stop
      yield* actor.start(this.#scope, (own) => this.#book.rebuild(own))
      return (yield* this.#replies.take).outcome
    })
  }
}
