import { assert, describe, it } from "@effect/vitest"
import { Schema } from "effect"
import { DifferenceFound } from "../../src/actors/ports/records/auditor.ts"
import {
  IntentResolved,
  OrderClosed,
  OrderIntent,
  TradeFilled
} from "../../src/actors/ports/records/broker.ts"
import { FeaturesComputed } from "../../src/actors/ports/records/cognition.ts"
import {
  InstrumentsListed,
  IntervalElapsed,
  Quote,
  TradingSessionStatus,
  VenueStatus
} from "../../src/actors/ports/records/market.ts"
import { HaltTrading, ResumeTrading } from "../../src/actors/ports/records/operator.ts"
import { ResolveDifference, Unexplained } from "../../src/actors/ports/records/reconcile.ts"
import { TradeProposed, TradeRefused } from "../../src/actors/ports/records/trade.ts"
import { Deposited, Reserved } from "../../src/actors/ports/records/vault.ts"
import { makeRiskGate } from "../../src/actors/risk-gate.ts"
import type { EventDraft } from "../../src/domain/journal/record.ts"
import type { OrderTerms } from "../../src/domain/risk/orderTerms.ts"
import {
  closeMs,
  instruments,
  limits,
  nowMs,
  openMs,
  quotes,
  termsOf
} from "../domain/risk/riskFixture.ts"
import { ActorDriver } from "./actorDriver.ts"

const balances = { freeMicros: 1_000_000_000n, reservedMicros: 0n, settlingMicros: 0n }
const quote = (instrument: number, bidMicros: number, askMicros: number, timeMs: number) =>
  Quote.make({ instrument, bidMicros, askMicros, bidSize: 9, askSize: 9, timeMs, replaced: 0 })
const propose = (change: Partial<OrderTerms> = {}) =>
  TradeProposed.make({ ...termsOf(change), strategyId: "spread", rationale: {}, basis: [] })
const reserved = (tradeId: string) =>
  Reserved.make({ tradeId, maxAmountMicros: 330_000_000n, ...balances })

const desk = (): ActorDriver => {
  const driver = new ActorDriver(makeRiskGate(limits))
  driver.nowMs = nowMs
  driver.tell(
    InstrumentsListed.make({
      session: "s",
      underlying: "X",
      contentHash: "",
      rows: 0,
      badRows: 0,
      notTradableRows: 0,
      instruments: instruments.map((each) => ({
        ...each,
        symbol: `${each.instrument}`,
        exerciseStyle: each.kind === "Stock" ? "None" : "American"
      }))
    })
  )
  driver.tell(
    TradingSessionStatus.make({
      date: "2015-12-24",
      status: "Open",
      openMs,
      closeMs,
      riskFreeRate: 0.05,
      dividendYield: 0,
      last: true
    })
  )
  driver.tell(
    FeaturesComputed.make({
      spotMicros: 49_000_000,
      realizedVolatility: 0.2,
      term: [
        {
          expiration: "2016-05-13",
          timeToExpirationYears: 0.38,
          forwardMicros: 49_900_000,
          atmVolatility: 0.2,
          skew25: 0,
          quotedContracts: 4
        }
      ],
      quotesSeen: 1,
      staleInstruments: 0,
      modelInput: []
    })
  )
  for (const [instrument, { bidMicros, askMicros }] of quotes) {
    driver.tell(quote(instrument, bidMicros, askMicros, nowMs))
  }
  driver.tell(Deposited.make({ depositId: "d", amountMicros: balances.freeMicros, ...balances }))
  return driver
}
const filled = (tradeId: string, cumQty: number, cashMicros: bigint) =>
  TradeFilled.make({
    tradeId,
    kind: "Open",
    closes: "",
    strategyId: "spread",
    clOrdID: `o-${tradeId}`,
    execID: `x-${tradeId}`,
    n: 1,
    lastQty: cumQty,
    cumQty,
    leavesQty: 0,
    lastNetMicros: 0,
    legs: [
      { instrument: 1, side: "Buy", lastQty: cumQty, lastPxMicros: 2_400_000 },
      { instrument: 3, side: "Sell", lastQty: cumQty, lastPxMicros: 800_000 }
    ],
    cashMicros,
    commissionMicros: 2_600_000n
  })
