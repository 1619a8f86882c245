/** The executor's orders that walk their limits: record by record. */
import { assert, describe, it } from "@effect/vitest"
import { makeExecutor } from "../../src/actors/executor.ts"
import {
  CancelIntent,
  ExecutionReport,
  IntentResolved,
  OrderCancelReject,
  OrderClosed,
  OrderIntent,
  ReplaceIntent,
  ReplaceResolved,
  TradeFilled
} from "../../src/actors/ports/records/broker.ts"
import { TimerCanceled, TimerFired, TimerSet } from "../../src/actors/ports/records/kernel.ts"
import { InstrumentsListed } from "../../src/actors/ports/records/market.ts"
import { CancelAllOrders } from "../../src/actors/ports/records/operator.ts"
import { TradeConverged, TradeProposed } from "../../src/actors/ports/records/trade.ts"
import type { EventDraft, PayloadOf, RecordType } from "../../src/domain/journal/record.ts"
import type { OrdStatus } from "../../src/domain/trading/orderStatus.ts"
import { centTicks } from "../../src/domain/trading/tick.ts"
import { ActorDriver } from "./actorDriver.ts"

const usd = (dollars: number): number => Math.round(dollars * 1_000_000)
const beginsMs = 1_450_969_200_000
const everyMs = 10_000
const sendMsMax = 5_000
const limits = [2.5, 2.7, 2.9].map(usd)
const clOrdID = "book-executor-0"
const tradeId = "T"

const instrument = (id: number) => ({
  ...{ instrument: id, symbol: `C${id}`, expiration: "2016-01-15", strikeMicros: usd(740 + id) },
  ...({ kind: "Option", optionType: "Call", exerciseStyle: "American", multiplier: 100 } as const)
})

const listed = InstrumentsListed.make({
  session: "test",
  underlying: "GOOG",
  contentHash: "",
  ...{ rows: 0, badRows: 0, notTradableRows: 0 },
  instruments: [0, 1, 2].map(instrument)
})

type Kind = PayloadOf<typeof TradeProposed>["kind"]

const proposed = (kind: Kind, rationale: Record<string, number>) =>
  TradeProposed.make(
    {
      ...{ tradeId, kind, closes: "", strategyId: "spreads", quantity: 2 },
      legs: [
        { instrument: 1, side: "Buy", ratio: 1 },
        { instrument: 2, side: "Sell", ratio: 1 }
      ],
      ...{ limitNetMicros: usd(2.9), collateralMicros: 1n, rationale, basis: [] }
    },
    tradeId
  )

interface Told {
  readonly execType: PayloadOf<typeof ExecutionReport>["execType"]
  readonly ordStatus?: OrdStatus
  readonly requestId?: string
  readonly execID?: string
  readonly lastQty?: number
  readonly cumQty?: number
}

let reports = 0

const report = (told: Told) => {
  const { execType, ordStatus = "New", requestId, execID = `r${++reports}` } = told
  const { lastQty = 0, cumQty = lastQty } = told
  return ExecutionReport.make(
    {
      ...{ clOrdID, orderID: "o", execID, execType, ordStatus, orderQty: 2, cumQty },
      ...{ leavesQty: 2 - cumQty, lastQty, lastNetMicros: 0, commissionMicros: 0n },
      ...{ legs: [], transactTimeMs: beginsMs, text: "" },
      ...(requestId !== undefined && { requestId })
    },
    tradeId
  )
}

const legsOf = (quantity: number) => [
  { instrument: 1, side: "Buy" as const, lastQty: quantity, lastPxMicros: usd(4) },
  { instrument: 2, side: "Sell" as const, lastQty: quantity, lastPxMicros: usd(1.4) }
]

const filled = (lastQty: number, cumQty: number) => {
  const { payload, ...draft } = report({ execType: "Trade", lastQty, cumQty })
  return { ...draft, payload: { ...(payload as object), legs: legsOf(lastQty) } }
}

const of = <R extends RecordType>(drafts: ReadonlyArray<EventDraft>, type: R) =>
  drafts.filter((each) => each.type === type.type).map(({ payload }) => payload as PayloadOf<R>)

class Desk extends ActorDriver {
  constructor(walk = { steps: 2, everyMs, startShare: 0 }) {
    const timeInForce = { Open: "Day", Close: "Day", Hedge: "ImmediateOrCancel" } as const
    const times = { workMsMax: 300_000, sendMsMax }
    super(makeExecutor({ ...times, timeInForce, walk, optionTicks: centTicks }))
    this.nowMs = beginsMs
    this.tell(listed)
  }

