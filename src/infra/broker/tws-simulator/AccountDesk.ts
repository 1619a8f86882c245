/** The account: positions, values, summary, profit and loss, and what an order would do to the margins. */
import { microsPerUsd } from "../../../domain/market/price.ts"
import { charge, emptyTally } from "../../../domain/trading/commission.ts"
import { signOf } from "../../../domain/trading/netPrice.ts"
import { chargeablesOf } from "../simulated/market.ts"
import * as answers from "../tws-wire/answers.ts"
import type { Margins } from "../tws-wire/orderMessages.ts"
import { type AccountState, accountValues, ledgerValues, summaryValues } from "./accountValues.ts"
import type { Holding } from "./holdingsLedger.ts"
import { initialMove, maintenanceMove, marginOf, multiplierOf } from "./margin.ts"
import type { Connection, Office } from "./office.ts"
import type { VenueOrderTerms } from "./orderTerms.ts"
import { newYorkMinute } from "./stamps.ts"
import type { OrderEvent } from "./twsOrders.ts"

interface Valued {
  readonly holding: Holding
  /** USD per share; value and cost in USD of the whole. */
  readonly price: number
  readonly value: number
  readonly cost: number
}

const cents = (value: number): number => Math.round(value * 100) / 100
const usd = (micros: bigint): number => Number(micros) / microsPerUsd

export class AccountDesk {
  readonly #office: Office
  /** Net liquidation where the day began: what daily profit is counted from. */
  #dayStartValue: number | undefined

  constructor(office: Office) {
    this.#office = office
  }

