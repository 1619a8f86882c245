import { assert, describe, it } from "@effect/vitest"
import { Schema } from "effect"
import {
  CancelIntent,
  OrderCancelReject,
  OrderClosed,
  OrderDenied,
  ReplaceIntent,
  ReplaceResolved,
  TradeLegEnded
} from "../../../src/actors/ports/records/broker.ts"
import { TradeRefused } from "../../../src/actors/ports/records/trade.ts"
import {
  Adjusted,
  AdjustRequested,
  CancelReservationRequested,
  ChainRejected,
  ReservationCanceled,
  Reserved,
  ReserveRequested
} from "../../../src/actors/ports/records/vault.ts"
import type { TraceSpan } from "../../../src/actors/ports/Telemetry.ts"
import type { JournalRecord } from "../../../src/domain/journal/record.ts"
import { TraceFold, tracesOf } from "../../../src/projections/traces/TraceFold.ts"
import { playVertical } from "../playedTrade.ts"
import { balances, RecordedDay } from "../recordedDay.ts"
import { expectedSpans } from "./expectedSpans.ts"
import { expectedTable, spanTable } from "./spanTable.ts"

const tradeId = "main-strategy-0"

const playedDay = (): RecordedDay => {
  const day = new RecordedDay()
  day.open()
  playVertical(day)
  return day
}

/** Proposed on one quote, and asked in the first phase. */
const proposedDay = () => {
  const day = new RecordedDay()
  day.open()
  const quote = day.quote(1, 5, 5.2)
  const proposed = day.propose(day.minute(1), tradeId, { basis: [quote.seq] })
  day.verdicts(proposed, tradeId, 1)
  return { day, quote, proposed }
}

/** And reserved. */
const reservedDay = () => {
  const { day, proposed } = proposedDay()
  const converged = day.converged(proposed, tradeId, 1)
  const terms = { tradeId, attempt: 1, maxAmountMicros: 430_000_000n, expiryMs: day.nowMs }
  day.event("vault", converged, ReserveRequested.make(terms, tradeId))
  day.nowMs += 5
  const account = balances(99_570_000_000n, 430_000_000n, 0n)
  const reserved = day.input(
    "chain",
    Reserved.make({ tradeId, maxAmountMicros: 430_000_000n, ...account })
  )
  return { day, reserved }
}

/** The reservation is freed, `delayMs` after it was asked for. */
const free = (day: RecordedDay, cause: JournalRecord, delayMs = 7): void => {
  const reason = "refused"
  day.event("vault", cause, CancelReservationRequested.make({ tradeId, attempt: 1, reason }))
  day.nowMs += delayMs
  const account = balances(100_000_000_000n, 0n, 0n)
  day.input("chain", ReservationCanceled.make({ tradeId, freedMicros: 430_000_000n, ...account }))
}

const rootOf = (spans: ReadonlyArray<TraceSpan>): TraceSpan => {
  const roots = spans.filter(({ parentSpanId }) => parentSpanId === "")
  assert.strictEqual(roots.length, 1)
  return roots[0]!
}

const named = (spans: ReadonlyArray<TraceSpan>, name: string): TraceSpan => {
  const found = spans.filter((span) => span.name === name)
  assert.strictEqual(found.length, 1, `${found.length} spans are named ${name}`)
  return found[0]!
}

const placeIn = (day: RecordedDay) => {
  const fold = new TraceFold()
  for (const record of day.records) fold.apply(record)
  return fold.placeOf(tradeId)
}

/** Without the open ends of `finish`. */
const ended = (day: RecordedDay): ReadonlyArray<TraceSpan> => {
  const fold = new TraceFold()
  for (const record of day.records) fold.apply(record)
  return fold.take()
}

