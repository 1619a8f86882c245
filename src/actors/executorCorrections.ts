/**
 * What the executor says of an execution that the venue corrected: the difference to what it booked, once per revision.
 *
 * A correction that comes before its fill brings the fill along. One that no trade can take in is unexplained and blocks
 * its instruments until an operator resolves it.
 */
import type { DraftOf } from "../domain/journal/record.ts"
import { type Booked, correctionFault, textOfLegs } from "../domain/trading/corrections.ts"
import { cashOf, type Executions, nextNumber, type OwnOrder } from "../domain/trading/executions.ts"
import { netPrice } from "../domain/trading/netPrice.ts"
import { correct, fill, type Order } from "../domain/trading/order.ts"
import type { Correction, ExecutionReportPayload } from "../domain/trading/reports.ts"
import { closing, filledBy } from "./executorOrders.ts"
import type { ExecutorEvent } from "./executorState.ts"
import { TradeCorrected } from "./ports/records/broker.ts"
import { Unexplained } from "./ports/records/reconcile.ts"

type Events = ReadonlyArray<DraftOf<ExecutorEvent>>

export const onCorrection = (
  state: Executions,
  report: ExecutionReportPayload,
  correction: Correction
): Events => {
  const { execRefID } = correction
  const own = state.orders.get(report.clOrdID)
  const booked = state.corrections.get(execRefID) ?? asTold(report.clOrdID, correction)
  if (booked.revision >= correction.revision) return []
  if (own === undefined) return [unexplained(report, booked, "its order is none of today's")]
  const what = { report, correction, booked }
  if (!own.order.execIDs.includes(execRefID)) return withItsFill(state, own, what)
  const { kind, closes, tradeId } = own
  const cumQty = own.order.cumQty + report.lastQty - booked.lastQty
  const trade = state.trades.get(kind === "Close" ? closes : tradeId)
  const change = { legs: report.legs, replaced: booked }
  const { orderQty } = own.order
  const fault = correctionFault(change, { closes, cumQty, orderQty }, trade)
  if (fault !== undefined) return [unexplained(report, booked, fault)]
  const after = correct(own.order, report.execID, cumQty)
  const n = nextNumber(state, tradeId)
  return [correctedBy(state, own, after, { ...what, n }), ...closing(own, after)]
}

/** It overtook the fill that it is about: the fill as it was told comes first, and is a repeat when it comes. */
const withItsFill = (state: Executions, own: OwnOrder, what: What): Events => {
  const { report, correction, booked } = what
  const { execRefID } = correction
  const { orderQty, cumQty: filledQty } = own.order
  const before = fill(own.order, execRefID, booked.lastQty)
  const first = filledBy(state, own, before, {
    ...booked,
    execID: execRefID,
    lastNetMicros: netOf(own, booked)
  })
  const cumQty = filledQty + report.lastQty
  if (cumQty > orderQty) {
    return [first, unexplained(report, booked, `${cumQty} would be filled of ${orderQty} ordered`)]
  }
  const after = correct(before, report.execID, cumQty)
  const n = nextNumber(state, own.tradeId) + 1
  return [first, correctedBy(state, own, after, { ...what, n }), ...closing(own, after)]
}

interface What {
  readonly report: ExecutionReportPayload
  readonly correction: Correction
  /** What is booked, or comes to be, before it. */
  readonly booked: Booked
}

const asTold = (clOrdID: string, { lastQty, legs, commissionMicros }: Correction): Booked => ({
  clOrdID,
  revision: 1,
  lastQty,
  legs,
  commissionMicros
})

/** Per unit, over all pieces of each leg. */
const netOf = ({ legs }: OwnOrder, { lastQty, legs: fills }: Booked): number => {
  const averages = legs.map(({ instrument, ratio }) => {
    const worth = fills
      .filter((each) => each.instrument === instrument)
      .reduce((sum, each) => sum + each.lastQty * each.lastPxMicros, 0)
    return worth / (ratio * lastQty)
  })
  return Math.round(netPrice(legs, averages)) + 0
}

const correctedBy = (
  state: Executions,
  own: OwnOrder,
  after: Order,
  what: What & { readonly n: number }
) => {
  const { report, correction, booked, n } = what
  const { tradeId, kind, closes, strategyId } = own
  const { execID, lastQty, lastNetMicros, legs } = report
  return TradeCorrected.make(
    {
      tradeId,
      kind,
      closes,
      strategyId,
      clOrdID: after.clOrdID,
      execID,
      execRefID: correction.execRefID,
      revision: correction.revision,
      n,
      lastQty,
      cumQty: after.cumQty,
      leavesQty: after.leavesQty,
      lastNetMicros,
      legs,
      replaced: {
        lastQty: booked.lastQty,
        legs: booked.legs,
        commissionMicros: booked.commissionMicros
      },
      cashMicros: cashOf(state, legs) - cashOf(state, booked.legs),
      commissionMicros: report.commissionMicros - booked.commissionMicros
    },
    tradeId
  )
}

const unexplained = (report: ExecutionReportPayload, booked: Booked, why: string) => {
  const { clOrdID, execID, correction, legs, commissionMicros, transactTimeMs } = report
  const instruments = new Set([...booked.legs, ...legs].map(({ instrument }) => instrument))
  return Unexplained.make({
    differenceId: `correction ${execID}`,
    what: `execution ${correction?.execRefID} of order ${clOrdID}`,
    expected: `${textOfLegs(booked.legs)}, commission ${booked.commissionMicros} micro-USD`,
    found: `${textOfLegs(legs)}, commission ${commissionMicros} micro-USD: ${why}`,
    instruments: [...instruments].toSorted((a, b) => a - b),
    transactTimeMs
  })
}
