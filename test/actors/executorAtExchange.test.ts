/** The executor, its gateway and the simulated exchange together, through a day and its close. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Schema } from "effect"
import { makeExecutor } from "../../src/actors/executor.ts"
import { makeBrokerGateway } from "../../src/actors/gateways/brokerGateway.ts"
import {
  OrderClosed,
  OrderIntent,
  ReplaceIntent,
  TradeFilled,
  TradeLegEnded
} from "../../src/actors/ports/records/broker.ts"
import { FeaturesComputed } from "../../src/actors/ports/records/cognition.ts"
import { TimerFired } from "../../src/actors/ports/records/kernel.ts"
import { InstrumentsListed, TradingSessionStatus } from "../../src/actors/ports/records/market.ts"
import { TradeConverged, TradeProposed } from "../../src/actors/ports/records/trade.ts"
import type {
  EventDraft,
  InputDraft,
  JournalRecord,
  PayloadOf,
  RecordType
} from "../../src/domain/journal/record.ts"
import { sortedHoldings } from "../../src/domain/trading/holdings.ts"
import { noWalk, type WalkRules } from "../../src/domain/trading/limitWalk.ts"
import { centTicks } from "../../src/domain/trading/tick.ts"
import { totalHoldings } from "../../src/domain/trading/tradeBook.ts"
import { dayOne, market, openWorld, usd, type World } from "../infra/broker/world.ts"
import { ActorDriver } from "./actorDriver.ts"

const latencyMs = 50

const listed = InstrumentsListed.make({
  session: "test",
  underlying: "GOOG",
  contentHash: "",
  rows: 0,
  badRows: 0,
  notTradableRows: 0,
  instruments: market.instruments.map((each) =>
    each.kind === "Stock"
      ? {
          instrument: each.id,
          kind: "Stock" as const,
          symbol: each.symbol,
          expiration: "",
          strikeMicros: 0,
          optionType: "None" as const,
          exerciseStyle: "None" as const,
          multiplier: 1
        }
      : { instrument: each.id, kind: "Option" as const, symbol: each.symbol, ...each.contract }
  )
})

const status = (name: "Open" | "Closed") =>
  TradingSessionStatus.make({
    date: dayOne.date,
    status: name,
    openMs: dayOne.openMs,
    closeMs: dayOne.closeMs,
    riskFreeRate: 0,
    dividendYield: 0,
    last: true
  })

const payloads = <R extends RecordType>(drafts: ReadonlyArray<EventDraft>, of: R) =>
  drafts.filter(({ type }) => type === of.type).map(({ payload }) => payload as PayloadOf<R>)

/** Carries what the executor asks for to the exchange and back, timers included, until nothing is left to do. */
class Loop {
  readonly driver: ActorDriver
  readonly world: World
  readonly inputs: Array<InputDraft> = []
  /** Everything that it was told and said, in order. */
  readonly told: Array<EventDraft> = []
  readonly #gateway
  readonly #timers = new Map<string, number>()

  constructor(world: World, walk: WalkRules = noWalk) {
    this.world = world
    this.#gateway = makeBrokerGateway({ broker: world.broker, latencyMs }).gateway
    const timeInForce = { Open: "Day", Close: "Day", Hedge: "ImmediateOrCancel" } as const
    const limits = { workMsMax: 180_000, sendMsMax: 5_000, optionTicks: centTicks }
    const settings = { ...limits, timeInForce, walk }
    this.driver = new ActorDriver(makeExecutor(settings), { checksSnapshot: false })
    this.tell(listed)
    this.tell(status("Open"))
  }

  tell(draft: EventDraft): void {
    const events = this.driver.tell(draft)
    this.told.push(draft, ...events)
    for (const event of events) this.#carryOut(event)
  }

  #carryOut(event: EventDraft): void {
    if (event.type === "TimerSet" || event.type === "TimerCanceled") {
      const { timer, dueMs } = event.payload as { timer: string; dueMs?: number }
      if (dueMs === undefined) this.#timers.delete(timer)
      else this.#timers.set(timer, dueMs)
    }
    if (!this.#gateway.requests.includes(event.type)) return
    const request: JournalRecord = {
      ...event,
      seq: 0,
      epoch: 1,
      actor: "executor",
      version: 1,
      cause: 0,
      logicalTimeMs: this.driver.nowMs,
      sourceSeq: 0
    }
    const atMs = this.driver.nowMs + latencyMs
    for (const answer of Effect.runSync(this.#gateway.perform(request, atMs))) this.#hear(answer)
  }

  #hear(input: InputDraft): void {
    this.inputs.push(input)
    this.tell(input)
  }

  /** Lets the time pass: what the exchange says on its own, and timers. */
  passTo(nowMs: number): void {
    this.driver.nowMs = nowMs
    const { speaker } = this.world.broker
    while (speaker.nextDueMs() <= nowMs) this.#hear(speaker.next())
    for (const [timer, dueMs] of [...this.#timers]) {
      if (dueMs > nowMs) continue
      this.#timers.delete(timer)
      this.tell(TimerFired.make({ owner: "executor", timer, dueMs }))
    }
  }
}

const Seed = Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 2_000_000_000 }))

