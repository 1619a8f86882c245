import { assert, describe, it } from "@effect/vitest"
import { Schema } from "effect"
import { type HedgerConfig, makeHedger } from "../../src/actors/hedger.ts"
import {
  OrderClosed,
  OrderDenied,
  TradeFilled,
  TradeLegEnded
} from "../../src/actors/ports/records/broker.ts"
import { SurfaceFitted } from "../../src/actors/ports/records/cognition.ts"
import { TimerFired, TimerSet } from "../../src/actors/ports/records/kernel.ts"
import {
  InstrumentsListed,
  IntervalElapsed,
  Quote,
  TradingSessionStatus
} from "../../src/actors/ports/records/market.ts"
import type { TradeProposed } from "../../src/actors/ports/records/trade.ts"
import { TradeRefused } from "../../src/actors/ports/records/trade.ts"
import { ChainRejected } from "../../src/actors/ports/records/vault.ts"
import type { EventDraft, PayloadOf } from "../../src/domain/journal/record.ts"
import { ibFixed } from "../../src/domain/trading/commission.ts"
import { netDeltaShares } from "../../src/domain/trading/hedgeBook.ts"
import { ActorDriver } from "./actorDriver.ts"

const usd = (dollars: number): number => Math.round(dollars * 1_000_000)
const openMs = Date.UTC(2015, 11, 24, 14, 30)
const closeMs = Date.UTC(2015, 11, 24, 18)

const config: HedgerConfig = {
  strategyId: "delta-hedge",
  bandShares: 60,
  insideShare: 0.5,
  collarBasisPoints: 10,
  marginShare: 0.5,
  commissions: ibFixed,
  quoteAgeMsMax: 120_000,
  proposalMsMax: 300_000,
  closePolicy: "flatten",
  flattenBeforeMs: 600_000
}

const option = {
  kind: "Option",
  expiration: "2016-01-15",
  optionType: "Call",
  exerciseStyle: "American",
  multiplier: 100
} as const

const listed = InstrumentsListed.make({
  session: "test",
  underlying: "GOOG",
  contentHash: "",
  rows: 0,
  badRows: 0,
  notTradableRows: 0,
  instruments: [
    {
      instrument: 0,
      kind: "Stock",
      symbol: "GOOG",
      expiration: "",
      strikeMicros: 0,
      optionType: "None",
      exerciseStyle: "None",
      multiplier: 1
    },
    { ...option, instrument: 1, symbol: "C750", strikeMicros: usd(750) },
    { ...option, instrument: 2, symbol: "P750", strikeMicros: usd(750), optionType: "Put" }
  ]
})

const status = (name: "Open" | "Closed") =>
  TradingSessionStatus.make({
    date: "2015-12-24",
    status: name,
    openMs,
    closeMs,
    riskFreeRate: 0.005,
    dividendYield: 0,
    last: false
  })

const stockQuote = (bid: number, ask: number, timeMs: number) =>
  Quote.make({
    instrument: 0,
    bidMicros: usd(bid),
    askMicros: usd(ask),
    bidSize: 100,
    askSize: 100,
    timeMs,
    replaced: 0
  })

const minute = IntervalElapsed.make({
  date: "2015-12-24",
  minute: 1,
  minutesToClose: 100,
  timeMs: 0
})

/** A desk an hour into its day, the stock at 748.00 to 748.20. */
const desk = (change: Partial<HedgerConfig> = {}): ActorDriver => {
  const driver = new ActorDriver(makeHedger({ ...config, ...change }))
  driver.nowMs = openMs
  driver.tell(listed)
  driver.tell(status("Open"))
  at(driver, openMs + 3_600_000)
  driver.tell(
    SurfaceFitted.make({
      expirations: [
        {
          expiration: "2016-01-15",
          timeToExpirationYears: 0.06,
          forwardMicros: usd(748),
          // Flat at 20 %.
          theta: 0.2 ** 2 * 0.06,
          rho: 0,
          psi: 1e-9,
          quotes: 9,
          rmsWidths: 0,
          outsideQuotes: 0,
          bidVegaUsdPerVolPoint: 0,
          askVegaUsdPerVolPoint: 0,
          askGammaSharesPerUsd: 0,
          askThetaUsdPerDay365: 0
        }
      ]
    })
  )
  return driver
}

const at = (driver: ActorDriver, nowMs: number): void => {
  driver.nowMs = nowMs
  driver.tell(stockQuote(748, 748.2, nowMs))
}

const filled = (
  tradeId: string,
  kind: "Open" | "Close" | "Hedge",
  legs: ReadonlyArray<readonly [instrument: number, signed: number]>,
  closes = ""
) =>
  TradeFilled.make({
    tradeId,
    kind,
    closes,
    strategyId: "s",
    clOrdID: `${tradeId}-order`,
    execID: `${tradeId}-exec`,
    n: 1,
    lastQty: 1,
    cumQty: 1,
    leavesQty: 0,
    lastNetMicros: 0,
    legs: legs.map(([instrument, signed]) => ({
      instrument,
      side: signed > 0 ? "Buy" : "Sell",
      lastQty: Math.abs(signed),
      lastPxMicros: usd(1)
    })),
    cashMicros: 0n,
    commissionMicros: 0n
  })