describe("TraceFold, a trade from its quote to its settlement", () => {
  it("gives the spans that the records say, closing included, as one trace", () => {
    const { records } = playedDay()
    const spans = tracesOf(records)
    assert.deepStrictEqual(spanTable(spans), expectedTable(expectedSpans(records, tradeId)))
    assert.strictEqual(new Set(spans.map(({ traceId }) => traceId)).size, 1)
  })

  it("begins at the newest quote of the proposal's basis and ends with the capital's return", () => {
    const { records } = playedDay()
    const root = rootOf(tracesOf(records))
    const proposal = records.find(({ type }) => type === "TradeProposed")!
    const { basis } = proposal.payload as { readonly basis: ReadonlyArray<number> }
    assert.strictEqual(root.attributes["optionsib.seq"], basis.at(-1))
    assert.strictEqual(root.startMs, records[basis.at(-1)!]!.logicalTimeMs)
    assert.strictEqual(root.endMs, records.at(-1)!.logicalTimeMs)
    assert.strictEqual(root.attributes["optionsib.trade.outcome"], "completed")
    assert.strictEqual(root.attributes["optionsib.trade.realized_usd"], "94.80")
  })

  it("begins at what a proposal without a basis answers", () => {
    const day = new RecordedDay()
    day.open()
    const features = day.minute(1)
    day.propose(features, tradeId)
    assert.strictEqual(rootOf(tracesOf(day.records)).attributes["optionsib.seq"], features.seq)
  })

  it("asks no model for a hedge, and is named after it", () => {
    const day = new RecordedDay()
    day.open()
    day.regime(day.minute(1))
    const stock = day.quote(0, 748.4, 748.6)
    day.propose(day.minute(2), "main-hedger-0", { kind: "Hedge", basis: [stock.seq] })
    const spans = tracesOf(day.records)
    assert.strictEqual(rootOf(spans).name, "trade hedge")
    assert.strictEqual(named(spans, "feed").attributes["optionsib.quote.name"], "GOOG")
    assert.isUndefined(spans.find(({ name }) => name === "inference"))
  })

  it("tells what the venue reported as events, and names whom it asked", () => {
    const spans = tracesOf(playedDay().records)
    const orders = spans.filter(({ name }) => name === "order")
    for (const order of orders) {
      assert.strictEqual(order.kind, "Client")
      assert.strictEqual(order.attributes["peer.service"], "exchange")
      assert.deepStrictEqual(
        order.events.map(({ name, attributes }) => [name, attributes["optionsib.order.status"]]),
        [["execution report", "Filled"]]
      )
    }
    assert.strictEqual(named(spans, "inference").attributes["optionsib.regime.state"], "calm")
    assert.isTrue(spans.every(({ error }) => error === undefined))
  })

  it("names attributes as OpenTelemetry does: lower case, dots, no empty part", () => {
    for (const { attributes, events } of tracesOf(playedDay().records)) {
      const names = [
        ...Object.keys(attributes),
        ...events.flatMap((e) => Object.keys(e.attributes))
      ]
      for (const name of names) assert.match(name, /^[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)+$/)
    }
  })
})

