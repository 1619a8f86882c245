/**
 * How an order stands and why a report came, in FIX's words, and which of several standings counts.
 *
 * Source: FIX 4.4, volume 4, appendix D, "order state changes": OrdStatus precedence and the matrices A to F.
 */
import { Schema } from "effect"

export const OrdStatus = Schema.Literals([
  "PendingNew",
  "New",
  "PartiallyFilled",
  "Filled",
  "PendingCancel",
  "PendingReplace",
  "DoneForDay",
  "Canceled",
  "Rejected",
  "Expired"
])
export type OrdStatus = typeof OrdStatus.Type

/** `TradeCorrect` replaces an execution, `TradeCancel` busts it; `Restated` is a change that nobody here asked for. */
export const ExecType = Schema.Literals([
  "PendingNew",
  "New",
  "Trade",
  "TradeCorrect",
  "TradeCancel",
  "PendingCancel",
  "PendingReplace",
  "Replaced",
  "Restated",
  "DoneForDay",
  "Canceled",
  "Rejected",
  "Expired"
])
export type ExecType = typeof ExecType.Type

/** What ends an order besides its last fill. */
export type OrderEnd = "Canceled" | "Rejected" | "Expired" | "DoneForDay"

/** What an order's standing follows from. */
export interface Standing {
  readonly orderQty: number
  readonly cumQty: number
  readonly acknowledged: boolean
  readonly pendingCancel: boolean
  readonly pendingReplace: boolean
  readonly ended: OrderEnd | undefined
}

/**
 * The standing that counts: a request under way outranks done for the day, that a full fill, that an end, that a part
 * fill, and that New. FIX ranks: 11 pending cancel, 10 pending replace, 9 done for day, 7 filled, 4 canceled or expired,
 * 3 partially filled, 2 new, rejected, pending new.
 */
export const ordStatusOf = (standing: Standing): OrdStatus => {
  const { orderQty, cumQty, acknowledged, pendingCancel, pendingReplace, ended } = standing
  if (pendingCancel) return "PendingCancel"
  if (pendingReplace) return "PendingReplace"
  if (ended === "DoneForDay") return ended
  if (cumQty >= orderQty) return "Filled"
  if (ended !== undefined) return ended
  if (cumQty > 0) return "PartiallyFilled"
  return acknowledged ? "New" : "PendingNew"
}

/** What may still fill: nothing once it ended. A request under way changes nothing of it. */
export const leavesQtyOf = ({ orderQty, cumQty, ended }: Standing): number =>
  ended === undefined ? Math.max(0, orderQty - cumQty) : 0
