/** The day that a desk trades on the wall clock, and what it listed then: kept with its run, since ids are places in it. */
import * as fs from "node:fs"
import * as path from "node:path"
import { Effect, Result, Schema } from "effect"
import { DailyHistoryLoaded } from "./actors/ports/records/market.ts"
import { CannotStart } from "./cli/Launcher.ts"
import { nextTradingDate, type TradingDay, tradingDay } from "./domain/market/calendar.ts"
import { formatDays } from "./domain/market/civilDate.ts"
import { OptionContract } from "./domain/market/contract.ts"
import { epochMsOfNewYork, newYorkTimeOf } from "./domain/market/newYorkTime.ts"
import type { SessionQuotes } from "./domain/market/sessionQuotes.ts"
import type { Settings } from "./supervisors/settings.ts"

const Listing = Schema.Struct({
  day: Schema.Struct({
    date: Schema.String,
    openMs: Schema.Int,
    closeMs: Schema.Int,
    earlyClose: Schema.Boolean
  }),
  contracts: Schema.Array(OptionContract),
  history: Schema.Array(DailyHistoryLoaded.schema)
})
/** In the order of their instruments, which come after the stock. */
export type Listing = typeof Listing.Type

const fileOf = (folder: string): string => path.join(folder, "listing.json")

/** Today's trading hours; refused where there are none any more. */
export const todayOf = (
  { brokers: { ib } }: Settings,
  nowMs: number
): Effect.Effect<TradingDay, CannotStart> => {
  const today = newYorkTimeOf(nowMs).date
  const date = formatDays(today)
  if (ib.hours === "always") {
    const [openMs, endMs] = [epochMsOfNewYork(today, 0), epochMsOfNewYork(today + 1, 0)]
    return Effect.succeed({ date, openMs, closeMs: endMs - 1, earlyClose: false })
  }
  const day = tradingDay(date)
  if (day !== undefined && nowMs < day.closeMs) return Effect.succeed(day)
  const why = day === undefined ? "is closed on" : "has closed on"
  return Effect.fail(
    new CannotStart({
      why: `the exchange ${why} ${date}: start again on ${formatDays(nextTradingDate(today))}, or set brokers.ib.hours to "always" for a simulator that never closes`
    })
  )
}

/** What the run listed in an earlier life; undefined in its first. `hasJournal`: it has records, which need it. */
export const readListing = (
  folder: string | undefined,
  hasJournal: boolean
): Effect.Effect<Listing | undefined, CannotStart> =>
  Effect.suspend(() => {
    if (folder === undefined) return Effect.succeed(undefined)
    const file = fileOf(folder)
    const fail = (why: string) => Effect.fail(new CannotStart({ why: `${file} ${why}` }))
    if (!fs.existsSync(file)) {
      return hasJournal
        ? fail("is missing, and the run's records need it: put it back, or remove the run")
        : Effect.succeed(undefined)
    }
    const listing = decode(fs.readFileSync(file, "utf8"))
    return Result.isSuccess(listing)
      ? Effect.succeed(listing.success)
      : fail(`cannot be read: ${listing.failure.message.replace(/\s+/g, " ")}`)
  })

const decode = Schema.decodeUnknownResult(Schema.fromJsonString(Listing))

/** Durable when it ends. */
export const writeListing = (
  folder: string | undefined,
  listing: Listing
): Effect.Effect<void, CannotStart> => {
  if (folder === undefined) return Effect.void
  const file = fileOf(folder)
  return Effect.try({
    try: () => {
      fs.writeFileSync(`${file}.new`, JSON.stringify(listing), { flush: true })
      fs.renameSync(`${file}.new`, file)
    },
    catch: (cause) =>
      new CannotStart({
        why: `${file} cannot be written: ${cause instanceof Error ? cause.message : String(cause)}`
      })
  })
}

/** A session without a row: quotes come while it runs. */
export const wallSession = ({ brokers: { ib } }: Settings, day: TradingDay): SessionQuotes => ({
  name: ib.symbol,
  underlying: ib.symbol,
  instruments: [],
  days: [day],
  rowCount: 0,
  timeMs: new Float64Array(0),
  instrument: new Int32Array(0),
  bidMicros: new Float64Array(0),
  askMicros: new Float64Array(0),
  bidSize: new Int32Array(0),
  askSize: new Int32Array(0),
  stockTrades: {
    rowCount: 0,
    timeMs: new Float64Array(0),
    highMicros: new Float64Array(0),
    lowMicros: new Float64Array(0),
    closeMicros: new Float64Array(0),
    volume: new Float64Array(0)
  },
  assumptions: {
    riskFreeRate: ib.riskFreeRate,
    riskFreeRateSource: "brokers.ib.riskFreeRate",
    dividendYield: ib.dividendYield,
    dividendYieldSource: "brokers.ib.dividendYield",
    previousCloseMicros: undefined,
    closes: []
  },
  report: {
    ...{ rows: 0, quotes: 0, trades: 0, notTradable: 0, outsideHours: 0, badRows: 0 },
    ...{ files: [], withoutBid: 0, withoutAsk: 0, badContracts: 0, bad: [] }
  }
})
