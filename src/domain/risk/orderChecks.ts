/**
 * Checks of an order by itself and beside the others: size, count, rate, repetition. Each: a
 * reason, or nothing.
 */
import { legsKey, type OrderTerms, type WorkingOrder } from "./orderTerms.ts"
import type { RiskLimits } from "./riskLimits.ts"
import { markMicros, optionTermsOf, type RiskMarket } from "./riskMarket.ts"

type Reason = string | undefined

export const checkSize = (terms: OrderTerms, market: RiskMarket, limits: RiskLimits): Reason => {
  const { quantity, legs } = terms
  if (quantity < 1 || quantity > limits.orderUnitsMax) {
    return `order-size: ${quantity} units, 1 to ${limits.orderUnitsMax} are allowed`
  }
  if (legs.length === 0) return "order-size: no legs, at least 1 is needed"
  let premiumUsd = 0
  for (const { instrument, ratio } of legs) {
    const count = ratio * quantity
    const option = optionTermsOf(market, instrument)
    const [most, unit] =
      option === undefined ? [limits.legSharesMax, "shares"] : [limits.legContractsMax, "contracts"]
    if (count > most || ratio < 1) {
      return `leg-size: ${count} ${unit} of instrument ${instrument}, at most ${most}`
    }
    if (option === undefined) continue
    const mark = markMicros(market, instrument) ?? 0
    premiumUsd += (mark / 1_000_000) * option.multiplier * count
  }
  return premiumUsd > limits.orderPremiumUsdMax
    ? `order-premium: ${premiumUsd.toFixed(2)} USD of premium, ` +
        `at most ${limits.orderPremiumUsdMax} USD`
    : undefined
}

/**
 * `others`: proposals and working orders but this one; `approvedAtMs`: when the same legs were last
 * approved.
 */
export const checkDuplicate = (
  terms: OrderTerms,
  others: Iterable<WorkingOrder>,
  approvedAtMs: number | undefined,
  nowMs: number,
  limits: RiskLimits
): Reason => {
  const key = legsKey(terms.legs)
  for (const other of others) {
    if (!other.approved || other.kind !== terms.kind) continue
    const same =
      terms.kind === "Close"
        ? other.closes === terms.closes
        : terms.kind === "Hedge" || legsKey(other.legs) === key
    if (same) return `duplicate: ${other.tradeId} is working on the same`
  }
  if (terms.kind !== "Open" || approvedAtMs === undefined) return undefined
  const ageMs = nowMs - approvedAtMs
  return ageMs < limits.duplicateWindowMs
    ? `duplicate: the same legs were approved ${ageMs} ms ago, ` +
        `at least ${limits.duplicateWindowMs} ms must pass`
    : undefined
}

/** `openTrades`: opening trades held or approved, this one left out. */
export const checkOpenTrades = (
  terms: OrderTerms,
  openTrades: number,
  limits: RiskLimits
): Reason =>
  terms.kind === "Open" && openTrades >= limits.openTradesMax
    ? `open-trades: ${openTrades} are open, at most ${limits.openTradesMax}`
    : undefined

/**
 * `approvalsMs`: when earlier proposals were approved. Closings go on: one at a time works on a
 * trade anyway.
 */
export const checkOrderRate = (
  terms: OrderTerms,
  approvalsMs: ReadonlyArray<number>,
  nowMs: number,
  limits: RiskLimits
): Reason => {
  if (terms.kind === "Close") return undefined
  const { orderRateMax, orderRateWindowMs } = limits
  const recent = approvalsMs.filter((atMs) => nowMs - atMs < orderRateWindowMs).length
  return recent >= orderRateMax
    ? `order-rate: ${recent} orders in the last ${orderRateWindowMs} ms, at most ${orderRateMax}`
    : undefined
}
