/**
 * Calendar dates as integers: days since 1970-01-01 in the proleptic Gregorian calendar.
 * Pure arithmetic, so a session never depends on the host's clock, zone or locale.
 */

/** A date on the calendar. `month` 1-12, `day` 1-31. */
export interface CivilDate {
  readonly year: number
  readonly month: number
  readonly day: number
}

/**
 * Days since 1970-01-01 of a calendar date.
 *
 * Source: H. Hinnant, "chrono-Compatible Low-Level Date Algorithms", days_from_civil.
 */
export const daysOfCivil = (year: number, month: number, day: number): number => {
  // Years begin in March here, so that the leap day is the last day of a year.
  const shifted = month <= 2 ? year - 1 : year
  const era = Math.floor(shifted / 400)
  const yearOfEra = shifted - era * 400
  const dayOfYear = Math.floor((153 * (month > 2 ? month - 3 : month + 9) + 2) / 5) + day - 1
  const dayOfEra =
    yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear
  return era * 146_097 + dayOfEra - 719_468
}

/** The calendar date of a day number; the inverse of `daysOfCivil`. */
export const civilOfDays = (days: number): CivilDate => {
  const shifted = days + 719_468
  const era = Math.floor(shifted / 146_097)
  const dayOfEra = shifted - era * 146_097
  const yearOfEra = Math.floor(
    (dayOfEra -
      Math.floor(dayOfEra / 1_460) +
      Math.floor(dayOfEra / 36_524) -
      Math.floor(dayOfEra / 146_096)) /
      365
  )
  const dayOfYear =
    dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100))
  const monthFromMarch = Math.floor((5 * dayOfYear + 2) / 153)
  const month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
  return {
    year: yearOfEra + era * 400 + (month <= 2 ? 1 : 0),
    month,
    day: dayOfYear - Math.floor((153 * monthFromMarch + 2) / 5) + 1
  }
}

/** Day of the week: 0 is Sunday, 6 is Saturday. */
export const weekdayOfDays = (days: number): number => (((days + 4) % 7) + 7) % 7

/** Day number of the n-th (1-based) given weekday (0 is Sunday) of a month. */
export const nthWeekday = (year: number, month: number, weekday: number, n: number): number => {
  const first = daysOfCivil(year, month, 1)
  return first + ((weekday - weekdayOfDays(first) + 7) % 7) + (n - 1) * 7
}

/** Day number of the last given weekday (0 is Sunday) of a month. */
export const lastWeekday = (year: number, month: number, weekday: number): number => {
  const next = month === 12 ? daysOfCivil(year + 1, 1, 1) : daysOfCivil(year, month + 1, 1)
  return next - 1 - ((weekdayOfDays(next - 1) - weekday + 7) % 7)
}

/** "YYYY-MM-DD" of a day number, for years 0 to 9999. */
export const formatDays = (days: number): string => {
  const { year, month, day } = civilOfDays(days)
  return `${String(year).padStart(4, "0")}-${pad2(month)}-${pad2(day)}`
}

/** The day number of "YYYY-MM-DD", or undefined where the text is not a date that exists. */
export const parseDate = (text: string): number | undefined => {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text)) return undefined
  const days = daysOfCivil(+text.slice(0, 4), +text.slice(5, 7), +text.slice(8, 10))
  // 2015-02-30 would come back as March 2nd.
  return formatDays(days) === text ? days : undefined
}

const pad2 = (value: number): string => String(value).padStart(2, "0")
