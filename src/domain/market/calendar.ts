/**
 * The New York exchange calendar: which days trade, and from when to when.
 * Rules for 1999 to 2030; other years follow the same rules without a check. Late openings
 * (2001-09-17, 2002-09-11) and trading halts are not part of it.
 * Source: the exchange's holiday rules (NYSE Rule 7.2) and its announced closures.
 */
import {
  civilOfDays,
  daysOfCivil,
  formatDays,
  lastWeekday,
  nthWeekday,
  parseDate,
  weekdayOfDays
} from "./civilDate.ts"
import { epochMsOfNewYork, newYorkTimeOf } from "./newYorkTime.ts"

/** Milliseconds after New York midnight. */
export const regularOpenMsOfDay = 34_200_000
const regularCloseMsOfDay = 57_600_000
const earlyCloseMsOfDay = 46_800_000

/** One day of trading. `openMs`, `closeMs`: epoch milliseconds; trading is in [open, close). */
export interface TradingDay {
  readonly date: string
  readonly openMs: number
  readonly closeMs: number
  readonly earlyClose: boolean
}

/** The hours of "YYYY-MM-DD", or undefined where the exchange is closed or the date is none. */
export const tradingDay = (date: string): TradingDay | undefined => {
  const days = parseDate(date)
  if (days === undefined || !isTradingDate(days)) return undefined
  const earlyClose = closesEarly(days)
  return {
    date,
    openMs: epochMsOfNewYork(days, regularOpenMsOfDay),
    closeMs: epochMsOfNewYork(days, earlyClose ? earlyCloseMsOfDay : regularCloseMsOfDay),
    earlyClose
  }
}

/** Whether the exchange opens on a day number. */
export const isTradingDate = (days: number): boolean => {
  const weekday = weekdayOfDays(days)
  return weekday !== 0 && weekday !== 6 && !isHoliday(days)
}

/** The next trading day after a day number, never that day itself. */
export const nextTradingDate = (days: number): number => step(days + 1, 1)

/** The last trading day before a day number, never that day itself. */
export const previousTradingDate = (days: number): number => step(days - 1, -1)

/** The day number itself where it trades, else the trading day before it. */
const tradingDateOnOrBefore = (days: number): number => step(days, -1)

/**
 * The last moment an option with this expiration can trade: the close of the last trading day
 * on or before it (monthly options before 2015-02 expire on Saturdays). Epoch milliseconds;
 * undefined where the text is no date.
 */
export const expirationCloseMs = (expiration: string): number | undefined => {
  const days = parseDate(expiration)
  return days === undefined
    ? undefined
    : tradingDay(formatDays(tradingDateOnOrBefore(days)))?.closeMs
}

/** The trading day whose hours [open, close) hold a moment, or undefined. */
export const tradingDayAt = (epochMs: number): TradingDay | undefined => {
  const day = tradingDay(formatDays(newYorkTimeOf(epochMs).date))
  return day !== undefined && epochMs >= day.openMs && epochMs < day.closeMs ? day : undefined
}

const step = (from: number, direction: 1 | -1): number => {
  let days = from
  while (!isTradingDate(days)) days += direction
  return days
}

const isHoliday = (days: number): boolean => {
  const { year, month } = civilOfDays(days)
  if (unscheduledClosures.has(formatDays(days))) return true
  switch (month) {
    case 1:
      // A New Year's Day on a Saturday is not moved: December 31st trades.
      return (
        days === sundayToMonday(daysOfCivil(year, 1, 1)) || days === nthWeekday(year, 1, monday, 3)
      )
    case 2:
      return days === nthWeekday(year, 2, monday, 3)
    case 3:
    case 4:
      return days === easterSunday(year) - 2
    case 5:
      return days === lastWeekday(year, 5, monday)
    case 6:
      return year >= 2022 && days === nearestWeekday(daysOfCivil(year, 6, 19))
    case 7:
      return days === nearestWeekday(daysOfCivil(year, 7, 4))
    case 9:
      return days === nthWeekday(year, 9, monday, 1)
    case 11:
      return days === nthWeekday(year, 11, thursday, 4)
    case 12:
      return days === nearestWeekday(daysOfCivil(year, 12, 25))
    default:
      return false
  }
}

const closesEarly = (days: number): boolean => {
  const { year, month, day } = civilOfDays(days)
  if (unscheduledEarlyCloses.has(formatDays(days))) return true
  const weekday = weekdayOfDays(days)
  if (month === 11) return days === nthWeekday(year, 11, thursday, 4) + 1
  if (month === 12) return day === 24 && weekday <= thursday
  if (month !== 7) return false
  // With the 4th on a Thursday it was the Friday after until 2012, the Wednesday before since.
  if (day === 3) return weekday <= thursday && (weekday !== wednesday || year >= 2013)
  return day === 5 && weekday === friday && year <= 2012
}

const monday = 1
const wednesday = 3
const thursday = 4
const friday = 5

const sundayToMonday = (days: number): number => (weekdayOfDays(days) === 0 ? days + 1 : days)

const nearestWeekday = (days: number): number =>
  weekdayOfDays(days) === 6 ? days - 1 : sundayToMonday(days)

/** Attacks of 2001, funerals of Reagan, Ford, Bush and Carter, hurricane Sandy. */
const unscheduledClosures: ReadonlySet<string> = new Set([
  "2001-09-11",
  "2001-09-12",
  "2001-09-13",
  "2001-09-14",
  "2004-06-11",
  "2007-01-02",
  "2012-10-29",
  "2012-10-30",
  "2018-12-05",
  "2025-01-09"
])

const unscheduledEarlyCloses: ReadonlySet<string> = new Set(["1999-12-31", "2003-12-26"])

/** Day number of Easter Sunday. Source: the anonymous Gregorian computus (Meeus, chapter 8). */
const easterSunday = (year: number): number => {
  const a = year % 19
  const b = Math.floor(year / 100)
  const c = year % 100
  const e = b % 4
  const g = Math.floor((8 * b + 13) / 25)
  const h = (19 * a + b - Math.floor(b / 4) - g + 15) % 30
  const l = (32 + 2 * e + 2 * Math.floor(c / 4) - h - (c % 4)) % 7
  const m = Math.floor((a + 11 * h + 22 * l) / 451)
  const n = h + l - 7 * m + 114
  return daysOfCivil(year, Math.floor(n / 31), (n % 31) + 1)
}
