import { assert, describe, it } from "@effect/vitest"
import { ExecutionReport, OrderClosed, OrderDenied } from "../../src/actors/ports/records/broker.ts"
import {
  ActorDown,
  ActorRestarted,
  ActorUp,
  MessageQuarantined
} from "../../src/actors/ports/records/kernel.ts"
import { StrategyIdle, TradeRefused } from "../../src/actors/ports/records/trade.ts"
import { ChainRejected, TradeCompleted } from "../../src/actors/ports/records/vault.ts"
import { parseUsd } from "../../src/domain/market/usd.ts"
import { RunSummary } from "../../src/projections/runSummary.ts"
import { summaryJson } from "../../src/projections/runSummaryJson.ts"
import { summaryText } from "../../src/projections/runSummaryText.ts"
import { usd } from "./listedChain.ts"
import { playVertical } from "./playedTrade.ts"
import { RecordedDay } from "./recordedDay.ts"

const identity = { runId: "run-1", headHash: "aa", stateHash: "bb" }

const summaryOf = (day: RecordedDay): RunSummary => {
  const summary = new RunSummary()
  for (const record of day.records) summary.apply(record)
  return summary
}

const tradedDay = (): RecordedDay => {
  const day = new RecordedDay()
  day.open()
  playVertical(day)
  return day
}

