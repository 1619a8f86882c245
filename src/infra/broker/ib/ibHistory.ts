/** Daily bars of a stock as IB has them: regular hours, adjusted for splits, oldest first. */
import { type BarSizeSetting, EventName, type WhatToShow } from "@stoqey/ib"
import { Effect } from "effect"
import { dateOfIb, stockContract } from "./ibContracts.ts"
import type { IbQueryFault } from "./ibFaults.ts"
import type { IbLink } from "./ibLink.ts"

/** Prices in USD. */
export interface IbDailyBar {
  readonly date: string
  readonly open: number
  readonly high: number
  readonly low: number
  readonly close: number
  readonly volume: number
}

/** The library's enum values, which it does not export as plain words. */
const day = "1 day" as BarSizeSetting
const trades = "TRADES" as WhatToShow
/** A year: more than the model's longest window. */
const duration = "1 Y"
const noData = 162

/** Bars of days before `before`; none where IB has none, or gives none (error 162). */
export const dailyBarsOf = (
  link: IbLink,
  symbol: string,
  before: string
): Effect.Effect<ReadonlyArray<IbDailyBar>, IbQueryFault> =>
  link
    .ask<ReadonlyArray<IbDailyBar>>(`daily bars of ${symbol}`, (wire, requestId, answered) => {
      const stock = stockContract(symbol)
      const found = new Map<string, IbDailyBar>()
      const offs = [
        wire.on(
          EventName.historicalData,
          (
            id: number,
            time: string,
            open: number,
            high: number,
            low: number,
            close: number,
            volume: number
          ) => {
            if (id !== requestId) return
            if (time.startsWith("finished")) return answered(ascending(found))
            const date = dateOfIb(time)
            // Today's bar is not over.
            if (date === undefined || date >= before || !isSound(open, high, low, close)) return
            const known = Number.isFinite(volume) ? Math.max(0, volume) : 0
            found.set(date, { date, open, high, low, close, volume: known })
          }
        )
      ]
      wire.send((api) =>
        api.reqHistoricalData(requestId, stock, "", duration, day, trades, true, 1, false)
      )
      return offs
    })
    .pipe(
      Effect.catch((fault) =>
        fault._tag === "IbQuestionRefused" && fault.code === noData
          ? Effect.succeed([])
          : Effect.fail(fault)
      )
    )

const ascending = (bars: ReadonlyMap<string, IbDailyBar>): ReadonlyArray<IbDailyBar> =>
  [...bars.values()].toSorted((a, b) => (a.date < b.date ? -1 : 1))

const isSound = (...prices: ReadonlyArray<number>): boolean => {
  const [open = 0, high = 0, low = 0, close = 0] = prices
  return low > 0 && high >= Math.max(open, close) && low <= Math.min(open, close)
}
