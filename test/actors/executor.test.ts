import { assert, describe, it } from "@effect/vitest"
import { Schema } from "effect"
import { makeExecutor } from "../../src/actors/executor.ts"
import {
  CancelIntent,
  ExecutionReport,
  IntentResolved,
  OptionEvent,
  OrderCancelReject,
  OrderClosed,
  OrderDenied,
  OrderIntent,
  TradeFilled,
  TradeLegEnded
} from "../../src/actors/ports/records/broker.ts"
import { FeaturesComputed } from "../../src/actors/ports/records/cognition.ts"
import { TimerCanceled, TimerFired, TimerSet } from "../../src/actors/ports/records/kernel.ts"
import {
  InstrumentsListed,
  type ListedInstrument,
  TradingSessionStatus
} from "../../src/actors/ports/records/market.ts"
import {
  CancelAllOrders,
  HaltTrading,
  ResumeTrading
} from "../../src/actors/ports/records/operator.ts"
import {
  TradeConverged,
  TradeProposed,
  TradeRefused
} from "../../src/actors/ports/records/trade.ts"
import type { EventDraft, PayloadOf } from "../../src/domain/journal/record.ts"
import { noWalk } from "../../src/domain/trading/limitWalk.ts"
import { Overfill } from "../../src/domain/trading/order.ts"
import { centTicks, nickelTicks } from "../../src/domain/trading/tick.ts"
import { ActorDriver } from "./actorDriver.ts"

const workMsMax = 60_000
const sendMsMax = 5_000
const usd = (dollars: number): number => Math.round(dollars * 1_000_000)

const option = (instrument: number, strike: number): ListedInstrument => ({
  instrument,
  kind: "Option",
  symbol: `option ${instrument}`,
  expiration: "2015-12-24",
  strikeMicros: usd(strike),
  optionType: "Call",
  exerciseStyle: "American",
  multiplier: 100
})

const listed = InstrumentsListed.make({
  session: "test",
  underlying: "GOOG",
  contentHash: "",
  rows: 0,
  badRows: 0,
  notTradableRows: 0,
  instruments: [
    { ...option(0, 0), kind: "Stock", expiration: "", optionType: "None", multiplier: 1 },
    option(1, 745),
    option(2, 750)
  ]
})

const status = (name: "Open" | "Closed") =>
  TradingSessionStatus.make({
    date: "2015-12-24",
    status: name,
    openMs: Date.UTC(2015, 11, 24, 14, 30),
    closeMs: Date.UTC(2015, 11, 24, 18),
    riskFreeRate: 0,
    dividendYield: 0,
    last: false
  })

const desk = (optionTicks = centTicks): ActorDriver => {
  const timeInForce = { Open: "Day", Close: "Day", Hedge: "ImmediateOrCancel" } as const
  const settings = { workMsMax, sendMsMax, timeInForce, walk: noWalk, optionTicks }
  const driver = new ActorDriver(makeExecutor(settings))
  driver.tell(listed)
  driver.tell(status("Open"))
  return driver
}

type Proposal = PayloadOf<typeof TradeProposed>

const proposed = (tradeId: string, change: Partial<Proposal> = {}) =>
  TradeProposed.make(
    {
      tradeId,
      kind: "Open",
      closes: "",
      strategyId: "spreads",
      legs: [
        { instrument: 1, side: "Buy", ratio: 1 },
        { instrument: 2, side: "Sell", ratio: 1 }
      ],
      quantity: 2,
      limitNetMicros: usd(2.9),
      collateralMicros: 1n,
      rationale: {},
      basis: [],
      ...change
    },
    tradeId
  )

const converged = (tradeId: string, phase: 1 | 2) =>
  TradeConverged.make({ tradeId, phase }, tradeId)

