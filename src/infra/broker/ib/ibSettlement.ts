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

/** The underlying as it was last quoted, micro-USD. */
export interface LastSeen {
  readonly bidMicros: number
  readonly askMicros: number
}

/**
 * The one way in which these contracts explain the shares, by ascending instrument; undefined where there is not one.
 * Of several (the legs of a spread may cancel out) the one that the last quotes of the underlying allow.
 */
export const contractEnds = (
  gone: ReadonlyArray<GoneContract>,
  shares: number,
  seen?: LastSeen
): ReadonlyArray<ContractEnd> | undefined => {
  if (gone.length === 0 || gone.length > contractsMax) return undefined
  const sorted = gone.toSorted((a, b) => a.instrument - b.instrument)
  const each = sorted.map(sharesOf)
  const ways: Array<number> = []
  for (let delivered = 0; delivered < 2 ** sorted.length; delivered++) {
    const sum = each.reduce((total, of, at) => total + (delivered & (1 << at) ? of : 0), 0)
    if (sum === shares && isConsistent(sorted, delivered)) ways.push(delivered)
  }
  const allowed = ways.length > 1 ? ways.filter((way) => isConsistent(sorted, way, seen)) : ways
  const [way] = allowed
  if (way === undefined || allowed.length > 1) return undefined
  return sorted.map(({ instrument, quantity, contract }, at) => {
    const isDelivered = (way & (1 << at)) !== 0
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
const isConsistent = (
  gone: ReadonlyArray<GoneContract>,
  delivered: number,
  seen: LastSeen = { bidMicros: 0, askMicros: Number.POSITIVE_INFINITY }
): boolean => {
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
  const { bidMicros, askMicros } = seen
  return [...bounds.values()].every(
    ({ low, high }) => low <= high && low <= askMicros && bidMicros <= high
  )
}
