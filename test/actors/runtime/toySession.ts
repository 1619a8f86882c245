/** Runs the toy desk over a memory journal: whole, with faults, or killed and resumed. */
import { Effect, type Scope } from "effect"
import { Journal } from "../../../src/actors/ports/Journal.ts"
import { type Book, openBook, recordTypes } from "../../../src/actors/runtime/Book.ts"
import type { FaultHook } from "../../../src/actors/runtime/handle.ts"
import { type Host, runSession, type SessionEnd } from "../../../src/actors/runtime/SessionRun.ts"
import { straightHost } from "../../../src/actors/runtime/straightSession.ts"
import { makeRecordCodec, type RecordCodec } from "../../../src/domain/journal/codec.ts"
import type { InputDraft } from "../../../src/domain/journal/record.ts"
import { type MemoryJournal, makeMemoryJournal } from "../../../src/infra/journal/memory.ts"
import type { SupervisorNode } from "../../../src/supervisors/treePolicy.ts"
import { firstTimer, ToyMarket, ToyVenue, toyPlan } from "./toyDesk.ts"

export interface ToyWorld {
  readonly seed: number
  readonly quotes: number
  readonly venue: ToyVenue
  readonly journal: MemoryJournal
  readonly codec: RecordCodec
  readonly tree: SupervisorNode | undefined
}

export const toyWorld = (seed: number, quotes: number, tree?: SupervisorNode): ToyWorld => {
  const venue = new ToyVenue()
  const codec = makeRecordCodec(recordTypes(toyPlan(seed, venue, tree)))
  return { seed, quotes, venue, codec, tree, journal: makeMemoryJournal(codec, { book: "toy" }) }
}

export interface ToyOptions {
  readonly commitRecordsMax?: number
  readonly snapshotRecords?: number
  readonly fault?: FaultHook
  /** Stops as a kill would, when this says so after a commit. */
  readonly killAfterCommit?: (timeMs: number) => boolean
  readonly host?: (
    book: Book,
    market: ToyMarket,
    fault: FaultHook | undefined
  ) => Effect.Effect<Host, never, Scope.Scope>
}

export interface ToyResult {
  readonly end: SessionEnd
  readonly head: string
  readonly state: string
  readonly records: number
  readonly restarts: number
  readonly book: Book
}

class Killed extends Error {}

/** One life of the process: opens, runs to the end or to the kill. */
export const liveOnce = (world: ToyWorld, options: ToyOptions = {}): Effect.Effect<ToyResult> =>
  Effect.scoped(
    Effect.gen(function* () {
      const plan = toyPlan(world.seed, world.venue, world.tree)
      const book = yield* openBook(plan)
      const { ledger } = book.kernel
      const market = new ToyMarket(world.seed, world.quotes)
      market.resumeAfter(ledger.sourceCursor("market"))
      world.venue.resumeAfter(ledger.sourceCursor("venue"))
      const host = yield* options.host?.(book, market, options.fault) ??
        Effect.succeed(straightHost(book, options.fault))
      let first = ledger.nextSeq === 0
      const endMs = 1_000_000 + world.quotes / 3
      const end = yield* runSession(
        book,
        {
          turn: (input: InputDraft, nowMs: number) =>
            host.turn(input, nowMs).pipe(
              Effect.andThen(() => {
                if (!first) return Effect.void
                first = false
                return host.turn(firstTimer(), nowMs)
              })
            ),
          quotes: host.quotes
        },
        {
          market,
          speakers: [world.venue],
          control: { nextDueMs: () => Number.POSITIVE_INFINITY, next: () => firstTimer() }
        },
        plan.gateways,
        {
          commitRecordsMax: options.commitRecordsMax ?? 64,
          snapshotRecords: options.snapshotRecords ?? 200,
          speed: Number.POSITIVE_INFINITY,
          paceStepMs: 0
        },
        {
          stopRequested: () => ledger.timeMs > endMs + 200,
          onCommit: (timeMs) => {
            if (options.killAfterCommit?.(timeMs) === true) throw new Killed("killed")
          }
        }
      )
      return {
        end,
        head: book.journal.head().hash,
        state: book.stateHash(),
        records: ledger.nextSeq,
        restarts: ledger.restarts,
        book
      }
    })
  ).pipe(Effect.provideService(Journal, world.journal), Effect.orDie)