/** Opens a trade up to its order; returns the order's id. */
const ordered = (driver: ActorDriver, tradeId: string, change: Partial<Proposal> = {}): string => {
  driver.tell(proposed(tradeId, change))
  const events = driver.tell(converged(tradeId, change.kind === "Close" ? 1 : 2))
  const [intent] = of(events, OrderIntent)
  assert.isDefined(intent)
  return intent!.clOrdID
}

const of = <
  R extends
    | typeof OrderIntent
    | typeof TradeFilled
    | typeof OrderClosed
    | typeof OrderDenied
    | typeof CancelIntent
    | typeof TradeLegEnded
>(
  events: ReadonlyArray<EventDraft>,
  type: R
): ReadonlyArray<PayloadOf<R>> =>
  events.filter((event) => event.type === type.type).map(({ payload }) => payload as PayloadOf<R>)

type Report = PayloadOf<typeof ExecutionReport>

const report = (clOrdID: string, execType: Report["execType"], change: Partial<Report> = {}) =>
  ExecutionReport.make({
    clOrdID,
    orderID: "v",
    execID: "",
    execType,
    ordStatus: "New",
    orderQty: 2,
    cumQty: 0,
    leavesQty: 2,
    lastQty: 0,
    lastNetMicros: 0,
    legs: [],
    commissionMicros: 0n,
    transactTimeMs: 1,
    text: "",
    ...change
  })

const trade = (
  clOrdID: string,
  execID: string,
  lastQty: number,
  sides: "open" | "close" = "open"
) =>
  report(clOrdID, "Trade", {
    execID,
    lastQty,
    lastNetMicros: sides === "open" ? usd(2.9) : usd(-3),
    legs: [
      {
        instrument: 1,
        side: sides === "open" ? "Buy" : "Sell",
        lastQty,
        lastPxMicros: sides === "open" ? usd(4.1) : usd(4.5)
      },
      {
        instrument: 2,
        side: sides === "open" ? "Sell" : "Buy",
        lastQty,
        lastPxMicros: sides === "open" ? usd(1.2) : usd(1.5)
      }
    ],
    commissionMicros: 1_300_000n
  })

const closing = { kind: "Close", closes: "A", limitNetMicros: usd(-3) } as const
const closingLegs = {
  ...closing,
  legs: [
    { instrument: 1, side: "Sell", ratio: 1 },
    { instrument: 2, side: "Buy", ratio: 1 }
  ]
} as const

