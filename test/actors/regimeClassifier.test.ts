import { assert, describe, it } from "@effect/vitest"
import { Schema } from "effect"
import {
  FeaturesComputed,
  InferenceAnswered,
  InferenceFailed
} from "../../src/actors/ports/records/cognition.ts"
import { TradeProposed, TradeRefused } from "../../src/actors/ports/records/trade.ts"
import { Reserved } from "../../src/actors/ports/records/vault.ts"
import { makeRegimeClassifier } from "../../src/actors/regime-classifier.ts"
import { ActorDriver } from "./actorDriver.ts"

const config = {
  modelId: "regime",
  modelIntervalMs: 300_000,
  cognitionAgeMsMax: 600_000,
  stressedProbabilityMax: 0.5,
  impliedOverForecastMinToSell: 1.05,
  impliedOverForecastMaxToBuy: 0.95
}

const features = (modelInput: ReadonlyArray<number> = [1, 2]) =>
  FeaturesComputed.make({
    spotMicros: 1,
    realizedVolatility: 0,
    term: [],
    quotesSeen: 0,
    staleInstruments: 0,
    modelInput
  })

const answer = (
  requestId: string,
  stateProbabilities: ReadonlyArray<number> = [0.7, 0.2, 0.1],
  forecastVolatility: ReadonlyArray<number> = [0.2, 0.2]
) =>
  InferenceAnswered.make({
    requestId,
    modelId: "regime",
    modelHash: "abc",
    runtime: "test",
    outputs: { stateProbabilities, forecastVolatility }
  })

/** 21 trading days in 30 calendar days: at an implied volatility of 24 % 1.19 of a 20 % forecast. */
const proposal = (
  tradeId: string,
  view: number,
  kind: "Open" | "Close" | "Hedge" = "Open",
  impliedVolatility = 0.24
) =>
  TradeProposed.make({
    tradeId,
    kind,
    closes: kind === "Close" ? "p" : "",
    strategyId: "volatility",
    legs: [],
    quantity: 1,
    limitNetMicros: 1,
    collateralMicros: 0n,
    rationale: {
      volatilityView: view,
      impliedVolatility,
      timeToExpirationYears: 30 / 365,
      tradingDaysToExpiration: 21
    },
    basis: []
  })

const reserved = (tradeId: string) =>
  Reserved.make({
    tradeId,
    maxAmountMicros: 1n,
    freeMicros: 1n,
    reservedMicros: 1n,
    settlingMicros: 0n
  })

const asked = () => {
  const actor = new ActorDriver(makeRegimeClassifier(config))
  actor.nowMs = 1_000_000
  const [request] = actor.tell(features())
  return { actor, requestId: (request!.payload as { requestId: string }).requestId }
}

const informed = () => {
  const { actor, requestId } = asked()
  actor.nowMs += 20
  actor.tell(answer(requestId))
  return actor
}

const verdictOf = (events: ReadonlyArray<{ readonly payload: unknown }>) =>
  events[0]!.payload as {
    yes: boolean
    phase: number
    reasons: ReadonlyArray<string>
    modelHash: string
  }

describe("regime-classifier, asking the model", () => {
  it("asks once per interval, and only where there are features", () => {
    const { actor } = asked()
    actor.nowMs += 299_999
    assert.deepStrictEqual(actor.tell(features()), [])
    actor.nowMs += 1
    assert.strictEqual(actor.tell(features())[0]!.type, "InferenceRequested")
    actor.nowMs += 300_000
    assert.deepStrictEqual(actor.tell(features([])), [])
    assert.deepStrictEqual(actor.tell(features(), { late: true }), [])
  })

  it("classifies a valid answer, as of the features it was asked about", () => {
    const { actor, requestId } = asked()
    actor.nowMs += 5_000
    const [classified] = actor.tell(answer(requestId))
    assert.deepInclude(classified!.payload as object, {
      state: "calm",
      forecastVolatility5d: 0.2,
      modelHash: "abc",
      asOfMs: 1_000_000
    })
  })

  it("keeps its last answer when a later one is broken, failed or unasked for", () => {
    const actor = informed()
    const before = actor.state.assessment
    actor.nowMs += 300_000
    const [request] = actor.tell(features())
    const { requestId } = request!.payload as { requestId: string }
    assert.deepStrictEqual(actor.tell(answer(requestId, [0.5, 0.5, 0.5])), [])
    assert.match(actor.state.lastFailure, /summed to 1.5/)
    assert.deepStrictEqual(actor.tell(answer("unasked")), [])
    actor.tell(InferenceFailed.make({ requestId, modelId: "regime", reason: "gone" }))
    assert.strictEqual(actor.state.failures, 2)
    assert.deepStrictEqual(actor.state.assessment, before)
  })

  it("does not go back to an answer older than the one it has", () => {
    const { actor, requestId: first } = asked()
    actor.nowMs += 300_000
    const [request] = actor.tell(features())
    actor.tell(answer((request!.payload as { requestId: string }).requestId))
    assert.deepStrictEqual(actor.tell(answer(first, [0, 0, 1])), [])
    assert.strictEqual(actor.state.assessment.state, "calm")
  })

  it("remembers at most eight questions", () => {
    const { actor } = asked()
    for (let question = 0; question < 20; question++) {
      actor.nowMs += 300_000
      actor.tell(features())
    }
    assert.strictEqual(actor.state.outstanding.size, 8)
  })
})

