/**
 * How expired contracts left an account, told by the shares that came or went with them. IB sends no message for it: the
 * positions are all there is. Where they can be read in more than one way, or in none, nothing is concluded.
 */
import type { OptionContract } from "../../../domain/market/contract.ts"

export interface GoneContract {
  readonly instrument: number
  /** As it was held, signed. */
  readonly quantity: number
  readonly contract: OptionContract
}

export interface ContractEnd {
  readonly instrument: number
  readonly kind: "Expired" | "Exercised" | "Assigned"
  readonly quantity: number
  readonly shares: number
  readonly strikeMicros: number
  readonly date: string
}

/** Beyond it the ways to read a change of shares are too many to try. */
const contractsMax = 12

/** The one way in which these contracts explain the shares, by ascending instrument; undefined where there is not one. */
export const contractEnds = (
  gone: ReadonlyArray<GoneContract>,
  shares: number
): ReadonlyArray<ContractEnd> | undefined => {
  if (gone.length === 0 || gone.length > contractsMax) return undefined
  const sorted = gone.toSorted((a, b) => a.instrument - b.instrument)
  const each = sorted.map(sharesOf)
  let way: number | undefined
  for (let delivered = 0; delivered < 2 ** sorted.length; delivered++) {
    const sum = each.reduce((total, of, at) => total + (delivered & (1 << at) ? of : 0), 0)
    if (sum !== shares || !isConsistent(sorted, delivered)) continue
    if (way !== undefined) return undefined
    way = delivered
  }
  if (way === undefined) return undefined
  return sorted.map(({ instrument, quantity, contract }, at) => {
    const isDelivered = ((way ?? 0) & (1 << at)) !== 0
    const { strikeMicros, expiration } = contract
    return {
      instrument,
      kind: !isDelivered ? "Expired" : quantity > 0 ? "Exercised" : "Assigned",
      quantity,
      shares: isDelivered ? each[at]! : 0,
      strikeMicros,
      date: expiration
    }
  })
}

/** A long call takes shares and a short put is given them; the other two give. */
const sharesOf = ({ quantity, contract }: GoneContract): number =>
  quantity * contract.multiplier * (contract.optionType === "Call" ? 1 : -1)

/**
 * Of one expiration, all calls below some price are delivered and all puts above it, by the rule of exercise by
 * exception: whatever the price was, no other set is.
 */
const isConsistent = (gone: ReadonlyArray<GoneContract>, delivered: number): boolean => {
  const bounds = new Map<string, { low: number; high: number }>()
  for (const [at, { contract }] of gone.entries()) {
    const { expiration, optionType, strikeMicros } = contract
    const bound = bounds.get(expiration) ?? { low: 0, high: Number.POSITIVE_INFINITY }
    const isDelivered = (delivered & (1 << at)) !== 0
    // A delivered call and a worthless put ended with the price above the strike.
    const isAbove = isDelivered === (optionType === "Call")
    if (isAbove) bound.low = Math.max(bound.low, strikeMicros)
    else bound.high = Math.min(bound.high, strikeMicros)
    bounds.set(expiration, bound)
  }
  return [...bounds.values()].every(({ low, high }) => low <= high)
}
