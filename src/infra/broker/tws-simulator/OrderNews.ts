/** What clients are told of their orders unasked, with the quirks that faults ask for. */
import { microsPerUsd } from "../../../domain/market/price.ts"
import * as answers from "../tws-wire/answers.ts"
import { type OrderView, openOrder } from "../tws-wire/orderMessages.ts"
import type { AccountDesk } from "./AccountDesk.ts"
import type { Connection, Office } from "./office.ts"
import { newYorkStamp, zone } from "./stamps.ts"
import { encodeNote } from "./twsNotes.ts"
import type { OrderEvent, TwsExecution, TwsOrder } from "./twsOrders.ts"
import { textOf } from "./words.ts"

export class OrderNews {
  readonly #office: Office
  readonly #account: AccountDesk
  #corrections: ReadonlyArray<{
    readonly execId: string
    readonly priceMicros: number
    readonly dueMs: number
  }> = []

  constructor(office: Office, account: AccountDesk) {
    this.#office = office
    this.#account = account
  }

  tell(events: ReadonlyArray<OrderEvent>): void {
    // What happens while IB is away is not told afterwards either: it has to be asked for.
    if (this.#office.faults.isLost) return
    let moved = false
    const acknowledged = new Set<TwsOrder>()
    for (const [at, event] of events.entries()) {
      if (event._tag === "Settled") {
        moved = true
        continue
      }
      const order = event._tag === "Corrected" ? event.execution.order : event.order
      const owner = this.#office.clientOf(order.clientId)
      if (event._tag === "Filled" || event._tag === "Corrected") moved = true
      if (owner === undefined) continue
      switch (event._tag) {
        case "Acknowledged": {
          const next = events.slice(at + 1).find((each) => each._tag === "Filled")
          const isOvertaken =
            next !== undefined && this.#office.faults.strike("executionFirst") !== undefined
          if (isOvertaken) acknowledged.add(order)
          else this.#tellAcknowledged(owner, order)
          break
        }
        case "Filled":
          this.#tellFilled(owner, order, event.executions)
          if (acknowledged.delete(order)) this.#tellStanding(owner, order, 2)
          break
        case "Ended":
          this.#tellEnded(owner, order, event.how, event.why)
          break
        case "Replaced":
        case "Renamed":
          this.#tellStanding(owner, order, 1)
          break
        case "Corrected":
          this.#tellExecution(owner, event.execution, 0)
          this.#tellCommissions(owner, [event.execution], 0)
      }
    }
    if (moved) this.#account.pushAll(events)
  }

  /** An order that waits in the workstation to be transmitted. */
  tellHeld(connection: Connection, view: OrderView, quantity: number): void {
    const { send } = this.#office
    const { orderId, status, permId, clientId } = view
    const none = { filled: 0, remaining: quantity, averageFillPrice: 0, lastFillPrice: 0 }
    const told = { orderId, status, permId, clientId, parentId: 0, whyHeld: "" }
    send(connection, openOrder(view, connection.version))
    send(connection, answers.orderStatus({ ...told, ...none }))
  }

  viewOf(order: TwsOrder): OrderView {
    const { options } = this.#office
    const isOver = order.endedMs > 0
    const { orderId, clientId, permId, contract, status, filled } = order
    const fields = { ...order.order.fields, account: options.account }
    return {
      ...{ orderId, clientId, permId, contract, status, filled, margins: undefined },
      order: { ...order.order, fields },
      commission: isOver && filled > 0 ? Number(order.commissionMicros) / microsPerUsd : undefined,
      warning: "",
      completedTime: isOver ? `${newYorkStamp(order.endedMs)} ${zone}` : "",
      completedStatus: isOver ? endingOf(order) : "",
      parentPermId: 0
    }
  }

  statusOf(order: TwsOrder, status: string = order.status): answers.Message {
    const { orderId, filled, permId, clientId } = order
    // The first state is told before anything filled, even where a fill came with it.
    const early = status === "PreSubmitted" || (status === "Submitted" && order.status === "Filled")
    return answers.orderStatus({
      ...{ orderId, status, permId, clientId, whyHeld: "" },
      filled: early ? 0 : filled,
      remaining: early ? order.quantity : order.quantity - filled,
      averageFillPrice: early ? 0 : order.averagePrice,
      lastFillPrice: early ? 0 : order.lastPrice,
      parentId: Number(order.order.fields.parentId) || 0
    })
  }

  executionOf(execution: TwsExecution): answers.ExecutionView {
    const { order, contract, execId, side, shares, price, cumQty, averagePrice } = execution
    const { orderId, permId, clientId } = order
    return {
      ...{ orderId, permId, clientId, contract, execId, side, shares, price, cumQty, averagePrice },
      time: `${newYorkStamp(execution.timeMs)} ${zone}`,
      account: this.#office.options.account,
      exchange: contract.exchange === "SMART" ? "CBOE" : contract.exchange,
      orderRef: order.order.fields.orderRef ?? ""
    }
  }

  /** Undefined for a combination as a whole. */
  commissionOf(execution: TwsExecution): answers.Message | undefined {
    const { execId, commissionMicros, realizedMicros } = execution
    if (commissionMicros === undefined) return undefined
    const realized = realizedMicros === undefined ? undefined : usd(realizedMicros)
    return answers.commissionReport(execId, usd(commissionMicros), realized)
  }

  #tellAcknowledged(owner: Connection, order: TwsOrder): void {
    const { latencyMs } = this.#office.options
    const first = {
      ...this.viewOf(order),
      status: "PreSubmitted",
      filled: 0,
      commission: undefined
    }
    this.#office.send(owner, openOrder(first, owner.version), latencyMs)
    this.#tellStatus(owner, this.statusOf(order, "PreSubmitted"), latencyMs)
    const then = { ...first, status: "Submitted" }
    this.#office.send(owner, openOrder(then, owner.version), latencyMs)
    this.#tellStatus(owner, this.#submitted(order), latencyMs)
  }

  #submitted(order: TwsOrder): answers.Message {
    const { orderId, permId, clientId, quantity } = order
    const none = { filled: 0, remaining: quantity, averageFillPrice: 0, lastFillPrice: 0 }
    const parentId = Number(order.order.fields.parentId) || 0
    const status = "Submitted"
    return answers.orderStatus({
      ...{ orderId, status, permId, clientId, parentId, whyHeld: "" },
      ...none
    })
  }

  #tellFilled(owner: Connection, order: TwsOrder, executions: ReadonlyArray<TwsExecution>): void {
    const { faults, options, send } = this.#office
    const afterMs = 2 * options.latencyMs
    for (const execution of executions) this.#tellExecution(owner, execution, afterMs)
    send(owner, openOrder(this.viewOf(order), owner.version), afterMs)
    const late = faults.strike("orderStatus", ({ how }) => how === "late")
    this.#tellStatus(owner, this.statusOf(order), late === undefined ? afterMs : afterMs + lateMs)
    const lateBy = faults.strike("lateCommission")?.byMs ?? 0
    const chargedFromMs = lateBy === 0 ? 0 : this.#office.nowMs() + afterMs + lateBy
    for (const execution of executions) execution.chargedFromMs = chargedFromMs
    this.#tellCommissions(owner, executions, afterMs)
    const corrected = executions.find(({ instrument }) => instrument >= 0)
    if (corrected === undefined) return
    const correction = faults.strike("correction")
    if (correction === undefined) return
    const execId = nextRevision(corrected.execId)
    const priceMicros = Math.round((corrected.price + correction.byUsd) * microsPerUsd)
    const dueMs = this.#office.nowMs() + (correction.delayMs ?? 0)
    this.#corrections = [...this.#corrections, { execId, priceMicros, dueMs }]
    this.correctDue()
  }

  /** When the next correction comes, epoch ms; Infinity where none does. */
  nextCorrectionMs(): number {
    return Math.min(Number.POSITIVE_INFINITY, ...this.#corrections.map(({ dueMs }) => dueMs))
  }

  /** Corrects what is due by now. A correction that was to come is forgotten with the process. */
  correctDue(): void {
    const nowMs = this.#office.nowMs()
    const due = this.#corrections.filter(({ dueMs }) => dueMs <= nowMs)
    this.#corrections = this.#corrections.filter(({ dueMs }) => dueMs > nowMs)
    for (const { execId, priceMicros } of due) {
      this.#office.exchange.annotate(encodeNote({ kind: "corrected", execId, priceMicros }))
      this.tell(this.#office.news())
    }
  }

  /** The order as it stands now. */
  #tellStanding(owner: Connection, order: TwsOrder, latencies: number): void {
    const afterMs = latencies * this.#office.options.latencyMs
    this.#office.send(owner, openOrder(this.viewOf(order), owner.version), afterMs)
    this.#tellStatus(owner, this.statusOf(order), afterMs)
  }

  #tellExecution(owner: Connection, execution: TwsExecution, afterMs: number): void {
    this.#office.send(owner, answers.execDetails(-1, this.executionOf(execution)), afterMs)
  }

  #tellCommissions(
    owner: Connection,
    executions: ReadonlyArray<TwsExecution>,
    afterMs: number
  ): void {
    for (const execution of executions) {
      const commission = this.commissionOf(execution)
      const lateByMs = execution.chargedFromMs - this.#office.nowMs()
      if (commission !== undefined)
        this.#office.send(owner, commission, Math.max(afterMs, lateByMs))
    }
  }

  #tellEnded(owner: Connection, order: TwsOrder, how: string, why: string): void {
    const { latencyMs } = this.#office.options
    if (how === "Rejected") {
      this.#office.tell(owner, order.orderId, 201, textOf(201, why), latencyMs)
      this.#tellStanding(owner, order, 1)
      return
    }
    this.#tellStatus(owner, this.statusOf(order), latencyMs)
    const reason = how === "Expired" ? why : ""
    this.#office.tell(owner, order.orderId, 202, textOf(202, reason), latencyMs)
  }

  #tellStatus(owner: Connection, status: answers.Message, afterMs: number): void {
    const { faults, send } = this.#office
    if (faults.strike("orderStatus", ({ how }) => how === "skip") !== undefined) return
    send(owner, status, afterMs)
    if (faults.strike("orderStatus", ({ how }) => how === "repeat") === undefined) return
    send(owner, status, afterMs)
    send(owner, status, afterMs)
  }
}

/** How long a status that comes late is late. */
const lateMs = 2_000

const usd = (micros: bigint): number => Number(micros) / microsPerUsd

const endingOf = ({ status, ending }: TwsOrder): string => {
  if (status === "Filled") return ending
  return status === "Inactive" ? `Rejected: ${ending}` : `Cancelled by Trader`
}

const nextRevision = (execId: string): string => {
  const at = execId.lastIndexOf(".") + 1
  const revision = String(Number(execId.slice(at)) + 1)
  return `${execId.slice(0, at)}${revision.padStart(2, "0")}`
}
