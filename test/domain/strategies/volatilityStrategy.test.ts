import { assert, describe, it } from "@effect/vitest"
import { Schema } from "effect"
import { readSmile, type SmileContext } from "../../../src/domain/features/smile.ts"
import {
  parametersFault,
  parametersText,
  VolatilityStrategyParameters,
  volatilityDefaults
} from "../../../src/domain/strategies/parameters.ts"
import { makeSpread, maxLossMicros, valueAtLevel } from "../../../src/domain/strategies/spread.ts"
import { chooseEntry, type Entry } from "../../../src/domain/strategies/volatilityStrategy.ts"
import {
  monthlyExpirations,
  quoteTimeMs,
  SyntheticChain
} from "../../../src/domain/validation/syntheticChain.ts"

const time = quoteTimeMs("2015-12-22")!
const spotMicros = 750_000_000
const shape = { slope: -0.1, curvature: 0.03, floor: 0.5 }

const marketAt = (atmVolatility: number, halfSpreadOverMid = 0.01) => {
  const at = { spotMicros, atmVolatility, nowMs: time.nowMs }
  const market = new SyntheticChain(at, monthlyExpirations("2015-12-22", 10, 70), {
    shape,
    spread: { halfSpreadOverMid, halfSpreadOverSpot: 0.00005 }
  })
  market.quote(at)
  const context: SmileContext = {
    board: market.board,
    nowMs: time.nowMs,
    spotMicros,
    riskFreeRate: 0,
    quoteAgeMsMax: 1
  }
  const term = market.chain.expirations.map((chain) => ({
    ...readSmile(context, chain, 0.2)!,
    skew25: 0.13 * atmVolatility
  }))
  return { market, context, term }
}

const choose = (
  atmVolatility: number,
  forecast: number,
  over: Partial<VolatilityStrategyParameters> = {},
  options: { halfSpreadOverMid?: number; skew?: number; held?: ReadonlyArray<string> } = {}
) => {
  const { market, context, term } = marketAt(atmVolatility, options.halfSpreadOverMid)
  const { skew, held = [] } = options
  return chooseEntry(
    { ...volatilityDefaults, ...over },
    {
      chain: market.chain,
      market: context,
      closeMs: time.closeMs,
      term:
        skew === undefined
          ? term
          : term.map((each) => ({ ...each, skew25: skew * each.atmVolatility })),
      forecast: { forecastVolatility5d: forecast, forecastVolatility21d: forecast },
      held,
      attempt: 0
    }
  )
}

const entryOf = (...question: Parameters<typeof choose>): Entry => {
  const answer = choose(...question)
  assert.strictEqual(answer._tag, "Entry", answer._tag === "Idle" ? answer.detail : "")
  return answer as Entry
}
const idleOf = (...question: Parameters<typeof choose>): string => {
  const answer = choose(...question)
  return answer._tag === "Idle" ? answer.reason : "entered"
}

