/** Runs the toy desk over a memory journal: whole, with faults, or killed and resumed. */
import { Effect, type Scope } from "effect"
import type { QuoteSource, Speaker, SteppedOutside } from "../../../src/actors/ports/Gateway.ts"
import { Journal } from "../../../src/actors/ports/Journal.ts"
import {
  type Book,
  type BookPlan,
  openBook,
  recordTypes
} from "../../../src/actors/runtime/Book.ts"
import type { FaultHook } from "../../../src/actors/runtime/handle.ts"
import { Outbox } from "../../../src/actors/runtime/Outbox.ts"
import { type Host, runSession, type SessionEnd } from "../../../src/actors/runtime/SessionRun.ts"
import { straightHost } from "../../../src/actors/runtime/straightSession.ts"
import { makeRecordCodec, type RecordCodec } from "../../../src/domain/journal/codec.ts"
import type { InputDraft } from "../../../src/domain/journal/record.ts"
import { type MemoryJournal, makeMemoryJournal } from "../../../src/infra/journal/memory.ts"
import type { SupervisorNode } from "../../../src/supervisors/treePolicy.ts"
import { firstTimer, ToyMarket, ToyVenue, toyPlan } from "./toyDesk.ts"

export interface ToyWorld<J extends Journal["Service"] = MemoryJournal> {
  readonly seed: number
  readonly quotes: number
  readonly venue: ToyVenue
  readonly journal: J
  readonly codec: RecordCodec
  readonly tree: SupervisorNode | undefined
}

export const toyWorld = (seed: number, quotes: number, tree?: SupervisorNode): ToyWorld => {
  const venue = new ToyVenue()
  const codec = makeRecordCodec(recordTypes(toyPlan(seed, venue, tree)))
  return { seed, quotes, venue, codec, tree, journal: makeMemoryJournal(codec, { book: "toy" }) }
}

/** Parts of the composition that a simulation may replace, each given the sound one. */
export interface ToyParts {
  readonly plan?: (sound: BookPlan) => BookPlan
  readonly journal?: (sound: Journal["Service"]) => Journal["Service"]
  readonly venue?: (sound: Speaker) => Speaker
  readonly book?: (opened: Book) => Book
  readonly outbox?: (book: Book) => Outbox
  /** Puts the market behind a wire. */
  readonly outside?: (market: QuoteSource) => {
    readonly market: QuoteSource
    readonly outside: SteppedOutside
  }
}

export interface ToyOptions {
  /** Session ms per wall ms of the Effect clock; default as fast as it goes. */
  readonly speed?: number
  readonly commitRecordsMax?: number
  readonly snapshotRecords?: number
  readonly snapshotMs?: number
  readonly retain?: "all" | "snapshots"
  readonly fault?: FaultHook
  readonly parts?: ToyParts
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

/** The process died there, in a simulation. */
export class Killed extends Error {}

/** One life of the process: opens, runs to the end or to the kill. */
export const liveOnce = (
  world: ToyWorld<Journal["Service"]>,
  options: ToyOptions = {}
): Effect.Effect<ToyResult> => {
  const { parts = {} } = options
  return Effect.scoped(
    Effect.gen(function* () {
      const sound = toyPlan(world.seed, world.venue, world.tree)
      const plan = parts.plan?.(sound) ?? sound
      const opened = yield* openBook(plan)
      const book = parts.book?.(opened) ?? opened
      const { ledger } = book.kernel
      const market = new ToyMarket(world.seed, world.quotes)
      market.resumeAfter(ledger.sourceCursor("market"))
      const venue = parts.venue?.(world.venue) ?? world.venue
      venue.resumeAfter(ledger.sourceCursor("venue"))
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
          ...(parts.outside?.(market) ?? { market }),
          speakers: [venue],
          control: { nextDueMs: () => Number.POSITIVE_INFINITY, next: () => firstTimer() }
        },
        plan.gateways,
        {
          commitRecordsMax: options.commitRecordsMax ?? 64,
          snapshotRecords: options.snapshotRecords ?? 200,
          ...(options.snapshotMs !== undefined && { snapshotMs: options.snapshotMs }),
          retain: options.retain ?? "all",
          speed: options.speed ?? Number.POSITIVE_INFINITY,
          leaseMs: 1_000,
          paceStepMs: 0
        },
        {
          stopRequested: () => ledger.timeMs > endMs + 200,
          onCommit: (timeMs) => {
            if (options.killAfterCommit?.(timeMs) === true) throw new Killed("killed")
          }
        },
        parts.outbox?.(book) ?? new Outbox(ledger, book.recoveredThrough)
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
  ).pipe(
    Effect.provideService(Journal, parts.journal?.(world.journal) ?? world.journal),
    Effect.orDie
  )
}