  order(kind: Kind = "Open", rationale: Record<string, number> = { midNetMicros: usd(2.5) }) {
    this.tell(proposed(kind, rationale))
    const [intent] = of(this.tell(TradeConverged.make({ tradeId, phase: 2 }, tradeId)), OrderIntent)
    assert(intent !== undefined)
    return intent
  }

  /** Until the walk's timer fires. */
  timer(options = {}): ReadonlyArray<EventDraft> {
    const timer = `walk ${clOrdID}`
    const due = of(this.emitted, TimerSet).findLast((each) => each.timer === timer)
    assert(due !== undefined)
    this.nowMs = due.dueMs
    return this.tell(TimerFired.make({ owner: "executor", timer, dueMs: due.dueMs }), options)
  }

  step(): PayloadOf<typeof ReplaceIntent> {
    const [change, ...more] = of(this.timer(), ReplaceIntent)
    assert(change !== undefined)
    assert.isEmpty(more)
    return change
  }

  answer(requestId: string) {
    return this.tell(report({ execType: "Replaced", requestId }))
  }
}

const walking = () => {
  const desk = new Desk()
  desk.order()
  desk.tell(report({ execType: "New" }))
  return desk
}

const walkTimers = (drafts: ReadonlyArray<EventDraft>) =>
  of(drafts, TimerSet).filter(({ timer }) => timer === `walk ${clOrdID}`)

