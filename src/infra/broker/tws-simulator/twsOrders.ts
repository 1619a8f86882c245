/**
 * Orders and executions as IB tells of them, folded from the exchange's log: the same fold after each operation and at
 * opening, so what is known after a crash is what was told before it.
 */
import { nameHash } from "../../../domain/chance.ts"
import { charge, emptyTally } from "../../../domain/trading/commission.ts"
import type { LegFill } from "../../../domain/trading/netPrice.ts"
import type { ExecutionReportPayload } from "../../../domain/trading/reports.ts"
import type { LogEntry } from "../simulated/exchangeLog.ts"
import { chargeablesOf, type SimulatedRules } from "../simulated/market.ts"
import type { WireContract } from "../tws-wire/wireContract.ts"
import type { WireOrder } from "../tws-wire/wireOrder.ts"
import type { ContractBook } from "./contractBook.ts"
import { HoldingsLedger } from "./holdingsLedger.ts"
import type { TwsMarket } from "./twsMarket.ts"
import { decodeNote, type TwsNote } from "./twsNotes.ts"

export interface TwsOrder {
  readonly clientId: number
  readonly orderId: number
  permId: number
  /** Its id at the exchange. */
  readonly clOrdID: string
  readonly contract: WireContract
  order: WireOrder
  status: "PreSubmitted" | "Submitted" | "Filled" | "Cancelled" | "Inactive"
  quantity: number
  filled: number
  /** USD; 0 until it fills. */
  averagePrice: number
  lastPrice: number
  /** Sum over the fills, micro-USD times units, bought positive. */
  spentMicros: number
  commissionMicros: bigint
  /** Epoch ms and words of its end; 0 and "" while it works. */
  endedMs: number
  ending: string
}

export interface TwsExecution {
  execId: string
  readonly order: TwsOrder
  /** -1 for a combination as a whole. */
  readonly instrument: number
  readonly contract: WireContract
  readonly side: "BOT" | "SLD"
  readonly shares: number
  /** USD. */
  price: number
  readonly timeMs: number
  readonly cumQty: number
  readonly averagePrice: number
  /** Undefined for a combination as a whole: its legs are charged. */
  readonly commissionMicros: bigint | undefined
  readonly realizedMicros: bigint | undefined
  /** Its commission is told to nobody before, epoch ms; of this process alone. */
  chargedFromMs: number
}

export type OrderEvent =
  | { readonly _tag: "Acknowledged"; readonly order: TwsOrder }
  | {
      readonly _tag: "Filled"
      readonly order: TwsOrder
      readonly executions: ReadonlyArray<TwsExecution>
    }
  | { readonly _tag: "Ended"; readonly order: TwsOrder; readonly how: string; readonly why: string }
  | { readonly _tag: "Replaced"; readonly order: TwsOrder }
  | { readonly _tag: "Renamed"; readonly order: TwsOrder }
  | { readonly _tag: "Corrected"; readonly execution: TwsExecution }
  /** An option ended: positions moved without an execution. */
  | { readonly _tag: "Settled" }

export const isWorking = ({ status }: TwsOrder): boolean =>
  status === "PreSubmitted" || status === "Submitted"

const usd = (micros: number): number => micros / 1_000_000

export class TwsOrders {
  readonly holdings: HoldingsLedger
  /** In order of arrival. */
  readonly all: Array<TwsOrder> = []
  /** Those that may still fill, in order of arrival. */
  readonly working = new Set<TwsOrder>()
  /** How many working orders trade in each instrument. */
  readonly workedOn = new Map<number, number>()
  readonly executions: Array<TwsExecution> = []
  readonly #market: TwsMarket
  readonly #rules: SimulatedRules
  readonly #contracts: ContractBook
  readonly #byOwner = new Map<string, TwsOrder>()
  readonly #byVenueId = new Map<string, TwsOrder>()
  readonly #idsUsed = new Map<number, number>()
  #nextPermId: number