describe("executor, sending", () => {
  it("sends an Open once its capital is reserved, not before, with a deadline and a timer", () => {
    const driver = desk()
    driver.nowMs = 1_000
    driver.tell(proposed("A"))
    assert.deepStrictEqual(driver.tell(converged("A", 1)), [])
    assert.deepStrictEqual(driver.tell(converged("A", 2)), [
      OrderIntent.make(
        {
          clOrdID: "book-executor-0",
          tradeId: "A",
          kind: "Open",
          legs: proposed("A").payload.legs,
          orderQty: 2,
          limitNetMicros: usd(2.9),
          timeInForce: "Day",
          sendBeforeMs: 6_000
        },
        "A"
      ),
      TimerSet.make({ owner: "executor", timer: "work book-executor-0", dueMs: 61_000 })
    ])
  })

  it("sends one order per trade, however often it converges", () => {
    const driver = desk()
    ordered(driver, "A")
    assert.deepStrictEqual(driver.tell(converged("A", 2)), [])
  })

  it("rounds the limit of a single option to its class's tick, of a combination to a cent", () => {
    const driver = desk(nickelTicks)
    driver.tell(
      proposed("A", { legs: [{ instrument: 1, side: "Buy", ratio: 1 }], limitNetMicros: usd(2.99) })
    )
    assert.strictEqual(
      of(driver.tell(converged("A", 2)), OrderIntent)[0]?.limitNetMicros,
      usd(2.95)
    )
    driver.tell(proposed("B", { limitNetMicros: usd(-2.995) }))
    assert.strictEqual(of(driver.tell(converged("B", 2)), OrderIntent)[0]?.limitNetMicros, usd(-3))
  })

  const denial = (driver: ActorDriver, tradeId: string, phase: 1 | 2, late = false): string => {
    const events = driver.tell(converged(tradeId, phase), { late })
    assert.strictEqual(events.length, 1)
    return of(events, OrderDenied)[0]!.reason
  }

  it("refuses what converged while it was down: a stale order never fires late", () => {
    const driver = desk()
    driver.tell(proposed("A"))
    assert.match(denial(driver, "A", 2, true), /^late: /)
    assert.match(denial(driver, "A", 2), /^unknown-proposal: /)
  })

  it("refuses Opens while trading is halted, not Closes, and takes them again afterwards", () => {
    const driver = desk()
    driver.tell(trade(ordered(driver, "A"), "e1", 2))
    driver.tell(HaltTrading.make({ reason: "test" }))
    driver.tell(proposed("B"))
    assert.match(denial(driver, "B", 2), /^halted: /)
    ordered(driver, "C", closingLegs)
    driver.tell(ResumeTrading.make({ reason: "test" }))
    ordered(driver, "D")
  })

  it("forgets a refused proposal", () => {
    const driver = desk()
    driver.tell(proposed("A"))
    driver.tell(TradeRefused.make({ tradeId: "A", phase: 2, reasons: ["no"] }))
    assert.match(denial(driver, "A", 2), /^unknown-proposal: /)
  })

  it("closes only what the trade holds, with one order at a time", () => {
    const driver = desk()
    driver.tell(proposed("B", closingLegs))
    assert.strictEqual(denial(driver, "B", 1), "not-held: the trade holds nothing")
    driver.tell(trade(ordered(driver, "A"), "e1", 2))
    driver.tell(proposed("C", { ...closingLegs, quantity: 3 }))
    assert.match(denial(driver, "C", 1), /^not-held: Sell 3 of instrument 1, of which it holds 2/)
    ordered(driver, "D", { ...closingLegs, quantity: 1 })
    driver.tell(proposed("E", { ...closingLegs, quantity: 1 }))
    assert.match(denial(driver, "E", 1), /^close-working: /)
  })
})

