/**
 * Minimum price increments, and rounding to them toward the passive side: a limit may become less eager by less than
 * one tick, never more eager than its author allowed.
 */
import { microsPerUsd } from "../market/price.ts"

/** Increments of a class of options: `belowMicros` under `changeMicros`, `aboveMicros` from it on. Micro-USD. */
export interface TickSchedule {
  readonly belowMicros: number
  readonly aboveMicros: number
  readonly changeMicros: number
}

const cent = microsPerUsd / 100

/** One cent at every price: stocks from 1 USD, and combinations, which are quoted net. */
export const centTicks: TickSchedule = {
  belowMicros: cent,
  aboveMicros: cent,
  changeMicros: 3 * microsPerUsd
}

/** Classes of the Penny Interval Program: 0.01 below 3 USD, 0.05 from there. Source: Cboe Rule 5.4. */
export const pennyTicks: TickSchedule = { ...centTicks, aboveMicros: 5 * cent }

/** All other classes: 0.05 below 3 USD, 0.10 from there (GOOG in 2015). Source: Cboe Rule 5.4. */
export const nickelTicks: TickSchedule = {
  ...centTicks,
  belowMicros: 5 * cent,
  aboveMicros: 10 * cent
}

/** By the name that settings give them. */
export const tickSchedules: Readonly<Record<"cent" | "penny" | "nickel", TickSchedule>> = {
  cent: centTicks,
  penny: pennyTicks,
  nickel: nickelTicks
}

/** The increment at a price; a credit counts by its size. */
export const tickAt = (schedule: TickSchedule, priceMicros: number): number =>
  Math.abs(priceMicros) < schedule.changeMicros ? schedule.belowMicros : schedule.aboveMicros

export const isOnTick = (schedule: TickSchedule, priceMicros: number): boolean =>
  priceMicros % tickAt(schedule, priceMicros) === 0

/** The highest price on a tick that pays no more than `limitMicros`: a debit rounds down, a credit rounds up. */
export const roundLimit = (schedule: TickSchedule, limitMicros: number): number => {
  const tick = tickAt(schedule, limitMicros)
  // Adding 0 turns -0 into 0, which canonical JSON would otherwise tell apart.
  return Math.floor(limitMicros / tick) * tick + 0
}
