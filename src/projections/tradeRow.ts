/** One trade as the summary and the audit show it: plain data, money in USD as decimal strings. */

import { formatNewYork } from "../domain/market/newYorkTime.ts"
import { formatUsd } from "../domain/market/usd.ts"
import type { Listing } from "./listing.ts"
import { causes, feesOf, realizedOf, type Trade } from "./tradeFold.ts"

export interface TradeRow {
  readonly tradeId: string
  readonly kind: string
  readonly strategy: string
  /** The trade that a Close ends; "" otherwise. */
  readonly closes: string
  readonly legs: string
  readonly state: string
  /** Why it did not go on; empty otherwise. */
  readonly reasons: ReadonlyArray<string>
  readonly quantity: number
  readonly filled: number
  /** "YYYY-MM-DD HH:MM:SS" in New York; "" where it did not happen. */
  readonly proposedAt: string
  readonly openedAt: string
  readonly closedAt: string
  /** Decimal USD; by cause where not zero. */
  readonly realizedPnl: string
  readonly realizedByCause: Readonly<Record<string, string>>
  readonly fees: string
  /** Only for trades that hold something; "" where a side was never quoted. */
  readonly unrealizedPnl?: string
}

export const tradeRow = (
  trade: Trade,
  listing: Listing,
  unrealizedMicros: bigint | undefined
): TradeRow => ({
  tradeId: trade.tradeId,
  kind: trade.kind,
  strategy: trade.strategyId,
  closes: trade.closes,
  legs: listing.legsText(trade.legs),
  state: trade.state,
  reasons: trade.reasons,
  quantity: trade.quantity,
  filled: trade.filledQty,
  proposedAt: timeText(trade.proposedAtMs),
  openedAt: timeText(trade.openedAtMs),
  closedAt: timeText(trade.closedAtMs),
  realizedPnl: formatUsd(realizedOf(trade)),
  realizedByCause: byCause(trade.profit),
  fees: formatUsd(feesOf(trade)),
  ...(trade.lots.size > 0 && {
    unrealizedPnl: unrealizedMicros === undefined ? "" : formatUsd(unrealizedMicros)
  })
})

/** Decimal USD of each cause that moved something. */
const byCause = (profit: Trade["profit"]): Record<string, string> =>
  Object.fromEntries(
    causes.filter((cause) => profit[cause] !== 0n).map((cause) => [cause, formatUsd(profit[cause])])
  )

/** New York time; "" for 0. */
export const timeText = (epochMs: number): string => (epochMs === 0 ? "" : formatNewYork(epochMs))
