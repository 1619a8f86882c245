/** A small listing and its quotes, for the tests of the simulated exchange. */
import { type Context, Effect } from "effect"
import type { Broker, BrokerReport } from "../../../src/actors/ports/Broker.ts"
import { tradingDay } from "../../../src/domain/market/calendar.ts"
import { makeInstruments, type OptionContract } from "../../../src/domain/market/contract.ts"
import type { OrderRequest } from "../../../src/domain/trading/reports.ts"
import {
  openSimulatedBroker,
  type SimulatedBroker
} from "../../../src/infra/broker/simulated/broker.ts"
import {
  defaultRules,
  type SimulatedMarket,
  type SimulatedRules
} from "../../../src/infra/broker/simulated/market.ts"
import { type LogMedium, makeMemoryMedium } from "../../../src/infra/log/medium.ts"

export type BrokerShape = Context.Service.Shape<typeof Broker>

export const usd = (dollars: number): number => Math.round(dollars * 1_000_000)

const contract = (
  optionType: "Call" | "Put",
  strike: number,
  expiration: string
): OptionContract => ({
  underlying: "GOOG",
  optionType,
  strikeMicros: usd(strike),
  expiration,
  exerciseStyle: "American",
  multiplier: 100
})

/** 0 stock; 1 C745 2 P745 3 C750 4 P750, expiring on the first day; 5 C750 expiring on the second; 6 C800 a month on. */
export const market: SimulatedMarket = {
  name: "test-2015-12-24",
  instruments: makeInstruments("GOOG", [
    contract("Call", 745, "2015-12-24"),
    contract("Put", 745, "2015-12-24"),
    contract("Call", 750, "2015-12-24"),
    contract("Put", 750, "2015-12-24"),
    contract("Call", 750, "2015-12-28"),
    contract("Call", 800, "2016-01-15")
  ]),
  days: [tradingDay("2015-12-24")!, tradingDay("2015-12-28")!],
  closes: [{ date: "2015-12-24", closeMicros: usd(748.4) }]
}

export const [dayOne, dayTwo] = [market.days[0]!, market.days[1]!]
export const openMs = dayOne.openMs

export interface Shown {
  readonly instrument: number
  readonly bid: number
  readonly ask: number
  readonly bidSize?: number
  readonly askSize?: number
  readonly timeMs?: number
}

/** A simulated exchange with its quote counter. */
export class World {
  readonly simulated: SimulatedBroker
  readonly broker: BrokerShape
  readonly medium: LogMedium
  seq = 0

  constructor(simulated: SimulatedBroker, medium: LogMedium) {
    this.simulated = simulated
    this.broker = simulated.broker
    this.medium = medium
  }

  quote({ instrument, bid, ask, bidSize = 100, askSize = 100, timeMs = openMs + 60_000 }: Shown) {
    const quote = { instrument, bidMicros: usd(bid), askMicros: usd(ask), bidSize, askSize, timeMs }
    this.simulated.exchange.watch(quote, ++this.seq)
  }

  /** All that is due by now. */
  heard(nowMs: number): ReadonlyArray<BrokerReport> {
    const reports: Array<BrokerReport> = []
    while (this.broker.speaker.nextDueMs() <= nowMs) reports.push(this.broker.speaker.next())
    return reports
  }
}

/** Over a new memory where no medium is given. */
export const openWorld = (given?: LogMedium, rules: Partial<SimulatedRules> = {}) =>
  Effect.suspend(() => {
    const medium = given ?? makeMemoryMedium()
    return openSimulatedBroker(medium, market, { ...defaultRules, ...rules }).pipe(
      Effect.map((simulated) => new World(simulated, medium))
    )
  })

let orders = 0

/** An order for one unit of a single leg unless told otherwise. */
export const order = (
  request: Partial<OrderRequest> & { readonly limit: number }
): OrderRequest => {
  const { limit, ...rest } = request
  return {
    clOrdID: `test-${++orders}`,
    tradeId: "trade-1",
    legs: [{ instrument: 1, side: "Buy", ratio: 1 }],
    orderQty: 1,
    limitNetMicros: usd(limit),
    timeInForce: "Day",
    ...rest
  }
}

/** What each report says, in short: `Trade 2@1.50`, `New`, `reject too late…`. */
export const told = (reports: ReadonlyArray<BrokerReport>): ReadonlyArray<string> =>
  reports.map((report) => {
    if (report.type === "OrderCancelReject") {
      const { responseTo = "", reason } = report.payload
      return `reject ${responseTo === "" ? "" : "of change "}${reason}`
    }
    if (report.type === "OptionEvent") {
      const { kind, instrument, quantity, shares } = report.payload
      return `${kind} ${instrument} ${quantity} ${shares}`
    }
    if (report.type === "Unexplained") return `unexplained ${report.payload.what}`
    const { execType, lastQty, lastNetMicros } = report.payload
    return execType === "Trade" ? `Trade ${lastQty}@${lastNetMicros / 1_000_000}` : execType
  })
