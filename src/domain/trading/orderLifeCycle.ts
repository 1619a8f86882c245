/**
 * The life of one order at a venue that repeats, reorders, corrects and contradicts itself: FIX's order state changes as
 * a pure state machine.
 *
 * Laws, whatever comes in whatever order: an execution counts once, by its latest revision; `orderQty = cumQty +
 * leavesQty` while it is open; `leavesQty = 0` once it ended or is full; no end is ever left; executions are the truth, so
 * they count after an end too. What cannot be true is refused with a sentence, never thrown: the caller shows it.
 * Source: FIX 4.4, volume 4, appendix D. `src/domain/trading/order.ts` is its short form for our own orders.
 */
import {
  type ExecType,
  leavesQtyOf,
  type OrderEnd,
  type OrdStatus,
  ordStatusOf
} from "./orderStatus.ts"

/** An execution that counts now. `lastPxMicros`: the net price of a combination, signed. */
interface LiveExecution {
  readonly execID: string
  readonly lastQty: number
  readonly lastPxMicros: number
}

/** A change that was asked for and not answered. */
interface PendingReplace {
  readonly clOrdID: string
  readonly orderQty: number
  readonly limitNetMicros: number
}

export interface OrderLife {
  readonly clOrdID: string
  readonly orderQty: number
  readonly limitNetMicros: number
  readonly cumQty: number
  readonly leavesQty: number
  readonly ordStatus: OrdStatus
  readonly acknowledged: boolean
  readonly ended: OrderEnd | undefined
  readonly pendingCancels: ReadonlyArray<string>
  readonly pendingReplaces: ReadonlyArray<PendingReplace>
  readonly executions: ReadonlyArray<LiveExecution>
  /** Execution ids that a correction or a bust took away, or that came and count no more. */
  readonly superseded: ReadonlyArray<string>
}

/** What is heard or asked of an order. `execRefID` names the execution that a correction or bust is about. */
export type OrderMessage =
  | { readonly _tag: "Acknowledged" }
  | ({ readonly _tag: "Traded" } & LiveExecution)
  | ({ readonly _tag: "Corrected"; readonly execRefID: string } & LiveExecution)
  | { readonly _tag: "Busted"; readonly execID: string; readonly execRefID: string }
  | { readonly _tag: "CancelRequested"; readonly clOrdID: string }
  | ({ readonly _tag: "ReplaceRequested" } & PendingReplace)
  /** An OrderCancelReject: of a cancel or of a replace, by the id of that request. */
  | { readonly _tag: "RequestRejected"; readonly clOrdID: string }
  | { readonly _tag: "Replaced"; readonly clOrdID: string }
  | { readonly _tag: "Restated"; readonly orderQty: number }
  | { readonly _tag: "Ended"; readonly as: OrderEnd }

/** `execType`: the report that FIX would send for it; undefined where nothing changed. */
export interface Step {
  readonly order: OrderLife
  readonly execType: ExecType | undefined
  /** Why it was not taken in; "" where it was, or where it is a repeat. */
  readonly refused: string
}

export const newOrderLife = (
  clOrdID: string,
  orderQty: number,
  limitNetMicros: number
): OrderLife => ({
  clOrdID,
  orderQty,
  limitNetMicros,
  cumQty: 0,
  leavesQty: orderQty,
  ordStatus: "PendingNew",
  acknowledged: false,
  ended: undefined,
  pendingCancels: [],
  pendingReplaces: [],
  executions: [],
  superseded: []
})

/** Takes in one message. Total: whatever comes, the laws hold after it. */
export const step = (order: OrderLife, message: OrderMessage): Step => {
  switch (message._tag) {
    case "Acknowledged":
      return order.acknowledged
        ? repeated(order)
        : changed(order, { acknowledged: true }, order.ended === undefined ? "New" : undefined)
    case "Traded":
      return traded(order, message)
    case "Corrected":
      return corrected(order, message)
    case "Busted":
      return busted(order, message)
    case "CancelRequested":
    case "ReplaceRequested":
      return requested(order, message)
    case "RequestRejected":
      return requestRejected(order, message.clOrdID)
    case "Replaced":
      return replaced(order, message.clOrdID)
    case "Restated":
      return restated(order, message.orderQty)
    case "Ended":
      return ended(order, message.as)
  }
}

