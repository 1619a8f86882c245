/** What a scripted server says of orders, in version 176 of the protocol. */
import { clientId } from "./ibDesk.ts"
import type { Visit } from "./scriptedTws.ts"

/** The order id of a placeOrder or, one field on, of a cancelOrder. */
export const orderIdOf = (message: ReadonlyArray<string>): string => message[1]!

export const status = (
  visit: Visit,
  orderId: string,
  state: string,
  filled: number,
  remaining: number,
  permId = 900
) => visit.say(3, orderId, state, filled, remaining, 0, permId, 0, 0, clientId, "", 0)

export interface Said {
  readonly orderId: string | number
  readonly execId: string
  readonly conId?: number
  readonly side?: "BOT" | "SLD"
  readonly shares?: number | string
  readonly price?: number | string
  readonly permId?: number
  readonly ref?: string
  readonly requestId?: string | number
  readonly secType?: string
  readonly client?: number
}

export const execution = (visit: Visit, said: Said) => {
  const { orderId, execId, conId = 11, side = "BOT", shares = 1, price = 4.1, permId = 900 } = said
  const { ref = "", requestId = -1, secType = "OPT", client = clientId } = said
  visit.say(
    ...[11, requestId, orderId, conId, "GOOG", secType, "20151224", 745, "C", 100, "SMART", "USD"],
    ...["GOOG  151224C00745000", "GOOG", execId, "20151224 15:31:00 UTC", "DU1", "SMART", side],
    ...[shares, price, permId, client, 0, shares, price, ref, "", 0, "", 1]
  )
}

export const commission = (visit: Visit, execId: string, amount: number | string = 0.65) =>
  visit.say(59, 1, execId, amount, "USD", "1.7976931348623157E308", "1.7976931348623157E308", "")

/** An order of ours as the server holds it: a limit order to buy one C745. */
export const openOrder = (
  visit: Visit,
  {
    orderId,
    ref,
    permId,
    quantity = 1,
    limit = 4,
    state = "Submitted"
  }: {
    readonly orderId: string
    readonly ref: string
    readonly permId: number
    readonly quantity?: number
    readonly limit?: number
    readonly state?: string
  }
) => {
  const unset = "1.7976931348623157E308"
  const none = 2_147_483_647
  visit.say(
    ...[5, orderId, 11, "GOOG", "OPT", "20151224", 745, "C", 100, "SMART", "USD", "x", "GOOG"],
    ...["BUY", quantity, "LMT", limit, 0, "DAY", "", "DU1", "", 0, ref, 7, permId, 0, 0, 0, "", ""],
    ...["", "", "", "", "", "", "", unset, "", 0, "", -1, 0, unset, unset, unset, unset, unset],
    ...[none, 0, 0, 0, none, 0, 0, 0, unset, 0, 0, unset, 0, "None", unset, 0, "", "", "", "?", 0],
    ...[0, "", 0, 0, unset, unset, unset, none, "", 0, 0, 0, none, none, unset, ""],
    ...[0, "", "IB", 0, 0, "", 0, 0, state],
    ...Array.from({ length: 9 }, () => unset),
    ...[unset, unset, unset, "", "", 0, 0, 0, "None", unset, unset, unset, unset, unset, unset, 0],
    ...["", "", "", 0, 0, 0, 0, 0, none, none, 0, none, none, unset, unset, unset]
  )
}