describe("An order that walks its limit", () => {
  it("begins at the midpoint, says where it goes, and ends at the proposal's limit", () => {
    const desk = new Desk()
    const intent = desk.order()
    assert.deepInclude(intent, { limitNetMicros: limits[0]!, walk: limits.slice(1) })
    desk.tell(report({ execType: "New" }))
    const asked = []
    for (let at = 0; at < 2; at++) {
      const change = desk.step()
      asked.push(change.limitNetMicros)
      assert.deepInclude(change, { clOrdID, tradeId, orderQty: 2 })
      assert.strictEqual(change.sendBeforeMs, desk.nowMs + sendMsMax)
      const timers = walkTimers(desk.answer(change.requestId))
      assert.strictEqual(timers.length, at === 0 ? 1 : 0)
    }
    assert.deepStrictEqual(asked, limits.slice(1))
  })

  it("names each change by its own event count", () => {
    const desk = walking()
    const first = desk.step()
    assert.strictEqual(first.requestId, `book-executor-${desk.eventCount - 1}`)
    desk.answer(first.requestId)
    assert.notStrictEqual(desk.step().requestId, first.requestId)
  })

  it("starts its clock when the venue has it, and waits for each answer", () => {
    const desk = new Desk()
    desk.order()
    assert.isEmpty(walkTimers(desk.emitted))
    const [timer] = walkTimers(desk.tell(report({ execType: "New" })))
    assert.strictEqual(timer?.dueMs, desk.nowMs + everyMs)
    desk.step()
    // The timer was one; until the answer nobody sets another.
    assert.strictEqual(walkTimers(desk.emitted).length, 1)
  })

  it("does not walk where it is told not to, cancels its rest at once, or knows no midpoint", () => {
    const still = (desk: Desk, ...order: Parameters<Desk["order"]>) => {
      const intent = desk.order(...order)
      assert.isFalse("walk" in intent)
      assert.strictEqual(intent.limitNetMicros, usd(2.9))
      assert.isEmpty(walkTimers(desk.tell(report({ execType: "New" }))))
      // Off, nothing of it is in the state: snapshots stay what they were.
      assert.notInclude(JSON.stringify(desk.encoded()), "walk")
    }
    still(new Desk({ steps: 0, everyMs, startShare: 0 }))
    still(new Desk(), "Hedge")
    still(new Desk(), "Open", {})
  })

  it("asks for nothing late: a timer that fired while it was down is set anew", () => {
    const desk = walking()
    const events = desk.timer({ late: true })
    assert.isEmpty(of(events, ReplaceIntent))
    assert.deepStrictEqual(
      walkTimers(events).map(({ dueMs }) => dueMs),
      [desk.nowMs + everyMs]
    )
    assert.strictEqual(desk.step().limitNetMicros, limits[1])
  })

  it("goes on with the next limit where the venue refuses one", () => {
    const desk = walking()
    const { requestId } = desk.step()
    const refused = OrderCancelReject.make(
      { clOrdID, reason: "no", transactTimeMs: 1, responseTo: "Replace", requestId },
      tradeId
    )
    const events = desk.tell(refused)
    assert.strictEqual(walkTimers(events).length, 1)
    // A refused change is no refused cancel: the order's time runs on.
    assert.deepStrictEqual(
      of(events, TimerSet).filter(({ timer }) => timer.startsWith("work ")),
      []
    )
    assert.strictEqual(desk.step().limitNetMicros, limits[2])
  })

  for (const outcome of ["Absent", "Lapsed", "Unknown"] as const) {
    it(`asks for a limit again whose request is ${outcome}`, () => {
      const desk = walking()
      const first = desk.step()
      const { requestId } = first
      desk.tell(ReplaceResolved.make({ clOrdID, requestId, outcome }, tradeId))
      const again = desk.step()
      assert.strictEqual(again.limitNetMicros, first.limitNetMicros)
      assert.notStrictEqual(again.requestId, requestId)
    })
  }

  it("waits for the report of a change that the venue has", () => {
    const desk = walking()
    const { requestId } = desk.step()
    const present = ReplaceResolved.make({ clOrdID, requestId, outcome: "Present" }, tradeId)
    assert.isEmpty(desk.tell(present))
    assert.strictEqual(walkTimers(desk.answer(requestId)).length, 1)
  })

  it("counts a fill that wins against the change once, and stops", () => {
    const desk = walking()
    const { requestId } = desk.step()
    const events = desk.tell(filled(2, 2))
    assert.deepInclude(of(events, TradeFilled)[0], { lastQty: 2, leavesQty: 0 })
    assert.deepInclude(of(events, OrderClosed)[0], { ordStatus: "Filled", cumQty: 2 })
    const canceled = of(events, TimerCanceled).map(({ timer }) => timer)
    assert.deepStrictEqual(canceled, [`work ${clOrdID}`, `walk ${clOrdID}`])
    const late = { clOrdID, reason: "too late", transactTimeMs: 1 }
    const refused = { ...late, responseTo: "Replace", requestId } as const
    assert.isEmpty(desk.tell(OrderCancelReject.make(refused, tradeId)))
    assert.isEmpty(desk.timer())
  })

  it("walks on with what is left after a part has filled", () => {
    const desk = walking()
    desk.tell(filled(1, 1))
    const change = desk.step()
    assert.deepInclude(change, { orderQty: 2, limitNetMicros: limits[1]! })
    const { requestId } = change
    desk.tell(report({ execType: "Replaced", ordStatus: "PartiallyFilled", cumQty: 1, requestId }))
    assert.strictEqual(desk.step().limitNetMicros, limits[2])
  })

  it("stands still while a cancel is asked for, and walks on when it is refused", () => {
    const desk = walking()
    const halt = CancelAllOrders.make({ reason: "test" })
    assert.strictEqual(of(desk.tell(halt), CancelIntent).length, 1)
    assert.isEmpty(desk.timer())
    const refused = { clOrdID, reason: "venue unavailable", transactTimeMs: 1 }
    assert.strictEqual(walkTimers(desk.tell(OrderCancelReject.make(refused, tradeId))).length, 1)
    assert.strictEqual(desk.step().limitNetMicros, limits[1])
  })

  it("is canceled while a change is under way, whatever becomes of that", () => {
    const desk = walking()
    const { requestId } = desk.step()
    assert.strictEqual(of(desk.tell(CancelAllOrders.make({ reason: "x" })), CancelIntent).length, 1)
    desk.answer(requestId)
    const ended = report({ execType: "Canceled", ordStatus: "Canceled" })
    assert.deepInclude(of(desk.tell(ended), OrderClosed)[0], { ordStatus: "Canceled", cumQty: 0 })
  })

  it("stands still while nobody knows whether the venue has it", () => {
    const desk = new Desk()
    desk.order()
    desk.tell(IntentResolved.make({ clOrdID, outcome: "Unknown" }, tradeId))
    assert.isEmpty(walkTimers(desk.emitted))
    desk.tell(report({ execType: "New" }))
    assert.strictEqual(desk.step().limitNetMicros, limits[1])
  })
})
