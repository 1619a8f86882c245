/**
 * Checks against the desk's capital and its book: buying power, day's loss, greeks. Each: a reason,
 * or nothing.
 */
import { addGreeks, type Greeks } from "./greeks.ts"
import type { OrderTerms } from "./orderTerms.ts"
import type { RiskLimits } from "./riskLimits.ts"

type Reason = string | undefined

/**
 * `freeMicros`: the vault's, as the chain last confirmed it. `promisedMicros`: collateral of other
 * approved trades whose reservation is not confirmed yet. Once this trade's own is reserved there
 * is nothing left to check.
 */
export const checkBuyingPower = (
  terms: OrderTerms,
  vault: {
    readonly freeMicros: bigint
    readonly promisedMicros: bigint
    readonly reserved: boolean
  }
): Reason => {
  if (terms.kind === "Close" || vault.reserved) return undefined
  if (terms.collateralMicros <= 0n) {
    return `buying-power: collateral ${terms.collateralMicros} micro-USD, more than 0 is needed`
  }
  const available = vault.freeMicros - vault.promisedMicros
  return terms.collateralMicros > available
    ? `buying-power: ${terms.collateralMicros} micro-USD needed, ${available} available`
    : undefined
}

/** `dayMicros`: profit of the day so far, realized and marked, commissions included. */
export const checkDayLoss = (terms: OrderTerms, dayMicros: number, limits: RiskLimits): Reason => {
  const lossUsd = -dayMicros / 1_000_000
  return terms.kind === "Open" && lossUsd > limits.dayLossUsdMax
    ? `day-loss: ${lossUsd.toFixed(2)} USD lost today, at most ${limits.dayLossUsdMax} USD`
    : undefined
}

/**
 * Where the book after the trade exceeds a limit and the trade makes it worse. `book`: without this
 * trade.
 */
export const checkGreeks = (book: Greeks, trade: Greeks, limits: RiskLimits): Reason => {
  const after = addGreeks(book, trade)
  const over = (name: string, unit: string, before: number, now: number, most: number): Reason =>
    Math.abs(now) > most && Math.abs(now) > Math.abs(before)
      ? `${name}: the book would have ${now.toFixed(2)} ${unit}, at most ${most} either way`
      : undefined
  const { deltaSharesMax, gammaSharesPerUsdMax, vegaUsdPerVolPointMax } = limits
  return (
    over("delta", "shares", book.deltaShares, after.deltaShares, deltaSharesMax) ??
    over(
      "gamma",
      "shares per USD",
      book.gammaSharesPerUsd,
      after.gammaSharesPerUsd,
      gammaSharesPerUsdMax
    ) ??
    over(
      "vega",
      "USD per point",
      book.vegaUsdPerVolPoint,
      after.vegaUsdPerVolPoint,
      vegaUsdPerVolPointMax
    )
  )
}