describe("TraceFold, ids", () => {
  it("are hex of the right length, and a span's is its own", () => {
    const spans = tracesOf(playedDay().records)
    for (const { traceId, spanId } of spans) {
      assert.match(traceId, /^[0-9a-f]{32}$/)
      assert.match(spanId, /^[0-9a-f]{16}$/)
    }
    assert.strictEqual(new Set(spans.map(({ spanId }) => spanId)).size, spans.length)
  })

  it("are those of another trace for another book, configuration or place in the journal", () => {
    const original = playedDay().records
    const changed = (change: object) =>
      original.map((record) =>
        record.type === "EpochOpened"
          ? { ...record, payload: { ...(record.payload as object), ...change } }
          : record
      )
    const later = new RecordedDay()
    later.open()
    later.quote(0, 1, 2)
    playVertical(later)
    const variants = [
      original,
      changed({ book: "other" }),
      changed({ configHash: "c1" }),
      later.records
    ]
    const ids = variants.flatMap((records) => tracesOf(records).map(({ spanId }) => spanId))
    assert.strictEqual(new Set(ids).size, ids.length)
    const traces = variants.map((records) => tracesOf(records)[0]!.traceId)
    assert.strictEqual(new Set(traces).size, variants.length)
  })

  it("are the same from a journal whose first records are no longer kept", () => {
    const day = playedDay()
    const proposal = day.records.findIndex(({ type }) => type === "TradeProposed")
    const { book, configHash } = day.records[0]!.payload as { book: string; configHash: string }
    const fold = new TraceFold({ book, configHash })
    for (const record of day.records.slice(proposal)) fold.apply(record)
    assert.deepStrictEqual(fold.placeOf(tradeId), placeIn(day))
  })

  it("do not change with a later opening of the book", () => {
    const { records } = playedDay()
    const opening = { ...records[0]!, payload: { ...(records[0]!.payload as object), build: "2" } }
    const resumed = [...records, { ...opening, seq: records.length, epoch: 2 }]
    assert.deepStrictEqual(tracesOf(resumed), tracesOf(records))
  })

  it.prop(
    "and all else are the same however often what has ended is taken",
    { cuts: Schema.Array(Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 60 }))) },
    ({ cuts }) => {
      const { records } = playedDay()
      const fold = new TraceFold()
      const taken: Array<TraceSpan> = []
      for (const record of records) {
        fold.apply(record)
        if (cuts.includes(record.seq)) taken.push(...fold.take())
      }
      fold.finish()
      taken.push(...fold.take())
      assert.deepStrictEqual(taken, tracesOf(records))
    }
  )
})

