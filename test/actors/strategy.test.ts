import { assert, describe, it } from "@effect/vitest"
import { Schema } from "effect"
import {
  OrderClosed,
  OrderDenied,
  TradeFilled,
  TradeLegEnded
} from "../../src/actors/ports/records/broker.ts"
import { FeaturesComputed, RegimeClassified } from "../../src/actors/ports/records/cognition.ts"
import { type TradeProposed, TradeRefused } from "../../src/actors/ports/records/trade.ts"
import { ChainRejected, Closed } from "../../src/actors/ports/records/vault.ts"
import { makeStrategy } from "../../src/actors/strategy.ts"
import type { PayloadOf } from "../../src/domain/journal/record.ts"
import { volatilityDefaults } from "../../src/domain/strategies/parameters.ts"
import { signOf } from "../../src/domain/trading/netPrice.ts"
import { ActorDriver } from "./actorDriver.ts"
import { day, expiration, interval, listed, quotes, spotMicros, status } from "./marketFixture.ts"

type Proposal = PayloadOf<typeof TradeProposed>

const minuteMs = 60_000
const impliedVolatility = 0.3
const strategyWith = (closePolicy: "flatten" | "carry" = "carry") => {
  const actor = new ActorDriver(
    makeStrategy({
      strategyId: "volatility",
      parameters: { ...volatilityDefaults, maxLossMicrosPerTrade: 30_000_000_000 },
      closePolicy,
      quoteAgeMsMax: 10 * minuteMs,
      forecastAgeMsMax: 15 * minuteMs
    }),
    { checksSnapshot: false }
  )
  actor.tell(listed)
  actor.nowMs = day.openMs
  actor.tell(status("Open"))
  return actor
}

const show = (actor: ActorDriver, volatility = impliedVolatility, spot = spotMicros) => {
  for (const quote of quotes({ volatility, timeMs: actor.nowMs, spot })) actor.tell(quote)
}

const forecast = (actor: ActorDriver, volatility = 0.22) =>
  actor.tell(
    RegimeClassified.make({
      stateProbabilities: { calm: 1, normal: 0, stressed: 0 },
      state: "calm",
      forecastVolatility5d: volatility,
      forecastVolatility21d: volatility,
      modelId: "m",
      modelHash: "h",
      asOfMs: actor.nowMs
    })
  )

const features = (volatility = impliedVolatility) =>
  FeaturesComputed.make({
    spotMicros,
    realizedVolatility: 0,
    term: [
      {
        expiration,
        timeToExpirationYears: 24.25 / 365,
        forwardMicros: spotMicros,
        atmVolatility: volatility,
        skew25: 0,
        quotedContracts: 162
      }
    ],
    quotesSeen: 1,
    staleInstruments: 0,
    modelInput: []
  })

const entered = (actor: ActorDriver, volatility = impliedVolatility) => {
  const [event] = actor.tell(features(volatility))
  assert.strictEqual(
    event?.type,
    "TradeProposed",
    String((event?.payload as { detail?: string } | undefined)?.detail)
  )
  return event!.payload as Proposal
}

const idleReason = (actor: ActorDriver, volatility = impliedVolatility) => {
  const [event] = actor.tell(features(volatility))
  assert.strictEqual(event?.type, "StrategyIdle")
  return (event!.payload as { reason: string }).reason
}

const ready = (closePolicy: "flatten" | "carry" = "carry") => {
  const actor = strategyWith(closePolicy)
  actor.nowMs = day.openMs + 30 * minuteMs
  show(actor)
  forecast(actor)
  return actor
}

/** Fills `quantity` units at the market's prices. */
const filled = (actor: ActorDriver, proposal: Proposal, quantity = proposal.quantity) => {
  const { board } = actor.state
  const legs = proposal.legs.map(({ instrument, side, ratio }) => ({
    instrument,
    side,
    lastQty: ratio * quantity,
    lastPxMicros: side === "Buy" ? board.askMicros[instrument] : board.bidMicros[instrument]
  }))
  const multiplier = legs[0]!.instrument === 0 ? 1n : 100n
  const cashMicros = legs.reduce(
    (cash, leg) =>
      cash - BigInt(signOf(leg.side)) * BigInt(leg.lastQty) * BigInt(leg.lastPxMicros) * multiplier,
    0n
  )
  const { tradeId, kind, closes, strategyId } = proposal
  return TradeFilled.make({
    tradeId,
    kind,
    closes,
    strategyId,
    clOrdID: "c",
    execID: "e",
    n: 1,
    lastQty: quantity,
    cumQty: quantity,
    leavesQty: proposal.quantity - quantity,
    lastNetMicros: 0,
    legs,
    cashMicros,
    commissionMicros: 1_000_000n
  })
}

