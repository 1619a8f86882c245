import { assert, describe, it } from "@effect/vitest"
import { ActorDown, ActorRestarted } from "../../src/actors/ports/records/kernel.ts"
import { VenueStatus } from "../../src/actors/ports/records/market.ts"
import { TradeRefused } from "../../src/actors/ports/records/trade.ts"
import { MetricsFold } from "../../src/projections/MetricsFold.ts"
import { TraceFold } from "../../src/projections/traces/TraceFold.ts"
import { playVertical } from "./playedTrade.ts"
import { RecordedDay } from "./recordedDay.ts"

const folded = (day: RecordedDay) => {
  const traces = new TraceFold()
  const metrics = new MetricsFold((tradeId) => traces.placeOf(tradeId)?.traceId ?? "")
  for (const record of day.records) {
    traces.apply(record)
    metrics.apply(record)
  }
  const traceId = traces.placeOf("main-strategy-0")?.traceId
  const points = (name: string) =>
    metrics.read().find((metric) => metric.name === `optionsib.${name}`)!.points
  return { metrics, traceId, points }
}

const played = (): RecordedDay => {
  const day = new RecordedDay()
  day.open()
  playVertical(day)
  return day
}

describe("MetricsFold", () => {
  it("counts every record by its type", () => {
    const day = played()
    const { points } = folded(day)
    const types = Map.groupBy(day.records, ({ type }) => type)
    assert.strictEqual(points("records").length, types.size)
    for (const { labels, value } of points("records")) {
      assert.strictEqual(value, types.get(labels.type!)?.length, labels.type)
    }
  })

  it("counts a trade's way by kind, layer and status, and carries its trace", () => {
    const { points, traceId } = folded(played())
    assert.isDefined(traceId)
    const opens = { labels: { kind: "Open" }, value: 1, traceId }
    const closes = { labels: { kind: "Close" }, value: 1, traceId }
    assert.deepStrictEqual(points("orders"), [opens, closes])
    assert.deepStrictEqual(points("executions"), [opens, closes])
    assert.deepStrictEqual(points("trades.completed"), [opens])
    assert.deepStrictEqual(points("orders.closed"), [
      { labels: { status: "Filled" }, value: 2, traceId }
    ])
    assert.deepStrictEqual(
      points("verdicts").map(({ labels, value }) => [labels.layer, labels.verdict, value]),
      [
        ["risk", "yes", 3],
        ["certificate", "yes", 3],
        ["cognition", "yes", 3]
      ]
    )
    assert.deepStrictEqual(points("commissions"), [{ labels: {}, value: 5.2, traceId }])
    assert.deepStrictEqual(points("realized"), [{ labels: {}, value: 94.8, traceId }])
  })

  it("tells the vault's account, the last record and the clock as they stand", () => {
    const day = played()
    const { points } = folded(day)
    assert.deepStrictEqual(
      points("vault").map(({ labels, value }) => [labels.account, value]),
      [
        ["free", 100_094.8],
        ["reserved", 0],
        ["settling", 0]
      ]
    )
    assert.strictEqual(points("journal.seq")[0]!.value, day.records.length - 1)
    assert.strictEqual(points("session.time")[0]!.value, day.nowMs)
  })

  it("counts refusals by the word that starts the reason, and what supervision did", () => {
    const day = played()
    const cause = day.records.at(-1)!
    const reasons = ["risk: price-collar: far", "risk: stale-quote: old"]
    day.event(
      "convergence",
      cause,
      TradeRefused.make({ tradeId: "main-strategy-9", phase: 1, reasons })
    )
    const crash = { failed: "hedger", at: 3, group: ["hedger"], reason: "NaN" }
    day.input("kernel", ActorRestarted.make(crash))
    const down = { ...crash, group: [{ actor: "hedger", cursor: 3 }], upDueMs: 9 }
    day.input("kernel", ActorDown.make({ failures: [down] }))
    const { points } = folded(day)
    assert.deepStrictEqual(points("refusals"), [
      { labels: { reason: "risk" }, value: 2, traceId: "" }
    ])
    assert.deepStrictEqual(
      points("supervision").map(({ labels, value }) => [labels.event, labels.actor, value]),
      [
        ["opened", "", 1],
        ["restarted", "hedger", 1],
        ["down", "hedger", 1]
      ]
    )
  })

  it("shows whether the broker and its prices are there, once that was told", () => {
    const day = played()
    assert.isEmpty(folded(day).points("venue.there"))
    const reason = "no market data for 120000 ms"
    day.input("market", VenueStatus.make({ connection: "Up", marketData: "Silent", reason }))
    assert.deepStrictEqual(
      folded(day)
        .points("venue.there")
        .map(({ labels, value }) => [labels.what, value]),
      [
        ["connection", 1],
        ["market-data", 0]
      ]
    )
  })

  it("names the same metrics before the first record as after the last", () => {
    const empty = new MetricsFold(() => "").read().map(({ name }) => name)
    assert.deepStrictEqual(
      folded(played())
        .metrics.read()
        .map(({ name }) => name),
      empty
    )
    for (const name of empty) assert.match(name, /^optionsib(\.[a-z]+)+$/)
  })
})
