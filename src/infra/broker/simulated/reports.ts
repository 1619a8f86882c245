/** The reports of the simulated exchange, before they are numbered. */
import type { BrokerReport } from "../../../actors/ports/Broker.ts"
import type { Order } from "../../../domain/trading/order.ts"
import { end, pendingOrder } from "../../../domain/trading/order.ts"
import type { ExecType } from "../../../domain/trading/orderStatus.ts"
import type {
  OptionEventPayload,
  OrderCancelReplaceRequest,
  OrderRequest
} from "../../../domain/trading/reports.ts"
import type { Fill } from "./matching.ts"

/** `execID` and `orderID` are filled in with the number of the report. */
export type ReportDraft = Pick<BrokerReport, "type" | "payload" | "correlation">

const source = "broker"

/** A report about the state of an order: no execution. `order` is the order after it. */
export const statusReport = (
  request: OrderRequest,
  order: Order,
  execType: Exclude<ExecType, "Trade" | "TradeCorrect">,
  transactTimeMs: number,
  text: string
): ReportDraft => ({
  type: "ExecutionReport",
  correlation: request.tradeId,
  payload: {
    ...unnumbered(order, transactTimeMs),
    execType,
    lastQty: 0,
    lastNetMicros: 0,
    legs: [],
    commissionMicros: 0n,
    text
  }
})

/** A report of an execution. `order` is the order after it. */
export const tradeReport = (
  request: OrderRequest,
  order: Order,
  fill: Fill,
  commissionMicros: bigint,
  transactTimeMs: number
): ReportDraft => ({
  type: "ExecutionReport",
  correlation: request.tradeId,
  payload: {
    ...unnumbered(order, transactTimeMs),
    execType: "Trade",
    lastQty: fill.units,
    lastNetMicros: fill.netMicros,
    legs: fill.legs,
    commissionMicros,
    text: ""
  }
})

export const standing = ({ ordStatus, orderQty, cumQty, leavesQty }: Order) => ({
  ordStatus,
  orderQty,
  cumQty,
  leavesQty
})

const unnumbered = (order: Order, transactTimeMs: number) => ({
  clOrdID: order.clOrdID,
  orderID: "",
  execID: "",
  ...standing(order),
  transactTimeMs
})

export const cancelReject = (
  clOrdID: string,
  tradeId: string | undefined,
  reason: string,
  transactTimeMs: number
): ReportDraft => ({
  type: "OrderCancelReject",
  correlation: tradeId ?? "",
  payload: { clOrdID, reason, transactTimeMs }
})

export const replaceReject = (
  { clOrdID, requestId }: OrderCancelReplaceRequest,
  tradeId: string | undefined,
  reason: string,
  transactTimeMs: number
): ReportDraft => ({
  type: "OrderCancelReject",
  correlation: tradeId ?? "",
  payload: { clOrdID, reason, transactTimeMs, responseTo: "Replace", requestId }
})

/** Of the order as it is after it. */
export const replacedReport = (
  { request, order }: { readonly request: OrderRequest; readonly order: Order },
  requestId: string,
  transactTimeMs: number
): ReportDraft => {
  const { payload, ...draft } = statusReport(request, order, "Replaced", transactTimeMs, "")
  return { ...draft, payload: { ...payload, requestId } as ReportDraft["payload"] }
}

export const optionEvent = (payload: Omit<OptionEventPayload, "execID">): ReportDraft => ({
  type: "OptionEvent",
  correlation: "",
  payload: { ...payload, execID: "" }
})

/** Gives a draft its number and the ids that follow from it. */
export const number = (draft: ReportDraft, sourceSeq: number): BrokerReport => {
  const { type, correlation, payload } = draft
  const execID = `sim-${sourceSeq}`
  const envelope = { correlation, source, sourceSeq } as const
  if (type === "ExecutionReport") {
    const report = payload as Extract<BrokerReport, { type: "ExecutionReport" }>["payload"]
    const orderID = `sim-${report.clOrdID}`
    return { type, payload: { ...report, orderID, execID }, ...envelope }
  }
  if (type === "OptionEvent") {
    return { type, payload: { ...(payload as OptionEventPayload), execID }, ...envelope }
  }
  if (type === "Unexplained") throw new Error("the simulated exchange explains everything")
  const reject = payload as Extract<BrokerReport, { type: "OrderCancelReject" }>["payload"]
  return { type, payload: reject, ...envelope }
}

/** The instruments that the executions of some reports are in. */
export const tradedInstruments = (drafts: ReadonlyArray<ReportDraft>): ReadonlyArray<number> => {
  const traded = new Set<number>()
  for (const { payload } of drafts) {
    if ("legs" in payload) for (const { instrument } of payload.legs) traded.add(instrument)
  }
  return [...traded]
}

export const rejection = (request: OrderRequest, timeMs: number, reason: string): ReportDraft =>
  statusReport(
    request,
    end(pendingOrder(request.clOrdID, Math.max(1, request.orderQty)), "Rejected"),
    "Rejected",
    timeMs,
    reason
  )