const orderClosed = (proposal: Proposal, cumQty: number) =>
  OrderClosed.make({
    tradeId: proposal.tradeId,
    kind: proposal.kind,
    clOrdID: "c",
    ordStatus: cumQty === proposal.quantity ? "Filled" : "Canceled",
    orderQty: proposal.quantity,
    cumQty,
    reason: ""
  })

/** Opened and whole. */
const holding = (closePolicy: "flatten" | "carry" = "carry") => {
  const actor = ready(closePolicy)
  const proposal = entered(actor)
  actor.tell(filled(actor, proposal))
  actor.tell(orderClosed(proposal, proposal.quantity))
  return { actor, proposal }
}

const exit = (actor: ActorDriver, minute: number) => {
  const [event] = actor.tell(interval(minute))
  return event?.payload as Proposal | undefined
}

describe("strategy, entries", () => {
  it("sells a condor as one order at a net credit where implied is far above the forecast", () => {
    const actor = ready()
    const proposal = entered(actor)
    assert.deepStrictEqual(
      proposal.legs.map((leg) => leg.side),
      ["Buy", "Sell", "Sell", "Buy"]
    )
    assert.isBelow(proposal.limitNetMicros, 0)
    assert.strictEqual(proposal.limitNetMicros % 10_000, 0)
    assert.isAbove(proposal.rationale.edgeOverMaxLoss!, 0.01)
    assert.isAtLeast(proposal.limitNetMicros, proposal.rationale.midNetMicros! - 10_000)
    assert.isAtMost(proposal.limitNetMicros, proposal.rationale.naturalNetMicros!)
  })

  it("names the latest quotes that it was chosen from, those of its legs among them", () => {
    const sold = entered(ready()).legs[1]!.instrument
    const actor = ready()
    const lastOf = new Map<number, number>()
    for (const quote of quotes({ volatility: impliedVolatility, timeMs: actor.nowMs })) {
      lastOf.set(quote.payload.instrument, actor.seq)
      actor.tell(quote)
    }
    const again = quotes({ volatility: impliedVolatility, timeMs: actor.nowMs })
    lastOf.set(sold, actor.seq)
    actor.tell(again.find(({ payload }) => payload.instrument === sold)!)
    const { basis, legs } = entered(actor)
    assert.strictEqual(basis.at(-1), lastOf.get(sold))
    const latest = new Set(lastOf.values())
    assert.isTrue(basis.every((seq) => latest.has(seq)))
    assert.isTrue(legs.every(({ instrument }) => basis.includes(lastOf.get(instrument)!)))
    assert.deepStrictEqual(
      basis,
      [...new Set(basis)].sort((a, b) => a - b)
    )
  })

  it("asks for collateral of the largest loss and the commissions both ways", () => {
    const proposal = entered(ready())
    const strike = (at: number) =>
      listed.payload.instruments[proposal.legs[at]!.instrument]!.strikeMicros
    const width = Math.max(strike(1) - strike(0), strike(3) - strike(2))
    const worst = BigInt((width + proposal.limitNetMicros) * 100 * proposal.quantity)
    const fees = BigInt(2 * 4 * proposal.quantity * volatilityDefaults.commissionMicrosPerContract)
    assert.strictEqual(proposal.collateralMicros, worst + fees)
  })

  it("says why it proposes nothing, and counts it", () => {
    const fair = strategyWith()
    fair.nowMs = day.openMs + 30 * minuteMs
    show(fair)
    assert.strictEqual(idleReason(fair), "no-fresh-forecast")
    forecast(fair, 0.28)
    assert.strictEqual(idleReason(fair), "volatility-fairly-priced")
    forecast(fair)
    fair.nowMs = day.closeMs - 20 * minuteMs
    assert.strictEqual(idleReason(fair), "too-near-the-close")
    fair.tell(status("Closed"))
    assert.strictEqual(idleReason(fair), "market-closed")
    const counts = new Map(fair.state.idleCounts)
    assert.strictEqual(counts.get("market-closed"), 1)
    assert.strictEqual(counts.get("no-fresh-forecast"), 1)
  })

  it("has one live proposal at a time", () => {
    const actor = ready()
    entered(actor)
    assert.strictEqual(idleReason(actor), "proposal-live")
  })

  it("cools down after a refusal, by convergence, executor or chain, and then proposes anew", () => {
    const endings = [
      (tradeId: string) => TradeRefused.make({ tradeId, phase: 1, reasons: ["risk: no"] }),
      (tradeId: string) => OrderDenied.make({ tradeId, reason: "late" }),
      (tradeId: string) =>
        ChainRejected.make({ tradeId, n: 1, instruction: "ReserveRequested", code: "x", text: "" })
    ]
    for (const ending of endings) {
      const actor = ready()
      actor.tell(ending(entered(actor).tradeId))
      assert.strictEqual(idleReason(actor), "cooling-down")
      actor.nowMs += volatilityDefaults.cooldownMs
      show(actor)
      entered(actor)
    }
  })

  it("gives in step by step while nothing fills, never beyond the natural price, then pauses", () => {
    const actor = ready()
    const concessions: Array<number> = []
    for (let attempt = 0; attempt < volatilityDefaults.attemptsMax; attempt++) {
      const proposal = entered(actor)
      concessions.push(proposal.rationale.concession!)
      assert.isAtMost(proposal.limitNetMicros, proposal.rationale.naturalNetMicros!)
      actor.tell(orderClosed(proposal, 0))
    }
    assert.deepStrictEqual(concessions, [0.25, 0.5, 0.75, 1, 1])
    assert.strictEqual(idleReason(actor), "cooling-down")
  })

  it("names its trades by its own event count, and decides nothing late", () => {
    const actor = ready()
    assert.deepStrictEqual(actor.tell(features(), { late: true }), [])
    const count = actor.eventCount
    assert.strictEqual(entered(actor).tradeId, `book-strategy-${count}`)
  })
})

