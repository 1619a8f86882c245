/** What an exchange says when it corrects an execution: other prices, another commission, the same quantity. */
import type { BrokerReport } from "../../../actors/ports/Broker.ts"
import { signOf } from "../../../domain/trading/netPrice.ts"
import type { ReportTape } from "./ReportTape.ts"
import { type ReportDraft, standing } from "./reports.ts"
import type { VenueOrder } from "./venueOrder.ts"

/** Differences: micro-USD per share of the first leg, and micro-USD of the whole execution. */
export interface ExecutionChange {
  readonly priceMicros: number
  readonly commissionMicros: bigint
}

type Execution = Extract<BrokerReport, { type: "ExecutionReport" }>

const isExecution = (report: BrokerReport): report is Execution => report.type === "ExecutionReport"

/** The correction of the execution that was told last; undefined where none was. A price stays above nothing. */
export const lastCorrected = (
  { all, venueMs }: ReportTape,
  orders: ReadonlyMap<string, VenueOrder>,
  { priceMicros, commissionMicros }: ExecutionChange,
  nowMs: number
): ReportDraft | undefined => {
  const executions = all.filter(isExecution)
  const trade = executions.findLast(({ payload }) => payload.execType === "Trade")
  if (trade === undefined) return undefined
  const { execID, lastQty, legs, commissionMicros: charged } = trade.payload
  const before = executions.filter(({ payload }) => payload.correction?.execRefID === execID)
  const now = (before.at(-1) ?? trade).payload
  const [first, ...others] = now.legs
  const moved = { ...first!, lastPxMicros: Math.max(1, first!.lastPxMicros + priceMicros) }
  const byMicros = moved.lastPxMicros - first!.lastPxMicros
  const netByMicros = (signOf(moved.side) * moved.lastQty * byMicros) / lastQty
  return {
    type: "ExecutionReport",
    correlation: trade.correlation,
    payload: {
      ...now,
      ...standing(orders.get(now.clOrdID)!.order),
      execType: "TradeCorrect",
      lastNetMicros: Math.round(now.lastNetMicros + netByMicros),
      legs: [moved, ...others],
      commissionMicros: now.commissionMicros + commissionMicros,
      transactTimeMs: Math.max(nowMs, venueMs),
      text: `execution ${execID} corrected`,
      correction: {
        ...{ execRefID: execID, revision: before.length + 2, lastQty, legs },
        commissionMicros: charged
      }
    }
  }
}
