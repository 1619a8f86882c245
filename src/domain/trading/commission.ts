/**
 * What the broker charges for executions: Interactive Brokers' published rates for United States options and stocks
 * bought with USD, lowest volume tier. Exchange, clearing and regulatory fees that IB passes through are not part of it.
 *
 * Options, per contract by premium: under 0.05 USD 0.25, under 0.10 USD 0.50, from there 0.65; at least 1.00 an order.
 * Stocks, fixed pricing: 0.005 per share, at least 1.00 and at most 1 % of the trade's value an order; where the most
 * is less than the least, the most counts. Legs of a combination are charged per contract, the minimum per order.
 * Exercise, assignment and expiry are free.
 * Sources: interactivebrokers.com, pricing/commissions-options and pricing/commissions-stocks (2024); IB's own examples
 * are the tests. Money is integer micro-USD.
 */
import { Schema } from "effect"

interface OptionRate {
  /** The rate counts below this premium per share; Infinity for the last. */
  readonly premiumBelowMicros: number
  readonly perContractMicros: bigint
}

export interface CommissionSchedule {
  /** By rising premium. */
  readonly optionRates: ReadonlyArray<OptionRate>
  readonly optionOrderMinMicros: bigint
  readonly perShareMicros: bigint
  readonly stockOrderMinMicros: bigint
  /** Of the trade's value, in hundredths of a percent. */
  readonly stockOrderMaxBasisPoints: bigint
}

export const ibFixed: CommissionSchedule = {
  optionRates: [
    { premiumBelowMicros: 50_000, perContractMicros: 250_000n },
    { premiumBelowMicros: 100_000, perContractMicros: 500_000n },
    { premiumBelowMicros: Number.POSITIVE_INFINITY, perContractMicros: 650_000n }
  ],
  optionOrderMinMicros: 1_000_000n,
  perShareMicros: 5_000n,
  stockOrderMinMicros: 1_000_000n,
  stockOrderMaxBasisPoints: 100n
}

/** What an order has run up so far. `chargedMicros` is what it was charged for it. */
export const CommissionTally = Schema.Struct({
  optionMicros: Schema.BigInt,
  stockMicros: Schema.BigInt,
  stockValueMicros: Schema.BigInt,
  chargedMicros: Schema.BigInt
})
export type CommissionTally = typeof CommissionTally.Type

export const emptyTally: CommissionTally = {
  optionMicros: 0n,
  stockMicros: 0n,
  stockValueMicros: 0n,
  chargedMicros: 0n
}

/** `quantity` > 0 contracts or shares at a price per share. */
export interface Chargeable {
  readonly kind: "Stock" | "Option"
  readonly quantity: number
  readonly priceMicros: number
}

/**
 * Adds executions to an order's tally. The commission of these executions is what `chargedMicros` grew by: the order's
 * minimum falls on its first fill, and the sum over partial fills is the commission of the whole.
 */
export const charge = (
  schedule: CommissionSchedule,
  tally: CommissionTally,
  executions: ReadonlyArray<Chargeable>
): CommissionTally => {
  let { optionMicros, stockMicros, stockValueMicros } = tally
  for (const { kind, quantity, priceMicros } of executions) {
    const count = BigInt(quantity)
    if (kind === "Option") {
      optionMicros += count * optionRate(schedule, priceMicros)
    } else {
      stockMicros += count * schedule.perShareMicros
      stockValueMicros += count * BigInt(priceMicros)
    }
  }
  const run = { optionMicros, stockMicros, stockValueMicros }
  return { ...run, chargedMicros: optionCharge(schedule, run) + stockCharge(schedule, run) }
}

const optionRate = ({ optionRates }: CommissionSchedule, premiumMicros: number): bigint =>
  optionRates.find(({ premiumBelowMicros }) => premiumMicros < premiumBelowMicros)!
    .perContractMicros

type Run = Omit<CommissionTally, "chargedMicros">

const optionCharge = (schedule: CommissionSchedule, { optionMicros }: Run): bigint =>
  optionMicros === 0n ? 0n : larger(optionMicros, schedule.optionOrderMinMicros)

const stockCharge = (schedule: CommissionSchedule, run: Run): bigint => {
  if (run.stockMicros === 0n) return 0n
  const most = (run.stockValueMicros * schedule.stockOrderMaxBasisPoints) / 10_000n
  const atLeast = larger(run.stockMicros, schedule.stockOrderMinMicros)
  return atLeast < most ? atLeast : most
}

const larger = (a: bigint, b: bigint): bigint => (a > b ? a : b)
