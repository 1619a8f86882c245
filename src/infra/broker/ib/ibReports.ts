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
  execType: Exclude<ExecType, "Trade">,
  transactTimeMs: number,
  text: string
): BrokerReport =>
  execution(sourceSeq, order, {
    ...standing(order, transactTimeMs),
    execID: `ib-${sourceSeq}`,
    execType,
    lastQty: 0,
    lastNetMicros: 0,
    legs: [],
    commissionMicros: 0n,
    text
  })

/** `execID` is made of the executions in it: the same ones are never told under another. */
export const tradeReport = (
  sourceSeq: number,
  order: ReportedOrder,
  { units, netMicros, legs, commissionMicros, execIDs }: UnitFill,
  transactTimeMs: number
): BrokerReport =>
  execution(sourceSeq, order, {
    ...standing(order, transactTimeMs),
    execID: execIDs.join("+"),
    execType: "Trade",
    lastQty: units,
    lastNetMicros: netMicros,
    legs,
    commissionMicros,
    text: ""
  })

export const cancelReject = (
  sourceSeq: number,
  order: { readonly clOrdID: string; readonly tradeId: string },
  reason: string,
  transactTimeMs: number
): BrokerReport => ({
  type: "OrderCancelReject",
  correlation: order.tradeId,
  source,
  sourceSeq,
  payload: { clOrdID: order.clOrdID, reason, transactTimeMs }
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
