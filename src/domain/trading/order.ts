/**
 * One order as FIX sees it: what each execution report does to it.
 *
 * Invariant: `orderQty = cumQty + leavesQty` while open, `leavesQty = 0` once closed, an execution counts once.
 * ExecType (why a report came) and OrdStatus (how the order stands after it) are different things: a fill while a cancel
 * is pending is ExecType Trade, OrdStatus PendingCancel. Source: FIX 4.4, volume 4, appendix D, order state changes.
 */
import { Schema } from "effect"
import { type OrdStatus, ordStatusOf } from "./orderStatus.ts"

/** A fill beyond the order's quantity: corrupt data or a defect of the venue. Nothing may trade on. */
export class Overfill extends Schema.TaggedError<Overfill>()("Overfill", {
  clOrdID: Schema.String,
  lastQty: Schema.Int,
  cumQty: Schema.Int,
  orderQty: Schema.Int
}) {
  override get message() {
    return `fill of ${this.lastQty} on ${this.clOrdID} exceeds its orderQty ${this.orderQty}: cumQty was ${this.cumQty}`
  }
}

/** A change that was asked for and not answered. */
export interface PendingReplace {
  readonly requestId: string
  readonly orderQty: number
}

export interface Order {
  readonly clOrdID: string
  readonly orderQty: number
  readonly cumQty: number
  readonly leavesQty: number
  readonly ordStatus: OrdStatus
  /** Executions taken in, oldest first. */
  readonly execIDs: ReadonlyArray<string>
  /** Oldest first; absent where there is none. */
  readonly pendingReplaces?: ReadonlyArray<PendingReplace>
}

/** What ends an order besides its last fill. */
export type Ending = "Canceled" | "Rejected" | "Expired"

/** An order that left and is not yet acknowledged. `orderQty` is a positive integer. */
export const pendingOrder = (clOrdID: string, orderQty: number): Order => ({
  clOrdID,
  orderQty,
  cumQty: 0,
  leavesQty: orderQty,
  ordStatus: "PendingNew",
  execIDs: []
})

/** Whether it can still fill. */
export const isOpen = (order: Order): boolean => order.leavesQty > 0

/** The venue took it. A repeat, or one that comes after a fill, changes nothing. */
export const acknowledge = (order: Order): Order =>
  order.ordStatus === "PendingNew" ? { ...order, ordStatus: "New" } : order

/**
 * One execution. A repeated `execID` changes nothing. A fill that passed the cancel or expiry on its way counts too:
 * the order stays closed and `leavesQty` 0. Throws `Overfill` beyond `orderQty`, a defect.
 */
export const fill = (order: Order, execID: string, lastQty: number): Order => {
  if (order.execIDs.includes(execID)) return order
  const { clOrdID, orderQty, cumQty } = order
  if (!(Number.isSafeInteger(lastQty) && lastQty > 0 && cumQty + lastQty <= orderQty)) {
    throw new Overfill({ clOrdID, lastQty, cumQty, orderQty })
  }
  const filled = cumQty + lastQty
  const closed = order.leavesQty === 0
  return {
    ...order,
    cumQty: filled,
    leavesQty: closed ? 0 : orderQty - filled,
    ordStatus: statusAfterFill(order, filled),
    execIDs: [...order.execIDs, execID]
  }
}

/**
 * An execution is something else now: `cumQty` units are filled in all. A repeated `execID` changes nothing. What was
 * closed stays closed, whatever is left of it. Throws `Overfill` beyond `orderQty`, a defect.
 */
export const correct = (order: Order, execID: string, cumQty: number): Order => {
  if (order.execIDs.includes(execID)) return order
  const { clOrdID, orderQty } = order
  if (!(Number.isSafeInteger(cumQty) && cumQty >= 0 && cumQty <= orderQty)) {
    throw new Overfill({ clOrdID, lastQty: cumQty - order.cumQty, cumQty: order.cumQty, orderQty })
  }
  const closed = order.leavesQty === 0
  return {
    ...order,
    cumQty,
    leavesQty: closed ? 0 : orderQty - cumQty,
    ordStatus: closed
      ? closedStatus(order, cumQty)
      : standing(order, cumQty, order.ordStatus === "PendingCancel"),
    execIDs: [...order.execIDs, execID]
  }
}

