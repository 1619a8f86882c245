/**
 * Interactive Brokers' numbers and times as ours. Its decimals reach us as doubles; up to `amountUsdMax` the nearest
 * integer micro-USD of such a double is the decimal that was sent, exactly, where it had at most 6 places.
 */
import { daysOfCivil } from "../../../domain/market/civilDate.ts"
import { epochMsOfNewYork } from "../../../domain/market/newYorkTime.ts"
import { microsPerUsd } from "../../../domain/market/price.ts"

/** A double of 53 bits tells micro-USD apart up to here. */
const amountUsdMax = 1_000_000_000

/** Integer micro-USD, rounded half away from zero beyond 6 places; undefined where unset, not a number or out of range. */
export const microsOfUsd = (usd: number | undefined): number | undefined => {
  if (usd === undefined || !Number.isFinite(usd) || Math.abs(usd) > amountUsdMax) return undefined
  // Adding 0 turns -0 into 0.
  return Math.sign(usd) * Math.round(Math.abs(usd) * microsPerUsd) + 0
}

/** The number that the library writes for integer micro-USD: its shortest decimal has at most 6 places. */
export const usdOfMicros = (micros: number): number => micros / microsPerUsd

/** A whole quantity above zero; undefined for anything else: fractions are not traded here. */
export const quantityOf = (shares: number | undefined): number | undefined =>
  shares !== undefined && Number.isSafeInteger(shares) && shares > 0 ? shares : undefined

const timePattern = /^(\d{4})(\d{2})(\d{2})[ -]+(\d{2}):(\d{2}):(\d{2})(?: ?(.+))?$/

/**
 * Epoch ms of "YYYYMMDD HH:MM:SS" with a zone behind it: UTC, or New York under its usual names, which is also meant
 * where none is given. Undefined for another zone or form: the caller then uses its own clock.
 */
export const epochMsOfIbTime = (text: string | undefined): number | undefined => {
  const match = timePattern.exec(text?.trim() ?? "")
  if (match === null) return undefined
  const [year, month, day, hour, minute, second] = match.slice(1, 7).map(Number) as [
    number,
    number,
    number,
    number,
    number,
    number
  ]
  const date = daysOfCivil(year, month, day)
  const msOfDay = ((hour * 60 + minute) * 60 + second) * 1_000
  const zone = match[7] ?? "US/Eastern"
  if (/^(UTC|GMT|Etc\/UTC|Z)$/.test(zone)) return date * 86_400_000 + msOfDay
  if (/^(US\/Eastern|America\/New_York|EST|EDT|EST5EDT|ET)$/.test(zone)) {
    return epochMsOfNewYork(date, msOfDay)
  }
  return undefined
}

/**
 * An execution id without its revision, and the revision: "0000e0d5.65.01.02" is revision 2 of "0000e0d5.65.01". An id
 * of another form is its own base, revision 1.
 */
export const revisionOf = (
  execId: string
): { readonly base: string; readonly revision: number } => {
  const match = /^(.+)\.(\d{1,4})$/.exec(execId)
  return match === null
    ? { base: execId, revision: 1 }
    : { base: match[1]!, revision: Number(match[2]) }
}