/** Whether it may still fill. */
export const isWorking = ({ leavesQty }: OrderLife): boolean => leavesQty > 0

/** Sum of price times quantity of what counts: micro-USD. Divided by `cumQty` it is FIX's AvgPx. */
export const tradedMicros = ({ executions }: OrderLife): bigint =>
  executions.reduce(
    (sum, { lastQty, lastPxMicros }) => sum + BigInt(lastQty) * BigInt(lastPxMicros),
    0n
  )

const repeated = (order: OrderLife): Step => ({ order, execType: undefined, refused: "" })

const refuse = (order: OrderLife, why: string): Step => ({
  order,
  execType: undefined,
  refused: `order ${order.clOrdID}: ${why}`
})

const changed = (
  order: OrderLife,
  change: Partial<OrderLife>,
  execType: ExecType | undefined
): Step => {
  const next = { ...order, ...change }
  const cumQty = next.executions.reduce((sum, { lastQty }) => sum + lastQty, 0)
  const standing = {
    orderQty: next.orderQty,
    cumQty,
    acknowledged: next.acknowledged,
    pendingCancel: next.pendingCancels.length > 0,
    pendingReplace: next.pendingReplaces.length > 0,
    ended: next.ended
  }
  const leavesQty = leavesQtyOf(standing)
  return {
    order: { ...next, cumQty, leavesQty, ordStatus: ordStatusOf(standing) },
    execType,
    refused: ""
  }
}

const isQuantity = (quantity: number): boolean => Number.isSafeInteger(quantity) && quantity > 0

const isKnown = (order: OrderLife, execID: string): boolean =>
  order.superseded.includes(execID) || order.executions.some((each) => each.execID === execID)

const traded = (order: OrderLife, { execID, lastQty, lastPxMicros }: LiveExecution): Step => {
  if (isKnown(order, execID)) return repeated(order)
  if (!isQuantity(lastQty)) return refuse(order, `execution ${execID} is of ${lastQty}`)
  const executions = [...order.executions, { execID, lastQty, lastPxMicros }]
  return changed(order, { executions, acknowledged: true }, "Trade")
}

/** A correction may overtake what it corrects: that is then known as superseded before it comes. */
const corrected = (
  order: OrderLife,
  { execID, execRefID, lastQty, lastPxMicros }: Extract<OrderMessage, { _tag: "Corrected" }>
): Step => {
  if (order.superseded.includes(execRefID) && isKnown(order, execID)) return repeated(order)
  if (execID === execRefID) return refuse(order, `execution ${execID} corrects itself`)
  if (!isQuantity(lastQty)) return refuse(order, `execution ${execID} is of ${lastQty}`)
  const without = order.executions.filter((each) => each.execID !== execRefID)
  const executions = isKnown(order, execID)
    ? without
    : [...without, { execID, lastQty, lastPxMicros }]
  const superseded = withId(order.superseded, execRefID)
  return changed(order, { executions, superseded, acknowledged: true }, "TradeCorrect")
}

const busted = (
  order: OrderLife,
  { execID, execRefID }: Extract<OrderMessage, { _tag: "Busted" }>
): Step => {
  if (order.superseded.includes(execRefID) && order.superseded.includes(execID)) {
    return repeated(order)
  }
  if (order.executions.some((each) => each.execID === execID)) {
    return refuse(order, `the bust of ${execRefID} has the id of execution ${execID}`)
  }
  const executions = order.executions.filter((each) => each.execID !== execRefID)
  const superseded = withId(withId(order.superseded, execRefID), execID)
  return changed(order, { executions, superseded, acknowledged: true }, "TradeCancel")
}

const withId = (ids: ReadonlyArray<string>, id: string): ReadonlyArray<string> =>
  ids.includes(id) ? ids : [...ids, id]