const closed = (tradeId: string, ordStatus: "Filled" | "Canceled" = "Filled") =>
  OrderClosed.make({
    tradeId,
    kind: "Hedge",
    clOrdID: `${tradeId}-order`,
    ordStatus,
    orderQty: 1,
    cumQty: ordStatus === "Filled" ? 1 : 0,
    reason: ""
  })

type Proposed = PayloadOf<typeof TradeProposed>
const proposal = (events: ReadonlyArray<EventDraft>): Proposed => {
  assert.strictEqual(events.length, 1)
  assert.strictEqual(events[0]!.type, "TradeProposed")
  return events[0]!.payload as Proposed
}

/** Fills a hedge as proposed and ends its order. */
const execute = (driver: ActorDriver, { tradeId, kind, closes, legs, quantity }: Proposed) => {
  const signed = legs[0]!.side === "Buy" ? quantity : -quantity
  driver.tell(filled(tradeId, kind, [[0, signed]], closes))
  return driver.tell(closed(tradeId))
}

describe("hedger, band", () => {
  it("leaves a delta within the band alone", () => {
    const driver = desk()
    driver.tell(filled("A", "Open", [[1, 1]]))
    const delta = netDeltaShares(driver.state, driver.nowMs)
    assert.isTrue(delta > 40 && delta < 60, `${delta}`)
    assert.deepStrictEqual(driver.tell(minute), [])
  })

  it("sells shares against too much delta, back to the inside of the band, within a collar", () => {
    const driver = desk()
    const stockSeq = driver.seq
    at(driver, driver.nowMs)
    driver.tell(filled("A", "Open", [[1, 4]]))
    const delta = netDeltaShares(driver.state, driver.nowMs)
    const proposed = proposal(driver.tell(minute))
    assert.deepInclude(proposed, { kind: "Hedge", closes: "", strategyId: "delta-hedge" })
    assert.deepStrictEqual(proposed.legs, [{ instrument: 0, side: "Sell", ratio: 1 }])
    assert.strictEqual(proposed.quantity, Math.round(delta - 30))
    assert.strictEqual(proposed.limitNetMicros, usd(-748 + 0.748))
    assert.strictEqual(proposed.rationale.netDeltaShares, delta)
    assert.deepStrictEqual(proposed.basis, [stockSeq])
    execute(driver, proposed)
    assert.closeTo(netDeltaShares(driver.state, driver.nowMs), 30, 0.5)
  })

  it("buys shares against too little delta, with margin and both commissions as collateral", () => {
    const driver = desk()
    driver.tell(filled("A", "Open", [[2, 4]]))
    const proposed = proposal(driver.tell(minute))
    assert.strictEqual(proposed.legs[0]?.side, "Buy")
    const limit = usd(748.2) + Math.round(usd(748.2) / 1_000)
    assert.strictEqual(proposed.limitNetMicros, limit)
    const margin = Math.ceil(proposed.quantity * limit * 0.5)
    assert.strictEqual(proposed.collateralMicros, BigInt(margin) + 2_000_000n)
  })

  it("reduces an own hedge of the other sign before it opens a new one, the oldest first", () => {
    const driver = desk()
    driver.tell(filled("A", "Open", [[1, 4]]))
    const hedge = proposal(driver.tell(minute))
    execute(driver, hedge)
    driver.tell(filled("B", "Close", [[1, -4]], "A"))
    const back = proposal(driver.tell(minute))
    assert.deepInclude(back, { kind: "Close", closes: hedge.tradeId, collateralMicros: 0n })
    assert.strictEqual(back.legs[0]?.side, "Buy")
    assert.strictEqual(back.quantity, hedge.quantity - 30)
  })

  it("counts the shares that exercise left behind", () => {
    const driver = desk()
    driver.tell(filled("A", "Open", [[1, 1]]))
    driver.tell(
      TradeLegEnded.make({
        tradeId: "A",
        strategyId: "s",
        execID: "x",
        n: 2,
        kind: "Exercised",
        instrument: 1,
        quantity: 1,
        shares: 100,
        cashMicros: 0n,
        commissionMicros: 0n
      })
    )
    assert.strictEqual(netDeltaShares(driver.state, driver.nowMs), 100)
    assert.strictEqual(proposal(driver.tell(minute)).quantity, 70)
  })
})

