import { assert, describe, it } from "@effect/vitest"
import { Result } from "effect"
import { TimerFired } from "../../src/actors/ports/records/kernel.ts"
import { TradeRefused } from "../../src/actors/ports/records/trade.ts"
import { auditReport, auditReportText } from "../../src/projections/auditReport.ts"
import type { AuditNode } from "../../src/projections/auditTree.ts"
import {
  auditTrade,
  closestIds,
  listTrades,
  type TradeAudit,
  UnknownTrade
} from "../../src/projections/tradeAudit.ts"
import { tradeAuditText, tradeListText } from "../../src/projections/tradeAuditText.ts"
import { playVertical } from "./playedTrade.ts"
import { modelHash, RecordedDay } from "./recordedDay.ts"

const tradedDay = (): RecordedDay => {
  const day = new RecordedDay()
  day.open()
  playVertical(day)
  return day
}

const flat = (nodes: ReadonlyArray<AuditNode>): ReadonlyArray<AuditNode> =>
  nodes.flatMap((node) => [node, ...flat(node.children)])

const audited = (day: RecordedDay, tradeId: string): TradeAudit =>
  Result.getOrThrow(auditTrade(day.records, tradeId))

describe("auditTrade", () => {
  it("shows every record that names the trade or its closing, once, below what it answers", () => {
    const day = tradedDay()
    const audit = audited(day, "main-strategy-0")
    const nodes = flat(audit.tree)
    const seqs = nodes.map(({ seq }) => seq)
    assert.strictEqual(new Set(seqs).size, seqs.length)
    assert.strictEqual(audit.records, seqs.length)
    const family = ["main-strategy-0", "main-strategy-1"]
    for (const record of day.records) {
      const names = JSON.stringify(record.payload, (_, value) =>
        typeof value === "bigint" ? String(value) : value
      )
      const isOurs = family.some((id) => names.includes(id) || record.correlation === id)
      assert.strictEqual(isOurs && !seqs.includes(record.seq), false, `record ${record.seq}`)
    }
    for (const node of nodes) {
      for (const child of node.children) {
        const { cause } = day.records[child.seq]!
        if (child.link === "cause") assert.strictEqual(cause, node.seq)
        else assert.strictEqual(cause, -1)
        assert.isAbove(child.seq, node.seq)
      }
    }
  })

  it("hangs answers from outside below the requests that they answer", () => {
    const nodes = flat(audited(tradedDay(), "main-strategy-0").tree)
    const answered = nodes.flatMap((node) =>
      node.children
        .filter(({ link }) => link === "answers")
        .map((child) => `${child.type} to ${node.type}`)
    )
    assert.deepStrictEqual(answered, [
      "Reserved to ReserveRequested",
      "ExecutionReport to OrderIntent",
      "Settled to SettleRequested",
      "ExecutionReport to OrderIntent",
      "Closed to CloseRequested"
    ])
  })

  it("goes up to the interval that led to the proposal, and not back to the open", () => {
    const audit = audited(tradedDay(), "main-strategy-0")
    for (const root of audit.tree) {
      assert.strictEqual(root.type, "TimerFired")
      assert.strictEqual(root.link, "")
    }
    assert.strictEqual(audit.tree.length, 2)
  })

  it("says what both phases saw: quotes, features, model, certificate, verdicts", () => {
    const day = tradedDay()
    const { decisions } = audited(day, "main-strategy-0")
    const phases = decisions.map(({ tradeId, phase }) => `${tradeId} ${phase}`)
    assert.deepStrictEqual(phases, ["main-strategy-0 1", "main-strategy-0 2", "main-strategy-1 1"])
    const [first, second] = decisions
    const quotes = first!.quotes.map(({ name, bid, ask, side }) => [side, name, bid, ask])
    assert.deepStrictEqual(quotes, [
      ["Buy", "GOOG 2015-12-31 750C", "5.00", "5.20"],
      ["Sell", "GOOG 2015-12-31 755C", "3.00", "3.20"]
    ])
    for (const { seq } of first!.quotes) assert.strictEqual(day.records[seq]!.type, "Quote")
    assert.strictEqual(first!.quotes[0]!.ageMs, 120_001)
    assert.strictEqual(second!.quotes[0]!.ageMs, 120_006)
    assert.strictEqual(day.records[first!.features!.seq]!.type, "FeaturesComputed")
    assert.strictEqual(first!.features!.ageMs, 0)
    assert.strictEqual(first!.features!.term.length, 1)
    const model = first!.model!
    assert.strictEqual(model.modelHash, modelHash)
    assert.strictEqual(model.runtime, "onnxruntime-node 1.30.0")
    assert.strictEqual(day.records[model.requestSeq]!.type, "InferenceRequested")
    assert.strictEqual(day.records[model.answerSeq]!.type, "InferenceAnswered")
    assert.strictEqual(day.records[model.featuresSeq]!.type, "FeaturesComputed")
    assert.strictEqual(model.ageMs, 60_000)
    assert.strictEqual(first!.certificate!.certificateId, "cert-1")
    for (const decision of [first!, second!]) {
      const verdicts = decision.verdicts.map(({ layer, yes, basis }) => [layer, yes, basis])
      assert.deepStrictEqual(verdicts, [
        ["risk", true, ""],
        ["certificate", true, "cert-1"],
        ["cognition", true, modelHash]
      ])
      assert.strictEqual(decision.outcome, "converged")
    }
  })

  it("tells a side that had no quote from a price, with the last known one and its age", () => {
    const day = new RecordedDay()
    day.open()
    day.quote(1, 5, 5.2)
    day.quote(2, 3, 3.2)
    day.nowMs += 60_000
    day.quote(2, 0, 3.1)
    day.nowMs += 1_000
    const proposed = day.propose(day.records[0]!, "t")
    day.quote(2, 2, 2.2)
    const [decision] = audited(day, "t").decisions
    const [, sold] = decision!.quotes
    assert.strictEqual(sold!.bid, "")
    assert.strictEqual(sold!.ask, "3.10")
    assert.strictEqual(sold!.ageMs, 1_000)
    assert.deepStrictEqual(sold!.lastKnownBid, { price: "3.00", ageMs: 61_000 })
    assert.isBelow(sold!.seq, proposed.seq)
  })

  it("audits a closing with the trade that it closes", () => {
    const day = tradedDay()
    const close = audited(day, "main-strategy-1")
    assert.strictEqual(close.position.tradeId, "main-strategy-0")
    assert.deepStrictEqual(
      close.closings.map(({ tradeId, state }) => [tradeId, state]),
      [["main-strategy-1", "Filled"]]
    )
    assert.deepStrictEqual(close.tree, audited(day, "main-strategy-0").tree)
  })

  it("names what a trade set off elsewhere without following it", () => {
    const day = tradedDay()
    const filled = day.records.find(({ type }) => type === "TradeFilled")!
    const hedge = day.propose(filled, "main-hedger-0", { kind: "Hedge" })
    day.verdicts(hedge, "main-hedger-0", 1)
    const nodes = flat(audited(day, "main-strategy-0").tree)
    const named = nodes.find(({ seq }) => seq === hedge.seq)!
    assert.strictEqual(named.tradeId, "main-hedger-0")
    assert.deepStrictEqual(named.children, [])
    assert.isDefined(
      flat(audited(day, "main-hedger-0").tree).find((node) => node.seq === filled.seq)
    )
  })

  it("shows a timer that refused a trade below the record that set it", () => {
    const day = new RecordedDay()
    day.open()
    const proposed = day.propose(day.records[0]!, "t")
    const order = day.order(proposed, "t")
    const timer = { owner: "executor", timer: "work order-t", dueMs: day.nowMs }
    const set = day.event("executor", proposed, { ...TimerFired.make(timer), type: "TimerSet" })
    const fired = day.input("kernel", TimerFired.make(timer))
    const nodes = flat(audited(day, "t").tree)
    const parent = nodes.find(({ children }) => children.some(({ seq }) => seq === fired.seq))
    assert.strictEqual(parent?.seq, set.seq)
    assert.isDefined(nodes.find(({ seq }) => seq === order.seq))
  })

  it("is plain JSON, the same each time", () => {
    const day = tradedDay()
    const audit = audited(day, "main-strategy-0")
    assert.deepStrictEqual(JSON.parse(JSON.stringify(audit)), audit)
    assert.deepStrictEqual(audited(day, "main-strategy-0"), audit)
  })

  it("prints the records, the verdicts of both phases and the model's hash", () => {
    const text = tradeAuditText(audited(tradedDay(), "main-strategy-0"))
    assert.include(
      text,
      "Trade main-strategy-0: Open by volatility, GOOG 2015-12-31 +750C -755C, 2 of 2, Completed"
    )
    assert.include(text, "realized 94.80 USD: market 100.00, commissions -5.20; fees 5.20")
    assert.include(text, modelHash)
    assert.match(text, /Decision on Open main-strategy-0, phase 2, .*: converged/)
    assert.match(text, /<- \d+ 09:32:00 chain Reserved: chain: reserved 430\.00; free 99570\.00/)
  })

  it("refuses an unknown id and names the close ones", () => {
    const refused = auditTrade(tradedDay().records, "main-stratgy-1")
    assert.isTrue(Result.isFailure(refused))
    const error = Result.getOrThrow(Result.flip(refused))
    assert.instanceOf(error, UnknownTrade)
    assert.deepStrictEqual(error.closest, ["main-strategy-1", "main-strategy-0"])
    assert.include(error.message, `trade "main-stratgy-1" is unknown`)
    assert.include(error.message, "did you mean main-strategy-1 or main-strategy-0?")
    assert.deepStrictEqual(closestIds("hedger-7", ["main-strategy-0", "main-hedger-7"]), [
      "main-hedger-7"
    ])
    assert.deepStrictEqual(closestIds("something else", ["main-strategy-0"]), [])
    const ids = ["main-strategy-101", "main-strategy-7"]
    assert.deepStrictEqual(closestIds("10", ids), ["main-strategy-101"])
    const empty = new RecordedDay()
    empty.open()
    const none = Result.getOrThrow(Result.flip(auditTrade(empty.records, "x")))
    assert.include(none.message, "this run proposed no trade")
  })
})

