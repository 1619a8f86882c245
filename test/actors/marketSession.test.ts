/** Feed, features, classifier and strategy over the real session, up to the first proposal and its verdict. */
import { readFileSync } from "node:fs"
import { fileURLToPath } from "node:url"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Schema } from "effect"
import { makeFeatures } from "../../src/actors/features.ts"
import { makeFeed } from "../../src/actors/feed.ts"
import { makeMarketGateway } from "../../src/actors/gateways/marketGateway.ts"
import {
  type FeaturesComputed,
  InferenceAnswered,
  type InferenceRequested
} from "../../src/actors/ports/records/cognition.ts"
import { TimerFired, type TimerSet } from "../../src/actors/ports/records/kernel.ts"
import { Quote } from "../../src/actors/ports/records/market.ts"
import type { CognitionVerdict, TradeProposed } from "../../src/actors/ports/records/trade.ts"
import { makeRegimeClassifier } from "../../src/actors/regime-classifier.ts"
import { makeStrategy } from "../../src/actors/strategy.ts"
import type { EventDraft, PayloadOf } from "../../src/domain/journal/record.ts"
import { ModelCard } from "../../src/domain/models/modelCard.ts"
import { evaluateRegimeModel } from "../../src/domain/regime/regimeModel.ts"
import { volatilityDefaults } from "../../src/domain/strategies/parameters.ts"
import { dailyHistory } from "../../src/infra/data/dailyHistory.ts"
import { loadSession } from "../../src/infra/data/SessionFile.ts"
import { ActorDriver } from "./actorDriver.ts"

const root = fileURLToPath(new URL("../..", import.meta.url))
const modelId = "regime-goog-2015-12-24"

const desk = () =>
  [
    makeFeed({ quoteAgeMsMax: 180_000 }),
    makeFeatures({ featureIntervalMs: 60_000, quoteAgeMsMax: 180_000 }),
    makeRegimeClassifier({
      modelId,
      modelIntervalMs: 300_000,
      cognitionAgeMsMax: 900_000,
      stressedProbabilityMax: 0.5,
      impliedOverForecastMinToSell: 1.05,
      impliedOverForecastMaxToBuy: 0.95
    }),
    makeStrategy({
      strategyId: "volatility",
      parameters: volatilityDefaults,
      closePolicy: "carry",
      quoteAgeMsMax: 180_000,
      forecastAgeMsMax: 900_000
    })
  ].map((behavior) => new ActorDriver(behavior, { checksSnapshot: false }))

/** Runs until a cognition verdict or the end; returns every event in order. */
const untilVerdict = Effect.fn(function* () {
  const session = yield* loadSession(`${root}data/sessions`, "goog-2015-12-24")
  const history = yield* dailyHistory({
    dataDir: `${root}data`,
    symbol: "GOOG",
    before: "2015-12-24"
  })
  const card = Schema.decodeUnknownSync(Schema.fromJsonString(ModelCard))(
    readFileSync(`${root}models/${modelId}.json`, "utf8")
  )
  const market = makeMarketGateway({
    session,
    contentHash: "",
    history: history.series.map(({ symbol, bars }) => ({
      symbol,
      source: "own",
      bars: bars.slice(-100).map((bar) => ({
        ...bar,
        open: bar.open / 1e6,
        high: bar.high / 1e6,
        low: bar.low / 1e6,
        close: bar.close / 1e6
      }))
    }))
  })
  const actors = desk()
  const events: Array<EventDraft> = []
  let timer: PayloadOf<typeof TimerSet> | undefined
  const turn = (input: EventDraft, nowMs: number): void => {
    const queue = [input]
    for (let draft = queue.shift(); draft !== undefined; draft = queue.shift()) {
      for (const actor of actors) {
        actor.nowMs = nowMs
        queue.push(...actor.tell(draft))
      }
      if (draft === input) continue
      events.push(draft)
      if (draft.type === "TimerSet") timer = draft.payload as PayloadOf<typeof TimerSet>
      if (draft.type === "InferenceRequested") {
        const { requestId, features } = draft.payload as PayloadOf<typeof InferenceRequested>
        const outputs = evaluateRegimeModel(card.parameters, features)
        const modelHash = card.onnxSha256
        queue.push(InferenceAnswered.make({ requestId, modelId, modelHash, runtime: "", outputs }))
      }
    }
  }
  const quoted = actors.filter(({ behavior }) => behavior.messages.some(({ of }) => of === Quote))
  const quote = (input: EventDraft): void => {
    const record = {
      ...input,
      seq: 0,
      epoch: 1,
      actor: "market",
      version: 1,
      cause: -1,
      logicalTimeMs: 0,
      sourceSeq: 0
    }
    for (const actor of quoted) actor.state = actor.behavior.evolve(actor.state, record)
  }
  while (events.at(-1)?.type !== "CognitionVerdict") {
    const quoteMs = market.nextDueMs()
    if (timer !== undefined && timer.dueMs <= quoteMs) {
      const fired = timer
      timer = undefined
      turn(TimerFired.make(fired), fired.dueMs)
      continue
    }
    if (quoteMs === Number.POSITIVE_INFINITY) break
    const input = market.next()
    if (input.type === "Quote") quote(input)
    else turn(input, quoteMs)
  }
  return { events, session, actors }
})

describe("the market side on the real GOOG day", () => {
  it.effect("comes to one proposal with an edge after costs, which the model supports", () =>
    Effect.gen(function* () {
      const { events, session } = yield* untilVerdict()
      const of = <P>(type: string) =>
        events.filter((event) => event.type === type).map((event) => event.payload as P)
      const features = of<PayloadOf<typeof FeaturesComputed>>("FeaturesComputed").at(-1)!
      // Every expiration near the money lies between 10 and 40 % on that calm day, forwards within 2 % of the stock.
      const term = features.term.filter((point) => point.expiration > "2015-12-24")
      assert.isAbove(term.length, 6)
      for (const point of term) {
        assert.isTrue(point.atmVolatility > 0.1 && point.atmVolatility < 0.4, point.expiration)
        assert.closeTo(point.forwardMicros / features.spotMicros, 1, 0.02)
        assert.isAtLeast(point.skew25, 0)
      }
      const [proposal] = of<PayloadOf<typeof TradeProposed>>("TradeProposed")
      const { rationale, legs, quantity } = proposal!
      assert.isAtLeast(
        rationale.impliedVolatility! / rationale.forecastVolatility!,
        volatilityDefaults.impliedOverForecastMinToSell
      )
      assert.isAbove(rationale.modelNetMicros! - rationale.naturalNetMicros!, 0)
      assert.isAtLeast(rationale.edgeOverMaxLoss!, volatilityDefaults.edgeOverMaxLossMin)
      assert.isAtLeast(quantity, 1)
      const expirations = legs.map((leg) => {
        const instrument = session.instruments[leg.instrument]!
        return instrument.kind === "Option" ? instrument.contract.expiration : ""
      })
      assert.strictEqual(new Set(expirations).size, 1)
      const [verdict] = of<PayloadOf<typeof CognitionVerdict>>("CognitionVerdict")
      assert.deepInclude(verdict, { yes: true, phase: 1 })
    })
  )
})
