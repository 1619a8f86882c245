/**
 * Turns what the server says of orders into words. It believes executions and orders only by what names them: our
 * reference, a permId that we know, or our own client id with our own order id; everything else is not ours.
 */
import {
  type CommissionReport,
  type Contract,
  type ErrorCode,
  EventName,
  type Execution,
  type Order,
  type OrderState
} from "@stoqey/ib"
import { tradingDay } from "../../../domain/market/calendar.ts"
import { formatDays } from "../../../domain/market/civilDate.ts"
import { newYorkTimeOf } from "../../../domain/market/newYorkTime.ts"
import { bag, type IbContracts } from "./ibContracts.ts"
import { IbWireCorrupt } from "./ibFaults.ts"
import { epochMsOfIbTime, microsOfUsd, quantityOf } from "./ibNumbers.ts"
import { type IbOrder, unitSize, unitsHeard } from "./ibOrder.ts"
import type { IbOrders } from "./ibOrders.ts"
import type { IbWire } from "./ibWire.ts"
import type { IbWord } from "./ibWords.ts"

export interface IbHearingParts {
  readonly orders: IbOrders
  readonly contracts: IbContracts
  readonly clientId: number
  /** The account that we trade on; "" before it is known. */
  readonly account: () => string
  readonly nowMs: () => number
  readonly record: (word: IbWord) => void
}

/** Order messages that are no end of it: warnings, and 202, which its status tells as well. */
const warnings = new Set([399, 404, 2109, 10349])
const cancelRefusals = new Set([161, 10147, 10148])
const modifyRefusals = new Set([103, 104, 105, 110, 135, 201, 321, 10149])
/** Our order id was used before: the server did not take the order. */
const duplicateOrderId = 103

export class IbHearing {
  readonly #parts: IbHearingParts
  /** Units that a status counts as filled, by clOrdID: more than we heard of means that we missed some. */
  readonly #counted = new Map<string, number>()

  constructor(parts: IbHearingParts) {
    this.#parts = parts
  }

  attach(wire: IbWire): void {
    wire.on(
      EventName.openOrder,
      (id: number, contract: Contract, order: Order, state: OrderState) =>
        this.#openOrder(id, contract, order, state)
    )
    wire.on(
      EventName.orderStatus,
      (
        id: number,
        status: string,
        filled: number,
        _remaining: number,
        _price: number,
        permId: number,
        _parent: number,
        _last: number,
        clientId: number
      ) => this.#status({ id, status, filled, permId, clientId })
    )
    wire.on(EventName.execDetails, (_id: number, contract: Contract, execution: Execution) =>
      this.#execution(wire, contract, execution)
    )
    wire.on(EventName.commissionReport, (report: CommissionReport) => this.#commission(report))
    wire.on(EventName.completedOrder, (_contract: Contract, order: Order, state: OrderState) =>
      this.#completed(order, state)
    )
    wire.on(EventName.error, (error: Error, code: ErrorCode, id: number) =>
      this.#orderError(id, code, error.message)
    )
  }

  /** Orders of which the broker counts more units than we heard executions of. */
  get missing(): ReadonlyArray<IbOrder> {
    return [...this.#counted].flatMap(([clOrdID, units]) => {
      const order = this.#parts.orders.orders.get(clOrdID)
      return order !== undefined && unitsHeard(order) + order.takenBack < units ? [order] : []
    })
  }