  tellPositions(connection: Connection): void {
    const { orders, send } = this.#office
    connection.seesPositions = true
    for (const holding of orders.holdings.open()) {
      send(connection, answers.position(this.#holdingView(holding)))
    }
    send(connection, answers.positionEnd)
  }

  tellPositionsMulti(connection: Connection, reqId: number): void {
    const { orders, send } = this.#office
    connection.positionsMulti.add(reqId)
    for (const holding of orders.holdings.open()) {
      send(connection, answers.positionMulti(reqId, this.#holdingView(holding)))
    }
    send(connection, answers.positionMultiEnd(reqId))
  }

  /** The whole account, as after reqAccountUpdates. */
  tellAccount(connection: Connection): void {
    connection.seesAccount = true
    this.#pushAccount(connection, this.#office.orders.holdings.open())
    const { account } = this.#office.options
    this.#office.send(connection, answers.accountDownloadEnd(account))
  }

  tellSummary(connection: Connection, reqId: number, tags: ReadonlyArray<string>): void {
    connection.summaries.set(reqId, tags)
    this.#pushSummary(connection, reqId, tags)
    this.#office.send(connection, answers.accountSummaryEnd(reqId))
  }

  tellMulti(connection: Connection, reqId: number, model: string, ledger: boolean): void {
    connection.accountMulti.set(reqId, { model, ledger })
    this.#pushMulti(connection, reqId, model, ledger)
    this.#office.send(connection, answers.accountUpdateMultiEnd(reqId))
  }

  tellPnl(connection: Connection, reqId: number): void {
    const { daily, unrealized, realized } = this.#profit()
    this.#office.send(connection, answers.pnl(reqId, daily, unrealized, realized))
  }

  tellPnlSingle(connection: Connection, reqId: number, conId: number): void {
    const listed = this.#office.contracts.byConId(conId)
    if (listed === undefined) return
    const holding = this.#office.orders.holdings.of(listed.instrument.id)
    const { value, cost } = this.#valued(holding)
    const [unrealized, realized] = [cents(value - cost), cents(usd(holding.realizedMicros))]
    const { send } = this.#office
    const daily = cents(unrealized + realized)
    const { quantity } = holding
    send(connection, answers.pnlSingle(reqId, quantity, daily, unrealized, realized, value))
  }

  /** Profit and loss to whoever follows it. */
  pushProfit(): void {
    for (const connection of this.#office.connections()) {
      for (const reqId of connection.pnls) this.tellPnl(connection, reqId)
      for (const [reqId, conId] of connection.pnlSingles) {
        this.tellPnlSingle(connection, reqId, conId)
      }
    }
  }

  /** Whether anybody follows profit and loss. */
  get isFollowed(): boolean {
    for (const { pnls, pnlSingles } of this.#office.connections()) {
      if (pnls.size + pnlSingles.size > 0) return true
    }
    return false
  }

  /** After positions moved. */
  pushAll(events: ReadonlyArray<OrderEvent>): void {
    const { orders, options, send } = this.#office
    const moved = new Set<number>()
    for (const event of events) {
      if (event._tag === "Filled") {
        for (const { instrument } of event.executions) if (instrument >= 0) moved.add(instrument)
      } else {
        for (const { instrument } of orders.holdings.all()) moved.add(instrument)
      }
    }
    const holdings = [...moved].map((instrument) => orders.holdings.of(instrument))
    const afterMs = 2 * options.latencyMs
    for (const connection of this.#office.connections()) {
      for (const holding of holdings) {
        const view = this.#holdingView(holding)
        if (connection.seesPositions) send(connection, answers.position(view), afterMs)
        for (const reqId of connection.positionsMulti) {
          send(connection, answers.positionMulti(reqId, view), afterMs)
        }
      }
      if (connection.seesAccount) this.#pushAccount(connection, holdings, afterMs)
      for (const [reqId, tags] of connection.summaries) {
        this.#pushSummary(connection, reqId, tags, afterMs)
      }
      for (const [reqId, { model, ledger }] of connection.accountMulti) {
        this.#pushMulti(connection, reqId, model, ledger, afterMs)
      }
    }
    this.pushProfit()
  }

  /** Margins of the whole account before and after an order, and its commission in USD. */
  preview(asked: VenueOrderTerms): { readonly margins: Margins; readonly commission: number } {
    const { market, rules, orders, board } = this.#office
    const before = this.#state()
    const legs = asked.legs.map(({ instrument, side, ratio }) => {
      const micros = side === "Buy" ? board.askMicros[instrument]! : board.bidMicros[instrument]!
      const lastPxMicros = micros > 0 ? micros : this.#price(instrument) * microsPerUsd
      return { instrument, side, lastQty: ratio * asked.orderQty, lastPxMicros }
    })
    const tally = charge(rules.commissions, emptyTally, chargeablesOf(market, legs))
    const commission = usd(tally.chargedMicros)
    const more = new Map<number, number>()
    for (const { instrument, side, lastQty } of legs) {
      more.set(instrument, (more.get(instrument) ?? 0) + signOf(side) * lastQty)
    }
    const held = new Map(orders.holdings.open().map((each) => [each.instrument, each.quantity]))
    for (const [instrument, signed] of more) {
      held.set(instrument, (held.get(instrument) ?? 0) + signed)
    }
    const [init, maint] = this.#margins([...held])
    const equity = before.equityWithLoan - commission
    const after = [init, maint, cents(equity)] as const
    const was = [before.initialMargin, before.maintenanceMargin, before.equityWithLoan] as const
    const change = [0, 1, 2].map((at) => cents(after[at]! - was[at]!))
    const margins = { before: was, change: [change[0]!, change[1]!, change[2]!] as const, after }
    return { margins, commission }
  }

  #pushAccount(connection: Connection, holdings: ReadonlyArray<Holding>, afterMs = 0): void {
    const { options, send, nowMs } = this.#office
    for (const value of accountValues(this.#state(), options.account)) {
      send(connection, answers.accountValue(options.account, value), afterMs)
    }
    for (const holding of holdings) {
      const { price, value, cost } = this.#valued(holding)
      const view = {
        ...this.#holdingView(holding),
        price,
        value: cents(value),
        unrealized: cents(value - cost),
        realized: cents(usd(holding.realizedMicros))
      }
      send(connection, answers.portfolioValue(view), afterMs)
    }
    send(connection, answers.accountTime(newYorkMinute(nowMs())), afterMs)
  }

  #pushSummary(
    connection: Connection,
    reqId: number,
    tags: ReadonlyArray<string>,
    afterMs = 0
  ): void {
    const { account } = this.#office.options
    for (const value of summaryValues(this.#state(), tags)) {
      this.#office.send(connection, answers.accountSummary(reqId, account, value), afterMs)
    }
  }

  #pushMulti(
    connection: Connection,
    reqId: number,
    model: string,
    ledger: boolean,
    afterMs = 0
  ): void {
    const { account } = this.#office.options
    const state = this.#state()
    const told = ledger ? ledgerValues(state) : accountValues(state, account)
    for (const value of told) {
      const message = answers.accountUpdateMulti(reqId, account, model, value)
      this.#office.send(connection, message, afterMs)
    }
  }

  #holdingView(holding: Holding): answers.HoldingView {
    const { contracts, options } = this.#office
    const { contract } = contracts.of(holding.instrument)
    const { quantity, costMicros } = holding
    const averageCost = quantity === 0 ? 0 : usd(costMicros) / quantity
    return { account: options.account, contract, position: quantity, averageCost }
  }

  #profit() {
    const state = this.#state()
    this.#dayStartValue ??= state.netLiquidation - state.unrealized - state.realized
    const daily = cents(state.netLiquidation - this.#dayStartValue)
    return { daily, unrealized: state.unrealized, realized: state.realized }
  }

  #state(): AccountState {
    const { orders } = this.#office
    const valued = orders.holdings.open().map((holding) => this.#valued(holding))
    const sum = (of: (each: Valued) => number) => valued.reduce((all, each) => all + of(each), 0)
    const isStock = ({ holding }: Valued): boolean => holding.instrument === 0
    const stock = valued.filter(isStock).reduce((all, { value }) => all + value, 0)
    const value = sum((each) => each.value)
    const cash = usd(orders.holdings.cashMicros)
    const held = valued.map(({ holding }) => [holding.instrument, holding.quantity] as const)
    const [initialMargin, maintenanceMargin] = this.#margins(held)
    const net = cents(cash + value)
    return {
      cash: cents(cash),
      netLiquidation: net,
      equityWithLoan: net,
      grossPositions: cents(sum((each) => Math.abs(each.value))),
      stockValue: cents(stock),
      optionValue: cents(value - stock),
      unrealized: cents(value - sum((each) => each.cost)),
      realized: cents(usd(orders.holdings.realizedMicros())),
      initialMargin,
      maintenanceMargin
    }
  }

  #margins(held: ReadonlyArray<readonly [number, number]>): readonly [number, number] {
    const positions = held.map(([instrument, quantity]) => ({
      instrument: this.#office.market.instruments[instrument]!,
      quantity,
      price: this.#price(instrument)
    }))
    const spot = this.#price(0)
    return [marginOf(positions, spot, initialMove), marginOf(positions, spot, maintenanceMove)]
  }

  #valued(holding: Holding): Valued {
    const listed = this.#office.market.instruments[holding.instrument]!
    const price = this.#price(holding.instrument)
    const value = holding.quantity * multiplierOf(listed) * price
    return { holding, price, value, cost: usd(holding.costMicros) }
  }

  /** USD: the middle of the last quote, a side alone, or what it cost where it was never quoted. */
  #price(instrument: number): number {
    const { board, orders, market, refresh } = this.#office
    refresh(instrument)
    const middle = board.midMicros(instrument)
    if (Number.isFinite(middle)) return middle / microsPerUsd
    const side = Math.max(board.bidMicros[instrument]!, board.askMicros[instrument]!)
    if (side > 0) return side / microsPerUsd
    const { quantity, costMicros } = orders.holdings.of(instrument)
    if (quantity === 0) return 0
    return usd(costMicros) / quantity / multiplierOf(market.instruments[instrument]!)
  }
}