  constructor(
    market: TwsMarket,
    rules: SimulatedRules,
    contracts: ContractBook,
    cashMicros: bigint
  ) {
    this.#market = market
    this.#rules = rules
    this.#contracts = contracts
    this.holdings = new HoldingsLedger(cashMicros, (instrument) => this.#multiplierOf(instrument))
    this.#nextPermId = 1_000_000_000 + (nameHash(market.name) % 500_000_000)
  }

  find(clientId: number, orderId: number): TwsOrder | undefined {
    return this.#byOwner.get(`${clientId}:${orderId}`)
  }

  /** The highest order id that a client used; 0 for none. */
  idUsed(clientId: number): number {
    return this.#idsUsed.get(clientId) ?? 0
  }

  /** The permId that the next order gets: never given before. */
  get nextPermId(): number {
    return this.#nextPermId
  }

  /** Takes in an operation; answers what is to be told of it. */
  apply(entry: LogEntry): ReadonlyArray<OrderEvent> {
    const events: Array<OrderEvent> = []
    const note = entry.note === undefined ? undefined : decodeNote(entry.note)
    if (note !== undefined) this.#applyNote(note, events)
    for (const report of entry.reports) {
      if (report.type === "ExecutionReport") {
        this.#applyReport(report.payload, report.sourceSeq, events)
      } else if (report.type === "OptionEvent") {
        const { instrument, quantity, shares, strikeMicros } = report.payload
        const side = quantity > 0 ? "Sell" : "Buy"
        const gone = { instrument, side, lastQty: Math.abs(quantity), lastPxMicros: 0 } as const
        this.holdings.fill(gone, 0n)
        if (shares !== 0) {
          const taken = shares > 0 ? "Buy" : "Sell"
          const lastQty = Math.abs(shares)
          this.holdings.fill(
            { instrument: 0, side: taken, lastQty, lastPxMicros: strikeMicros },
            0n
          )
        }
        events.push({ _tag: "Settled" })
      }
    }
    return events
  }

  #applyNote(note: TwsNote, events: Array<OrderEvent>): void {
    switch (note.kind) {
      case "placed": {
        const { clientId, orderId, permId, contract, order } = note
        const placed: TwsOrder = {
          ...{ clientId, orderId, permId, contract, order, clOrdID: `tws-${permId}` },
          ...{ status: "PreSubmitted", quantity: Number(order.fields.totalQuantity), filled: 0 },
          ...{ averagePrice: 0, lastPrice: 0, spentMicros: 0, commissionMicros: 0n },
          ...{ endedMs: 0, ending: "" }
        }
        this.all.push(placed)
        this.#setWorking(placed, true)
        this.#byOwner.set(`${clientId}:${orderId}`, placed)
        this.#byVenueId.set(placed.clOrdID, placed)
        this.#useId(clientId, orderId)
        this.#nextPermId = Math.max(this.#nextPermId, permId + 1)
        return
      }
      case "ids":
        this.#useId(note.clientId, note.orderId)
        return
      case "replaced": {
        const order = this.#byPermId(note.permId)
        if (order === undefined) return
        order.order = note.order
        order.quantity = Number(note.order.fields.totalQuantity)
        events.push({ _tag: "Replaced", order })
        return
      }
      case "renamed": {
        const order = this.#byPermId(note.permId)
        if (order === undefined) return
        order.permId = note.to
        this.#nextPermId = Math.max(this.#nextPermId, note.to + 1)
        events.push({ _tag: "Renamed", order })
        return
      }
      case "corrected":
        this.#correct(note.execId, note.priceMicros, events)
    }
  }

