/** Takes a client's requests to the desks that answer them. */
import * as answers from "../tws-wire/answers.ts"
import type { Request } from "../tws-wire/requests.ts"
import type { AccountDesk } from "./AccountDesk.ts"
import type { DataDesk } from "./DataDesk.ts"
import type { OrderDesk } from "./OrderDesk.ts"
import type { Connection, Office } from "./office.ts"
import type { QuoteDesk } from "./QuoteDesk.ts"
import { textOf } from "./words.ts"

export interface Desks {
  readonly quotes: QuoteDesk
  readonly account: AccountDesk
  readonly orders: OrderDesk
  readonly data: DataDesk
}

/** Farms whose state a client is told when it starts. */
const farms = [
  { code: 2104, farm: "usfarm" },
  { code: 2104, farm: "usopt" },
  { code: 2106, farm: "ushmds" },
  { code: 2158, farm: "secdefnj" }
]
/** Summaries that one client may follow at a time. */
const summariesMax = 2

export class Reception {
  readonly #office: Office
  readonly #desks: Desks

  constructor(office: Office, desks: Desks) {
    this.#office = office
    this.#desks = desks
  }

  take(from: Connection, request: Request): void {
    if (request._tag === "StartApi") {
      this.#start(from, request.clientId)
      return
    }
    // Nothing is answered before a client has started.
    if (from.phase !== "started") return
    if (this.#office.faults.isLost && !this.#isLocal(request)) {
      this.#office.tell(from, "reqId" in request ? request.reqId : -1, 504, "Not connected")
      return
    }
    this.#answer(from, request)
  }