const drawsOf = (seed: number) => {
  let state = seed
  return (minimum: number, maximum: number): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return minimum + Math.floor((state / 2 ** 32) * (maximum - minimum + 1))
  }
}

/** A random day: quotes every minute, trades opened and closed, most near the market. */
const day = (seed: number, walk: WalkRules = noWalk): Loop => {
  const draw = drawsOf(seed)
  const loop = new Loop(Effect.runSync(openWorld(undefined, { displayedShare: 0.5 })), walk)
  const opened: Array<{ tradeId: string; legs: PayloadOf<typeof TradeProposed>["legs"] }> = []
  for (let minute = 1; minute <= 60; minute++) {
    const timeMs = dayOne.openMs + minute * 60_000
    loop.driver.nowMs = timeMs
    loop.world.quote({ instrument: 0, bid: 748, ask: 748.1, timeMs })
    for (let instrument = 1; instrument <= 4; instrument++) {
      const ask = 2 + draw(0, 6) / 100
      const bidSize = draw(0, 8)
      loop.world.quote({ instrument, bid: ask - 0.02, ask, bidSize, askSize: draw(0, 8), timeMs })
      loop.passTo(timeMs)
    }
    if (draw(0, 2) === 0) continue
    const closes = draw(0, 2) === 0 ? opened[draw(0, Math.max(0, opened.length - 1))] : undefined
    const tradeId = `T${minute}`
    const first = draw(1, 4)
    const second = 1 + (first % 4)
    const legs = closes
      ? closes.legs.map((leg) => ({
          ...leg,
          side: leg.side === "Buy" ? ("Sell" as const) : ("Buy" as const)
        }))
      : [
          {
            instrument: first,
            side: draw(0, 1) === 0 ? ("Buy" as const) : ("Sell" as const),
            ratio: 1
          },
          {
            instrument: second,
            side: draw(0, 1) === 0 ? ("Buy" as const) : ("Sell" as const),
            ratio: 1
          }
        ]
    const net = legs.reduce((sum, { side }) => sum + (side === "Buy" ? 2.05 : -2.01), 0)
    loop.tell(
      TradeProposed.make({
        tradeId,
        kind: closes === undefined ? "Open" : "Close",
        closes: closes?.tradeId ?? "",
        strategyId: "random",
        legs,
        quantity: draw(1, 5),
        limitNetMicros: usd(net),
        collateralMicros: 0n,
        rationale: { midNetMicros: usd(net - 0.08) },
        basis: []
      })
    )
    loop.tell(TradeConverged.make({ tradeId, phase: closes === undefined ? 2 : 1 }))
    if (closes === undefined) opened.push({ tradeId, legs })
  }
  const quiet = {
    realizedVolatility: 0,
    term: [],
    quotesSeen: 0,
    staleInstruments: 0,
    modelInput: []
  }
  loop.tell(FeaturesComputed.make({ spotMicros: usd(748.4), ...quiet }))
  // Answers of the last minute come a latency later.
  loop.passTo(dayOne.openMs + 61 * 60_000)
  return loop
}

/** From 8 cents under the limit up to it, a cent or two every 20 s. */
const inSteps: WalkRules = { steps: 5, everyMs: 20_000, startShare: 0 }

