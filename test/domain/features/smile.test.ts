import { assert, describe, it } from "@effect/vitest"
import { readSmile, type SmileContext, skewAtDelta } from "../../../src/domain/features/smile.ts"
import { OptionChain } from "../../../src/domain/market/optionChain.ts"
import { QuoteBoard } from "../../../src/domain/market/quoteBoard.ts"
import { blackScholesPrice } from "../../../src/domain/pricing/blackScholes.ts"
import { normalCdf } from "../../../src/domain/pricing/normal.ts"

const yearMs = 365 * 86_400_000
const expiration = "2016-01-15"
const spot = 750_000_000
const rate = 0.02
const dividendYield = 0.005
const strikes = Array.from({ length: 61 }, (_, at) => 600_000_000 + at * 5_000_000)

/** 25 % at the forward, 1 point more per 10 USD below it. */
const volatilityAt = (strike: number, forward: number): number =>
  0.25 + 0.001 * ((forward - strike) / 1_000_000)

const market = () => {
  const chain = OptionChain.of([
    {
      instrument: 0,
      kind: "Stock",
      expiration: "",
      strikeMicros: 0,
      optionType: "None",
      multiplier: 1
    },
    ...strikes.flatMap((strikeMicros, at) =>
      (["Call", "Put"] as const).map((optionType, side) => ({
        instrument: 1 + 2 * at + side,
        kind: "Option" as const,
        expiration,
        strikeMicros,
        optionType,
        multiplier: 100
      }))
    )
  ])
  const [slice] = chain.expirations
  const nowMs = slice!.lastTradeMs - 0.1 * yearMs
  const forward = spot * Math.exp((rate - dividendYield) * 0.1)
  const board = new QuoteBoard(chain.instrumentCount)
  strikes.forEach((strike, at) => {
    for (const side of [0, 1]) {
      const price = blackScholesPrice(
        side === 0,
        spot,
        strike,
        0.1,
        rate,
        dividendYield,
        volatilityAt(strike, forward)
      )
      board.update({
        instrument: 1 + 2 * at + side,
        bidMicros: Math.max(0, price - 100_000),
        askMicros: price + 100_000,
        bidSize: 1,
        askSize: 1,
        timeMs: nowMs
      })
    }
  })
  const context: SmileContext = {
    board,
    nowMs,
    spotMicros: spot,
    riskFreeRate: rate,
    quoteAgeMsMax: 60_000
  }
  return { board, context, slice: slice!, forward }
}

/** By bisection on the exact smile. */
const strikeAtDelta = (delta: number, isCall: boolean, forward: number): number => {
  let [near, far] = [forward, forward * (isCall ? 1.25 : 0.8)]
  for (let step = 0; step < 60; step++) {
    const strike = (near + far) / 2
    const deviation = volatilityAt(strike, forward) * Math.sqrt(0.1)
    const d1 = Math.log(forward / strike) / deviation + deviation / 2
    if (normalCdf(isCall ? d1 : -d1) > delta) near = strike
    else far = strike
  }
  return near
}

describe("readSmile", () => {
  it("finds the forward and the volatilities that the quotes were made from", () => {
    const { context, slice, forward } = market()
    const smile = readSmile(context, slice, 0.05)!
    assert.closeTo(smile.forwardMicros / forward, 1, 1e-9)
    assert.closeTo(smile.atmVolatility, 0.25, 1e-6)
    assert.closeTo(smile.timeToExpirationYears, 0.1, 1e-12)
    for (const point of smile.points) {
      assert.closeTo(point.volatility, volatilityAt(point.strikeMicros, forward), 1e-7)
      assert.strictEqual(point.isCall, point.strikeMicros >= forward)
    }
  })

  it("reads outwards until the wanted delta is passed on both sides, strikes ascending", () => {
    const { context, slice } = market()
    const smile = readSmile(context, slice, 0.15)!
    const deltas = smile.points.map((point) => point.delta)
    assert.isBelow(deltas[0]!, 0.15)
    assert.isBelow(deltas.at(-1)!, 0.15)
    assert.isTrue(deltas.slice(1, -1).every((delta) => delta >= 0.15))
    const sorted = [...smile.points].sort((a, b) => a.strikeMicros - b.strikeMicros)
    assert.deepStrictEqual(smile.points, sorted)
  })

  it("measures the skew between equal deltas, and says 0 where a wing is not quoted", () => {
    const { board, context, slice, forward } = market()
    const wing = (isCall: boolean) => volatilityAt(strikeAtDelta(0.25, isCall, forward), forward)
    const skew = skewAtDelta(readSmile(context, slice, 0.2)!, 0.25)
    assert.closeTo(skew, wing(false) - wing(true), 3e-4)
    for (const call of slice.calls) {
      const strike = strikes[(call - 1) / 2]!
      if (strike > 765_000_000) {
        board.update({
          instrument: call,
          bidMicros: 0,
          askMicros: 0,
          bidSize: 0,
          askSize: 0,
          timeMs: context.nowMs
        })
      }
    }
    assert.strictEqual(skewAtDelta(readSmile(context, slice, 0.2)!, 0.25), 0)
  })

  it("is deaf to one bad quote near the money", () => {
    const { board, context, slice, forward } = market()
    const nearest = strikes.indexOf(750_000_000)
    board.update({
      instrument: 1 + 2 * nearest,
      bidMicros: 90_000_000,
      askMicros: 90_200_000,
      bidSize: 1,
      askSize: 1,
      timeMs: context.nowMs
    })
    assert.closeTo(readSmile(context, slice, 0.05)!.forwardMicros / forward, 1, 1e-9)
  })

  it("reads nothing from stale quotes or an expiration that is over", () => {
    const { context, slice } = market()
    assert.isUndefined(readSmile({ ...context, nowMs: context.nowMs + 60_001 }, slice, 0.05))
    assert.isUndefined(readSmile({ ...context, nowMs: slice.lastTradeMs }, slice, 0.05))
  })
})