/** What was full and is not any more was ended by the venue for its last fill. */
const closedStatus = ({ ordStatus, orderQty }: Order, cumQty: number): OrdStatus =>
  ordStatus === "Filled" && cumQty < orderQty ? "Canceled" : ordStatus

const statusAfterFill = (order: Order, filled: number): OrdStatus => {
  if (order.leavesQty === 0) return order.ordStatus
  return standing(order, filled, order.ordStatus === "PendingCancel")
}

const standing = (
  { orderQty, pendingReplaces = [] }: Order,
  cumQty: number,
  pendingCancel: boolean
): OrdStatus =>
  ordStatusOf({
    orderQty,
    cumQty,
    acknowledged: true,
    pendingCancel,
    pendingReplace: pendingReplaces.length > 0,
    ended: undefined
  })

/** We asked for its cancel. Only an open order can be asked. */
export const requestCancel = (order: Order): Order =>
  isOpen(order) ? { ...order, ordStatus: "PendingCancel" } : order

/** The cancel was refused: the order stands as its fills say. */
export const rejectCancel = (order: Order): Order => {
  if (order.ordStatus !== "PendingCancel") return order
  return { ...order, ordStatus: standing(order, order.cumQty, false) }
}

/** We asked for its change. Only an open order can be asked; a repeat of a request changes nothing. */
export const requestReplace = (order: Order, asked: PendingReplace): Order => {
  const { pendingReplaces = [] } = order
  if (!isOpen(order) || pendingReplaces.some((each) => each.requestId === asked.requestId)) {
    return order
  }
  return standingAgain({ ...order, pendingReplaces: [...pendingReplaces, asked] })
}

/** The change was made: a quantity below what has filled is what has filled (FIX C.3.c). None of ours changes nothing. */
export const replaced = (order: Order, requestId: string): Order => {
  const asked = order.pendingReplaces?.find((each) => each.requestId === requestId)
  if (asked === undefined) return order
  const orderQty = Math.max(asked.orderQty, order.cumQty)
  return withoutReplace({ ...order, orderQty, leavesQty: orderQty - order.cumQty }, requestId)
}

/** The change was refused, or never arrived: the order stands as it did. */
export const rejectReplace = (order: Order, requestId: string): Order =>
  order.pendingReplaces?.some((each) => each.requestId === requestId) === true
    ? withoutReplace(order, requestId)
    : order

const withoutReplace = ({ pendingReplaces = [], ...order }: Order, requestId: string): Order => {
  const others = pendingReplaces.filter((each) => each.requestId !== requestId)
  return standingAgain(others.length === 0 ? order : { ...order, pendingReplaces: others })
}

const standingAgain = (order: Order): Order => ({
  ...order,
  ordStatus: standing(order, order.cumQty, order.ordStatus === "PendingCancel")
})

/** The rest will not fill. An order that is filled in full or ended already stays as it is. */
export const end = (order: Order, ending: Ending): Order => {
  if (order.leavesQty === 0) return order
  const { pendingReplaces: _unanswered, ...rest } = order
  return { ...rest, leavesQty: 0, ordStatus: ending }
}

/** Throws where an order is impossible. */
export const orderInvariant = (order: Order): void => {
  const { clOrdID, orderQty, cumQty, leavesQty, ordStatus } = order
  const said = `order ${clOrdID} is ${ordStatus} with ${cumQty} of ${orderQty} filled, leaves ${leavesQty}`
  if (!(orderQty > 0 && cumQty >= 0 && leavesQty >= 0))
    throw new Error(`${said}: a quantity is out of range`)
  if (leavesQty > 0 && cumQty + leavesQty !== orderQty) throw new Error(`${said}: they must add up`)
  const ended = ordStatus === "Canceled" || ordStatus === "Rejected" || ordStatus === "Expired"
  if ((ended || ordStatus === "Filled") && leavesQty !== 0) throw new Error(`${said}: it is closed`)
  if (ordStatus === "Filled" && cumQty !== orderQty) throw new Error(`${said}: it is not full`)
  if ((ordStatus === "New" || ordStatus === "PendingNew") && cumQty !== 0) {
    throw new Error(`${said}: it has filled`)
  }
  if (new Set(order.execIDs).size !== order.execIDs.length) {
    throw new Error(`${said}: an execution counts twice`)
  }
}