describe("TraceFold, trades that came to nothing", () => {
  it("ends at a refusal, which is no error", () => {
    const { day, proposed } = proposedDay()
    const reasons = ["risk: price-collar: too far"]
    day.event("convergence", proposed, TradeRefused.make({ tradeId, phase: 1, reasons }))
    const root = rootOf(ended(day))
    assert.strictEqual(root.attributes["optionsib.trade.outcome"], "refused")
    assert.deepStrictEqual(root.attributes["optionsib.trade.reasons"], reasons)
    assert.isUndefined(root.error)
    const converge = named(ended(day), "converge")
    assert.strictEqual(converge.attributes["optionsib.converge.outcome"], "refused")
  })

  it("refused in the second phase, ends when the reservation is free", () => {
    const { day, reserved } = reservedDay()
    day.verdicts(reserved, tradeId, 2, "no-buying-power: none")
    const refused = day.event(
      "convergence",
      reserved,
      TradeRefused.make({ tradeId, phase: 2, reasons: ["risk: no-buying-power: none"] })
    )
    assert.isUndefined(ended(day).find(({ parentSpanId }) => parentSpanId === ""))
    free(day, refused, 9)
    const spans = ended(day)
    assert.strictEqual(rootOf(spans).endMs, refused.logicalTimeMs + 9)
    assert.strictEqual(named(spans, "free").endMs - named(spans, "free").startMs, 9)
    assert.strictEqual(rootOf(spans).attributes["optionsib.trade.outcome"], "refused")
  })

  it("rejected by the chain, says so as an error of that request alone", () => {
    const { day, proposed } = proposedDay()
    const converged = day.converged(proposed, tradeId, 1)
    const terms = { tradeId, attempt: 1, maxAmountMicros: 1n, expiryMs: day.nowMs }
    day.event("vault", converged, ReserveRequested.make(terms, tradeId))
    day.nowMs += 3
    const rejection = { instruction: "ReserveRequested", code: "OverLimit", text: "too much" }
    day.input("chain", ChainRejected.make({ tradeId, n: 0, ...rejection }))
    const spans = ended(day)
    const reserve = named(spans, "reserve")
    assert.strictEqual(reserve.error, "the chain refused: OverLimit: too much")
    assert.strictEqual(reserve.attributes["error.type"], "OverLimit")
    assert.strictEqual(rootOf(spans).attributes["optionsib.trade.outcome"], "rejected")
    assert.deepStrictEqual(
      spans.filter(({ error }) => error !== undefined).map(({ name }) => name),
      ["reserve"]
    )
  })

  it("denied before sending, ends when the reservation is free, without an order", () => {
    const { day, reserved } = reservedDay()
    const converged = day.converged(reserved, tradeId, 2)
    const denied = day.event("executor", converged, OrderDenied.make({ tradeId, reason: "halted" }))
    free(day, denied)
    const spans = ended(day)
    assert.strictEqual(rootOf(spans).attributes["optionsib.trade.outcome"], "denied")
    assert.isUndefined(spans.find(({ name }) => name === "order"))
  })

  it("unfilled, has its cancel below the order, and the venue's no to an earlier one", () => {
    const { day, reserved } = reservedDay()
    const intent = day.order(day.converged(reserved, tradeId, 2), tradeId)
    const clOrdID = `order-${tradeId}`
    const ask = (reason: string) =>
      day.event("executor", intent, CancelIntent.make({ clOrdID, tradeId, reason }))
    ask("first try")
    day.nowMs += 20
    const no = { clOrdID, reason: "too early", transactTimeMs: day.nowMs }
    day.input("broker", OrderCancelReject.make(no))
    ask("worked too long")
    day.nowMs += 30
    const canceled = { ordStatus: "Canceled" as const, orderQty: 2, cumQty: 0, reason: "" }
    const closed = day.event(
      "executor",
      intent,
      OrderClosed.make({ tradeId, kind: "Open", clOrdID, ...canceled })
    )
    free(day, closed)
    const spans = ended(day)
    const order = named(spans, "order")
    const cancels = spans.filter(({ name }) => name === "cancel")
    assert.deepStrictEqual(
      cancels.map(({ parentSpanId, startMs, endMs }) => [parentSpanId, endMs - startMs]),
      [
        [order.spanId, 20],
        [order.spanId, 30]
      ]
    )
    assert.deepStrictEqual(
      cancels.map(({ error }) => error),
      ["the venue did not cancel: too early", undefined]
    )
    assert.strictEqual(rootOf(spans).attributes["optionsib.trade.outcome"], "unfilled")
  })
})

