/**
 * What becomes of contracts at their expiry: exercised or assigned where they are in the money by the clearing house's
 * threshold, worthless otherwise. Early exercise and early assignment are not modelled.
 * Source: OCC Rule 805, exercise by exception, 0.01 USD per share.
 */
import type { OptionContract } from "../../../domain/market/contract.ts"

export interface Settlement {
  readonly kind: "Expired" | "Exercised" | "Assigned"
  /** Shares that enter (positive) or leave (negative) our account at the strike. */
  readonly shares: number
}

/** `quantity`: our signed contracts, not 0. `closeMicros`: the underlying's closing price. */
export const settle = (
  contract: OptionContract,
  quantity: number,
  closeMicros: number,
  exerciseAtMicros: number
): Settlement => {
  const isCall = contract.optionType === "Call"
  const above = closeMicros - contract.strikeMicros
  const inTheMoneyMicros = isCall ? above : -above
  if (inTheMoneyMicros < exerciseAtMicros) return { kind: "Expired", shares: 0 }
  // A long call takes shares and a short put is given them; the other two give.
  const shares = quantity * contract.multiplier * (isCall ? 1 : -1)
  return { kind: quantity > 0 ? "Exercised" : "Assigned", shares }
}
