/**
 * New York wall time and the session clock (epoch milliseconds, UTC), in pure arithmetic.
 * Daylight saving follows United States law: from 1987 the first Sunday of April to the last
 * Sunday of October, from 2007 the second Sunday of March to the first Sunday of November.
 * Years before 1987 are not supported: they follow the 1987 rule.
 */
import { civilOfDays, formatDays, lastWeekday, nthWeekday } from "./civilDate.ts"

/** Milliseconds in a day of 24 hours. */
export const dayMs = 86_400_000

const hourMs = 3_600_000
const standardOffsetMs = -5 * hourMs
const daylightOffsetMs = -4 * hourMs

/** A moment on the New York clock. `date` is a day number, `msOfDay` is 0 to 86,399,999. */
export interface NewYorkTime {
  readonly date: number
  readonly msOfDay: number
}

/** What New York adds to UTC at a moment: -4 hours in daylight saving time, else -5. */
export const newYorkOffsetMs = (epochMs: number): number => {
  const { year } = civilOfDays(Math.floor((epochMs + standardOffsetMs) / dayMs))
  const { startDate, endDate } = daylightSaving(year)
  // Clocks turn at 02:00 of the time then in force: 07:00 UTC in spring, 06:00 UTC in autumn.
  const startMs = startDate * dayMs + 2 * hourMs - standardOffsetMs
  const endMs = endDate * dayMs + 2 * hourMs - daylightOffsetMs
  return epochMs >= startMs && epochMs < endMs ? daylightOffsetMs : standardOffsetMs
}

/** The New York clock at a moment in epoch milliseconds. */
export const newYorkTimeOf = (epochMs: number): NewYorkTime => {
  const localMs = epochMs + newYorkOffsetMs(epochMs)
  const date = Math.floor(localMs / dayMs)
  return { date, msOfDay: localMs - date * dayMs }
}

/**
 * Epoch milliseconds of a New York date (day number) and time of day.
 *
 * In the autumn hour that happens twice the first one is meant; a time inside the spring hour
 * that does not exist is read with the offset before the change (02:30 is 03:30 daylight time).
 */
export const epochMsOfNewYork = (date: number, msOfDay: number): number => {
  const localMs = date * dayMs + msOfDay
  const daylightMs = localMs - daylightOffsetMs
  const isDaylight = newYorkOffsetMs(daylightMs) === daylightOffsetMs
  return isDaylight ? daylightMs : localMs - standardOffsetMs
}

/** "YYYY-MM-DD HH:MM:SS" on the New York clock, for people. */
export const formatNewYork = (epochMs: number): string => {
  const { date, msOfDay } = newYorkTimeOf(epochMs)
  const seconds = Math.floor(msOfDay / 1_000)
  const fields = [Math.floor(seconds / 3_600), Math.floor(seconds / 60) % 60, seconds % 60]
  return `${formatDays(date)} ${fields.map((field) => String(field).padStart(2, "0")).join(":")}`
}

const daylightSaving = (year: number): { startDate: number; endDate: number } =>
  year >= 2007
    ? { startDate: nthWeekday(year, 3, 0, 2), endDate: nthWeekday(year, 11, 0, 1) }
    : { startDate: nthWeekday(year, 4, 0, 1), endDate: lastWeekday(year, 10, 0) }
