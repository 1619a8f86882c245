/**
 * One adjusted daily bar of a stock, and the checks that say which bars can be learned from.
 *
 * Every function here is scale free: multiplying all prices of a series by one number changes
 * nothing.
 */
import { Schema } from "effect"
import { parseDate } from "../market/civilDate.ts"

/**
 * Prices: micro-USD, integers, adjusted for splits and dividends. `volume`: shares. `date`: ISO.
 */
export const DailyBar = Schema.Struct({
  date: Schema.String,
  open: Schema.Int,
  high: Schema.Int,
  low: Schema.Int,
  close: Schema.Int,
  volume: Schema.Finite
})
export type DailyBar = typeof DailyBar.Type

/** A bar that was left out, by its place in the series, and why. */
export interface ImplausibleBar {
  readonly index: number
  readonly reason: string
}

/** The longest pause inside one run, in calendar days: September 2001 closed the market for 7. */
const pauseDaysMax = 10
const spikeLogMin = 0.05
const spikeLogWithoutPast = 0.15
const spikeTimesMedianRange = 4
const medianBars = 21

/**
 * Leaves out bars with a print that no trade around it supports.
 *
 * A bar goes when its high or low lies beyond both open and close, or its open beyond both the
 * previous close and its own, by more than 5 % and more than 4 times the median log range of the 21
 * kept bars before it (15 % while there are fewer). Only the past of a bar is used. The flash
 * crashes of 2010-05-06 and 2015-08-24 go as well.
 */
export const screenDailyBars = (
  bars: ReadonlyArray<DailyBar>
): {
  readonly kept: ReadonlyArray<DailyBar>
  readonly implausible: ReadonlyArray<ImplausibleBar>
} => {
  const kept: Array<DailyBar> = []
  const implausible: Array<ImplausibleBar> = []
  bars.forEach((bar, index) => {
    const past = kept.slice(-medianBars)
    const limit =
      past.length < medianBars
        ? spikeLogWithoutPast
        : Math.max(spikeLogMin, spikeTimesMedianRange * medianLogRange(past))
    const body = [bar.open, bar.close]
    const rangeSpike = Math.max(
      Math.log(bar.high / Math.max(...body)),
      Math.log(Math.min(...body) / bar.low)
    )
    const previous = kept.at(-1)
    const openSpike = previous === undefined ? 0 : beyondBoth(bar.open, previous.close, bar.close)
    const spike = Math.max(rangeSpike, openSpike)
    if (spike <= limit) kept.push(bar)
    else
      implausible.push({
        index,
        reason:
          `${rangeSpike > openSpike ? "high or low" : "open"} lies ${spike.toFixed(3)} (log) ` +
          `beyond its neighbours, more than ${limit.toFixed(3)}`
      })
  })
  return { kept, implausible }
}

/**
 * Cuts a series where it pauses for more than 10 calendar days: no return or average may span such
 * a hole.
 */
export const contiguousRuns = (
  bars: ReadonlyArray<DailyBar>
): ReadonlyArray<ReadonlyArray<DailyBar>> => {
  const runs: Array<Array<DailyBar>> = []
  let previousDay = Number.NEGATIVE_INFINITY
  for (const bar of bars) {
    const day = parseDate(bar.date) ?? Number.POSITIVE_INFINITY
    if (day - previousDay > pauseDaysMax) runs.push([])
    runs.at(-1)?.push(bar)
    previousDay = day
  }
  return runs
}

/** Log distance of `value` beyond both `a` and `b`; 0 when it lies between them. */
const beyondBoth = (value: number, a: number, b: number): number =>
  Math.max(0, Math.log(value / Math.max(a, b)), Math.log(Math.min(a, b) / value))

const medianLogRange = (bars: ReadonlyArray<DailyBar>): number => {
  const ranges = bars.map((bar) => Math.log(bar.high / bar.low)).sort((a, b) => a - b)
  return ranges[ranges.length >> 1]!
}