describe("listTrades", () => {
  it("lists every proposal in order, the refused ones with why", () => {
    const day = tradedDay()
    const proposed = day.propose(day.records[0]!, "main-strategy-2")
    const reasons = ["risk: no-buying-power: needs 430.00"]
    day.event(
      "convergence",
      proposed,
      TradeRefused.make({ tradeId: "main-strategy-2", phase: 1, reasons })
    )
    const rows = listTrades(day.records)
    assert.deepStrictEqual(
      rows.map(({ tradeId, kind, state }) => [tradeId, kind, state]),
      [
        ["main-strategy-0", "Open", "Completed"],
        ["main-strategy-1", "Close", "Filled"],
        ["main-strategy-2", "Open", "Refused"]
      ]
    )
    assert.deepStrictEqual(rows[2]!.reasons, reasons)
    assert.strictEqual(tradeListText(rows).split("\n").length, 4)
    assert.strictEqual(tradeListText([]), "no trade was proposed")
  })
})

describe("auditReport", () => {
  it("counts every record by type and by author, and names what the run stood on", () => {
    const day = tradedDay()
    const identity = { runId: "r", headHash: "aa", stateHash: "bb" }
    const report = auditReport(day.records, identity)
    const sum = (tally: Readonly<Record<string, number>>) =>
      Object.values(tally).reduce((total, count) => total + count, 0)
    assert.strictEqual(sum(report.records), day.records.length)
    assert.strictEqual(sum(report.authors), day.records.length)
    assert.strictEqual(report.records.Quote, 3)
    assert.deepStrictEqual(report.models, { "regime-goog": [modelHash] })
    assert.strictEqual(report.openings[0]!.seed, 7)
    assert.strictEqual(report.sessions[0]!.instruments, 4)
    assert.strictEqual(report.certificates.length, 1)
    assert.strictEqual(report.operator.length, 1)
    assert.strictEqual(report.summary.realizedPnl, "94.80")
    assert.deepStrictEqual(report.differences, [])
    assert.deepStrictEqual(JSON.parse(JSON.stringify(report)), report)
    const text = auditReportText(report)
    assert.include(text, "Chain head   aa")
    assert.include(text, "Differences  none")
    assert.include(text, `Model        regime-goog: ${modelHash}`)
  })
})
