/**
 * The feed: takes every quote in, judges it, keeps the market's status, and sets the desk's pace by the minute.
 *
 * A quote is never an event here. What is wrong with it (crossed, a side absent, back in time) is state, counted.
 */
import { Schema } from "effect"
import type { RecordOf } from "../domain/journal/record.ts"
import { QuoteBoard, QuoteBoardSnapshot } from "../domain/market/quoteBoard.ts"
import { TimerFired, TimerSet } from "./ports/records/kernel.ts"
import {
  InstrumentsListed,
  IntervalElapsed,
  Quote,
  type QuotePayload,
  TradingSessionStatus
} from "./ports/records/market.ts"
import { type Behavior, observe, subscribe } from "./runtime/Behavior.ts"

export interface FeedConfig {
  /** A quote older than this is stale. Counted per interval, for people; each decision judges age by itself. */
  readonly quoteAgeMsMax: number
}

const feedId = "feed"
const intervalTimer = "interval"
const intervalMs = 60_000
/** Timers go before quotes that are due together: a moment later, the minute's quotes are in. */
const afterQuotesMs = 1

const Counts = Schema.Struct({
  quotes: Schema.Int,
  /** Older quotes that newer ones replaced before they were recorded. */
  replaced: Schema.Int,
  crossed: Schema.Int,
  withoutBid: Schema.Int,
  withoutAsk: Schema.Int,
  /** Known earlier than the quote that it followed. */
  backInTime: Schema.Int
})
type Counts = { -readonly [K in keyof typeof Counts.Type]: (typeof Counts.Type)[K] }

const MarketDay = Schema.Struct({
  date: Schema.String,
  status: Schema.Literals(["Open", "Closed"]),
  openMs: Schema.Int,
  closeMs: Schema.Int
})

export interface FeedState {
  board: QuoteBoard
  readonly counts: Counts
  /** Undefined before the first session status. */
  day: typeof MarketDay.Type | undefined
  intervals: number
  /** Instruments quoted once whose quote was stale at the last interval. */
  staleInstruments: number
}

const FeedSnapshot = Schema.Struct({
  board: QuoteBoardSnapshot,
  counts: Counts,
  day: Schema.UndefinedOr(MarketDay),
  intervals: Schema.Int,
  staleInstruments: Schema.Int
})

type Message =
  | typeof InstrumentsListed
  | typeof TradingSessionStatus
  | typeof Quote
  | typeof TimerFired
type Event = typeof IntervalElapsed | typeof TimerSet

export const makeFeed = (
  config: FeedConfig
): Behavior<FeedState, Message, Event, typeof FeedSnapshot.Type> => ({
  id: feedId,
  messages: [
    observe(InstrumentsListed),
    observe(Quote),
    subscribe(TradingSessionStatus, "decide"),
    subscribe(TimerFired, "decide")
  ],
  events: [IntervalElapsed, TimerSet],
  moneyBearing: false,
  initial: () => ({
    board: new QuoteBoard(0),
    counts: { quotes: 0, replaced: 0, crossed: 0, withoutBid: 0, withoutAsk: 0, backInTime: 0 },
    day: undefined,
    intervals: 0,
    staleInstruments: 0
  }),
  evolve: (state, record) => {
    switch (record.type) {
      case "Quote":
        takeQuote(state, record.payload)
        break
      case "InstrumentsListed":
        state.board = new QuoteBoard(record.payload.instruments.length)
        break
      case "TradingSessionStatus": {
        const { date, status, openMs, closeMs } = record.payload
        state.day = { date, status, openMs, closeMs }
        break
      }
      case "IntervalElapsed":
        state.intervals++
        state.staleInstruments = staleCount(
          state.board,
          record.payload.timeMs,
          config.quoteAgeMsMax
        )
        break
    }
    return state
  },
  decide: (state, message, context) => {
    const { day } = state
    if (day === undefined || day.status !== "Open") return []
    if (message.type === "TradingSessionStatus") return nextInterval(day, context.nowMs)
    if (message.type !== "TimerFired" || !isIntervalTimer(message)) return []
    const { dueMs } = message.payload
    // After a time down the minute is past: nothing may be decided on it, only the pace goes on.
    const isPast = context.late || context.nowMs - dueMs >= intervalMs
    const timeMs = dueMs - afterQuotesMs
    const elapsed = IntervalElapsed.make({
      date: day.date,
      minute: Math.round((timeMs - day.openMs) / intervalMs),
      minutesToClose: Math.round((day.closeMs - timeMs) / intervalMs),
      timeMs
    })
    return [...(isPast ? [] : [elapsed]), ...nextInterval(day, context.nowMs)]
  },
  invariant: (state) => {
    const { quotes, crossed, withoutBid, withoutAsk } = state.counts
    if (crossed > quotes || withoutBid > quotes || withoutAsk > quotes) {
      throw new Error(`feed counted more faulty quotes than the ${quotes} it saw`)
    }
    if (state.day !== undefined && state.day.openMs >= state.day.closeMs) {
      throw new Error(`feed has a day ${state.day.date} that closes before it opens`)
    }
  },
  snapshotSchema: FeedSnapshot,
  snapshot: (state) => ({
    board: state.board.snapshot(),
    counts: { ...state.counts },
    day: state.day,
    intervals: state.intervals,
    staleInstruments: state.staleInstruments
  }),
  restore: (snapshot) => ({
    ...snapshot,
    board: QuoteBoard.restore(snapshot.board),
    counts: { ...snapshot.counts }
  })
})

const takeQuote = (state: FeedState, quote: QuotePayload): void => {
  const { board, counts } = state
  const { bidMicros, askMicros } = quote
  counts.quotes++
  counts.replaced += quote.replaced
  if (quote.timeMs < board.timeMs[quote.instrument]!) counts.backInTime++
  if (bidMicros === 0) counts.withoutBid++
  if (askMicros === 0) counts.withoutAsk++
  else if (bidMicros > askMicros) counts.crossed++
  board.update(quote)
}

const isIntervalTimer = (message: RecordOf<typeof TimerFired>): boolean =>
  message.payload.owner === feedId && message.payload.timer === intervalTimer

/** The timer of the next whole minute strictly inside the day's trading hours, if there is one. */
const nextInterval = (
  day: { readonly openMs: number; readonly closeMs: number },
  nowMs: number
) => {
  const elapsed = Math.floor((Math.max(nowMs, day.openMs) - day.openMs) / intervalMs)
  const minuteMs = day.openMs + (elapsed + 1) * intervalMs
  return minuteMs < day.closeMs
    ? [TimerSet.make({ owner: feedId, timer: intervalTimer, dueMs: minuteMs + afterQuotesMs })]
    : []
}

const staleCount = (board: QuoteBoard, nowMs: number, quoteAgeMsMax: number): number => {
  let count = 0
  for (let at = 0; at < board.instrumentCount; at++) {
    const timeMs = board.timeMs[at]!
    if (timeMs > 0 && nowMs - timeMs > quoteAgeMsMax) count++
  }
  return count
}
