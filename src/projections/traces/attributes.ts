/** Attributes of spans. Money is decimal text, net prices integer micro-USD per share. */
import type { Attributes, AttributeValue } from "../../actors/ports/Telemetry.ts"
import type { JournalRecord } from "../../domain/journal/record.ts"
import { formatUsd } from "../../domain/market/usd.ts"
import type { Of } from "../deskRecord.ts"
import type { Listing } from "../listing.ts"

/** Where a span's first record stands in the journal, and who wrote it. */
export const recordAttributes = ({ seq, actor, type }: JournalRecord): Attributes => ({
  "optionsib.seq": seq,
  "optionsib.actor": actor,
  "optionsib.record.type": type
})

export const answeredBy = ({ seq }: JournalRecord): Attributes => ({ "optionsib.answer.seq": seq })

export const tradeAttributes = (
  { payload }: Of<"TradeProposed">,
  listing: Listing
): Attributes => ({
  "optionsib.trade.id": payload.tradeId,
  "optionsib.trade.kind": payload.kind,
  ...(payload.closes !== "" && { "optionsib.trade.closes": payload.closes }),
  "optionsib.strategy.id": payload.strategyId,
  "optionsib.trade.legs": listing.legsText(payload.legs),
  "optionsib.trade.quantity": payload.quantity
})

export const proposalAttributes = ({ payload }: Of<"TradeProposed">): Attributes => ({
  "optionsib.order.limit_net_micros": payload.limitNetMicros,
  "optionsib.trade.collateral_usd": formatUsd(payload.collateralMicros),
  "optionsib.trade.basis": payload.basis,
  ...prefixed("optionsib.rationale.", payload.rationale)
})

/** Camel case becomes snake case, as OpenTelemetry writes names. Sorted: a journal keeps no order of such keys. */
const prefixed = (
  prefix: string,
  values: Readonly<Record<string, AttributeValue>>
): Record<string, AttributeValue> =>
  Object.fromEntries(
    Object.entries(values)
      .map(([name, value]) => [`${prefix}${snakeCase(name)}`, value] as const)
      .sort(([a], [b]) => (a < b ? -1 : 1))
  )

const snakeCase = (name: string): string =>
  name.replaceAll("-", "_").replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)

export const inferenceAttributes = (
  { payload }: Of<"InferenceAnswered">,
  regime: Of<"RegimeClassified">
): Attributes => ({
  "peer.service": "inference",
  "optionsib.model.id": payload.modelId,
  "optionsib.model.hash": payload.modelHash,
  "optionsib.model.runtime": payload.runtime,
  "optionsib.regime.state": regime.payload.state,
  "optionsib.regime.forecast_volatility_5d": regime.payload.forecastVolatility5d,
  "optionsib.regime.forecast_volatility_21d": regime.payload.forecastVolatility21d
})

export const orderAttributes = ({ payload }: Of<"OrderIntent">): Attributes => ({
  "peer.service": "exchange",
  "optionsib.order.cl_ord_id": payload.clOrdID,
  "optionsib.order.qty": payload.orderQty,
  "optionsib.order.limit_net_micros": payload.limitNetMicros,
  "optionsib.order.time_in_force": payload.timeInForce
})

/** `reason` of a refusal is the venue's. */
export const changeAttributes = ({
  payload
}: Of<"ReplaceIntent"> | Of<"ReplaceResolved"> | Of<"OrderCancelReject">): Attributes => ({
  "optionsib.change.request_id": payload.requestId ?? "",
  ...("limitNetMicros" in payload && {
    "optionsib.order.qty": payload.orderQty,
    "optionsib.order.limit_net_micros": payload.limitNetMicros
  }),
  ...("outcome" in payload && { "optionsib.intent.outcome": payload.outcome }),
  ...("reason" in payload && { "optionsib.change.reason": payload.reason })
})

export const executionAttributes = ({ payload, cause }: Of<"TradeFilled">): Attributes => ({
  "peer.service": "exchange",
  "optionsib.order.cl_ord_id": payload.clOrdID,
  "optionsib.execution.id": payload.execID,
  "optionsib.execution.report_seq": cause,
  "optionsib.execution.last_qty": payload.lastQty,
  "optionsib.execution.cum_qty": payload.cumQty,
  "optionsib.execution.leaves_qty": payload.leavesQty,
  "optionsib.execution.last_net_micros": payload.lastNetMicros,
  "optionsib.execution.cash_usd": formatUsd(payload.cashMicros),
  "optionsib.execution.commission_usd": formatUsd(payload.commissionMicros)
})

export const correctionAttributes = ({ payload, cause }: Of<"TradeCorrected">): Attributes => ({
  "peer.service": "exchange",
  "optionsib.order.cl_ord_id": payload.clOrdID,
  "optionsib.execution.id": payload.execRefID,
  "optionsib.execution.revision": payload.revision,
  "optionsib.execution.report_seq": cause,
  "optionsib.execution.last_qty": payload.lastQty,
  "optionsib.execution.cum_qty": payload.cumQty,
  "optionsib.execution.last_net_micros": payload.lastNetMicros,
  "optionsib.correction.cash_usd": formatUsd(payload.cashMicros),
  "optionsib.correction.commission_usd": formatUsd(payload.commissionMicros)
})

export const completionAttributes = ({ payload }: Of<"TradeCompleted">): Attributes => ({
  "optionsib.trade.settled_usd": formatUsd(payload.settledMicros),
  "optionsib.trade.realized_usd": formatUsd(payload.realizedMicros),
  "optionsib.trade.commission_usd": formatUsd(payload.commissionMicros)
})

type ChainRequest =
  | Of<"ReserveRequested">
  | Of<"SettleRequested">
  | Of<"CancelReservationRequested">
  | Of<"CloseRequested">
  | Of<"AdjustRequested">

/** What the chain is asked for, in USDT. */
export const chainAttributes = (request: ChainRequest): Attributes => ({
  "peer.service": "vault-chain",
  "optionsib.vault.attempt": request.payload.attempt,
  ...("n" in request.payload && { "optionsib.vault.n": request.payload.n }),
  ...amountOf(request)
})

const amountOf = ({ type, payload }: ChainRequest): Attributes => {
  switch (type) {
    case "ReserveRequested":
      return { "optionsib.vault.amount_usdt": formatUsd(payload.maxAmountMicros) }
    case "SettleRequested":
      return { "optionsib.vault.cumulative_usdt": formatUsd(payload.cumulativeMicros) }
    case "CloseRequested":
      return {
        "optionsib.vault.cumulative_usdt": formatUsd(payload.cumulativeProceedsMicros),
        "optionsib.vault.final": payload.final
      }
    case "AdjustRequested":
      return { "optionsib.vault.amount_usdt": formatUsd(payload.amountMicros) }
    default:
      return { "optionsib.vault.reason": payload.reason }
  }
}