describe("regime-classifier, the cognition verdict", () => {
  it("says yes to selling volatility above the forecast, in both phases, with the model's hash", () => {
    const actor = informed()
    const first = verdictOf(actor.tell(proposal("t", -1)))
    assert.deepInclude(first, { yes: true, phase: 1, modelHash: "abc" })
    assert.match(first.reasons[0]!, /^forecast-supports: implied is 1\.19/)
    assert.deepInclude(verdictOf(actor.tell(reserved("t"))), { yes: true, phase: 2 })
    assert.strictEqual(actor.state.proposals.size, 0)
  })

  it("says no where the forecast, the regime or the proposal does not support it", () => {
    const cases = [
      [proposal("a", 1), /^forecast-against/],
      [proposal("b", -1, "Open", 0.2), /^forecast-against/],
      [proposal("c", 0), /^no-view/]
    ] as const
    for (const [proposed, reason] of cases) {
      const verdict = verdictOf(informed().tell(proposed))
      assert.isFalse(verdict.yes)
      assert.match(verdict.reasons[0]!, reason)
    }
    const { actor, requestId } = asked()
    actor.tell(answer(requestId, [0.1, 0.2, 0.7]))
    assert.match(verdictOf(actor.tell(proposal("d", -1))).reasons[0]!, /^stressed-regime/)
    assert.isTrue(verdictOf(actor.tell(proposal("e", 1, "Open", 0.15))).yes)
  })

  it("says no without an answer, and when the last one is too old", () => {
    const { actor } = asked()
    assert.match(verdictOf(actor.tell(proposal("t", -1))).reasons[0]!, /^no-model-answer/)
    const later = informed()
    later.nowMs = 1_000_000 + 600_000
    assert.isTrue(verdictOf(later.tell(proposal("t", -1))).yes)
    later.nowMs += 1
    assert.match(verdictOf(later.tell(reserved("t"))).reasons[0]!, /^stale-model-answer/)
  })

  it("lets risk be reduced without a model, and nothing through late", () => {
    const actor = new ActorDriver(makeRegimeClassifier(config))
    for (const kind of ["Close", "Hedge"] as const) {
      assert.isTrue(verdictOf(actor.tell(proposal(kind, 0, kind))).yes)
    }
    assert.isTrue(verdictOf(actor.tell(reserved("Hedge"))).yes)
    const verdict = verdictOf(informed().tell(proposal("t", -1), { late: true }))
    assert.isFalse(verdict.yes)
    assert.match(verdict.reasons[0]!, /^late/)
  })

  it("forgets a proposal that was refused", () => {
    const actor = informed()
    actor.tell(proposal("t", -1))
    actor.tell(TradeRefused.make({ tradeId: "t", phase: 1, reasons: ["risk"] }))
    assert.deepStrictEqual(actor.tell(reserved("t")), [])
    assert.strictEqual(actor.state.proposals.size, 0)
  })

  const View = Schema.Literals([-1, 1])
  const Volatility = Schema.Finite.check(Schema.isBetween({ minimum: 0.01, maximum: 3 }))
  it.prop(
    "never supports both sides of one price, and always gives a reason",
    { view: View, implied: Volatility },
    ({ view, implied }) => {
      const verdict = verdictOf(informed().tell(proposal("a", view, "Open", implied)))
      const opposite = verdictOf(informed().tell(proposal("b", -view, "Open", implied)))
      assert.isFalse(verdict.yes && opposite.yes)
      assert.isAbove(verdict.reasons[0]!.length, 10)
    }
  )
})