  /** What the gateway itself knows while it has lost IB. */
  #isLocal({ _tag }: Request): boolean {
    return (
      _tag === "CurrentTime" ||
      _tag === "ManagedAccounts" ||
      _tag === "Ids" ||
      _tag === "Ignored" ||
      _tag.startsWith("Cancel")
    )
  }

  #start(from: Connection, clientId: number): void {
    const { faults, options, orders, send, tell, close, clientOf } = this.#office
    if (from.phase === "started") return
    const refused = faults.refusal("StartApi")
    if (refused !== undefined || clientOf(clientId) !== undefined) {
      tell(from, -1, 326, refused?.text ?? textOf(326))
      close(from, `client id ${clientId} is in use`)
      return
    }
    from.phase = "started"
    from.clientId = clientId
    const rolledBack = faults.strike("idRollback")?.by ?? 0
    send(from, answers.managedAccounts([options.account]))
    send(from, answers.nextValidId(Math.max(1, orders.idUsed(clientId) + 1 - rolledBack)))
    for (const { code, farm } of farms) tell(from, -1, code, `${textOf(code)}${farm}`)
    if (faults.isLost) tell(from, -1, 1100, textOf(1100))
  }

  #answer(from: Connection, request: Exclude<Request, { _tag: "StartApi" }>): void {
    const { quotes, account, orders, data } = this.#desks
    const { send, tell, options, nowMs } = this.#office
    switch (request._tag) {
      case "CurrentTime":
        send(from, answers.currentTime(Math.floor(nowMs() / 1_000)))
        return
      case "Ids":
        send(from, answers.nextValidId(this.#office.orders.idUsed(from.clientId) + 1))
        return
      case "ManagedAccounts":
        send(from, answers.managedAccounts([options.account]))
        return
      case "MarketDataType":
        from.marketDataType = request.type
        return
      case "ContractDetails":
        data.tellDetails(from, request.reqId, request.contract)
        return
      case "OptionParameters":
        data.tellChain(from, request)
        return
      case "MarketData":
        quotes.subscribe(from, request)
        return
      case "CancelMarketData":
        quotes.unsubscribe(from, request.reqId)
        return
      case "PlaceOrder":
        orders.place(from, request)
        return
      case "CancelOrder":
        orders.cancel(from, request.orderId)
        return
      case "GlobalCancel":
        orders.cancelAll()
        return
      case "OpenOrders":
        orders.tellOpen(from, "own")
        return
      case "AllOpenOrders":
        orders.tellOpen(from, "all")
        return
      case "AutoOpenOrders":
        if (from.clientId !== 0) tell(from, -1, 321, textOf(321, "only client 0 may bind orders"))
        return
      case "CompletedOrders":
        orders.tellCompleted(from)
        return
      case "Executions":
        orders.tellExecutions(from, request.reqId, request.filter)
        return
      case "History":
        data.tellBars(from, request.reqId, request.request)
        return
      case "CancelHistory":
        if (!from.histories.delete(request.reqId)) {
          tell(
            from,
            request.reqId,
            366,
            `No historical data query found for ticker id:${request.reqId}`
          )
        }
        return
      case "HeadTimestamp":
        data.tellHeadTimestamp(from, request)
        return
      case "MatchingSymbols":
        data.tellSamples(from, request.reqId, request.pattern)
        return
      case "MarketRule":
        data.tellRule(from, request.ruleId)
        return
      case "SmartComponents":
        send(from, answers.smartComponents(request.reqId))
        return
      case "FamilyCodes":
        send(from, answers.familyCodes(options.account))
        return
      case "UserInfo":
        send(from, answers.userInfo(request.reqId))
        return
      case "Ignored":
        return
      case "NotServed":
        tell(
          from,
          request.reqId,
          321,
          textOf(321, `message ${request.messageId} is not served here`)
        )
        return
      default:
        this.#answerAccount(from, request, account)
    }
  }

  #answerAccount(from: Connection, request: AccountRequest, desk: AccountDesk): void {
    if ("account" in request && !this.#isAccount(request.account)) {
      const id = "reqId" in request ? request.reqId : -1
      this.#office.tell(from, id, 321, textOf(321, `Invalid account code '${request.account}'.`))
      return
    }
    switch (request._tag) {
      case "Positions":
        desk.tellPositions(from)
        return
      case "CancelPositions":
        from.seesPositions = false
        return
      case "PositionsMulti":
        desk.tellPositionsMulti(from, request.reqId)
        return
      case "CancelPositionsMulti":
        from.positionsMulti.delete(request.reqId)
        return
      case "AccountUpdates":
        if (request.subscribe) desk.tellAccount(from)
        else from.seesAccount = false
        return
      case "AccountSummary":
        if (from.summaries.size >= summariesMax && !from.summaries.has(request.reqId)) {
          const why = "Maximum number of account summary requests exceeded"
          this.#office.tell(from, request.reqId, 322, textOf(322, why))
          return
        }
        desk.tellSummary(from, request.reqId, request.tags)
        return
      case "CancelAccountSummary":
        from.summaries.delete(request.reqId)
        return
      case "AccountUpdatesMulti":
        desk.tellMulti(from, request.reqId, request.model, request.ledgerAndNlv)
        return
      case "CancelAccountUpdatesMulti":
        from.accountMulti.delete(request.reqId)
        return
      case "Pnl":
        from.pnls.add(request.reqId)
        desk.tellPnl(from, request.reqId)
        return
      case "CancelPnl":
        from.pnls.delete(request.reqId)
        return
      case "PnlSingle":
        from.pnlSingles.set(request.reqId, request.conId)
        desk.tellPnlSingle(from, request.reqId, request.conId)
        return
      case "CancelPnlSingle":
        from.pnlSingles.delete(request.reqId)
    }
  }

  #isAccount(asked: string): boolean {
    return asked === "" || asked === "All" || asked === this.#office.options.account
  }
}

type AccountTag =
  | "Positions"
  | "CancelPositions"
  | "PositionsMulti"
  | "CancelPositionsMulti"
  | "AccountUpdates"
  | "AccountSummary"
  | "CancelAccountSummary"
  | "AccountUpdatesMulti"
  | "CancelAccountUpdatesMulti"
  | "Pnl"
  | "CancelPnl"
  | "PnlSingle"
  | "CancelPnlSingle"
type AccountRequest = Extract<Request, { _tag: AccountTag }>
