/**
 * The summary as one JSON object: what `run --json` prints. Money is USD as decimal strings, exact
 * to the micro-USD.
 */
import { formatUsd } from "../domain/market/usd.ts"
import type { Difference, RunSummary } from "./runSummary.ts"
import type { Quarantine } from "./supervisionFold.ts"
import { tallyJson } from "./tally.ts"
import { causes } from "./tradeFold.ts"
import { type TradeRow, tradeRow } from "./tradeRow.ts"

/** What the journal's fold does not know. */
export interface RunIdentity {
  readonly runId: string
  /** SHA-256 of the chain's head, hex. */
  readonly headHash: string
  readonly stateHash: string
}

export interface RunSummaryJson {
  readonly runId: string
  readonly book: string
  readonly session: string
  readonly records: number
  readonly inputs: number
  readonly events: number
  readonly quotes: number
  readonly proposals: number
  readonly orders: number
  readonly fills: number
  readonly realizedPnl: string
  /** Every cause; they sum to `realizedPnl`. */
  readonly realizedByCause: Readonly<Record<string, string>>
  /** Of open trades whose sides were quoted, at their last known prices. */
  readonly unrealizedPnl: string
  readonly fees: string
  readonly deposited: string
  readonly vault: { readonly free: string; readonly reserved: string; readonly settling: string }
  /** Trades that held something; they sum to `realizedPnl`. */
  readonly trades: ReadonlyArray<TradeRow>
  /** By layer, by reason. */
  readonly refusals: Readonly<Record<string, Readonly<Record<string, number>>>>
  readonly unfilled: Readonly<Record<string, number>>
  readonly idle: Readonly<Record<string, number>>
  readonly restarts: number
  readonly downs: number
  readonly stillDown: ReadonlyArray<string>
  readonly quarantines: ReadonlyArray<Quarantine>
  readonly differences: ReadonlyArray<Difference>
  readonly headHash: string
  readonly stateHash: string
}

export const summaryJson = (summary: RunSummary, identity: RunIdentity): RunSummaryJson => {
  const { refusals, supervision, vault } = summary
  const profit = summary.profitByCause
  return {
    runId: identity.runId,
    book: summary.book,
    session: summary.session,
    records: summary.records,
    inputs: summary.inputs,
    events: summary.events,
    quotes: summary.quotes,
    proposals: summary.proposals,
    orders: summary.orders,
    fills: summary.fills,
    realizedPnl: formatUsd(summary.realizedMicros),
    realizedByCause: Object.fromEntries(causes.map((cause) => [cause, formatUsd(profit[cause])])),
    unrealizedPnl: formatUsd(summary.openProfit.micros),
    fees: formatUsd(summary.feesMicros),
    deposited: formatUsd(vault.depositedMicros),
    vault: {
      free: formatUsd(vault.freeMicros),
      reserved: formatUsd(vault.reservedMicros),
      settling: formatUsd(vault.settlingMicros)
    },
    trades: summary.positions.map((trade) =>
      tradeRow(trade, summary.listing, summary.unrealizedMicros(trade))
    ),
    refusals: Object.fromEntries(
      [...refusals.byLayer]
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .map(([layer, words]) => [layer, tallyJson(words)])
    ),
    unfilled: tallyJson(refusals.unfilled),
    idle: tallyJson(refusals.idle),
    restarts: supervision.restarts,
    downs: supervision.downs,
    stillDown: supervision.stillDown,
    quarantines: supervision.quarantines,
    differences: summary.differences,
    headHash: identity.headHash,
    stateHash: identity.stateHash
  }
}
