/**
 * The records that move money or positions, as the ledger reads them: the journal's records fit as
 * they are.
 */
import type { CorrectedLegs } from "../trading/corrections.ts"
import type { LegFill } from "../trading/netPrice.ts"

type Money<T extends string, P> = { readonly type: T; readonly payload: Readonly<P> }
type OfTrade = { tradeId: string }

export type MoneyRecord =
  | Money<
      "InstrumentsListed",
      {
        instruments: ReadonlyArray<{ readonly instrument: number; readonly multiplier: number }>
      }
    >
  | Money<"Deposited", { depositId: string; amountMicros: bigint }>
  | Money<"Withdrawn", { withdrawalId: string; amountMicros: bigint }>
  | Money<"Reserved", OfTrade & { maxAmountMicros: bigint }>
  | Money<"Settled", OfTrade & { cumulativeMicros: bigint }>
  | Money<"ReservationCanceled", OfTrade>
  | Money<"Closed", OfTrade & { cumulativeProceedsMicros: bigint; final: boolean }>
  | Money<"Adjusted", OfTrade & { n: number; amountMicros: bigint }>
  | Money<"TradeFilled", FillMoney>
  | Money<"TradeCorrected", CorrectionMoney>
  | Money<"TradeLegEnded", LegEndMoney>

export interface FillMoney extends OfTrade {
  readonly kind: "Open" | "Close" | "Hedge"
  /** The trade that a Close belongs to; "" otherwise. */
  readonly closes: string
  readonly strategyId: string
  readonly legs: ReadonlyArray<LegFill>
  readonly cashMicros: bigint
  readonly commissionMicros: bigint
}

/** Cash and commission are differences to what was filled. */
export interface CorrectionMoney extends FillMoney, CorrectedLegs {}

export interface LegEndMoney extends OfTrade {
  readonly strategyId: string
  readonly kind: "Expired" | "Exercised" | "Assigned"
  readonly instrument: number
  /** Signed as it was held. */
  readonly quantity: number
  readonly shares: number
  readonly cashMicros: bigint
  readonly commissionMicros: bigint
}
