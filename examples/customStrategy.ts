/** A strategy of one's own: buys one call, once. Without a certificate each of its proposals is refused. */
import { Console, Effect, Schema } from "effect"
import { TradeFilled } from "../src/actors/ports/records/broker.ts"
import { FeaturesComputed } from "../src/actors/ports/records/cognition.ts"
import { InstrumentsListed, Quote } from "../src/actors/ports/records/market.ts"
import { TradeProposed } from "../src/actors/ports/records/trade.ts"
import { type Behavior, observe, plainState, subscribe } from "../src/actors/runtime/Behavior.ts"
import { runSimulatedDesk } from "../src/simulatedDesk.ts"

const id = "call-buyer"
const parameters = { expiration: "2016-01-15", symbol: "GOOG  160115C00760000", tradingDays: 14 }
const order = { kind: "Open", closes: "", strategyId: id, quantity: 1, basis: [] } as const

const State = Schema.Struct({ call: Schema.Int, ask: Schema.Int, isDone: Schema.Boolean })
type Heard = typeof InstrumentsListed | typeof Quote | typeof TradeFilled | typeof FeaturesComputed

const behavior: Behavior<typeof State.Type, Heard, typeof TradeProposed, typeof State.Type> = {
  ...plainState(State),
  id,
  moneyBearing: false,
  messages: [
    ...[InstrumentsListed, Quote, TradeFilled].map((of) => observe<Heard>(of)),
    subscribe(FeaturesComputed, "lapse")
  ],
  events: [TradeProposed],
  initial: () => ({ call: -1, ask: 0, isDone: false }),
  evolve: (state, { type, payload }) => {
    if (type === "InstrumentsListed") {
      const call = payload.instruments.findIndex(({ symbol }) => symbol === parameters.symbol)
      return { ...state, call }
    }
    if (type === "TradeFilled" && payload.strategyId === id) return { ...state, isDone: true }
    const isOurs = type === "Quote" && payload.instrument === state.call
    return isOurs ? { ...state, ask: payload.askMicros } : state
  },
  decide: ({ call, ask, isDone }, { type, payload }, { late, book, eventCount }) => {
    if (type !== "FeaturesComputed" || late || isDone || ask === 0) return []
    const point = payload.term.find(({ expiration }) => expiration === parameters.expiration)
    if (point === undefined) return []
    const tradeId = `${book}-${id}-${eventCount}`
    const legs = [{ instrument: call, side: "Buy", ratio: 1 }] as const
    const money = { limitNetMicros: ask, collateralMicros: BigInt(100 * ask + 2_000_000) }
    const { atmVolatility: impliedVolatility, timeToExpirationYears } = point
    const view = { volatilityView: 1, tradingDaysToExpiration: parameters.tradingDays }
    const rationale = { ...view, impliedVolatility, timeToExpirationYears }
    return [TradeProposed.make({ ...order, ...money, tradeId, legs, rationale }, tradeId)]
  }
}
const strategy = { behavior, strategyId: id, strategyVersion: "1", parameters }

/** Half an hour of the real day, with a certificate or without. */
export const customStrategy = (certified = [strategy]) =>
  runSimulatedDesk({ minutes: 30, strategies: [strategy], certified })

if (import.meta.main) {
  const { records } = await Effect.runPromise(customStrategy())
  const ours = records.filter(({ correlation }) => correlation.includes(id))
  for (const { type, payload } of ours) await Effect.runPromise(Console.log(type, payload))
}
