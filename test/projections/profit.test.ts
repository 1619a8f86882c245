import { assert, describe, it } from "@effect/vitest"
import { Schema } from "effect"
import { TradeLegEnded } from "../../src/actors/ports/records/broker.ts"
import { LastQuotes } from "../../src/projections/lastQuotes.ts"
import { RunSummary } from "../../src/projections/runSummary.ts"
import { causes, realizedOf, type Trade } from "../../src/projections/tradeFold.ts"
import { listed, usd } from "./listedChain.ts"
import { legFills, RecordedDay } from "./recordedDay.ts"

const summaryOf = (day: RecordedDay): RunSummary => {
  const summary = new RunSummary()
  for (const record of day.records) summary.apply(record)
  return summary
}

const Move = Schema.Struct({
  trade: Schema.Literals(["a", "b", "h"]),
  instrument: Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 3 })),
  side: Schema.Literals(["Buy", "Sell"]),
  quantity: Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 7 })),
  /** Micro-USD per share, fractions of a cent included. */
  price: Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 9_999_999 })),
  commission: Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 3_000_001 })),
  how: Schema.Literals(["Fill", "Fill", "Close", "Expired", "Exercised", "Assigned"])
})
type Move = typeof Move.Type

/** Plays moves as records; its own books know cash, commissions and positions, and no cost. */
class Player {
  readonly day = new RecordedDay()
  readonly cash = new Map<string, bigint>()
  readonly held = new Map<string, Map<number, number>>()
  #n = 0

  constructor() {
    this.day.open()
    for (const tradeId of ["a", "b", "h"]) {
      this.day.propose(this.day.records[0]!, tradeId, { kind: tradeId === "h" ? "Hedge" : "Open" })
      this.cash.set(tradeId, 0n)
      this.held.set(tradeId, new Map())
    }
  }

  move({ trade, instrument, side, quantity, price, commission, how }: Move): void {
    if (how === "Fill" || how === "Close") {
      this.#fill(trade, instrument, side === "Buy" ? quantity : -quantity, price, commission, how)
    } else if (instrument !== 0) this.#end(trade, instrument, how, quantity, price, commission)
  }

  /** Sells what is long and buys what is short, so that only cash is left. */
  flatten(price: number): void {
    for (const [trade, held] of this.held) {
      for (const [instrument, quantity] of [...held]) {
        this.#fill(trade, instrument, -quantity, price, 1, "Close")
      }
    }
  }

  #fill(
    trade: string,
    instrument: number,
    signed: number,
    price: number,
    commission: number,
    how: "Fill" | "Close"
  ): void {
    if (signed === 0) return
    const lastQty = Math.abs(signed)
    const side = signed > 0 ? "Buy" : "Sell"
    const cashMicros = -BigInt(signed) * BigInt(listed[instrument]!.multiplier) * BigInt(price)
    this.#book(trade, instrument, signed, cashMicros - BigInt(commission))
    this.day.fill(how === "Close" ? `${trade}-close-${this.#n}` : trade, {
      n: ++this.#n,
      kind: how === "Close" ? "Close" : "Open",
      closes: how === "Close" ? trade : "",
      lastQty,
      legs: [{ instrument, side, lastQty, lastPxMicros: price }],
      cashMicros,
      commissionMicros: BigInt(commission)
    })
  }

  #end(
    trade: string,
    instrument: number,
    kind: "Expired" | "Exercised" | "Assigned",
    most: number,
    strike: number,
    commission: number
  ): void {
    const held = this.held.get(trade)!.get(instrument) ?? 0
    if (held === 0) return
    const quantity = Math.sign(held) * Math.min(Math.abs(held), most)
    const shares = kind === "Expired" ? 0 : quantity * 100
    const cashMicros = -BigInt(shares) * BigInt(strike)
    this.#book(trade, instrument, -quantity, cashMicros - BigInt(commission))
    this.#book(trade, 0, shares, 0n)
    this.day.event(
      "executor",
      this.day.records[0]!,
      TradeLegEnded.make(
        {
          tradeId: trade,
          strategyId: "volatility",
          execID: `end-${++this.#n}`,
          n: this.#n,
          kind,
          instrument,
          quantity,
          shares,
          cashMicros,
          commissionMicros: BigInt(commission)
        },
        trade
      )
    )
  }

  #book(trade: string, instrument: number, quantity: number, cash: bigint): void {
    this.cash.set(trade, this.cash.get(trade)! + cash)
    const held = this.held.get(trade)!
    held.set(instrument, (held.get(instrument) ?? 0) + quantity)
  }
}

const openCost = (trade: Trade): bigint =>
  [...trade.lots.values()].reduce((sum, { costMicros }) => sum + costMicros, 0n)

