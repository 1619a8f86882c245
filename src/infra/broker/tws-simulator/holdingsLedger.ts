/**
 * Positions with what they cost, as IB keeps them: average cost with multiplier and commission, profit realized on
 * closing. Money is integer micro-USD.
 */
import type { LegFill } from "../../../domain/trading/netPrice.ts"
import { signOf } from "../../../domain/trading/netPrice.ts"

export interface Holding {
  readonly instrument: number
  /** Signed contracts or shares; may be 0 once it was traded. */
  readonly quantity: number
  /** What it cost, negative for what a short position brought. */
  readonly costMicros: bigint
  readonly realizedMicros: bigint
}

export class HoldingsLedger {
  /** In the order in which instruments were first traded. */
  readonly #holdings = new Map<number, Holding>()
  readonly #multiplierOf: (instrument: number) => number
  cashMicros: bigint

  constructor(cashMicros: bigint, multiplierOf: (instrument: number) => number) {
    this.cashMicros = cashMicros
    this.#multiplierOf = multiplierOf
  }

  /** Those that are not flat. */
  open(): ReadonlyArray<Holding> {
    return [...this.#holdings.values()].filter(({ quantity }) => quantity !== 0)
  }

  all(): ReadonlyArray<Holding> {
    return [...this.#holdings.values()]
  }

  of(instrument: number): Holding {
    const none = { instrument, quantity: 0, costMicros: 0n, realizedMicros: 0n }
    return this.#holdings.get(instrument) ?? none
  }

  realizedMicros(): bigint {
    return this.all().reduce((sum, { realizedMicros }) => sum + realizedMicros, 0n)
  }

  /** One execution; answers what it realized, undefined where it only opens. */
  fill(leg: LegFill, commissionMicros: bigint): bigint | undefined {
    const held = this.of(leg.instrument)
    const signed = signOf(leg.side) * leg.lastQty
    const unitMicros = BigInt(leg.lastPxMicros) * BigInt(this.#multiplierOf(leg.instrument))
    this.cashMicros -= BigInt(signed) * unitMicros + commissionMicros
    const after = traded(held, signed, unitMicros, commissionMicros)
    this.#holdings.set(leg.instrument, after)
    const closes = held.quantity !== 0 && Math.sign(held.quantity) !== Math.sign(signed)
    return closes ? after.realizedMicros - held.realizedMicros : undefined
  }

  /** A price of an execution was corrected: its cash and its cost, or its profit where it closed, move by the difference. */
  correct(leg: LegFill, priceMicros: number, realizes: boolean): void {
    const shares = BigInt(signOf(leg.side) * leg.lastQty * this.#multiplierOf(leg.instrument))
    const more = shares * BigInt(priceMicros - leg.lastPxMicros)
    const held = this.of(leg.instrument)
    this.cashMicros -= more
    this.#holdings.set(leg.instrument, {
      ...held,
      ...(realizes
        ? { realizedMicros: held.realizedMicros - more }
        : { costMicros: held.costMicros + more })
    })
  }
}

const traded = (
  held: Holding,
  signed: number,
  unitMicros: bigint,
  commissionMicros: bigint
): Holding => {
  const { instrument, quantity, costMicros, realizedMicros } = held
  const opposite = quantity !== 0 && Math.sign(quantity) !== Math.sign(signed)
  if (!opposite) {
    const cost = costMicros + BigInt(signed) * unitMicros + commissionMicros
    return { instrument, quantity: quantity + signed, costMicros: cost, realizedMicros }
  }
  const closing = Math.min(Math.abs(signed), Math.abs(quantity))
  const released = (costMicros * BigInt(closing)) / BigInt(Math.abs(quantity))
  const closedMicros = BigInt(Math.sign(signed) * closing) * unitMicros
  const rest = signed - Math.sign(signed) * closing
  return {
    instrument,
    quantity: quantity + signed,
    costMicros: costMicros - released + BigInt(rest) * unitMicros,
    realizedMicros: realizedMicros - released - closedMicros - commissionMicros
  }
}
