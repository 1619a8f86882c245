/** All checks of one proposal, in both phases: every reason against it, or none. */
import { checkBuyingPower, checkDayLoss, checkGreeks } from "./capitalChecks.ts"
import {
  checkDifference,
  checkHours,
  checkInDoubt,
  checkKillSwitch,
  checkVenue
} from "./deskChecks.ts"
import { addGreeks, greeksOfHoldings } from "./greeks.ts"
import { checkDuplicate, checkOpenTrades, checkOrderRate, checkSize } from "./orderChecks.ts"
import { holdingsOf, legsKey, type WorkingOrder } from "./orderTerms.ts"
import { checkCollar, checkModelValue, checkStaleQuotes } from "./priceChecks.ts"
import { dayProfitMicros, type RiskBook } from "./riskBook.ts"
import type { RiskLimits } from "./riskLimits.ts"

/**
 * Empty where the order is within every limit. In phase 2 the order's own approval does not count
 * against it.
 */
export const reasonsAgainst = (
  book: RiskBook,
  order: WorkingOrder,
  phase: 1 | 2,
  nowMs: number,
  limits: RiskLimits
): ReadonlyArray<string> => {
  const stale = checkStaleQuotes(order, book, nowMs, limits)
  const others = [...book.orders.values()].filter(({ tradeId }) => tradeId !== order.tradeId)
  const asked = phase === 1
  const doubtful = new Set([...book.doubts.values()].flat())
  const approvedAtMs = asked ? book.approvedLegs.get(legsKey(order.legs)) : undefined
  const reasons = [
    checkHours(order, book.hours, nowMs, limits),
    checkKillSwitch(order, book.halted),
    checkDifference(order, book.difference),
    checkVenue(order, book.away),
    checkInDoubt(order, doubtful),
    stale,
    checkSize(order, book, limits),
    checkDuplicate(order, others, approvedAtMs, nowMs, limits),
    checkOpenTrades(order, openTrades(book, order, others), limits),
    asked ? checkOrderRate(order, book.approvalsMs, nowMs, limits) : undefined,
    checkBuyingPower(order, {
      freeMicros: book.freeMicros,
      promisedMicros: promisedMicros(others),
      reserved: order.reserved
    }),
    checkDayLoss(order, dayProfitMicros(book), limits),
    // Prices that are stale, or of instruments that are not listed, say nothing more.
    ...(stale === undefined
      ? [
          checkCollar(order, book, limits),
          checkModelValue(order, book, nowMs, limits),
          checkBookGreeks(book, order, others, nowMs, limits)
        ]
      : [])
  ]
  return reasons.filter((reason) => reason !== undefined)
}

/** The book, the unfilled rest of every approved order, and this one filled whole. */
const checkBookGreeks = (
  book: RiskBook,
  order: WorkingOrder,
  others: ReadonlyArray<WorkingOrder>,
  nowMs: number,
  limits: RiskLimits
): string | undefined => {
  let before = book.bookGreeks
  for (const other of others) {
    if (!other.approved) continue
    const rest = holdingsOf(other.legs, other.quantity - other.filledQty)
    before = addGreeks(before, greeksOfHoldings(book, rest, nowMs))
  }
  const rest = holdingsOf(order.legs, order.quantity - order.filledQty)
  return checkGreeks(before, greeksOfHoldings(book, rest, nowMs), limits)
}

const promisedMicros = (others: ReadonlyArray<WorkingOrder>): bigint =>
  others
    .filter((other) => other.approved && !other.reserved && other.kind !== "Close")
    .reduce((sum, other) => sum + other.collateralMicros, 0n)

const openTrades = (
  book: RiskBook,
  order: WorkingOrder,
  others: ReadonlyArray<WorkingOrder>
): number => {
  const ids = new Set<string>()
  for (const { tradeId, kind } of book.positions.values()) if (kind === "Open") ids.add(tradeId)
  for (const { tradeId, kind, approved } of others) {
    if (approved && kind === "Open") ids.add(tradeId)
  }
  ids.delete(order.tradeId)
  return ids.size
}