describe("executor, executions", () => {
  it("tells each fill once, numbered, with its cash, and the end of the order once", () => {
    const driver = desk()
    const clOrdID = ordered(driver, "A")
    assert.deepStrictEqual(driver.tell(report(clOrdID, "New")), [])
    const [first] = of(driver.tell(trade(clOrdID, "e1", 1)), TradeFilled)
    assert.deepInclude(first, { tradeId: "A", n: 1, lastQty: 1, cumQty: 1, leavesQty: 1 })
    assert.strictEqual(first!.cashMicros, BigInt(usd(-290)))
    assert.deepStrictEqual(driver.tell(trade(clOrdID, "e1", 1)), [])
    const events = driver.tell(trade(clOrdID, "e2", 1))
    assert.deepInclude(of(events, TradeFilled)[0], { n: 2, cumQty: 2, leavesQty: 0 })
    assert.deepInclude(of(events, OrderClosed)[0], { ordStatus: "Filled", cumQty: 2, orderQty: 2 })
    assert.deepStrictEqual(
      events.at(-1),
      TimerCanceled.make({ owner: "executor", timer: `work ${clOrdID}` })
    )
    assert.deepStrictEqual(driver.tell(trade(clOrdID, "e2", 1)), [])
  })

  it("books a closing fill on the trade that it closes", () => {
    const driver = desk()
    driver.tell(trade(ordered(driver, "A"), "e1", 2))
    const clOrdID = ordered(driver, "B", closingLegs)
    const [filled] = of(driver.tell(trade(clOrdID, "e2", 2, "close")), TradeFilled)
    assert.deepInclude(filled, { tradeId: "B", closes: "A", kind: "Close", n: 1 })
    assert.strictEqual(filled!.cashMicros, BigInt(usd(600)))
    assert.strictEqual(driver.state.trades.size, 0)
  })

  it("stops at an overfill: the data are corrupt", () => {
    const driver = desk()
    const clOrdID = ordered(driver, "A")
    assert.throws(() => driver.tell(trade(clOrdID, "e1", 3)), Overfill)
  })

  it.each(["Canceled", "Rejected", "Expired"] as const)(
    "tells of an order that was %s with what it filled",
    (execType) => {
      const driver = desk()
      const clOrdID = ordered(driver, "A")
      driver.tell(trade(clOrdID, "e1", 1))
      const events = driver.tell(
        report(clOrdID, execType, { cumQty: 1, leavesQty: 0, text: "why" })
      )
      assert.deepInclude(of(events, OrderClosed)[0], {
        ordStatus: execType,
        cumQty: 1,
        reason: "why"
      })
      assert.deepStrictEqual(driver.tell(report(clOrdID, execType, { cumQty: 1 })), [])
    }
  )

  it("waits with the end of an order for the fills that the venue counted", () => {
    const driver = desk()
    const clOrdID = ordered(driver, "A")
    assert.deepStrictEqual(driver.tell(report(clOrdID, "Canceled", { cumQty: 1 })), [])
    const events = driver.tell(trade(clOrdID, "e1", 1))
    assert.deepInclude(of(events, OrderClosed)[0], { ordStatus: "Canceled", cumQty: 1 })
  })

  it("blocks the instruments of a correction that does not say what it is, as older builds told it", () => {
    const driver = desk()
    const clOrdID = ordered(driver, "A")
    driver.tell(trade(clOrdID, "e1", 2))
    assert.deepStrictEqual(driver.tell(report(clOrdID, "TradeCorrect", { execID: "e1.02" })), [])
    assert.strictEqual(driver.state.blocked.get(2), "execution e1.02 was corrected by the venue")
  })

  it("blocks the instruments of executions that it cannot explain", () => {
    const driver = desk()
    driver.tell(trade("foreign", "e9", 1))
    driver.tell(proposed("A"))
    const [denied] = of(driver.tell(converged("A", 2)), OrderDenied)
    assert.strictEqual(
      denied?.reason,
      "blocked: instrument 1: execution e9 of an order that is not ours"
    )
  })
})

