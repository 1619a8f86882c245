/**
 * Checks of the desk's own condition: hours, kill switch, unexplained differences, the broker's being there, orders in doubt.
 */
import type { OrderTerms } from "./orderTerms.ts"
import type { RiskLimits } from "./riskLimits.ts"

type Reason = string | undefined

/** Trading is in [openMs, closeMs); `closeMs` is the day's real close, early ones included. */
export interface MarketHours {
  readonly status: "Open" | "Closed"
  readonly openMs: number
  readonly closeMs: number
}

export const checkHours = (
  terms: OrderTerms,
  hours: MarketHours | undefined,
  nowMs: number,
  limits: RiskLimits
): Reason => {
  if (hours === undefined) return "hours: no trading day is known yet"
  if (hours.status === "Closed" || nowMs < hours.openMs || nowMs >= hours.closeMs) {
    return `hours: the market is closed at ${nowMs}`
  }
  const minutesLeft = (hours.closeMs - nowMs) / 60_000
  return terms.kind === "Open" && minutesLeft <= limits.noOpenLastMinutes
    ? `hours: ${minutesLeft.toFixed(1)} minutes to the close, ` +
        `nothing opens in the last ${limits.noOpenLastMinutes}`
    : undefined
}

/**
 * `halted`: why an operator stopped trading; undefined while trading. Hedges and closings go on.
 */
export const checkKillSwitch = (terms: OrderTerms, halted: string | undefined): Reason =>
  terms.kind === "Open" && halted !== undefined
    ? `kill-switch: an operator halted trading: ${halted}`
    : undefined

/**
 * `difference`: what the audit could not explain; undefined where all agrees or an operator went
 * on.
 */
export const checkDifference = (terms: OrderTerms, difference: string | undefined): Reason =>
  terms.kind === "Open" && difference !== undefined
    ? `unexplained-difference: ${difference}; an operator must resume trading`
    : undefined

/** `away`: what of the broker's connection or market data is away; undefined where all is there. */
export const checkVenue = (terms: OrderTerms, away: string | undefined): Reason =>
  terms.kind === "Open" && away !== undefined ? `venue-away: ${away}` : undefined

/** `doubtful`: instruments of orders whose fate the broker could not tell. */
export const checkInDoubt = (terms: OrderTerms, doubtful: ReadonlySet<number>): Reason => {
  const leg = terms.legs.find(({ instrument }) => doubtful.has(instrument))
  return leg === undefined
    ? undefined
    : `in-doubt: the fate of an order on instrument ${leg.instrument} is unknown`
}
