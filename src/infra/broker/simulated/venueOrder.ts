/** An order as the simulated exchange keeps it: the request, its FIX state, what it was charged, what was said of it. */
import type { BrokerReport } from "../../../actors/ports/Broker.ts"
import { type CommissionTally, emptyTally } from "../../../domain/trading/commission.ts"
import {
  acknowledge,
  type Ending,
  end,
  fill,
  type Order,
  orderInvariant,
  pendingOrder
} from "../../../domain/trading/order.ts"
import type { OrderRequest } from "../../../domain/trading/reports.ts"
import { limitForTheDay, type VenueTerms } from "./venueTerms.ts"

export interface VenueOrder {
  request: OrderRequest
  terms: VenueTerms
  readonly reports: Array<BrokerReport>
  order: Order
  tally: CommissionTally
}

export const newVenueOrder = (
  request: OrderRequest,
  terms: VenueTerms = limitForTheDay
): VenueOrder => ({
  request,
  terms,
  reports: [],
  // A rejected order may carry a quantity that is none.
  order: pendingOrder(request.clOrdID, Math.max(1, request.orderQty)),
  tally: emptyTally
})

/** When it was acknowledged; Infinity before. */
export const arrivedMs = ({ reports }: VenueOrder): number => {
  const [first] = reports
  return first !== undefined && "transactTimeMs" in first.payload
    ? first.payload.transactTimeMs
    : Number.POSITIVE_INFINITY
}

/** What an order becomes when its owner changes it. */
export interface Replacement {
  /** Above what has filled. */
  readonly orderQty: number
  readonly limitNetMicros: number
  readonly terms: VenueTerms
}

/** What changes of an open order. */
export const replacedOrder = (
  { request, order }: VenueOrder,
  { orderQty, limitNetMicros, terms }: Replacement
): Pick<VenueOrder, "request" | "terms" | "order"> => {
  const changed = { ...order, orderQty, leavesQty: orderQty - order.cumQty }
  orderInvariant(changed)
  return { request: { ...request, orderQty, limitNetMicros }, terms, order: changed }
}

/** Takes in a report of this order, in place. What was charged is what the report says. */
export const applyToOrder = (
  venueOrder: VenueOrder,
  report: Extract<BrokerReport, { type: "ExecutionReport" }>,
  tally: CommissionTally
): void => {
  const { execType, execID, lastQty, commissionMicros } = report.payload
  venueOrder.reports.push(report)
  if (execType === "New") {
    venueOrder.order = acknowledge(venueOrder.order)
  } else if (execType === "Trade") {
    venueOrder.order = fill(venueOrder.order, execID, lastQty)
    const chargedMicros = venueOrder.tally.chargedMicros + commissionMicros
    venueOrder.tally = { ...tally, chargedMicros }
  } else if (execType === "Canceled" || execType === "Rejected" || execType === "Expired") {
    venueOrder.order = end(venueOrder.order, execType satisfies Ending)
  }
  orderInvariant(venueOrder.order)
}