  #find(
    ref: string | undefined,
    permId: number | undefined,
    own: { readonly clientId: number | undefined; readonly orderId: number | undefined }
  ): IbOrder | undefined {
    const { orders, clientId } = this.#parts
    const byRef = ref === undefined || ref === "" ? undefined : orders.orders.get(ref)
    if (byRef !== undefined) return byRef
    const byPermId = orders.ids.byPermId(permId)
    if (byPermId !== undefined) return byPermId
    // An order with a reference of its own is somebody else's, whatever its number.
    const isOwn = own.clientId === clientId && (ref === undefined || ref === "")
    return isOwn && own.orderId !== undefined ? orders.ids.byOrderId(own.orderId) : undefined
  }

  #openOrder(orderId: number, contract: Contract, order: Order, state: OrderState): void {
    if (order.whatIf === true || !this.#isOurAccount(order.account)) return
    const found = this.#find(order.orderRef, order.permId, { clientId: order.clientId, orderId })
    if (found !== undefined) this.#changed(found, order)
    if (!isAlive(state.status)) return
    if (found === undefined) {
      this.#foreignOrder(contract, order)
      return
    }
    this.#acknowledge(found.request.clOrdID, order.permId)
  }

  /** Changes that the server's order shows: it answers them in no other way. */
  #changed(found: IbOrder, order: Order): void {
    const { clOrdID } = found.request
    const limitMicros = Math.abs(microsOfUsd(order.lmtPrice) ?? Number.NaN)
    const { nowMs, record } = this.#parts
    for (const { clOrdID: requestId, orderQty, limitNetMicros } of found.life.pendingReplaces) {
      const isAsked = order.totalQuantity === orderQty * unitSize(found)
      if (!isAsked || limitMicros !== Math.abs(limitNetMicros)) continue
      record({ _tag: "Replaced", clOrdID, requestId, atMs: nowMs() })
    }
  }

  #foreignOrder(contract: Contract, order: Order): void {
    const { contracts, nowMs, record } = this.#parts
    const instrument = contracts.instrumentOf(contract.conId)
    const atMs = nowMs()
    const { action, totalQuantity, lmtPrice, permId = 0 } = order
    const ref = order.orderRef === undefined || order.orderRef === "" ? "none" : order.orderRef
    record({
      _tag: "Differs",
      difference: {
        differenceId: `open order ${permId}`,
        what: `open order ${permId} (reference ${ref})`,
        expected: "none",
        found: `${action} ${totalQuantity} ${contract.localSymbol || contract.symbol} at ${lmtPrice}`,
        instruments: instrument >= 0 ? [instrument] : [],
        transactTimeMs: atMs
      },
      moves: [],
      atMs
    })
  }

  #status(status: {
    readonly id: number
    readonly status: string
    readonly filled: number | undefined
    readonly permId: number
    readonly clientId: number
  }): void {
    const own = { clientId: status.clientId, orderId: status.id }
    const order = this.#find(undefined, status.permId, own)
    if (order === undefined) return
    const { clOrdID } = order.request
    const filled = Math.floor((status.filled ?? 0) / unitSize(order))
    if (filled > 0) {
      this.#counted.set(clOrdID, Math.max(this.#counted.get(clOrdID) ?? 0, filled))
    }
    if (isAlive(status.status) || status.status === "Filled") {
      this.#acknowledge(clOrdID, status.permId)
    } else if (isCanceled(status.status)) {
      this.#ended(order, filled, "")
    }
  }

  #ended(order: IbOrder, venueCumQty: number, text: string): void {
    const { nowMs, record } = this.#parts
    const atMs = nowMs()
    const { clOrdID, timeInForce } = order.request
    const isAsked = order.life.pendingCancels.length > 0
    const isExpired = !isAsked && timeInForce === "Day" && isAfterClose(atMs)
    record({
      _tag: "Ended",
      clOrdID,
      as: isExpired ? "Expired" : "Canceled",
      venueCumQty,
      text: text || (isAsked ? "canceled by request" : isExpired ? "end of day" : reasonOf(order)),
      atMs
    })
  }

  #completed(order: Order, state: OrderState): void {
    if (!this.#isOurAccount(order.account)) return
    const found = this.#find(order.orderRef, order.permId, {
      clientId: undefined,
      orderId: undefined
    })
    if (found === undefined) return
    this.#changed(found, order)
    const { clOrdID } = found.request
    const units = Math.floor((order.filledQuantity ?? 0) / unitSize(found))
    if (units > 0) this.#counted.set(clOrdID, Math.max(this.#counted.get(clOrdID) ?? 0, units))
    const text = state.completedStatus ?? ""
    if (state.status === "Inactive" && !found.life.acknowledged) {
      this.#rejected(clOrdID, text || "inactive")
    } else {
      this.#acknowledge(clOrdID, order.permId)
      if (isCanceled(state.status ?? "") || state.status === "Inactive") {
        this.#ended(found, units, text)
      }
    }
  }

  #rejected(clOrdID: string, text: string): void {
    const { nowMs, record } = this.#parts
    record({ _tag: "Ended", clOrdID, as: "Rejected", venueCumQty: 0, text, atMs: nowMs() })
  }

  #acknowledge(clOrdID: string, permId: number | undefined): void {
    const { nowMs, record } = this.#parts
    record({ _tag: "Acknowledged", clOrdID, permId: permId ?? 0, atMs: nowMs() })
  }

  #execution(wire: IbWire, contract: Contract, execution: Execution): void {
    if (!this.#isOurAccount(execution.acctNumber)) return
    const { contracts, nowMs, record } = this.#parts
    const { execId, orderRef, permId, clientId, orderId } = execution
    const order = this.#find(orderRef, permId, { clientId, orderId })
    // The combination's own execution repeats what its legs say.
    if (contract.secType === bag) {
      if (order !== undefined) this.#acknowledge(order.request.clOrdID, permId)
      return
    }
    const quantity = quantityOf(execution.shares)
    const priceMicros = microsOfUsd(execution.price)
    // A leg of a combination may be worth nothing; nobody sells a single contract for that.
    const priceMicrosMin = (order?.request.legs.length ?? 1) > 1 ? 0 : 1
    const side = execution.side === "BOT" ? "Buy" : execution.side === "SLD" ? "Sell" : undefined
    const isPriced = priceMicros !== undefined && priceMicros >= priceMicrosMin
    const isWhole = quantity !== undefined && isPriced && side !== undefined
    if (!isWhole || execId === undefined || execId === "") {
      const said = `${execution.side} ${execution.shares} at ${execution.price}`
      const why = `execution "${execId}" is ${said}`
      wire.close(new IbWireCorrupt({ place: wire.place, why }))
      return
    }
    const atMs = nowMs()
    record({
      _tag: "Executed",
      clOrdID: order?.request.clOrdID ?? "",
      execId,
      permId: permId ?? 0,
      instrument: contracts.instrumentOf(contract.conId),
      symbol: contract.localSymbol || contract.symbol || "",
      side,
      quantity,
      priceMicros,
      timeMs: epochMsOfIbTime(execution.time) ?? atMs,
      atMs
    })
  }

  #commission({ execId, commission }: CommissionReport): void {
    const micros = microsOfUsd(commission)
    if (execId === undefined || micros === undefined) return
    const { nowMs, record } = this.#parts
    record({ _tag: "Charged", execId, commissionMicros: BigInt(micros), atMs: nowMs() })
  }

  #orderError(id: number, code: number, text: string): void {
    const { orders, nowMs, record } = this.#parts
    const order = orders.ids.byOrderId(id)
    if (order === undefined || warnings.has(code) || (code >= 2100 && code < 2200)) return
    const { clOrdID } = order.request
    const atMs = nowMs()
    const reason = `${code}: ${text}`
    const [replace] = order.life.pendingReplaces
    if (cancelRefusals.has(code)) {
      record({ _tag: "CancelRefused", clOrdID, reason, atMs })
    } else if (replace !== undefined && modifyRefusals.has(code)) {
      record({ _tag: "ReplaceRefused", clOrdID, requestId: replace.clOrdID, reason, atMs })
    } else if (code === 202) {
      // Its status comes too, or came, with what had filled; where it is lost this is all.
      if (order.life.cumQty === 0 && unitsHeard(order) === 0) this.#ended(order, 0, "")
    } else if (code === duplicateOrderId && !order.life.acknowledged) {
      record({ _tag: "NotSent", clOrdID, why: reason, atMs })
    } else if (!order.life.acknowledged || code === 201) {
      record({ _tag: "Ended", clOrdID, as: "Rejected", venueCumQty: 0, text: reason, atMs })
    }
  }

  #isOurAccount(account: string | undefined): boolean {
    const ours = this.#parts.account()
    return account === undefined || account === "" || ours === "" || account === ours
  }
}

const isAlive = (status: string | undefined): boolean =>
  status === "Submitted" || status === "PreSubmitted" || status === "PendingCancel"

const isCanceled = (status: string): boolean => status === "Cancelled" || status === "ApiCancelled"

const reasonOf = ({ request }: IbOrder): string =>
  request.timeInForce === "ImmediateOrCancel" ? "immediate or cancel" : "canceled by the broker"

const isAfterClose = (nowMs: number): boolean => {
  const day = tradingDay(formatDays(newYorkTimeOf(nowMs).date))
  return day === undefined || nowMs >= day.closeMs
}
