/** One order of ours at Interactive Brokers, as its words left it. */
import type { BrokerReport } from "../../../actors/ports/Broker.ts"
import { type ComboFills, noComboFills } from "../../../domain/trading/comboFills.ts"
import { newOrderLife, type OrderLife } from "../../../domain/trading/orderLifeCycle.ts"
import type { OrderRequest, UnexplainedPayload } from "../../../domain/trading/reports.ts"
import type { ReportedOrder } from "./ibReports.ts"
import type { WordOf } from "./ibWords.ts"

/** An execution by its base id. `gathered`: it is among the fills of its order. */
export interface Heard {
  word: WordOf<"Executed">
  revision: number
  gathered: boolean
  told: boolean
}

export interface IbOrder {
  readonly request: OrderRequest
  readonly reports: Array<BrokerReport>
  /** The broker's id of our latest sending. */
  orderId: number
  /** In the order in which they came. */
  readonly permIds: Array<number>
  life: OrderLife
  fills: ComboFills
  readonly heard: Map<string, Heard>
  pendingEnd: WordOf<"Ended"> | undefined
  /** Certain not to be at the broker. */
  notSent: boolean
}

export const newOrder = (request: OrderRequest, orderId: number): IbOrder => ({
  request,
  reports: [],
  orderId,
  permIds: [],
  life: newOrderLife(request.clOrdID, request.orderQty, request.limitNetMicros),
  fills: noComboFills(request.legs),
  heard: new Map(),
  pendingEnd: undefined,
  notSent: false
})

export const reported = ({ request, permIds, life }: IbOrder): ReportedOrder => ({
  tradeId: request.tradeId,
  orderID: String(permIds[0] ?? ""),
  life
})

/** The place of an execution in its order; -1 where it is none of its legs. */
export const legOf = ({ request }: IbOrder, { instrument, side }: WordOf<"Executed">): number =>
  request.legs.findIndex((leg) => leg.instrument === instrument && leg.side === side)

const textOf = ({ side, quantity, priceMicros }: WordOf<"Executed">): string =>
  `${side} ${quantity} at ${priceMicros} micro-USD`

/** Contracts per unit in the broker's count: one for a combination. */
export const unitSize = ({ request }: IbOrder): number =>
  request.legs.length > 1 ? 1 : request.legs[0]!.ratio

/** Whole units of which executions were heard, told or not. */
export const unitsHeard = ({ request, heard }: IbOrder): number => {
  const sums = request.legs.map(() => 0)
  for (const { word } of heard.values()) {
    const at = request.legs.findIndex(({ instrument }) => instrument === word.instrument)
    if (at >= 0) sums[at]! += word.quantity
  }
  return Math.min(...request.legs.map(({ ratio }, at) => Math.floor(sums[at]! / ratio)))
}

/** Corrects an execution that waits whole for its unit, in place; false where a part of it was told. */
export const correctWaiting = (
  order: IbOrder,
  base: string,
  was: WordOf<"Executed">,
  word: WordOf<"Executed">
): boolean => {
  const { waiting } = order.fills
  const at = waiting.findIndex(({ execID }) => execID === base)
  if (at === -1 || waiting[at]!.lastQty !== was.quantity) return false
  const piece = { ...waiting[at]!, lastQty: word.quantity, lastPxMicros: word.priceMicros }
  order.fills = { ...order.fills, waiting: waiting.with(at, piece) }
  return true
}

/** An execution that no order of ours explains. */
export const foreignExecution = (word: WordOf<"Executed">, base: string): UnexplainedPayload => ({
  differenceId: `execution ${base}`,
  what: `execution ${base} of ${word.clOrdID === "" ? "no order of ours" : `order ${word.clOrdID}`}`,
  expected: "none",
  found: `${textOf(word)} of ${word.symbol}`,
  instruments: word.instrument >= 0 ? [word.instrument] : [],
  transactTimeMs: word.timeMs
})

/** The venue replaced an execution that was told. */
export const correctedExecution = (
  was: WordOf<"Executed">,
  word: WordOf<"Executed">,
  base: string
): UnexplainedPayload => ({
  differenceId: `correction ${word.execId}`,
  what: `execution ${base} of order ${word.clOrdID}`,
  expected: textOf(was),
  found: textOf(word),
  instruments: [word.instrument],
  transactTimeMs: word.timeMs
})

/** An order did what no order can. */
export const impossibleOrder = (
  { request }: IbOrder,
  found: string,
  atMs: number
): UnexplainedPayload => ({
  differenceId: `order ${request.clOrdID} ${found}`,
  what: `order ${request.clOrdID}`,
  expected: "executions within its quantity, in whole units",
  found,
  instruments: request.legs.map(({ instrument }) => instrument).toSorted((a, b) => a - b),
  transactTimeMs: atMs
})