  #applyReport(report: ExecutionReportPayload, number: number, events: Array<OrderEvent>): void {
    const order = this.#byVenueId.get(report.clOrdID)
    if (order === undefined) return
    if (report.execType === "New") {
      if (order.status === "PreSubmitted") order.status = "Submitted"
      events.push({ _tag: "Acknowledged", order })
    } else if (report.execType === "Trade") {
      events.push({ _tag: "Filled", order, executions: this.#fill(order, report, number) })
    } else {
      order.status = report.execType === "Rejected" ? "Inactive" : "Cancelled"
      order.endedMs = report.transactTimeMs
      order.ending = report.text
      this.#setWorking(order, false)
      events.push({ _tag: "Ended", order, how: report.execType, why: report.text })
    }
  }

  #fill(
    order: TwsOrder,
    report: ExecutionReportPayload,
    number: number
  ): ReadonlyArray<TwsExecution> {
    const isCombo = order.contract.secType === "BAG"
    const isBought = order.order.fields.action === "BUY"
    const sign = isBought ? 1 : -1
    order.filled += report.lastQty
    order.spentMicros += report.lastNetMicros * report.lastQty
    order.averagePrice = usd((sign * order.spentMicros) / order.filled)
    order.lastPrice = usd(sign * report.lastNetMicros)
    order.commissionMicros += report.commissionMicros
    if (order.filled >= order.quantity) {
      order.status = "Filled"
      this.#setWorking(order, false)
      order.endedMs = report.transactTimeMs
      order.ending = `Filled Size: ${order.filled}`
    }
    const common = { order, timeMs: report.transactTimeMs }
    const stem = `0000e0d5.${number.toString(16).padStart(8, "0")}`
    const whole: TwsExecution = {
      ...common,
      ...{ execId: `${stem}.01.01`, instrument: isCombo ? -1 : report.legs[0]!.instrument },
      ...{ contract: order.contract, side: isBought ? "BOT" : "SLD", shares: report.lastQty },
      ...{ price: order.lastPrice, cumQty: order.filled, averagePrice: order.averagePrice },
      ...{ commissionMicros: undefined, realizedMicros: undefined, chargedFromMs: 0 }
    }
    const shares = this.#shareCommission(report.legs, report.commissionMicros)
    const legs = report.legs.map((leg, at): TwsExecution => {
      const commissionMicros = shares[at]!
      const realizedMicros = this.holdings.fill(leg, commissionMicros)
      const { contract } = this.#contracts.of(leg.instrument)
      if (!isCombo) return { ...whole, commissionMicros, realizedMicros }
      const price = usd(leg.lastPxMicros)
      const ratio = leg.lastQty / report.lastQty
      return {
        ...common,
        ...{ execId: `${stem}.${String(at + 2).padStart(2, "0")}.01`, contract, price },
        ...{ instrument: leg.instrument, side: leg.side === "Buy" ? "BOT" : "SLD" },
        ...{ shares: leg.lastQty, cumQty: order.filled * ratio, averagePrice: price },
        ...{ commissionMicros, realizedMicros, chargedFromMs: 0 }
      }
    })
    const executions = isCombo ? [whole, ...legs] : legs
    this.executions.push(...executions)
    return executions
  }

  /** In proportion to what each leg alone would be charged; the last one bears the rest. */
  #shareCommission(legs: ReadonlyArray<LegFill>, total: bigint): ReadonlyArray<bigint> {
    const alone = legs.map(
      (leg) =>
        charge(this.#rules.commissions, emptyTally, chargeablesOf(this.#market, [leg]))
          .chargedMicros
    )
    const sum = alone.reduce((all, each) => all + each, 0n)
    let left = total
    return alone.map((each, at) => {
      const share = at === alone.length - 1 || sum === 0n ? left : (total * each) / sum
      left -= share
      return share
    })
  }

  #correct(execId: string, priceMicros: number, events: Array<OrderEvent>): void {
    const stem = execId.slice(0, execId.lastIndexOf("."))
    const execution = this.executions.find((each) => each.execId.startsWith(`${stem}.`))
    if (execution === undefined || execution.instrument < 0) return
    const side = execution.side === "BOT" ? "Buy" : "Sell"
    const lastPxMicros = Math.round(execution.price * 1_000_000)
    const { instrument, shares: lastQty } = execution
    const leg = { instrument, side, lastQty, lastPxMicros } as const
    this.holdings.correct(leg, priceMicros, execution.realizedMicros !== undefined)
    execution.execId = execId
    execution.price = usd(priceMicros)
    events.push({ _tag: "Corrected", execution })
  }

  #setWorking(order: TwsOrder, works: boolean): void {
    if (this.working.has(order) === works) return
    if (works) this.working.add(order)
    else this.working.delete(order)
    const legs = order.order.legs.length > 0 ? order.order.legs : [order.contract]
    for (const { conId } of legs) {
      const instrument = this.#contracts.byConId(conId)?.instrument.id
      if (instrument === undefined) continue
      const count = (this.workedOn.get(instrument) ?? 0) + (works ? 1 : -1)
      if (count === 0) this.workedOn.delete(instrument)
      else this.workedOn.set(instrument, count)
    }
  }

  #byPermId(permId: number): TwsOrder | undefined {
    return this.all.find((order) => order.permId === permId)
  }

  #useId(clientId: number, orderId: number): void {
    this.#idsUsed.set(clientId, Math.max(this.idUsed(clientId), orderId))
  }

  #multiplierOf(instrument: number): number {
    const listed = this.#market.instruments[instrument]!
    return listed.kind === "Option" ? listed.contract.multiplier : 1
  }
}
