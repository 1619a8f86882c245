/**
 * Runs a book through a session: takes the next input, runs its turn, commits in groups, performs what is due.
 *
 * The host decides how a turn's steps are carried out; everything else is the same, and so is the chain.
 */
import { Clock, Effect } from "effect"
import type { InputDraft } from "../../domain/journal/record.ts"
import type { OutsideLost, RequestGateway } from "../ports/Gateway.ts"
import type { Journal, JournalError } from "../ports/Journal.ts"
import { type Book, epochOpened, journalRestored, saveSnapshot } from "./Book.ts"
import { Outbox } from "./Outbox.ts"
import { SessionClock, type SessionWorld } from "./SessionClock.ts"
import type { WriterLease } from "./WriterLease.ts"

/** How turns are carried out. `quotes` takes market inputs while `clock.quoteReady()`, up to `most`, until one decides. */
export interface Host {
  readonly turn: (input: InputDraft, nowMs: number) => Effect.Effect<void>
  readonly quotes: (clock: SessionClock, most: number) => Effect.Effect<void>
}

export interface SessionLimits {
  /** A commit comes after at most so many records. */
  readonly commitRecordsMax: number
  /** A snapshot comes after so many records, at the next quiescence. */
  readonly snapshotRecords: number
  /** And after so much session time, whichever is first; without it by count alone. */
  readonly snapshotMs?: number
  /** `snapshots`: after each snapshot, storage may remove what the last two do without. Default: all is kept. */
  readonly retain?: "all" | "snapshots"
  /** How long an acknowledged commit lets its writer send, counted from just before it, session ms. */
  readonly leaseMs: number
  /** Session ms per wall ms; Infinity for as fast as it goes. */
  readonly speed: number
  /** In a paced run, how far ahead the session is let run before the loop sleeps, wall ms. */
  readonly paceStepMs: number
}

export interface SessionHooks {
  /** After each commit, at the session's time. Screens read their projections here. */
  readonly onCommit?: (timeMs: number) => void
  /** Of the book's writer; renewed in time before something is sent. */
  readonly lease?: WriterLease
  /** Asked before each input; true ends the run in order, with everything flushed. */
  readonly stopRequested?: () => boolean
}

export type SessionEnd = "Finished" | "Stopped"

