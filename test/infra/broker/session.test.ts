import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { makeMarketGateway } from "../../../src/actors/gateways/marketGateway.ts"
import type { BrokerReport } from "../../../src/actors/ports/Broker.ts"
import type { Instrument } from "../../../src/domain/market/contract.ts"
import type { OrderLeg } from "../../../src/domain/trading/netPrice.ts"
import { openSimulatedBroker } from "../../../src/infra/broker/simulated/broker.ts"
import { defaultRules } from "../../../src/infra/broker/simulated/market.ts"
import { makeWatchedMarket } from "../../../src/infra/broker/simulated/watchedMarket.ts"
import { loadSession } from "../../../src/infra/data/SessionFile.ts"
import { makeMemoryMedium } from "../../../src/infra/log/medium.ts"
import { order, told, usd } from "./world.ts"

const opened = (name: string) =>
  Effect.gen(function* () {
    const session = yield* loadSession("data/sessions", name)
    const market = {
      name,
      instruments: session.instruments,
      days: session.days,
      closes: session.assumptions.closes
    }
    const medium = makeMemoryMedium()
    const open = Effect.map(openSimulatedBroker(medium, market, defaultRules), (simulated) => ({
      ...simulated,
      watched: makeWatchedMarket(
        makeMarketGateway({ session, contentHash: "", history: [] }),
        simulated.exchange
      )
    }))
    return { session, open }
  })

const contract = (
  instruments: ReadonlyArray<Instrument>,
  expiration: string,
  strike: number,
  optionType: "Call" | "Put"
): number =>
  instruments.findIndex(
    (each) =>
      each.kind === "Option" &&
      each.contract.expiration === expiration &&
      each.contract.strikeMicros === usd(strike) &&
      each.contract.optionType === optionType
  )

const leg = (instrument: number, side: "Buy" | "Sell"): OrderLeg => ({ instrument, side, ratio: 1 })

describe("simulated exchange on real sessions", () => {
  it.effect(
    "fills at quotes of GOOG's 2015-12-24 and settles its expiring contracts on the stock's close",
    () =>
      Effect.gen(function* () {
        const { session, open } = yield* opened("goog-2015-12-24")
        const { broker, watched } = yield* open
        const day = session.days[0]!
        const noonMs = day.openMs + 150 * 60_000
        while (watched.nextDueMs() <= noonMs) watched.next()
        const close = session.assumptions.closes[0]!.closeMicros
        const below = contract(session.instruments, "2015-12-24", 745, "Call")
        const above = contract(session.instruments, "2015-12-24", 752.5, "Call")
        assert.isTrue(usd(745) < close && close < usd(752.5))
        const vertical = order({ legs: [leg(below, "Buy"), leg(above, "Sell")], limit: 7.5 })
        const reports = yield* broker.submit(vertical, noonMs)
        const trade = reports[1]!
        assert(trade.type === "ExecutionReport")
        assert.strictEqual(trade.payload.execType, "Trade")
        for (const { instrument, side, lastPxMicros } of trade.payload.legs) {
          const quote = lastRow(session, instrument, noonMs)
          const column = side === "Buy" ? session.askMicros : session.bidMicros
          assert.strictEqual(lastPxMicros, column[quote])
        }
        const said: Array<BrokerReport> = []
        while (watched.nextDueMs() < Number.POSITIVE_INFINITY) watched.next()
        while (broker.speaker.nextDueMs() < Number.POSITIVE_INFINITY)
          said.push(broker.speaker.next())
        assert.deepStrictEqual(told(said), [`Exercised ${below} 1 100`, `Expired ${above} -1 0`])
        assert.deepStrictEqual(yield* broker.positions, [[0, 100]])
      })
  )

  it.effect(
    "carries a position over TWX's night across a restart, and a day order only to its own close",
    () =>
      Effect.gen(function* () {
        const { session, open } = yield* opened("twx-2014-06-05")
        const first = yield* open
        const [dayOne, dayTwo] = [session.days[0]!, session.days[1]!]
        const nowMs = dayOne.openMs + 3_600_000
        let taken = 0
        while (first.watched.nextDueMs() <= nowMs) taken = first.watched.next().sourceSeq
        const call = contract(session.instruments, "2014-06-21", 70, "Call")
        const bought = yield* first.broker.submit(
          order({ legs: [leg(call, "Buy")], limit: 9 }),
          nowMs
        )
        const restingOrder = order({ legs: [leg(call, "Buy")], limit: 0.01 })
        const rested = yield* first.broker.submit(restingOrder, nowMs)
        assert.deepStrictEqual([bought.length, told(rested)], [2, ["New"]])

        const { broker, watched } = yield* open
        broker.speaker.resumeAfter(3)
        watched.resumeAfter(taken)
        const said: Array<BrokerReport> = []
        while (watched.nextDueMs() < dayTwo.closeMs) {
          if (broker.speaker.nextDueMs() <= watched.nextDueMs()) said.push(broker.speaker.next())
          else watched.next()
        }
        assert.deepStrictEqual(told(said), ["Expired"])
        assert.strictEqual(said[0]?.payload.transactTimeMs, dayOne.closeMs + 1)
        assert.strictEqual(broker.speaker.nextDueMs(), Number.POSITIVE_INFINITY)
        assert.deepStrictEqual(yield* broker.positions, [[call, 1]])
      })
  )
})

const lastRow = (
  session: {
    readonly rowCount: number
    readonly timeMs: Float64Array
    readonly instrument: Int32Array
  },
  instrument: number,
  nowMs: number
): number => {
  let last = -1
  for (let row = 0; row < session.rowCount && session.timeMs[row]! <= nowMs; row++) {
    if (session.instrument[row] === instrument) last = row
  }
  return last
}