describe("executor, cancels", () => {
  const timer = (clOrdID: string) =>
    TimerFired.make({ owner: "executor", timer: `work ${clOrdID}`, dueMs: 1 })

  it("cancels an order that works too long, once", () => {
    const driver = desk()
    const clOrdID = ordered(driver, "A")
    driver.tell(report(clOrdID, "New"))
    assert.deepStrictEqual(driver.tell(timer(clOrdID)), [
      CancelIntent.make({ clOrdID, tradeId: "A", reason: "worked too long" }, "A")
    ])
    assert.deepStrictEqual(driver.tell(timer(clOrdID)), [])
  })

  it("says why it canceled, not that it was canceled", () => {
    const driver = desk()
    const clOrdID = ordered(driver, "A")
    driver.tell(timer(clOrdID))
    const events = driver.tell(report(clOrdID, "Canceled", { text: "canceled by request" }))
    assert.strictEqual(of(events, OrderClosed)[0]?.reason, "worked too long")
  })

  it("leaves other owners' timers and closed orders alone", () => {
    const driver = desk()
    const clOrdID = ordered(driver, "A")
    const foreign = TimerFired.make({ owner: "feed", timer: `work ${clOrdID}`, dueMs: 1 })
    assert.deepStrictEqual(driver.tell(foreign), [])
    driver.tell(trade(clOrdID, "e1", 2))
    assert.deepStrictEqual(driver.tell(timer(clOrdID)), [])
  })

  it("tries again after a cancel was refused and the order still works", () => {
    const driver = desk()
    const clOrdID = ordered(driver, "A")
    driver.tell(timer(clOrdID))
    driver.nowMs = 500
    const refused = OrderCancelReject.make({ clOrdID, reason: "venue", transactTimeMs: 1 })
    assert.deepStrictEqual(driver.tell(refused), [
      TimerSet.make({ owner: "executor", timer: `work ${clOrdID}`, dueMs: 60_500 })
    ])
    assert.strictEqual(of(driver.tell(timer(clOrdID)), CancelIntent).length, 1)
  })

  it("fills in full while the cancel is pending: filled, not canceled", () => {
    const driver = desk()
    const clOrdID = ordered(driver, "A")
    driver.tell(timer(clOrdID))
    const events = driver.tell(trade(clOrdID, "e1", 2))
    assert.deepInclude(of(events, OrderClosed)[0], { ordStatus: "Filled", cumQty: 2 })
    const late = OrderCancelReject.make({ clOrdID, reason: "too late", transactTimeMs: 1 })
    assert.deepStrictEqual(driver.tell(late), [])
  })

  it("cancels working Opens at a halt, and every working order at a cancel-all", () => {
    const driver = desk()
    driver.tell(trade(ordered(driver, "A"), "e1", 2))
    const open = ordered(driver, "B")
    const close = ordered(driver, "C", closingLegs)
    const halted = of(driver.tell(HaltTrading.make({ reason: "x" })), CancelIntent)
    assert.deepStrictEqual(
      halted.map(({ clOrdID }) => clOrdID),
      [open]
    )
    const all = of(driver.tell(CancelAllOrders.make({ reason: "y" })), CancelIntent)
    assert.deepStrictEqual(
      all.map(({ clOrdID }) => clOrdID),
      [close]
    )
  })
})

describe("executor, intents in doubt", () => {
  it.each([
    ["Absent", "Canceled"],
    ["Lapsed", "Expired"]
  ] as const)("takes %s for an order that will never fill", (outcome, ordStatus) => {
    const driver = desk()
    const clOrdID = ordered(driver, "A")
    const events = driver.tell(IntentResolved.make({ clOrdID, outcome }))
    assert.deepInclude(of(events, OrderClosed)[0], { ordStatus, cumQty: 0, tradeId: "A" })
  })

  it("changes nothing where the venue has it", () => {
    const driver = desk()
    const clOrdID = ordered(driver, "A")
    const before = driver.encoded()
    assert.deepStrictEqual(driver.tell(IntentResolved.make({ clOrdID, outcome: "Present" })), [])
    assert.deepStrictEqual(driver.encoded(), before)
  })

  it("blocks the instruments of an unknown one until the venue speaks of it", () => {
    const driver = desk()
    const clOrdID = ordered(driver, "A")
    assert.deepStrictEqual(driver.tell(IntentResolved.make({ clOrdID, outcome: "Unknown" })), [])
    driver.tell(proposed("B"))
    const [denied] = of(driver.tell(converged("B", 2)), OrderDenied)
    assert.strictEqual(
      denied?.reason,
      `blocked: instrument 1: the fate of order ${clOrdID} is unknown`
    )
    driver.tell(report(clOrdID, "New"))
    ordered(driver, "C")
  })
})