describe("profit by cause", () => {
  it.prop(
    "sums to the trades' profit, and with the cost still held to all the cash, exactly",
    [Schema.Array(Move)],
    ([moves]) => {
      const player = new Player()
      for (const move of moves) player.move(move)
      const summary = summaryOf(player.day)
      const { profitByCause } = summary
      const byCause = causes.reduce((sum, cause) => sum + profitByCause[cause], 0n)
      assert.strictEqual(byCause, summary.realizedMicros)
      for (const [tradeId, cash] of player.cash) {
        const trade = summary.trade(tradeId)!
        assert.strictEqual(realizedOf(trade), cash + openCost(trade), tradeId)
        const held = [...player.held.get(tradeId)!].filter(([, quantity]) => quantity !== 0)
        const lots = [...trade.lots].map(([instrument, lot]) => [instrument, lot.quantity])
        assert.deepStrictEqual(lots.sort(), held.sort(), tradeId)
      }
    }
  )

  it.prop(
    "is all the cash, commissions included, once everything is flat",
    [Schema.Array(Move), Move.fields.price],
    ([moves, price]) => {
      const player = new Player()
      for (const move of moves) player.move(move)
      player.flatten(price)
      const summary = summaryOf(player.day)
      const cash = [...player.cash.values()].reduce((sum, part) => sum + part, 0n)
      assert.strictEqual(summary.realizedMicros, cash)
      assert.strictEqual(summary.openProfit.micros, 0n)
      for (const [tradeId, own] of player.cash) {
        assert.strictEqual(realizedOf(summary.trade(tradeId)!), own, tradeId)
      }
    }
  )

  it("gives exercise and assignment of a vertical what the strikes are apart", () => {
    const day = new RecordedDay()
    day.open()
    day.propose(day.records[0]!, "v")
    day.fill("v", {
      n: 1,
      lastQty: 1,
      legs: legFills("Buy", 1, 5, 3),
      cashMicros: -200_000_000n,
      commissionMicros: 1_300_000n
    })
    const end = (
      kind: "Exercised" | "Assigned",
      instrument: number,
      sign: number,
      strike: number
    ) =>
      day.event(
        "executor",
        day.records[0]!,
        TradeLegEnded.make({
          tradeId: "v",
          strategyId: "volatility",
          execID: `x${instrument}`,
          n: instrument + 1,
          kind,
          instrument,
          quantity: sign,
          shares: 100 * sign,
          cashMicros: -BigInt(sign) * 100n * BigInt(strike) * 1_000_000n,
          commissionMicros: 0n
        })
      )
    end("Exercised", 1, 1, 750)
    const between = summaryOf(day)
    assert.strictEqual(between.realizedMicros, -1_300_000n, "shares are held, nothing is realized")
    assert.deepStrictEqual(
      [...between.trade("v")!.lots],
      [
        [2, { quantity: -1, costMicros: -300_000_000n }],
        [0, { quantity: 100, costMicros: 75_500_000_000n }]
      ]
    )
    end("Assigned", 2, -1, 755)
    const summary = summaryOf(day)
    // 5.00 apart times 100, less the 2.00 times 100 paid.
    assert.strictEqual(summary.profitByCause.assignment, 300_000_000n)
    assert.strictEqual(summary.realizedMicros, 298_700_000n)
    assert.strictEqual(summary.trade("v")!.state, "Closed")
  })

  it("books an expiry as what was paid or received, and every hedge under hedges", () => {
    const day = new RecordedDay()
    day.open()
    day.propose(day.records[0]!, "p", { legs: [{ instrument: 3, side: "Sell", ratio: 1 }] })
    const legs = [{ instrument: 3, side: "Sell" as const, lastQty: 2, lastPxMicros: 1_500_000 }]
    const terms = { n: 1, lastQty: 2, legs, commissionMicros: 0n }
    day.fill("p", { ...terms, cashMicros: 300_000_000n })
    const ended = { instrument: 3, quantity: -2, shares: 0, cashMicros: 0n, commissionMicros: 0n }
    const names = { tradeId: "p", strategyId: "volatility", execID: "e", n: 2 }
    day.event(
      "executor",
      day.records[0]!,
      TradeLegEnded.make({ ...names, kind: "Expired", ...ended })
    )
    day.propose(day.records[0]!, "h", { kind: "Hedge" })
    const shares = (side: "Buy" | "Sell", price: number) => [
      { instrument: 0, side, lastQty: 30, lastPxMicros: price * usd }
    ]
    const hedge = { n: 1, lastQty: 30, commissionMicros: 350_000n }
    day.fill("h", {
      ...hedge,
      kind: "Hedge",
      legs: shares("Buy", 748),
      cashMicros: -22_440_000_000n
    })
    day.fill("h2", {
      ...hedge,
      kind: "Close",
      closes: "h",
      legs: shares("Sell", 747),
      cashMicros: 22_410_000_000n
    })
    assert.deepStrictEqual(summaryOf(day).profitByCause, {
      market: 0n,
      expiry: 300_000_000n,
      exercise: 0n,
      assignment: 0n,
      hedges: -30_000_000n,
      commissions: -700_000n
    })
  })
})

describe("marks", () => {
  it("keep a side's last known price while it is absent, with that price's own time", () => {
    const quotes = new LastQuotes(2)
    const quote = { instrument: 1, bidSize: 1, askSize: 1, replaced: 0 }
    assert.isUndefined(quotes.mark(1, 1))
    quotes.update(10, { ...quote, bidMicros: 5, askMicros: 7, timeMs: 100 })
    quotes.update(11, { ...quote, bidMicros: 0, askMicros: 8, timeMs: 200 })
    assert.deepStrictEqual(quotes.mark(1, 3), { micros: 5, timeMs: 100 })
    assert.deepStrictEqual(quotes.mark(1, -3), { micros: 8, timeMs: 200 })
    assert.strictEqual(quotes.seen(1)?.bidMicros, 0)
    assert.strictEqual(quotes.seen(1)?.seq, 11)
  })
})