describe("executor at the simulated exchange", () => {
  it.prop(
    "holds what the broker holds, tells every order's end once, and loses no cent, through the close",
    { seed: Seed, walks: Schema.Boolean },
    ({ seed, walks }) => {
      const loop = day(seed, walks ? inSteps : noWalk)
      const holdings = () => sortedHoldings(totalHoldings(loop.driver.state.trades))
      const positions = () => Effect.runSync(loop.world.broker.positions)
      assert.deepStrictEqual(holdings(), positions())

      loop.driver.nowMs = dayOne.closeMs
      loop.tell(status("Closed"))
      loop.passTo(dayOne.closeMs + 1)
      assert.deepStrictEqual(holdings(), positions())
      for (const [instrument] of holdings()) assert.strictEqual(instrument, 0)
      assert.strictEqual(loop.driver.state.blocked.size, 0)

      const { emitted } = loop.driver
      const intents = payloads(emitted, OrderIntent).map(({ clOrdID }) => clOrdID)
      const ends = payloads(emitted, OrderClosed).map(({ clOrdID }) => clOrdID)
      assert.deepStrictEqual([...ends].sort(), [...intents].sort())

      // The broker's own account of the cash, from its reports alone.
      let cash = 0n
      let commission = 0n
      for (const { type, payload } of loop.inputs) {
        if (type === "ExecutionReport") {
          const report = payload as { commissionMicros: bigint; legs: ReadonlyArray<Leg> }
          commission += report.commissionMicros
          for (const { side, lastQty, lastPxMicros } of report.legs) {
            cash += BigInt(side === "Buy" ? -lastQty : lastQty) * 100n * BigInt(lastPxMicros)
          }
        } else if (type === "OptionEvent") {
          const { shares, strikeMicros } = payload as { shares: number; strikeMicros: number }
          cash -= BigInt(shares) * BigInt(strikeMicros)
        }
      }
      const told = [...payloads(emitted, TradeFilled), ...payloads(emitted, TradeLegEnded)]
      assert.strictEqual(
        told.reduce((sum, { cashMicros }) => sum + cashMicros, 0n),
        cash
      )
      const charged = told.reduce((sum, { commissionMicros }) => sum + commissionMicros, 0n)
      assert.strictEqual(charged, commission)
    }
  )

  it.prop(
    "asks and pays no more than was proposed while its orders walk, and no more than it asked last",
    { seed: Seed },
    ({ seed }) => {
      const loop = day(seed, inSteps)
      const mostOf = new Map(
        payloads(loop.told, TradeProposed).map((each) => [each.tradeId, each] as const)
      )
      const limitOf = new Map<string, number>()
      for (const draft of loop.told) {
        if (draft.type === "OrderIntent" || draft.type === "ReplaceIntent") {
          const asked = draft.payload as PayloadOf<typeof ReplaceIntent>
          const { limitNetMicros, quantity } = mostOf.get(asked.tradeId)!
          assert.isAtMost(asked.limitNetMicros, limitNetMicros)
          assert.isAtMost(asked.orderQty, quantity)
          assert.isAbove(asked.limitNetMicros, limitOf.get(asked.clOrdID) ?? -usd(1_000))
          limitOf.set(asked.clOrdID, asked.limitNetMicros)
        } else if (draft.type === "TradeFilled") {
          const { clOrdID, lastNetMicros } = draft.payload as PayloadOf<typeof TradeFilled>
          assert.isAtMost(lastNetMicros, limitOf.get(clOrdID)!)
        }
      }
    }
  )

  it("walks on its random days: steps, fills on the way, ends before the last step", () => {
    const ends = { full: 0, better: 0, changes: 0 }
    for (let seed = 1; seed <= 10; seed++) {
      const { told } = day(seed, inSteps)
      ends.changes += payloads(told, ReplaceIntent).length
      for (const intent of payloads(told, OrderIntent)) {
        const last = intent.walk?.at(-1) ?? intent.limitNetMicros
        for (const fill of payloads(told, TradeFilled)) {
          if (fill.clOrdID !== intent.clOrdID) continue
          ends.full++
          if (fill.lastNetMicros < last) ends.better++
        }
      }
    }
    assert.isAbove(ends.changes, 50)
    assert.isAbove(ends.full, 20)
    assert.isAbove(ends.better, 10)
  })

  it("trades on its random days: fills, partial fills, closings, refusals and ended contracts", () => {
    const seen = new Set<string>()
    for (let seed = 1; seed <= 10; seed++) {
      const loop = day(seed)
      loop.driver.nowMs = dayOne.closeMs
      loop.tell(status("Closed"))
      loop.passTo(dayOne.closeMs + 1)
      for (const { type, payload } of loop.driver.emitted) {
        const { kind, leavesQty, execID } = payload as {
          kind?: string
          leavesQty?: number
          execID?: string
        }
        seen.add(type)
        if (type === "TradeFilled") seen.add(`${kind} ${leavesQty === 0 ? "full" : "part"}`)
        if (type === "TradeLegEnded") seen.add(execID?.startsWith("cross") ? "crossed" : kind!)
      }
    }
    for (const each of [
      "OrderDenied",
      "CancelIntent",
      "Open full",
      "Open part",
      "Close full",
      "Exercised",
      "Assigned",
      "Expired",
      "crossed"
    ]) {
      assert.isTrue(seen.has(each), each)
    }
  })
})

interface Leg {
  readonly side: "Buy" | "Sell"
  readonly lastQty: number
  readonly lastPxMicros: number
}