const over = (tradeId: string) =>
  OrderClosed.make({
    tradeId,
    kind: "Open",
    clOrdID: `o-${tradeId}`,
    ordStatus: "Filled",
    orderQty: 2,
    cumQty: 2,
    reason: ""
  })
const said = (events: ReadonlyArray<EventDraft>) => {
  const { yes, reasons, phase } = events[0]!.payload as {
    yes: boolean
    reasons: ReadonlyArray<string>
    phase: number
  }
  return { phase, yes, words: reasons.map((reason) => reason.split(":")[0]!) }
}
const no = (...words: Array<string>) => ({ phase: 1, yes: false, words })
const yes = { phase: 1, yes: true, words: ["within-limits"] }

describe("Risk gate", () => {
  it("says yes to an order within all limits, and again when its capital is reserved", () => {
    const driver = desk()
    assert.deepStrictEqual(said(driver.tell(propose())), yes)
    assert.deepStrictEqual(said(driver.tell(reserved("A"))), { ...yes, phase: 2 })
  })

  it("says no in phase 2 to what has become wrong since", () => {
    const driver = desk()
    driver.tell(propose())
    driver.tell(HaltTrading.make({ reason: "test" }))
    assert.deepStrictEqual(said(driver.tell(reserved("A"))), { ...no("kill-switch"), phase: 2 })
  })

  it("gives every reason at once", () => {
    const driver = desk()
    driver.tell(HaltTrading.make({ reason: "test" }))
    const wild = propose({ quantity: 99, limitNetMicros: 9_000_000, collateralMicros: 10n ** 12n })
    assert.deepStrictEqual(
      said(driver.tell(wild)),
      no("kill-switch", "order-size", "buying-power", "price-collar", "delta")
    )
  })

  it("refuses what it is asked late, in either phase", () => {
    const driver = desk()
    assert.deepStrictEqual(said(driver.tell(propose(), { late: true })), no("late"))
    assert.deepStrictEqual(said(driver.tell(reserved("A"), { late: true })).words, ["late"])
  })

  it("refuses a reservation of a trade that it does not know", () => {
    assert.deepStrictEqual(said(desk().tell(reserved("Z"))).words, ["unknown-trade"])
  })

  it("refuses stale quotes once time has passed without new ones", () => {
    const driver = desk()
    driver.nowMs = nowMs + 60_001
    assert.deepStrictEqual(said(driver.tell(propose())), no("stale-quote"))
    for (const [instrument, { bidMicros, askMicros }] of quotes) {
      driver.tell(quote(instrument, bidMicros, askMicros, driver.nowMs))
    }
    assert.deepStrictEqual(said(driver.tell(propose())), yes)
  })

  it("counts collateral promised to other trades until it shows in the vault", () => {
    const driver = desk()
    const big = { collateralMicros: 600_000_000n }
    driver.tell(propose(big))
    const other = { tradeId: "B", legs: [{ instrument: 1, side: "Buy" as const, ratio: 1 }] }
    const second = propose({ ...other, ...big, limitNetMicros: 2_400_000 })
    assert.deepStrictEqual(said(driver.tell(second)), no("buying-power"))
    driver.tell(TradeRefused.make({ tradeId: "A", phase: 1, reasons: ["x"] }))
    assert.deepStrictEqual(said(driver.tell(second)), yes)
  })

  it("refuses the legs of a working order, and of one approved a moment ago", () => {
    const driver = desk()
    driver.tell(propose())
    assert.deepStrictEqual(said(driver.tell(propose({ tradeId: "B" }))), no("duplicate"))
    driver.tell(over("A"))
    assert.deepStrictEqual(said(driver.tell(propose({ tradeId: "C" }))), no("duplicate"))
    driver.nowMs += limits.duplicateWindowMs
    assert.deepStrictEqual(said(driver.tell(propose({ tradeId: "D" }))), yes)
  })

  it("blocks openings after an unexplained difference until an operator resumes", () => {
    const driver = desk()
    driver.tell(
      DifferenceFound.make({
        differences: [{ what: "vault free", between: "journal-vault", expected: "1", found: "2" }]
      })
    )
    assert.deepStrictEqual(said(driver.tell(propose())), no("unexplained-difference"))
    driver.tell(ResumeTrading.make({ reason: "explained" }))
    assert.deepStrictEqual(said(driver.tell(propose())), yes)
  })

  it("blocks openings while the broker shows what nobody can explain, until each is resolved", () => {
    const driver = desk()
    const unexplained = (differenceId: string) =>
      Unexplained.make({
        differenceId,
        what: differenceId,
        expected: "0",
        found: "3",
        instruments: [],
        transactTimeMs: nowMs
      })
    driver.tell(unexplained("position of A"))
    driver.tell(unexplained("position of B"))
    assert.deepStrictEqual(said(driver.tell(propose())), no("unexplained-difference"))
    driver.tell(ResumeTrading.make({ reason: "go on" }))
    assert.deepStrictEqual(said(driver.tell(propose())), no("unexplained-difference"))
    driver.tell(ResolveDifference.make({ differenceId: "position of A", reason: "booked" }))
    assert.deepStrictEqual(said(driver.tell(propose())), no("unexplained-difference"))
    driver.tell(ResolveDifference.make({ differenceId: "position of B", reason: "booked" }))
    assert.deepStrictEqual(said(driver.tell(propose())), yes)
  })

  it("blocks openings, and no closings, while the broker or its prices are away", () => {
    const driver = desk()
    const venue = (connection: "Up" | "Lost", marketData: "Alive" | "Silent", reason: string) =>
      VenueStatus.make({ connection, marketData, reason })
    const untouched = desk().encoded()
    for (const away of [
      venue("Lost", "Alive", "no connection for 60000 ms"),
      venue("Up", "Silent", "no market data for 120000 ms")
    ]) {
      driver.tell(away)
      assert.deepStrictEqual(said(driver.tell(propose())), no("venue-away"))
      driver.tell(over("A"))
      const close = propose({ tradeId: "C", kind: "Close", closes: "B" })
      assert.deepStrictEqual(said(driver.tell(close)), yes)
      driver.tell(over("C"))
      driver.nowMs += limits.duplicateWindowMs
    }
    driver.tell(venue("Up", "Alive", ""))
    assert.deepStrictEqual(said(driver.tell(propose())), yes)
    // A desk that was told that all is well is the desk that was told nothing.
    const told = desk()
    told.tell(venue("Up", "Alive", ""))
    assert.deepStrictEqual(told.encoded(), untouched)
  })

  it("blocks the instruments of an order in doubt until its fate is known", () => {
    const driver = desk()
    driver.tell(propose())
    driver.tell(
      OrderIntent.make({
        ...termsOf(),
        clOrdID: "o-A",
        orderQty: 2,
        timeInForce: "Day",
        sendBeforeMs: closeMs
      })
    )
    driver.tell(IntentResolved.make({ clOrdID: "o-A", outcome: "Unknown" }))
    const close = { tradeId: "B", kind: "Close" as const, closes: "P" }
    assert.deepStrictEqual(said(driver.tell(propose(close))), no("in-doubt"))
    driver.tell(IntentResolved.make({ clOrdID: "o-A", outcome: "Present" }))
    assert.deepStrictEqual(said(driver.tell(propose(close))), yes)
  })

  it("opens nothing after the day's loss, marked at its own quotes", () => {
    const driver = desk()
    driver.tell(propose())
    driver.tell(filled("A", 2, -320_000_000n))
    driver.tell(over("A"))
    // Two spreads bought at 1.60 fall to 0.01: 318 USD lost, and commissions of 2.60.
    driver.tell(quote(1, 10_000, 30_000, nowMs))
    driver.tell(quote(3, 0, 20_000, nowMs))
    driver.nowMs += limits.duplicateWindowMs
    const cheap = { tradeId: "B", legs: [{ instrument: 2, side: "Buy" as const, ratio: 1 }] }
    const ask = propose({ ...cheap, limitNetMicros: 2_450_000 })
    assert.deepStrictEqual(said(driver.tell(ask)), yes)
    driver.tell(filled("A", 2, -200_000_000n))
    assert.deepStrictEqual(said(driver.tell(ask)).words.includes("day-loss"), true)
  })

  it("counts an approved order as filled when it judges the next one's greeks", () => {
    const driver = desk()
    const long = (tradeId: string, instrument: number) => {
      const legs = [{ instrument, side: "Buy" as const, ratio: 1 }]
      const terms = { quantity: 5, limitNetMicros: 0, collateralMicros: 1_000_000n }
      return propose({ tradeId, legs, ...terms })
    }
    // Five calls of 50 have 261 shares of delta, five of 55 another 119: 300 are allowed.
    assert.deepStrictEqual(said(driver.tell(long("A", 1))), yes)
    assert.deepStrictEqual(said(driver.tell(long("B", 3))), no("delta"))
    driver.tell(TradeRefused.make({ tradeId: "A", phase: 1, reasons: ["x"] }))
    assert.deepStrictEqual(said(driver.tell(long("C", 3))), yes)
  })

  it("keeps the book's greeks of the last minute", () => {
    const driver = desk()
    driver.tell(propose())
    driver.tell(filled("A", 2, -320_000_000n))
    driver.tell(over("A"))
    const { deltaShares } = driver.state.bookGreeks
    assert.isAbove(deltaShares, 20)
    driver.tell(quote(0, 52_990_000, 53_010_000, nowMs))
    assert.strictEqual(driver.state.bookGreeks.deltaShares, deltaShares)
    driver.tell(
      IntervalElapsed.make({ date: "2015-12-24", minute: 1, minutesToClose: 9, timeMs: nowMs })
    )
    assert.notStrictEqual(driver.state.bookGreeks.deltaShares, deltaShares)
  })

  it("refuses openings and hedges beyond the order rate, and lets closings go on", () => {
    const driver = desk()
    const hedge = (tradeId: string) => {
      const legs = [{ instrument: 0, side: "Buy" as const, ratio: 1 }]
      return propose({ tradeId, kind: "Hedge", legs, limitNetMicros: 49_000_000, quantity: 1 })
    }
    for (let at = 0; at < limits.orderRateMax; at++) {
      assert.deepStrictEqual(said(driver.tell(hedge(`H${at}`))), yes)
      driver.tell(over(`H${at}`))
    }
    assert.deepStrictEqual(said(driver.tell(hedge("H9"))), no("order-rate"))
    const close = propose({ tradeId: "C", kind: "Close", closes: "P" })
    assert.deepStrictEqual(said(driver.tell(close)), yes)
  })

  it.prop(
    "answers each question once, with a reason, and never promises more than the vault has free",
    {
      asks: Schema.Array(
        Schema.Struct({
          trade: Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 5 })),
          usd: Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 600 })),
          refuse: Schema.Boolean
        })
      ).check(Schema.isMaxLength(25))
    },
    ({ asks }) => {
      const driver = desk()
      const promised = new Map<string, bigint>()
      for (const { trade, usd, refuse } of asks) {
        const tradeId = `T${trade}`
        driver.nowMs += 20_000
        for (const [instrument, { bidMicros, askMicros }] of quotes) {
          driver.tell(quote(instrument, bidMicros, askMicros, driver.nowMs))
        }
        if (refuse) {
          driver.tell(TradeRefused.make({ tradeId, phase: 1, reasons: ["x"] }))
          promised.delete(tradeId)
        }
        if (promised.has(tradeId)) continue
        const legs = [{ instrument: 1 + (trade % 4), side: "Buy" as const, ratio: 1 }]
        const collateralMicros = BigInt(usd) * 1_000_000n
        const events = driver.tell(propose({ tradeId, legs, limitNetMicros: 0, collateralMicros }))
        assert.strictEqual(events.length, 1)
        const verdict = said(events)
        assert.isAbove(verdict.words.length, 0)
        if (verdict.yes) promised.set(tradeId, collateralMicros)
        const sum = [...promised.values()].reduce((a, b) => a + b, 0n)
        assert.isTrue(sum <= balances.freeMicros)
      }
    }
  )
})
