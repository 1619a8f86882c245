/**
 * Which instruments to look at where only so many may be: the stock, what is held or worked, then the options nearest to
 * the money, counted in standard deviations of a year's move, so that a near expiration does not crowd out a far one.
 */
import { expirationCloseMs } from "./calendar.ts"
import { type Instrument, stockId } from "./contract.ts"

export interface LineWishes {
  readonly instruments: ReadonlyArray<Instrument>
  readonly spotMicros: number
  readonly nowMs: number
  /** Lines that the account has, > 0. */
  readonly linesMax: number
  /** Looked at whatever their moneyness; ids. */
  readonly needed: ReadonlySet<number>
  /** Expirations farther away than this are left out, days. */
  readonly daysMax: number
}

const dayMs = 86_400_000
const yearMs = 365 * dayMs
/** An option of today counts as one of a day, or its moneyness would be endless. */
const yearsMin = dayMs / yearMs

/** At most `linesMax` ids, ascending. Needed ones come before others; of equals the earlier listed. */
export const selectLines = (wishes: LineWishes): ReadonlyArray<number> => {
  const { instruments, linesMax, needed } = wishes
  const first = [stockId, ...[...needed].filter((id) => id !== stockId).toSorted((a, b) => a - b)]
  const chosen = new Set(first.filter((id) => instruments[id] !== undefined).slice(0, linesMax))
  const ranked = instruments
    .flatMap((each) => {
      const distance = distanceOf(each, wishes)
      return distance === undefined || chosen.has(each.id) ? [] : [{ id: each.id, distance }]
    })
    .toSorted((a, b) => a.distance - b.distance || a.id - b.id)
  for (const { id } of ranked.slice(0, linesMax - chosen.size)) chosen.add(id)
  return [...chosen].toSorted((a, b) => a - b)
}

/** |ln(strike / spot)| over the square root of time; undefined where it is not to be looked at. */
const distanceOf = (
  instrument: Instrument,
  { spotMicros, nowMs, daysMax }: LineWishes
): number | undefined => {
  if (instrument.kind !== "Option" || !(spotMicros > 0)) return undefined
  const { strikeMicros, expiration } = instrument.contract
  const closeMs = expirationCloseMs(expiration)
  if (closeMs === undefined || closeMs <= nowMs || closeMs - nowMs > daysMax * dayMs)
    return undefined
  const years = Math.max(yearsMin, (closeMs - nowMs) / yearMs)
  return Math.abs(Math.log(strikeMicros / spotMicros)) / Math.sqrt(years)
}