describe("strategy, positions", () => {
  it("keeps what partial fills bought and sold, and what it cost", () => {
    const actor = ready()
    const proposal = entered(actor)
    assert.isAbove(proposal.quantity, 1)
    actor.tell(filled(actor, proposal, 1))
    actor.tell(orderClosed(proposal, 1))
    const [position] = [...actor.state.positions.values()]
    assert.deepStrictEqual(
      position.holdings.map((each: { quantity: number }) => each.quantity).sort(),
      [-1, -1, 1, 1]
    )
    assert.strictEqual(idleReason(actor), "positions-full")
  })

  it("closes at a profit that can be had at once, with the legs the other way round", () => {
    const { actor, proposal } = holding()
    actor.nowMs += 5 * minuteMs
    show(actor, 0.18)
    const close = exit(actor, 35)!
    assert.strictEqual(close.kind, "Close")
    assert.strictEqual(close.closes, proposal.tradeId)
    assert.strictEqual(close.rationale["profit-target"], 1)
    assert.strictEqual(close.collateralMicros, 0n)
    assert.deepStrictEqual(
      close.legs.map(({ instrument, side, ratio }) => [instrument, side, ratio]),
      [...proposal.legs]
        .sort((a, b) => a.instrument - b.instrument)
        .map(({ instrument, side }) => [instrument, side === "Buy" ? "Sell" : "Buy", 1])
    )
  })

  it("stops a loss at half of what could be lost, at the natural price", () => {
    const { actor } = holding()
    actor.nowMs += 5 * minuteMs
    show(actor, 0.3, spotMicros * 0.86)
    const close = exit(actor, 35)!
    assert.strictEqual(close.rationale["stop-loss"], 1)
    assert.strictEqual(close.limitNetMicros, close.rationale.naturalNetMicros)
  })

  it("holds on while nothing is due, and to the close under the policy carry", () => {
    const { actor } = holding()
    for (const minute of [35, 200, 389]) {
      actor.nowMs = day.openMs + minute * minuteMs
      show(actor)
      assert.isUndefined(exit(actor, minute))
    }
  })

  it("is flat before the close under the policy flatten, giving in more with each try", () => {
    const { actor, proposal } = holding("flatten")
    const limits: Array<number> = []
    for (const minute of [374, 375, 376, 377]) {
      actor.nowMs = day.openMs + minute * minuteMs
      show(actor)
      const close = exit(actor, minute)
      if (close === undefined) continue
      assert.strictEqual(close.rationale["flatten-at-close"], 1)
      limits.push(close.limitNetMicros - close.rationale.naturalNetMicros!)
      actor.tell(orderClosed(close, 0))
    }
    assert.strictEqual(limits.length, 3)
    assert.strictEqual(limits[0], 0)
    assert.isAbove(limits[1]!, limits[0]!)
    assert.isAbove(limits[2]!, limits[1]!)
    assert.isTrue(actor.state.positions.has(proposal.tradeId))
  })

  it("forgets a flat position, and opens the next one only when its capital is back", () => {
    const { actor, proposal } = holding()
    actor.nowMs += 5 * minuteMs
    show(actor, 0.18)
    const close = exit(actor, 35)!
    actor.tell(filled(actor, close))
    actor.tell(orderClosed(close, close.quantity))
    assert.strictEqual(actor.state.positions.size, 0)
    assert.strictEqual(actor.state.finishedTrades, 1)
    assert.isTrue(actor.state.realizedMicros > 0n)
    assert.strictEqual(idleReason(actor), "positions-full")
    actor.tell(
      Closed.make({
        tradeId: proposal.tradeId,
        n: 1,
        cumulativeProceedsMicros: 1n,
        final: true,
        freeMicros: 1n,
        reservedMicros: 0n,
        settlingMicros: 0n
      })
    )
    assert.strictEqual(idleReason(actor), "cooling-down")
    actor.nowMs += volatilityDefaults.reentryMs
    show(actor)
    forecast(actor)
    entered(actor)
  })

  it("sells assigned shares by themselves, before anything else", () => {
    const { actor, proposal } = holding()
    const short = proposal.legs[1]!.instrument
    actor.tell(
      TradeLegEnded.make({
        tradeId: proposal.tradeId,
        strategyId: "volatility",
        execID: "x",
        n: 2,
        kind: "Assigned",
        instrument: short,
        quantity: -proposal.quantity,
        shares: 100 * proposal.quantity,
        cashMicros: -1n,
        commissionMicros: 0n
      })
    )
    actor.nowMs += 5 * minuteMs
    show(actor)
    const close = exit(actor, 35)!
    assert.strictEqual(close.rationale["assigned-stock"], 1)
    assert.deepStrictEqual(close.legs, [{ instrument: 0, side: "Sell", ratio: 1 }])
    assert.strictEqual(close.quantity, 100 * proposal.quantity)
    actor.tell(filled(actor, close))
    actor.tell(orderClosed(close, close.quantity))
    assert.strictEqual(actor.state.positions.get(proposal.tradeId).holdings.length, 3)
  })

  it("is flat when every leg has expired", () => {
    const { actor, proposal } = holding()
    proposal.legs.forEach((leg, at) => {
      actor.tell(
        TradeLegEnded.make({
          tradeId: proposal.tradeId,
          strategyId: "volatility",
          execID: `x${at}`,
          n: 2 + at,
          kind: "Expired",
          instrument: leg.instrument,
          quantity: signOf(leg.side) * proposal.quantity,
          shares: 0,
          cashMicros: 0n,
          commissionMicros: 0n
        })
      )
    })
    assert.strictEqual(actor.state.positions.size, 0)
    assert.isTrue(actor.state.realizedMicros > 0n)
  })

  it("takes no fills of other strategies for its own", () => {
    const { actor, proposal } = holding()
    const before = JSON.stringify(actor.encoded())
    const foreign = filled(actor, { ...proposal, strategyId: "delta-hedge" })
    actor.tell(foreign)
    assert.strictEqual(JSON.stringify(actor.encoded()), before)
  })

  it("comes back from its snapshot with its positions and goes on the same", () => {
    const { actor } = holding()
    const restored = strategyWith()
    const codec = Schema.toCodecJson(restored.behavior.snapshotSchema)
    const text = JSON.stringify(actor.encoded())
    restored.state = restored.behavior.restore(Schema.decodeUnknownSync(codec)(JSON.parse(text)))
    restored.eventCount = actor.eventCount
    restored.seq = actor.seq
    assert.strictEqual(JSON.stringify(restored.encoded()), text)
    for (const each of [actor, restored]) {
      each.nowMs = day.openMs + 35 * minuteMs
      show(each, 0.18)
    }
    assert.deepStrictEqual(exit(restored, 35), exit(actor, 35))
  })
})