describe("TraceFold, ends that are not the usual ones", () => {
  it("has a span for a leg that expired or was assigned", () => {
    const { day, reserved } = reservedDay()
    const ended = { kind: "Assigned" as const, instrument: 2, quantity: -1, shares: -100 }
    const money = { cashMicros: 1n, commissionMicros: 0n }
    day.event(
      "executor",
      reserved,
      TradeLegEnded.make({
        tradeId,
        strategyId: "volatility",
        execID: "x",
        n: 2,
        ...ended,
        ...money
      })
    )
    const leg = named(tracesOf(day.records), "leg ended")
    assert.strictEqual(leg.attributes["optionsib.leg.end"], "Assigned")
    assert.strictEqual(leg.attributes["optionsib.leg.shares"], -100)
  })

  it("hangs a late commission's adjustment on the root that ended before", () => {
    const day = playedDay()
    const before = tracesOf(day.records)
    const reason = "late commission"
    const adjustment = { tradeId, n: 2, amountMicros: -1_000_000n }
    const cause = day.records.at(-1)!
    day.event("vault", cause, AdjustRequested.make({ ...adjustment, attempt: 1, reason }))
    day.nowMs += 400
    day.input("chain", Adjusted.make({ ...adjustment, ...balances(1n, 0n, 0n) }))
    const after = tracesOf(day.records)
    assert.deepStrictEqual(after.slice(0, before.length), before)
    const [adjust, ...others] = after.slice(before.length)
    assert.strictEqual(others.length, 0)
    assert.strictEqual(adjust!.name, "adjust")
    assert.strictEqual(adjust!.parentSpanId, rootOf(after).spanId)
    assert.strictEqual(adjust!.endMs - adjust!.startMs, 400)
  })

  it("forgets the oldest of many ended trades, and none that is open", () => {
    const day = new RecordedDay()
    day.open()
    const features = day.minute(1)
    day.propose(features, "open-0")
    for (let at = 0; at < 1_030; at++) {
      const proposed = day.propose(features, `refused-${at}`)
      const refusal = { phase: 1 as const, reasons: ["risk: no"] }
      day.event(
        "convergence",
        proposed,
        TradeRefused.make({ tradeId: `refused-${at}`, ...refusal })
      )
    }
    const fold = new TraceFold()
    for (const record of day.records) fold.apply(record)
    assert.isUndefined(fold.placeOf("refused-5"))
    assert.isDefined(fold.placeOf("refused-6"))
    assert.isDefined(fold.placeOf("open-0"))
    const roots = fold.take().filter(({ parentSpanId }) => parentSpanId === "")
    assert.strictEqual(roots.length, 1_030)
  })

  it("ends what is open with the last record, and says that it was", () => {
    const { day, reserved } = reservedDay()
    day.order(day.converged(reserved, tradeId, 2), tradeId)
    day.nowMs += 50
    const last = day.minute(9)
    const spans = tracesOf(day.records)
    assert.strictEqual(rootOf(spans).attributes["optionsib.trade.outcome"], "open")
    for (const name of ["trade open", "order"]) {
      assert.strictEqual(named(spans, name).endMs, last.logicalTimeMs)
    }
    assert.isTrue(named(spans, "order").attributes["optionsib.unanswered"])
    assert.isUndefined(ended(day).find(({ name }) => name === "order"))
  })

  it("shows changes of an order as its events, and a refused one does not end a cancel", () => {
    const { day, reserved } = reservedDay()
    const intent = day.order(day.converged(reserved, tradeId, 2), tradeId)
    const clOrdID = `order-${tradeId}`
    const requestId = "main-executor-9"
    const asked = { clOrdID, requestId, orderQty: 2, limitNetMicros: 2_550_000, tradeId }
    const change = { ...asked, reason: "walk: limit 2 of 3", sendBeforeMs: day.nowMs + 5_000 }
    day.event("executor", intent, ReplaceIntent.make(change))
    day.event(
      "executor",
      intent,
      CancelIntent.make({ clOrdID, tradeId, reason: "worked too long" })
    )
    const refusal = { clOrdID, reason: "too late to change: Filled", transactTimeMs: day.nowMs }
    const responseTo = "Replace" as const
    day.input("broker", OrderCancelReject.make({ ...refusal, responseTo, requestId }))
    day.input("broker", ReplaceResolved.make({ clOrdID, requestId, outcome: "Unknown" }))
    day.nowMs += 30
    const canceled = { ordStatus: "Canceled" as const, orderQty: 2, cumQty: 0, reason: "" }
    const ending = OrderClosed.make({ tradeId, kind: "Open", clOrdID, ...canceled })
    free(day, day.event("executor", intent, ending))
    const spans = ended(day)
    const events = named(spans, "order").events.filter(({ name }) => name.startsWith("change "))
    assert.deepStrictEqual(
      events.map(({ name }) => name),
      ["change requested", "change rejected", "change resolved"]
    )
    assert.deepInclude(events[0]!.attributes, {
      "optionsib.change.request_id": requestId,
      "optionsib.order.limit_net_micros": 2_550_000
    })
    assert.strictEqual(events[2]!.attributes["optionsib.intent.outcome"], "Unknown")
    const [cancel] = spans.filter(({ name }) => name === "cancel")
    assert.deepInclude(cancel, { error: undefined })
    assert.strictEqual(cancel!.endMs - cancel!.startMs, 30)
  })
})
