/** Orders: placing, changing, canceling, previewing, and what is told of them. */
import * as answers from "../tws-wire/answers.ts"
import {
  completedOrder,
  type Margins,
  type OrderView,
  openOrder
} from "../tws-wire/orderMessages.ts"
import type { ExecutionFilter } from "../tws-wire/requests.ts"
import type { PlacedOrder } from "../tws-wire/wireOrder.ts"
import type { AccountDesk } from "./AccountDesk.ts"
import { OrderNews } from "./OrderNews.ts"
import type { Connection, Office } from "./office.ts"
import { isRefusal, type VenueOrderTerms, venueTermsOf } from "./orderTerms.ts"
import type { QuoteDesk } from "./QuoteDesk.ts"
import { dayStart, newYorkStamp } from "./stamps.ts"
import { encodeNote } from "./twsNotes.ts"
import { isWorking, type TwsExecution, type TwsOrder } from "./twsOrders.ts"
import { textOf } from "./words.ts"

export class OrderDesk {
  readonly #office: Office
  readonly #account: AccountDesk
  readonly #quotes: QuoteDesk
  readonly #news: OrderNews
  /** Placed with `transmit` off: in the workstation, not at the exchange. By client and order id. */
  readonly #held = new Map<string, { readonly connection: Connection; placed: PlacedOrder }>()

  constructor(office: Office, account: AccountDesk, quotes: QuoteDesk) {
    this.#office = office
    this.#account = account
    this.#quotes = quotes
    this.#news = new OrderNews(office, account)
  }