describe("executor, ended contracts", () => {
  const ended = (change: Partial<PayloadOf<typeof OptionEvent>>) =>
    OptionEvent.make({
      execID: "x1",
      kind: "Expired",
      instrument: 1,
      quantity: 2,
      shares: 0,
      strikeMicros: usd(745),
      transactTimeMs: 1,
      ...change
    })

  it("pays the strike for the shares that exercise brings, once", () => {
    const driver = desk()
    driver.tell(trade(ordered(driver, "A"), "e1", 2))
    const exercise = ended({ kind: "Exercised", shares: 200 })
    const [leg] = of(driver.tell(exercise), TradeLegEnded)
    assert.deepInclude(leg, { tradeId: "A", n: 2, kind: "Exercised", quantity: 2, shares: 200 })
    assert.strictEqual(leg!.cashMicros, BigInt(usd(-149_000)))
    assert.deepStrictEqual(driver.tell(exercise), [])
    const assignment = ended({
      execID: "x2",
      kind: "Assigned",
      instrument: 2,
      quantity: -2,
      shares: -200,
      strikeMicros: usd(750)
    })
    const [other] = of(driver.tell(assignment), TradeLegEnded)
    assert.deepInclude(other, { n: 3, kind: "Assigned", quantity: -2, shares: -200 })
    assert.strictEqual(other!.cashMicros, BigInt(usd(150_000)))
    assert.strictEqual(driver.state.trades.size, 0)
  })

  it("blocks an instrument of which more ended than its trades hold", () => {
    const driver = desk()
    driver.tell(trade(ordered(driver, "A"), "e1", 2))
    assert.strictEqual(of(driver.tell(ended({ quantity: 5 })), TradeLegEnded).length, 1)
    assert.strictEqual(driver.state.blocked.get(1), "3 contracts ended (x1) that no trade holds")
  })

  it("settles at the close between trades that hold a contract against each other", () => {
    const driver = desk()
    const single = (tradeId: string, side: "Buy" | "Sell", execID: string) => {
      const legs = [{ instrument: 1, side, ratio: 1 }]
      const clOrdID = ordered(driver, tradeId, { legs })
      driver.tell(
        report(clOrdID, "Trade", {
          execID,
          lastQty: 2,
          legs: [{ instrument: 1, side, lastQty: 2, lastPxMicros: usd(4) }]
        })
      )
    }
    single("A", "Buy", "e1")
    single("B", "Sell", "e2")
    driver.tell(
      FeaturesComputed.make({
        spotMicros: usd(748),
        realizedVolatility: 0,
        term: [],
        quotesSeen: 0,
        staleInstruments: 0,
        modelInput: []
      })
    )
    const legs = of(driver.tell(status("Closed")), TradeLegEnded)
    assert.deepStrictEqual(
      legs.map(({ tradeId, quantity, cashMicros }) => [tradeId, quantity, cashMicros]),
      [
        ["A", 2, BigInt(usd(600))],
        ["B", -2, BigInt(usd(-600))]
      ]
    )
    assert.strictEqual(driver.state.trades.size, 0)
  })
})

describe("executor, any order of reports", () => {
  const Choice = Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 7 }))

  it.prop(
    "counts each execution once, tells an end once, and keeps its laws",
    { choices: Schema.Array(Choice).check(Schema.isMinLength(12), Schema.isMaxLength(40)) },
    ({ choices }) => {
      const driver = desk()
      const clOrdID = ordered(driver, "A", { quantity: 4 })
      for (const choice of choices) {
        if (choice < 4) driver.tell(trade(clOrdID, `e${choice}`, 1))
        else if (choice === 4) driver.tell(report(clOrdID, "New"))
        else if (choice === 5) driver.tell(CancelAllOrders.make({ reason: "x" }))
        else if (choice === 6)
          driver.tell(OrderCancelReject.make({ clOrdID, reason: "r", transactTimeMs: 1 }))
        else driver.tell(report(clOrdID, "Canceled", { cumQty: 0 }))
      }
      const executions = new Set(choices.filter((choice) => choice < 4))
      const fills = of(driver.emitted, TradeFilled)
      assert.strictEqual(fills.length, executions.size)
      assert.deepStrictEqual(
        fills.map(({ n }) => n),
        fills.map((_, at) => at + 1)
      )
      const isOver = choices.includes(7) || executions.size === 4
      assert.strictEqual(of(driver.emitted, OrderClosed).length, isOver ? 1 : 0)
    }
  )
})
