/** The ledger at market: unrealized profit per trade, for display. Decides nothing. */
import { type Cause, type Ledger, netRealizedMicros, type TradeLedger } from "./ledger.ts"

interface MarkedPosition {
  readonly instrument: number
  readonly quantity: number
  readonly costMicros: bigint
  /** Rounded to a micro-USD; undefined where there is no mark. */
  readonly valueMicros: bigint | undefined
}

export interface MarkedTrade {
  readonly tradeId: string
  readonly strategyId: string
  readonly kind: "Open" | "Hedge"
  readonly isOpen: boolean
  readonly positions: ReadonlyArray<MarkedPosition>
  readonly realizedMicros: Readonly<Record<Cause, bigint>>
  readonly feesMicros: bigint
  /** Realized less commissions. */
  readonly netRealizedMicros: bigint
  /** Value less cost of what is held; positions without a mark count at cost. */
  readonly unrealizedMicros: bigint
  /** USDT settled and not paid back: owed by the counterparty. */
  readonly settledMicros: bigint
  readonly proceedsMicros: bigint
}

/**
 * Trades that filled, oldest first. `markOf`: micro-USD per share, possibly a half; undefined where
 * nothing is quoted.
 */
export const markLedger = (
  ledger: Ledger,
  markOf: (instrument: number) => number | undefined
): ReadonlyArray<MarkedTrade> =>
  [...ledger.trades.values()].filter(hasFilled).map((trade) => {
    const positions = [...trade.positions].map(([instrument, { quantity, costMicros }]) => {
      const mark = markOf(instrument)
      const shares = quantity * (ledger.multipliers.get(instrument) ?? 1)
      const valueMicros = mark === undefined ? undefined : BigInt(Math.round(mark * shares))
      return { instrument, quantity, costMicros, valueMicros }
    })
    return {
      tradeId: trade.tradeId,
      strategyId: trade.strategyId,
      kind: trade.kind,
      isOpen: positions.length > 0,
      positions,
      realizedMicros: trade.realizedMicros,
      feesMicros: trade.feesMicros,
      netRealizedMicros: netRealizedMicros(trade),
      unrealizedMicros: positions.reduce(
        (sum, { valueMicros, costMicros }) =>
          valueMicros === undefined ? sum : sum + valueMicros - costMicros,
        0n
      ),
      settledMicros: trade.settledMicros,
      proceedsMicros: trade.proceedsMicros
    }
  })

const hasFilled = ({ strategyId }: TradeLedger): boolean => strategyId !== ""