describe("chooseEntry", () => {
  it("sells where implied is dear, buys where it is cheap and buying is allowed, else nothing", () => {
    assert.strictEqual(entryOf(0.3, 0.22).spread.view, -1)
    assert.strictEqual(idleOf(0.22, 0.22), "volatility-fairly-priced")
    assert.strictEqual(idleOf(0.15, 0.25), "volatility-fairly-priced")
    const bought = entryOf(0.15, 0.25, { impliedOverForecastMaxToBuy: 0.85 })
    assert.strictEqual(bought.spread.view, 1)
    assert.isAbove(bought.limitNetMicros, 0)
  })

  it("sells the rich wing alone where the skew is out of line", () => {
    assert.strictEqual(entryOf(0.3, 0.22).spread.structure, "IronCondor")
    assert.strictEqual(entryOf(0.3, 0.22, {}, { skew: 0.5 }).spread.structure, "PutVertical")
    assert.strictEqual(entryOf(0.3, 0.22, {}, { skew: -0.1 }).spread.structure, "CallVertical")
    const buy = { impliedOverForecastMaxToBuy: 0.85 }
    assert.strictEqual(entryOf(0.15, 0.25, buy, { skew: 0.5 }).spread.structure, "CallVertical")
  })

  it("leaves out held expirations, those out of range, and an event in the term structure", () => {
    const chosen = entryOf(0.3, 0.22).spread.expiration
    assert.notStrictEqual(entryOf(0.3, 0.22, {}, { held: [chosen] }).spread.expiration, chosen)
    assert.strictEqual(
      idleOf(0.3, 0.22, { tradingDaysMin: 200, tradingDaysMax: 300 }),
      "no-expiration-in-range"
    )
    // On a flat term structure the forward volatility is the expiration's own.
    const strict = idleOf(0.3, 0.22, { forwardVolatilityOverAtmMax: 0.9, tradingDaysMin: 25 })
    assert.strictEqual(strict, "event-in-term-structure")
  })

  it("refuses wide markets, thin edges and what the budget does not hold", () => {
    assert.strictEqual(idleOf(0.3, 0.22, {}, { halfSpreadOverMid: 0.2 }), "markets-too-wide")
    assert.strictEqual(idleOf(0.3, 0.255, { edgeOverMaxLossMin: 0.1 }), "edge-too-small")
    assert.strictEqual(
      idleOf(0.3, 0.22, { maxLossMicrosPerTrade: 100_000_000 }),
      "too-large-for-budget"
    )
  })

  const Case = Schema.Struct({
    implied: Schema.Finite.check(Schema.isBetween({ minimum: 0.1, maximum: 0.6 })),
    ratio: Schema.Finite.check(Schema.isBetween({ minimum: 0.5, maximum: 2 })),
    spread: Schema.Finite.check(Schema.isBetween({ minimum: 0.001, maximum: 0.1 }))
  })
  it.prop(
    "bounds the loss, keeps its budget, and has an edge at the natural price whenever it enters",
    { each: Case },
    ({ each }) => {
      const answer = choose(
        each.implied,
        each.implied / each.ratio,
        { impliedOverForecastMaxToBuy: 0.85 },
        { halfSpreadOverMid: each.spread }
      )
      if (answer._tag === "Idle") return
      const { spread, rationale, quantity, limitNetMicros, multiplier } = answer
      const natural = rationale.naturalNetMicros!
      const worst = maxLossMicros(spread, natural)
      assert.isAbove(worst, 0)
      assert.isAtMost(quantity * worst * multiplier, volatilityDefaults.maxLossMicrosPerTrade)
      assert.isAtMost(limitNetMicros, natural)
      assert.isAbove(rationale.modelNetMicros! - natural, 0)
      assert.isAtLeast(rationale.edgeOverMaxLoss!, volatilityDefaults.edgeOverMaxLossMin)
      // Long and short balance in every wing: no loss without a bound.
      const signed = spread.legs.map((leg) => (leg.side === "Buy" ? 1 : -1))
      assert.strictEqual(
        signed.reduce<number>((a, b) => a + b, 0),
        0
      )
    },
    { arbitrary: { runs: 40 } }
  )
})

describe("spread value", () => {
  it("is the market's own at the market's level, whatever the structure", () => {
    const { market, context } = marketAt(0.25)
    const smile = readSmile(context, market.chain.expirations[0]!, 0.03)!
    for (const structure of ["IronCondor", "PutVertical", "CallVertical"] as const) {
      for (const view of [-1, 1] as const) {
        const spread = makeSpread(smile, structure, view, volatilityDefaults)!
        assert.closeTo(valueAtLevel(smile, spread, 1) / spread.midNetMicros, 1, 1e-9)
      }
    }
  })

  it("falls for the seller of a condor as the level rises", () => {
    const { market, context } = marketAt(0.25)
    const smile = readSmile(context, market.chain.expirations[0]!, 0.03)!
    const spread = makeSpread(smile, "IronCondor", -1, volatilityDefaults)!
    assert.isAbove(valueAtLevel(smile, spread, 0.8), valueAtLevel(smile, spread, 1))
    assert.isAbove(valueAtLevel(smile, spread, 1), valueAtLevel(smile, spread, 1.2))
  })
})

describe("parameters", () => {
  it("are decoded by their schema and the defaults contradict nothing", () => {
    const decode = Schema.decodeUnknownSync(VolatilityStrategyParameters)
    assert.deepStrictEqual(
      decode(JSON.parse(JSON.stringify(volatilityDefaults))),
      volatilityDefaults
    )
    assert.isUndefined(parametersFault(volatilityDefaults))
  })

  it("have one text for one strategy, whatever the order of their keys", () => {
    const reversed = Object.fromEntries(
      Object.entries(volatilityDefaults).reverse()
    ) as VolatilityStrategyParameters
    assert.strictEqual(parametersText(reversed), parametersText(volatilityDefaults))
    const other = { ...volatilityDefaults, quantityMax: 6 }
    assert.notStrictEqual(parametersText(other), parametersText(volatilityDefaults))
  })

  it("name their contradictions", () => {
    const fault = (over: Partial<VolatilityStrategyParameters>) =>
      parametersFault({ ...volatilityDefaults, ...over }) ?? ""
    assert.match(fault({ outerDelta: 0.3 }), /^outerDelta was 0.3, less than innerDelta 0.2/)
    assert.match(fault({ tradingDaysMax: 5 }), /^tradingDaysMin was 10/)
    assert.match(fault({ impliedOverForecastMinToSell: 0.9 }), /at least 1 is allowed/)
    assert.match(fault({ impliedOverForecastMaxToBuy: 1.1 }), /at most 1 is allowed/)
  })
})
