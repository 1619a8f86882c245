/** One order of ours at Interactive Brokers, as its words left it. */
import type { BrokerReport } from "../../../actors/ports/Broker.ts"
import { type ComboFills, noComboFills } from "../../../domain/trading/comboFills.ts"
import { newOrderLife, type OrderLife } from "../../../domain/trading/orderLifeCycle.ts"
import type { OrderRequest, UnexplainedPayload } from "../../../domain/trading/reports.ts"
import type { ToldUnits } from "../../../domain/trading/toldFills.ts"
import type { ReportedOrder } from "./ibReports.ts"
import type { WordOf } from "./ibWords.ts"

/**
 * An execution by its base id. `gathered`: it is among the fills of its order. `strayed`: after that it became one of
 * another contract or side, which no correction of a fill can say.
 */
export interface Heard {
  word: WordOf<"Executed">
  revision: number
  gathered: boolean
  strayed: boolean
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
  told: ReadonlyArray<ToldUnits>
  /** Units that corrections took back, net: the broker's own count may still have them. */
  takenBack: number
  /** Since when legs that were corrected make no whole units though the order is over; 0 where they do. */
  unevenSinceMs: number
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
  told: [],
  takenBack: 0,
  unevenSinceMs: 0,
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

/** An execution that no order of ours explains. */
export const foreignExecution = (word: WordOf<"Executed">, base: string): UnexplainedPayload => ({
  differenceId: `execution ${base}`,
  what: `execution ${base} of ${word.clOrdID === "" ? "no order of ours" : `order ${word.clOrdID}`}`,
  expected: "none",
  found: `${textOf(word)} of ${word.symbol}`,
  instruments: word.instrument >= 0 ? [word.instrument] : [],
  transactTimeMs: word.timeMs
})

/** The venue replaced an execution that was told by one of another contract or side. */
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

export const unevenLegs = "it ended with leg executions that make no whole unit"

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
