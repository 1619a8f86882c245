import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { summaryOf } from "./desk.ts"
import { type Home, makeHome } from "./home.ts"
import { writeSmallSession } from "./smallSession.ts"

/** Opens what the certified strategy would not, and holds it whatever comes. */
const eager = {
  impliedOverForecastMinToSell: 1,
  impliedOverForecastMaxToBuy: 1,
  edgeOverMaxLossMin: 0,
  legSpreadOverMidMax: 2,
  outerDelta: 0.1,
  innerDelta: 0.4,
  tradingDaysMin: 1,
  tradingDaysMax: 400,
  exitTradingDays: 0,
  profitTargetOverEntry: 10,
  stopLossOverMaxLoss: 10,
  flattenMinutesToClose: 0.001,
  firstConcession: 1,
  entryMinutesToCloseMin: 1,
  forwardVolatilityOverAtmMax: 10,
  skewSteep: 5,
  skewFlat: -5
}
const carry = {
  ai: {
    impliedOverForecastMinToSell: 0.5,
    impliedOverForecastMaxToBuy: 2,
    stressedProbabilityMax: 1
  },
  hedging: { bandShares: 5_000 },
  run: { closePolicy: "carry" }
}

const runAndProve = Effect.fnUntraced(function* (home: Home, config: string) {
  const run = yield* home.commandWith(config, "run", "--json", "--speed", "max")
  const summary = summaryOf(run)
  const replay = yield* home.commandWith(config, "replay", "--verify", "--json")
  assert.strictEqual(replay.code, 0, replay.err)
  assert.strictEqual(JSON.parse(replay.out).stateHash, summary.stateHash)
  return summary
})

describe("The close policy carry", () => {
  it.effect("holds positions over the night between two days, and replays", () =>
    Effect.gen(function* () {
      const home = yield* makeHome
      const config = home.certified(eager, {
        ...carry,
        session: "twx-2014-06-05",
        folders: { sessions: "data/sessions" }
      })
      const { trades, vault } = yield* runAndProve(home, config)
      const held = trades.filter(({ state }) => state === "Open")
      assert.isAtLeast(held.length, 1)
      for (const { openedAt } of held) assert.match(openedAt, /^2014-06-05/)
      assert.isAbove(Number(vault.settling), 0)
    })
  )

  it.effect(
    "lets what expires in the money be exercised, and keeps the stock that comes of it",
    () =>
      Effect.gen(function* () {
        const home = yield* makeHome
        writeSmallSession(home.sessions, { "2015-12-24": 0.03, "2016-02-19": 0.05 })
        // The wings are out of line for it, so it buys a put vertical of the contracts that expire that day.
        const parameters = { ...eager, tradingDaysMin: 0.001, tradingDaysMax: 0.9 }
        const vertical = { ...parameters, innerDelta: 0.48, skewFlat: 4 }
        const config = home.certified(vertical, carry)
        const { trades } = yield* runAndProve(home, config)
        const [trade] = trades
        assert.match(trade!.legs, /^GOOG 2015-12-24 -742.5P \+750P$/)
        assert.strictEqual(trade!.state, "Open")
        const audit = yield* home.commandWith(config, "audit", "trade", trade!.tradeId)
        assert.match(audit.out, /exercise/i)
      })
  )
})