export const runSession = Effect.fn("Session.run")(function* (
  book: Book,
  host: Host,
  world: SessionWorld,
  gateways: ReadonlyArray<RequestGateway>,
  limits: SessionLimits,
  hooks: SessionHooks = {},
  outbox = new Outbox(book.kernel.ledger, book.recoveredThrough)
): Effect.fn.Return<SessionEnd, JournalError | OutsideLost, Journal> {
  const { ledger } = book.kernel
  const byId = new Map(gateways.map((gateway) => [gateway.id, gateway]))
  for (const gateway of gateways) gateway.opened?.(() => book.journal.head())
  const clock = new SessionClock(world, ledger, outbox)
  const pace = yield* makePace(limits)
  const isOnWallClock = world.outside?.nowMs !== undefined

  /** A source may say a thing again: after a resume, a reconnection, a doubt. It has its record already. */
  const isRepeat = ({ source, sourceSeq }: InputDraft): boolean =>
    sourceSeq > 0 && sourceSeq <= ledger.sourceCursor(source)

  let committedMs = 0
  const commit = Effect.gen(function* () {
    committedMs = ledger.timeMs
    // On the wall clock a desk that was away has not heard of the time since.
    const askedMs = Math.max(ledger.timeMs, world.outside?.nowMs?.() ?? ledger.timeMs)
    yield* book.journal.commit
    const outage = book.journal.interruption()
    if (outage !== undefined) {
      yield* host.turn(journalRestored(outage), ledger.timeMs)
      yield* book.journal.commit
    }
    outbox.leased(askedMs + limits.leaseMs)
    hooks.onCommit?.(ledger.timeMs)
    if (!snapshotIsDue(book, limits)) return
    yield* saveSnapshot(book)
    // What could not be removed stays for the next time.
    if (limits.retain === "snapshots") yield* Effect.ignore(book.journal.forget(book.neededFrom))
  })
  const beginsMs = Math.min(
    world.market.nextDueMs(),
    world.outside?.nextDueMs() ?? Number.POSITIVE_INFINITY
  )
  const firstMs = ledger.nextSeq === 0 ? beginsMs : ledger.timeMs
  yield* host.turn(epochOpened(book.plan), firstMs)
  yield* commit

  for (;;) {
    if (hooks.stopRequested?.() === true) {
      yield* commit
      return "Stopped"
    }
    const next = clock.next()
    if (next._tag === "Done") break
    const dueMs = next._tag === "Advance" ? next.toMs : next.timeMs
    if (pace !== undefined && pace.aheadMs(dueMs) > 0) {
      yield* commit
      yield* pace.wait(dueMs)
      continue
    }
    switch (next._tag) {
      case "Advance":
        // Quotes alone make no commit; on the wall clock what came is not to be lost for long.
        if (isOnWallClock && ledger.timeMs - committedMs >= wallCommitMs) yield* commit
        yield* world.outside!.advance(next.toMs, next.untilMs)
        break
      case "Input": {
        const input = next.take()
        if (!isRepeat(input)) yield* host.turn(input, next.timeMs)
        break
      }
      case "Quotes":
        yield* host.quotes(clock, Math.max(1, limits.commitRecordsMax - book.journal.pending()))
        break
      case "Perform": {
        yield* commit
        if (hooks.lease?.isOld() === true) yield* book.journal.renew
        const { request, inDoubt } = outbox.take(
          next.request,
          book.journal.durableThrough(),
          next.timeMs
        )
        const gateway = byId.get(request.gateway)!
        const answers = yield* inDoubt
          ? gateway.recover(request.request, next.timeMs)
          : gateway.perform(request.request, next.timeMs)
        for (const answer of answers) {
          if (!isRepeat(answer)) yield* host.turn(answer, next.timeMs)
        }
      }
    }
    if (book.journal.pending() >= limits.commitRecordsMax) yield* commit
  }
  yield* commit
  return "Finished"
})

/** On the wall clock a crash loses at most what came in about so long. */
const wallCommitMs = 250

const snapshotIsDue = (book: Book, limits: SessionLimits): boolean => {
  const { nextSeq, timeMs } = book.kernel.ledger
  const records = nextSeq - 1 - book.snapshotSeq
  if (records >= limits.snapshotRecords) return true
  return records > 0 && timeMs - book.snapshotMs() >= (limits.snapshotMs ?? Infinity)
}

interface Pace {
  readonly aheadMs: (timeMs: number) => number
  readonly wait: (timeMs: number) => Effect.Effect<void>
}

/** Keeps session time behind `speed` times wall time, measured from the first input that is paced. */
const makePace = Effect.fnUntraced(function* (
  limits: SessionLimits
): Effect.fn.Return<Pace | undefined> {
  if (limits.speed === Number.POSITIVE_INFINITY) return undefined
  const wall = yield* Clock.Clock
  let origin: { readonly wallMs: number; readonly sessionMs: number } | undefined
  const aheadMs = (timeMs: number): number => {
    const now = wall.currentTimeMillisUnsafe()
    origin ??= { wallMs: now, sessionMs: timeMs }
    // A night between two days is not waited for.
    if (timeMs - origin.sessionMs > nightMs + (now - origin.wallMs) * limits.speed) {
      origin = { wallMs: now, sessionMs: timeMs }
    }
    const ahead = (timeMs - origin.sessionMs) / limits.speed - (now - origin.wallMs)
    return ahead > limits.paceStepMs ? ahead : 0
  }
  return {
    aheadMs,
    wait: (timeMs) => Effect.sleep(`${Math.ceil(Math.min(aheadMs(timeMs), 250))} millis`)
  }
})

const nightMs = 3_600_000