  place(connection: Connection, placed: PlacedOrder): void {
    const { orders, faults } = this.#office
    const { orderId } = placed
    const say = (code: number, text: string) => this.#office.tell(connection, orderId, code, text)
    if (isWhatIf(placed)) {
      this.#preview(connection, placed)
      return
    }
    const refused = faults.refusal("PlaceOrder")
    if (refused !== undefined) {
      say(refused.code, refused.text ?? textOf(refused.code, refused.code === 201 ? "refused" : ""))
      return
    }
    const known = orders.find(connection.clientId, orderId)
    if (known !== undefined && isWorking(known)) {
      this.#change(connection, known, placed)
      return
    }
    if (known !== undefined || orderId < orders.idUsed(connection.clientId) || orderId < 0) {
      say(103, textOf(103))
      return
    }
    const asked = venueTermsOf(placed, this.#office)
    if (isRefusal(asked)) {
      say(asked.code, asked.text)
      return
    }
    const key = `${connection.clientId}:${orderId}`
    if (!isTransmitted(placed)) {
      this.#held.set(key, { connection, placed })
      this.#news.tellHeld(connection, this.#heldView(connection, placed, asked), asked.orderQty)
      return
    }
    this.#held.delete(key)
    this.#submitParents(connection, placed)
    this.#submit(connection, placed, asked)
  }

  cancel(connection: Connection, orderId: number): void {
    const { orders, exchange, faults, nowMs } = this.#office
    const say = (code: number, text: string) => this.#office.tell(connection, orderId, code, text)
    const refused = faults.refusal("CancelOrder")
    if (refused !== undefined) {
      say(refused.code, refused.text ?? textOf(refused.code))
      return
    }
    const order = orders.find(connection.clientId, orderId)
    if (order === undefined) {
      if (this.#held.delete(`${connection.clientId}:${orderId}`)) say(202, textOf(202))
      else say(10147, `OrderId ${orderId} that needs to be cancelled is not found.`)
      return
    }
    if (isWorking(order) && faults.strike("cancelRace") !== undefined) {
      exchange.fillRest(order.clOrdID, nowMs())
      this.announce()
    }
    if (!isWorking(order)) {
      const state = `state: ${order.status}.`
      say(10148, `OrderId ${orderId} that needs to be cancelled can not be cancelled, ${state}`)
      return
    }
    exchange.cancel(order.clOrdID, nowMs())
    this.announce()
  }

  /** Everything that works, whoever placed it. */
  cancelAll(): void {
    const { orders, exchange, nowMs } = this.#office
    this.#held.clear()
    for (const order of [...orders.working]) exchange.cancel(order.clOrdID, nowMs())
    this.announce()
  }

  /** The venue cancels the oldest working order, unasked. */
  cancelOldest(): void {
    const { orders, exchange, nowMs } = this.#office
    const [order] = orders.working
    if (order !== undefined) exchange.cancel(order.clOrdID, nowMs())
    this.announce()
  }

  tellOpen(connection: Connection, scope: "own" | "all"): void {
    const { orders, send } = this.#office
    for (const order of orders.working) {
      if (scope === "own" && order.clientId !== connection.clientId) continue
      send(connection, openOrder(this.#news.viewOf(order), connection.version))
      send(connection, this.#news.statusOf(order))
    }
    send(connection, answers.openOrderEnd)
  }

  /** Orders of this day that have ended. All of them came by the API. */
  tellCompleted(connection: Connection): void {
    const { orders, send, nowMs } = this.#office
    const fromMs = dayStart(nowMs())
    for (const order of orders.all) {
      if (isWorking(order) || order.endedMs < fromMs) continue
      const view = this.#news.viewOf(order)
      const { version, readsProfiles } = connection
      send(connection, completedOrder({ ...view, orderId: 0 }, version, readsProfiles))
    }
    send(connection, answers.completedOrdersEnd)
  }

  /** Executions of this day, then their commissions. */
  tellExecutions(connection: Connection, reqId: number, filter: ExecutionFilter): void {
    const { orders, send, nowMs } = this.#office
    const fromMs = dayStart(nowMs())
    const told = orders.executions.filter(
      (execution) => execution.timeMs >= fromMs && this.#passes(execution, filter)
    )
    for (const execution of told) {
      send(connection, answers.execDetails(reqId, this.#news.executionOf(execution)))
      const isCharged = nowMs() >= execution.chargedFromMs
      const commission = isCharged ? this.#news.commissionOf(execution) : undefined
      if (commission !== undefined) send(connection, commission)
    }
    send(connection, answers.execDetailsEnd(reqId))
  }

  /** When an execution is corrected next, epoch ms; Infinity where none is. */
  nextCorrectionMs(): number {
    return this.#news.nextCorrectionMs()
  }

  correctDue(): void {
    this.#news.correctDue()
  }

  /** Tells what the exchange has done. */
  announce(): void {
    const events = this.#office.news()
    if (events.length === 0) return
    this.#news.tell(events)
    this.#quotes.follow()
  }

  #submit(connection: Connection, placed: PlacedOrder, asked: VenueOrderTerms): void {
    const { exchange, orders, faults, nowMs, close } = this.#office
    const permId = orders.nextPermId
    const { clientId } = connection
    const { contract, legs, orderQty, limitNetMicros, timeInForce, terms } = asked
    const { orderId, order } = placed
    for (const { instrument } of legs) this.#office.refresh(instrument)
    const request = {
      clOrdID: `tws-${permId}`,
      tradeId: "",
      ...{ legs, orderQty, limitNetMicros, timeInForce }
    }
    const note = encodeNote({ kind: "placed", clientId, orderId, permId, contract, order })
    exchange.submit(request, nowMs(), terms, note)
    if (faults.strike("dropAfterOrder") !== undefined) {
      close(connection, "the connection was dropped after an order")
    }
    this.announce()
    if (faults.strike("secondPermId") !== undefined) {
      exchange.annotate(encodeNote({ kind: "renamed", permId, to: orders.nextPermId }))
      this.announce()
    }
  }

  /** An order that leaves takes its parent, and the parent's other children, with it. */
  #submitParents(connection: Connection, { order }: PlacedOrder): void {
    const parentId = Number(order.fields.parentId)
    if (!(parentId > 0)) return
    for (const [key, { connection: owner, placed }] of [...this.#held]) {
      if (owner.clientId !== connection.clientId) continue
      const isKin = placed.orderId === parentId || Number(placed.order.fields.parentId) === parentId
      if (!isKin) continue
      this.#held.delete(key)
      const asked = venueTermsOf(placed, this.#office)
      if (!isRefusal(asked)) this.#submit(owner, placed, asked)
    }
  }

  #change(connection: Connection, known: TwsOrder, placed: PlacedOrder): void {
    const { exchange, nowMs } = this.#office
    const say = (code: number, text: string) =>
      this.#office.tell(connection, placed.orderId, code, text)
    const asked = venueTermsOf(placed, this.#office)
    if (isRefusal(asked)) {
      say(asked.code, asked.text)
      return
    }
    const isSame =
      asked.contract.conId === known.contract.conId &&
      placed.order.fields.action === known.order.fields.action
    if (!isSame) {
      say(105, "Order being modified does not match original order.")
      return
    }
    for (const { instrument } of asked.legs) this.#office.refresh(instrument)
    const { orderQty, limitNetMicros, terms } = asked
    const note = encodeNote({ kind: "replaced", permId: known.permId, order: placed.order })
    const replacement = { orderQty, limitNetMicros, terms }
    const fault = exchange.replace(known.clOrdID, replacement, nowMs(), note)
    this.announce()
    if (fault !== undefined) say(104, `Cannot modify the order: ${fault}`)
  }

  #preview(connection: Connection, placed: PlacedOrder): void {
    const { send, orders, exchange } = this.#office
    const { orderId } = placed
    const asked = venueTermsOf(placed, this.#office)
    if (isRefusal(asked)) {
      this.#office.tell(connection, orderId, asked.code, asked.text)
      return
    }
    for (const { instrument } of asked.legs) this.#office.refresh(instrument)
    if (orderId > orders.idUsed(connection.clientId)) {
      const { clientId } = connection
      exchange.annotate(encodeNote({ kind: "ids", clientId, orderId }))
      this.announce()
    }
    const { margins, commission } = this.#account.preview(asked)
    const view = this.#heldView(connection, placed, asked)
    send(connection, openOrder({ ...view, margins, commission }, connection.version))
  }

  #heldView(connection: Connection, placed: PlacedOrder, asked: VenueOrderTerms): OrderView {
    const { orderId, order } = placed
    const common = { orderId, clientId: connection.clientId, permId: 0, order }
    const none: Margins | undefined = undefined
    return {
      ...common,
      ...{ contract: asked.contract, status: "PreSubmitted", filled: 0, margins: none },
      ...{ commission: undefined, warning: "", completedTime: "", completedStatus: "" },
      parentPermId: 0
    }
  }

  #passes({ order, contract, side, timeMs }: TwsExecution, filter: ExecutionFilter): boolean {
    const told = (asked: string, known: string) => asked === "" || asked === known
    const wanted = filter.side.startsWith("B") ? "BOT" : "SLD"
    return (
      (filter.clientId === 0 || filter.clientId === order.clientId) &&
      told(filter.account, this.#office.options.account) &&
      (filter.time === "" || newYorkStamp(timeMs) >= filter.time.slice(0, 17).replace("-", " ")) &&
      told(filter.symbol.toUpperCase(), contract.symbol) &&
      told(filter.secType, contract.secType) &&
      told(filter.exchange, contract.exchange) &&
      (filter.side === "" || wanted === side)
    )
  }
}

const isOn = (field: string | undefined): boolean => field === "1" || field === "true"
const isWhatIf = ({ order }: PlacedOrder): boolean => isOn(order.fields.whatIf)
const isTransmitted = ({ order }: PlacedOrder): boolean => isOn(order.fields.transmit)
