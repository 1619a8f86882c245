/** Reports of the gateway before they are numbered. An order's standing comes from its life cycle. */
import type { BrokerReport } from "../../../actors/ports/Broker.ts"
import type { UnitFill } from "../../../domain/trading/comboFills.ts"
import type { OrderLife } from "../../../domain/trading/orderLifeCycle.ts"
import type { ExecType } from "../../../domain/trading/orderStatus.ts"
import type {
  ExecutionReportPayload,
  OptionEventPayload,
  UnexplainedPayload
} from "../../../domain/trading/reports.ts"
import type { ToldUnits } from "../../../domain/trading/toldFills.ts"

const source = "broker" as const

/** Of which order a report is. */
export interface ReportedOrder {
  readonly tradeId: string
  /** The broker's permId; "" before it gave one. */
  readonly orderID: string
  readonly life: OrderLife
}

const standing = ({ orderID, life }: ReportedOrder, transactTimeMs: number) => ({
  clOrdID: life.clOrdID,
  orderID,
  ordStatus: life.ordStatus,
  orderQty: life.orderQty,
  cumQty: life.cumQty,
  leavesQty: life.leavesQty,
  transactTimeMs
})

const execution = (
  sourceSeq: number,
  { tradeId }: ReportedOrder,
  payload: ExecutionReportPayload
): BrokerReport => ({
  type: "ExecutionReport",
  correlation: tradeId,
  source,
  sourceSeq,
  payload
})

export const statusReport = (
  sourceSeq: number,
  order: ReportedOrder,
  execType: Exclude<ExecType, "Trade" | "TradeCorrect" | "TradeCancel">,
  transactTimeMs: number,
  text: string,
  requestId?: string
): BrokerReport =>
  execution(sourceSeq, order, {
    ...standing(order, transactTimeMs),
    execID: `ib-${sourceSeq}`,
    execType,
    lastQty: 0,
    lastNetMicros: 0,
    legs: [],
    commissionMicros: 0n,
    text,
    ...(requestId !== undefined && { requestId })
  })

/** The id of what was told, at its revision. */
export const execIDOf = ({ execID, revision }: Pick<ToldUnits, "execID" | "revision">): string =>
  revision === 1 ? execID : `${execID}/${revision}`

/** `execID` is made of the executions in it: the same ones are never told under another. */
export const tradeReport = (
  sourceSeq: number,
  order: ReportedOrder,
  execID: string,
  { units, netMicros, legs, commissionMicros }: UnitFill,
  transactTimeMs: number
): BrokerReport =>
  execution(sourceSeq, order, {
    ...standing(order, transactTimeMs),
    execID,
    execType: "Trade",
    lastQty: units,
    lastNetMicros: netMicros,
    legs,
    commissionMicros,
    text: ""
  })

/** What was told is something else now, or nothing. */
export const correctionReport = (
  sourceSeq: number,
  order: ReportedOrder,
  told: ToldUnits,
  transactTimeMs: number,
  text: string
): BrokerReport => {
  const { execID, revision, first, now } = told
  const { units, legs, commissionMicros } = first
  return execution(sourceSeq, order, {
    ...standing(order, transactTimeMs),
    execID: execIDOf(told),
    execType: now === undefined ? "TradeCancel" : "TradeCorrect",
    lastQty: now?.units ?? 0,
    lastNetMicros: now?.netMicros ?? 0,
    legs: now?.legs ?? [],
    commissionMicros: now?.commissionMicros ?? 0n,
    text,
    correction: { execRefID: execID, revision, lastQty: units, legs, commissionMicros }
  })
}

/** `requestId`: of a refused change; undefined for a refused cancel. */
export const cancelReject = (
  sourceSeq: number,
  order: { readonly clOrdID: string; readonly tradeId: string },
  reason: string,
  transactTimeMs: number,
  requestId?: string
): BrokerReport => ({
  type: "OrderCancelReject",
  correlation: order.tradeId,
  source,
  sourceSeq,
  payload: {
    ...{ clOrdID: order.clOrdID, reason, transactTimeMs },
    ...(requestId !== undefined && { responseTo: "Replace", requestId })
  }
})

export const unexplained = (sourceSeq: number, payload: UnexplainedPayload): BrokerReport => ({
  type: "Unexplained",
  correlation: "",
  source,
  sourceSeq,
  payload
})

export const optionEvent = (sourceSeq: number, payload: OptionEventPayload): BrokerReport => ({
  type: "OptionEvent",
  correlation: "",
  source,
  sourceSeq,
  payload
})