describe("RunSummary", () => {
  it("sums up a day with one vertical, opened, closed and paid back", () => {
    const day = tradedDay()
    const json = summaryJson(summaryOf(day), identity)
    assert.strictEqual(json.records, day.records.length)
    assert.strictEqual(json.inputs + json.events, json.records)
    assert.strictEqual(json.inputs, day.records.filter(({ cause }) => cause === -1).length)
    assert.strictEqual(json.quotes, 3)
    assert.strictEqual(json.proposals, 2)
    assert.strictEqual(json.orders, 2)
    assert.strictEqual(json.fills, 2)
    // 2 units x 100 x (2.50 - 2.00), less 5.20 of commissions.
    assert.strictEqual(json.realizedPnl, "94.80")
    assert.strictEqual(json.fees, "5.20")
    assert.deepStrictEqual(json.vault, { free: "100094.80", reserved: "0.00", settling: "0.00" })
    assert.deepStrictEqual(json.realizedByCause, {
      market: "100.00",
      expiry: "0.00",
      exercise: "0.00",
      assignment: "0.00",
      hedges: "0.00",
      commissions: "-5.20"
    })
    const [trade] = json.trades
    assert.strictEqual(json.trades.length, 1)
    assert.strictEqual(trade!.tradeId, "main-strategy-0")
    assert.strictEqual(trade!.state, "Completed")
    assert.strictEqual(trade!.legs, "GOOG 2015-12-31 +750C -755C")
    assert.strictEqual(trade!.openedAt, "2015-12-24 09:32:00")
    assert.strictEqual(trade!.closedAt, "2015-12-24 10:00:00")
    assert.strictEqual(trade!.realizedPnl, "94.80")
  })

  it("agrees with what the vault says a trade made, and names the trade where it does not", () => {
    const day = tradedDay()
    assert.deepStrictEqual(summaryOf(day).vaultDisagreements, [])
    const told = day.records.at(-1)!.payload as ReturnType<typeof TradeCompleted.make>["payload"]
    const wrong = { ...told, realizedMicros: told.realizedMicros + 1n }
    day.event("vault", day.records.at(-1)!, TradeCompleted.make(wrong, told.tradeId))
    const summary = summaryOf(day)
    assert.deepStrictEqual(
      summary.vaultDisagreements.map(({ tradeId }) => tradeId),
      ["main-strategy-0"]
    )
    assert.include(summaryText(summary, identity), "DIFFERENCE   main-strategy-0: the vault says")
  })

  it("goes through JSON and back unchanged, with every amount an exact decimal", () => {
    const json = summaryJson(summaryOf(tradedDay()), identity)
    assert.deepStrictEqual(JSON.parse(JSON.stringify(json)), json)
    const { free, reserved, settling } = json.vault
    const amounts = [json.realizedPnl, json.unrealizedPnl, json.fees, free, reserved, settling]
    for (const amount of amounts) assert.isDefined(parseUsd(amount), amount)
    const byTrade = json.trades.map(({ realizedPnl }) => parseUsd(realizedPnl)!)
    const byCause = Object.values(json.realizedByCause).map((amount) => parseUsd(amount)!)
    const sum = (parts: ReadonlyArray<bigint>) => parts.reduce((total, part) => total + part, 0n)
    assert.strictEqual(sum(byTrade), parseUsd(json.realizedPnl))
    assert.strictEqual(sum(byCause), parseUsd(json.realizedPnl))
  })

  it("values an open trade at the side that would close it, last known", () => {
    const day = new RecordedDay()
    day.open()
    day.propose(day.records[0]!, "t")
    const legs = [
      { instrument: 1, side: "Buy" as const, lastQty: 2, lastPxMicros: 5 * usd },
      { instrument: 2, side: "Sell" as const, lastQty: 2, lastPxMicros: 3 * usd }
    ]
    day.fill("t", { n: 1, lastQty: 2, legs, cashMicros: -400_000_000n, commissionMicros: 0n })
    assert.strictEqual(summaryJson(summaryOf(day), identity).trades[0]!.unrealizedPnl, "")
    day.quote(1, 6, 6.5)
    day.quote(2, 2, 2.5)
    day.quote(1, 0, 6.4)
    const summary = summaryOf(day)
    // 2 x 100 x ((6 - 5) + (3 - 2.5))
    assert.strictEqual(summary.openProfit.micros, 300_000_000n)
    assert.strictEqual(summaryJson(summary, identity).trades[0]!.unrealizedPnl, "300.00")
  })

  it("counts refusals by layer and by the word that starts the reason", () => {
    const day = new RecordedDay()
    day.open()
    const at = day.records[0]!
    for (const tradeId of ["a", "b"]) {
      day.propose(at, tradeId)
      day.verdicts(at, tradeId, 1, "no-buying-power: needs 430.00, has 1.00")
      const reasons = ["risk: no-buying-power: needs 430.00, has 1.00"]
      day.event("convergence", at, TradeRefused.make({ tradeId, phase: 1, reasons }, tradeId))
    }
    day.propose(at, "c")
    const missing = ["missing-verdict: cognition gave none in the turn that asked"]
    day.event(
      "convergence",
      at,
      TradeRefused.make({ tradeId: "c", phase: 1, reasons: missing }, "c")
    )
    day.propose(at, "d")
    day.event("executor", at, OrderDenied.make({ tradeId: "d", reason: "halted: by hand" }, "d"))
    day.propose(at, "e")
    day.input(
      "chain",
      ChainRejected.make({
        tradeId: "e",
        n: 0,
        instruction: "ReserveRequested",
        code: "Insufficient",
        text: "free 1"
      })
    )
    const { refusals } = summaryJson(summaryOf(day), identity)
    assert.deepStrictEqual(refusals, {
      chain: { Insufficient: 1 },
      convergence: { "missing-verdict": 1 },
      executor: { halted: 1 },
      risk: { "no-buying-power": 2 }
    })
    const states = summaryOf(day).proposed.map(({ state }) => state)
    assert.deepStrictEqual(states, ["Refused", "Refused", "Refused", "Denied", "Rejected"])
  })

  it("says by counted reasons why nothing was traded", () => {
    const day = new RecordedDay()
    day.open()
    const features = day.minute(1)
    const idle = { strategyId: "volatility", reason: "edge-too-small", detail: "0.01 of 0.05" }
    for (let n = 0; n < 3; n++) day.event("strategy", features, StrategyIdle.make(idle))
    const none = summaryText(summaryOf(day), identity)
    assert.include(none, "Why there was no trade: no strategy proposed anything")
    assert.match(none, /strategy proposed nothing +edge-too-small +3/)

    day.propose(features, "t")
    const intent = day.order(features, "t")
    const clOrdID = "order-t"
    const quantities = { orderQty: 2, cumQty: 0 }
    const report = day.input(
      "broker",
      ExecutionReport.make({
        clOrdID,
        orderID: "",
        execID: "r",
        execType: "Rejected",
        ordStatus: "Rejected",
        ...quantities,
        leavesQty: 0,
        lastQty: 0,
        lastNetMicros: 0,
        legs: [],
        commissionMicros: 0n,
        transactTimeMs: day.nowMs,
        text: "off-tick: 2.13"
      })
    )
    const ended = { tradeId: "t", kind: "Open" as const, ordStatus: "Rejected" as const }
    const reason = "off-tick: 2.13"
    day.event("executor", report, OrderClosed.make({ ...ended, clOrdID, ...quantities, reason }))
    assert.isAbove(intent.seq, 0)
    const summary = summaryOf(day)
    const text = summaryText(summary, identity)
    assert.include(text, "Why there was no trade: none of 1 order filled")
    assert.match(text, /order without a fill +Rejected: off-tick +1/)
    assert.deepStrictEqual(summaryJson(summary, identity).refusals, { venue: { "off-tick": 1 } })
    assert.strictEqual(summary.trade("t")!.state, "Unfilled")
  })

  it("tells restarts, downs, quarantines and who is still down", () => {
    const day = new RecordedDay()
    day.open()
    const kernel = (draft: Parameters<RecordedDay["input"]>[1]) => day.input("kernel", draft)
    kernel(
      ActorRestarted.make({ failed: "strategy", at: 3, group: ["strategy"], reason: "thrown" })
    )
    const failure = (failed: string, upDueMs: number, actors: ReadonlyArray<string>) => ({
      failed,
      at: 4,
      group: actors.map((actor) => ({ actor, cursor: 5 })),
      upDueMs,
      reason: "thrown"
    })
    kernel(
      ActorDown.make({
        failures: [
          failure("vault", day.nowMs + 100, ["vault", "executor"]),
          failure("features", -1, ["features"])
        ]
      })
    )
    kernel(ActorUp.make({ group: ["vault", "executor"] }))
    kernel(MessageQuarantined.make({ actor: "features", seq: 9, reason: "poison" }))
    const json = summaryJson(summaryOf(day), identity)
    assert.strictEqual(json.restarts, 2)
    assert.strictEqual(json.downs, 2)
    assert.deepStrictEqual(json.stillDown, ["features"])
    assert.strictEqual(json.quarantines.length, 1)
    assert.include(summaryText(summaryOf(day), identity), "STILL DOWN: features")
  })

  it("ends its text with a trade to audit and the commands, on the given data directory", () => {
    const text = summaryText(summaryOf(tradedDay()), identity, " --data-dir /d")
    assert.include(text, "  node dist/main.js audit trade main-strategy-0 --data-dir /d")
    assert.include(text, "  node dist/main.js replay --verify --data-dir /d")
    assert.include(text, "Chain head   aa")
    for (const line of text.split("\n")) assert.strictEqual(line, line.trimEnd())
  })
})