const requested = (
  order: OrderLife,
  request: Extract<OrderMessage, { _tag: "CancelRequested" | "ReplaceRequested" }>
): Step => {
  const { clOrdID } = request
  const known = [...order.pendingCancels, ...order.pendingReplaces.map((each) => each.clOrdID)]
  if (known.includes(clOrdID)) return repeated(order)
  if (order.ended !== undefined) return refuse(order, `${request._tag} after ${order.ended}`)
  if (request._tag === "CancelRequested") {
    if (!isWorking(order)) return refuse(order, "CancelRequested after its last fill")
    const pendingCancels = [...order.pendingCancels, clOrdID]
    return changed(order, { pendingCancels }, "PendingCancel")
  }
  if (!isQuantity(request.orderQty)) {
    return refuse(order, `replace ${clOrdID} asks for ${request.orderQty}`)
  }
  const { orderQty, limitNetMicros } = request
  const pendingReplaces = [...order.pendingReplaces, { clOrdID, orderQty, limitNetMicros }]
  return changed(order, { pendingReplaces }, "PendingReplace")
}

const requestRejected = (order: OrderLife, clOrdID: string): Step => {
  const pendingCancels = order.pendingCancels.filter((each) => each !== clOrdID)
  const pendingReplaces = order.pendingReplaces.filter((each) => each.clOrdID !== clOrdID)
  const before = order.pendingCancels.length + order.pendingReplaces.length
  if (pendingCancels.length + pendingReplaces.length === before) return repeated(order)
  return changed(order, { pendingCancels, pendingReplaces }, undefined)
}

/** A quantity below what has filled becomes what has filled: FIX scenario C.3.c. */
const replaced = (order: OrderLife, clOrdID: string): Step => {
  const pending = order.pendingReplaces.find((each) => each.clOrdID === clOrdID)
  if (pending === undefined) return repeated(order)
  if (order.ended !== undefined) return refuse(order, `Replaced after ${order.ended}`)
  const change = {
    orderQty: Math.max(pending.orderQty, order.cumQty),
    limitNetMicros: pending.limitNetMicros,
    pendingReplaces: order.pendingReplaces.filter((each) => each !== pending),
    acknowledged: true
  }
  return changed(order, change, "Replaced")
}

const restated = (order: OrderLife, orderQty: number): Step => {
  if (orderQty === order.orderQty) return repeated(order)
  if (!isQuantity(orderQty)) return refuse(order, `it was restated to ${orderQty}`)
  if (order.ended !== undefined) return refuse(order, `it was restated after ${order.ended}`)
  const change = { orderQty: Math.max(orderQty, order.cumQty), acknowledged: true }
  return changed(order, change, "Restated")
}

const ended = (order: OrderLife, as: OrderEnd): Step => {
  if (order.ended === as) return repeated(order)
  if (order.ended !== undefined) return refuse(order, `${as} after ${order.ended}`)
  if (as === "Rejected" && order.cumQty > 0) {
    return refuse(order, `Rejected with ${order.cumQty} filled`)
  }
  return changed(order, { ended: as, pendingCancels: [], pendingReplaces: [] }, as)
}

/** What cannot be true of an order, as one sentence; undefined where all is well. Reordered messages may heal it. */
export const contradictionOf = (order: OrderLife): string | undefined => {
  const { clOrdID, cumQty, orderQty } = order
  if (cumQty > orderQty) return `order ${clOrdID}: ${cumQty} filled of ${orderQty}`
  if (order.ended === "Rejected" && cumQty > 0) return `order ${clOrdID}: rejected and filled`
  return undefined
}

/** Throws where a law is broken: a defect of this file. */
export const orderLifeInvariant = (order: OrderLife): void => {
  const { clOrdID, orderQty, cumQty, leavesQty, ordStatus } = order
  const said = `order ${clOrdID} is ${ordStatus} with ${cumQty} of ${orderQty}, leaves ${leavesQty}`
  if (leavesQty < 0 || cumQty < 0) throw new Error(`${said}: below nothing`)
  if (leavesQty > 0 && cumQty + leavesQty !== orderQty) throw new Error(`${said}: they must add up`)
  if (order.ended !== undefined && leavesQty !== 0) throw new Error(`${said}: it ended`)
  const sum = order.executions.reduce((total, { lastQty }) => total + lastQty, 0)
  if (sum !== cumQty) throw new Error(`${said}: its executions are of ${sum}`)
  const ids = order.executions.map(({ execID }) => execID)
  if (new Set(ids).size !== ids.length) throw new Error(`${said}: an execution counts twice`)
  const risen = ids.find((id) => order.superseded.includes(id))
  if (risen !== undefined) throw new Error(`${said}: execution ${risen} was taken away and counts`)
}