describe("hedger, one at a time", () => {
  const outstanding = () => {
    const driver = desk()
    driver.tell(filled("A", "Open", [[1, 4]]))
    const { tradeId } = proposal(driver.tell(minute))
    return { driver, tradeId }
  }

  it("proposes nothing while a proposal is under way", () => {
    const { driver } = outstanding()
    assert.deepStrictEqual(driver.tell(minute), [])
  })

  it.each([
    ["refused", (tradeId: string) => TradeRefused.make({ tradeId, phase: 1, reasons: ["no"] })],
    ["denied", (tradeId: string) => OrderDenied.make({ tradeId, reason: "no" })],
    ["canceled", (tradeId: string) => closed(tradeId, "Canceled")],
    [
      "rejected by the chain",
      (tradeId: string) =>
        ChainRejected.make({ tradeId, n: 0, instruction: "ReserveRequested", code: "x", text: "" })
    ]
  ] as const)("tries again at the next minute when it was %s", (_, ending) => {
    const { driver, tradeId } = outstanding()
    assert.deepStrictEqual(driver.tell(ending("another trade")), [])
    assert.deepStrictEqual(driver.tell(minute), [])
    assert.deepStrictEqual(driver.tell(ending(tradeId)), [])
    assert.notStrictEqual(proposal(driver.tell(minute)).tradeId, tradeId)
  })

  it("gives up a proposal of which nothing was heard for too long", () => {
    const { driver } = outstanding()
    at(driver, driver.nowMs + 299_999)
    assert.deepStrictEqual(driver.tell(minute), [])
    at(driver, driver.nowMs + 1)
    assert.strictEqual(driver.tell(minute).length, 1)
  })

  it("proposes nothing late, on a stale quote, on one side only, or outside the day", () => {
    const { driver, tradeId } = outstanding()
    driver.tell(closed(tradeId, "Canceled"))
    assert.deepStrictEqual(driver.tell(minute, { late: true }), [])
    driver.nowMs += 120_001
    assert.deepStrictEqual(driver.tell(minute), [])
    driver.tell(stockQuote(0, 748.2, driver.nowMs))
    assert.deepStrictEqual(driver.tell(minute), [])
    at(driver, driver.nowMs)
    driver.tell(status("Closed"))
    assert.deepStrictEqual(driver.tell(minute), [])
  })
})

describe("hedger, close of the day", () => {
  const flatten = TimerFired.make({ owner: "hedger", timer: "flatten", dueMs: 0 })

  const hedged = (change: Partial<HedgerConfig> = {}) => {
    const driver = desk(change)
    driver.tell(filled("A", "Open", [[1, 4]]))
    const first = proposal(driver.tell(minute))
    execute(driver, first)
    driver.tell(filled("B", "Open", [[1, 4]]))
    const second = proposal(driver.tell(minute))
    execute(driver, second)
    at(driver, closeMs - 600_000)
    return { driver, first, second }
  }

  it("sets its timer at the open where hedges are flattened, none where they are carried", () => {
    const timer = TimerSet.make({ owner: "hedger", timer: "flatten", dueMs: closeMs - 600_000 })
    for (const [closePolicy, expected] of [
      ["flatten", [timer]],
      ["carry", []]
    ] as const) {
      const driver = new ActorDriver(makeHedger({ ...config, closePolicy }))
      driver.tell(listed)
      assert.deepStrictEqual(driver.tell(status("Open")), expected)
    }
  })

  it("closes its hedges one after the other and opens none any more", () => {
    const { driver, first, second } = hedged()
    const one = proposal(driver.tell(flatten))
    assert.deepInclude(one, { kind: "Close", closes: first.tradeId, quantity: first.quantity })
    const two = proposal(execute(driver, one))
    assert.deepInclude(two, { kind: "Close", closes: second.tradeId, quantity: second.quantity })
    assert.deepStrictEqual(execute(driver, two), [])
    assert.deepStrictEqual(driver.tell(minute), [])
  })

  it("waits a minute with what did not fill", () => {
    const { driver, first } = hedged()
    const one = proposal(driver.tell(flatten))
    assert.deepStrictEqual(driver.tell(closed(one.tradeId, "Canceled")), [])
    assert.deepInclude(proposal(driver.tell(minute)), { closes: first.tradeId })
  })

  it("hedges again on the next day", () => {
    const { driver } = hedged()
    driver.tell(flatten)
    driver.tell(status("Closed"))
    driver.tell(status("Open"))
    assert.isFalse(driver.state.flattening)
  })
})

describe("hedger, random books", () => {
  const Position = Schema.Struct({
    instrument: Schema.Literals([1, 2]),
    signed: Schema.Int.check(Schema.isBetween({ minimum: -9, maximum: 9 }))
  })

  it.prop(
    "is inside its band after few steps, and never holds hedges against each other",
    { positions: Schema.Array(Position).check(Schema.isMinLength(1), Schema.isMaxLength(8)) },
    ({ positions }) => {
      const driver = desk()
      positions.forEach(({ instrument, signed }, index) => {
        if (signed !== 0) driver.tell(filled(`T${index}`, "Open", [[instrument, signed]]))
        for (let steps = 0; steps < 10; steps++) {
          const events = driver.tell(minute)
          if (events.length === 0) break
          execute(driver, proposal(events))
        }
        assert.isAtMost(Math.abs(netDeltaShares(driver.state, driver.nowMs)), config.bandShares)
      })
    }
  )
})
