import { assert, describe, it } from "@effect/vitest"
import { Schema } from "effect"
import {
  accountNames,
  emptyLedger,
  type Ledger,
  netRealizedMicros,
  postRecord,
  receivableMicros,
  trialBalanceMicros
} from "../../../src/domain/portfolio/ledger.ts"
import {
  LedgerSnapshot,
  restoreLedger,
  snapshotLedger
} from "../../../src/domain/portfolio/ledgerSnapshot.ts"
import { markLedger } from "../../../src/domain/portfolio/marks.ts"
import type { MoneyRecord } from "../../../src/domain/portfolio/moneyRecord.ts"

const usd = 1_000_000n
const listed: MoneyRecord = {
  type: "InstrumentsListed",
  payload: {
    instruments: [
      { instrument: 0, multiplier: 1 },
      { instrument: 1, multiplier: 100 },
      { instrument: 2, multiplier: 100 }
    ]
  }
}
/** Signed units of the instruments at prices per share in USD; the cash follows, unless told. */
const filled = (
  tradeId: string,
  closes: string,
  legs: ReadonlyArray<readonly [instrument: number, quantity: number, usdPerShare: number]>,
  commissionMicros = 0n
): MoneyRecord => {
  let cashMicros = 0n
  for (const [instrument, quantity, price] of legs) {
    const multiplier = instrument === 0 ? 1 : 100
    cashMicros -= BigInt(Math.round(quantity * multiplier * price * 1_000_000))
  }
  return {
    type: "TradeFilled",
    payload: {
      tradeId,
      kind: closes === "" ? "Open" : "Close",
      closes,
      strategyId: "spread",
      legs: legs.map(([instrument, quantity, price]) => ({
        instrument,
        side: quantity > 0 ? "Buy" : "Sell",
        lastQty: Math.abs(quantity),
        lastPxMicros: Math.round(price * 1_000_000)
      })),
      cashMicros,
      commissionMicros
    }
  }
}
const ended = (
  tradeId: string,
  kind: "Expired" | "Exercised" | "Assigned",
  instrument: number,
  quantity: number,
  shares: number,
  strikeUsd: number
): MoneyRecord => ({
  type: "TradeLegEnded",
  payload: {
    tradeId,
    strategyId: "spread",
    kind,
    instrument,
    quantity,
    shares,
    cashMicros: BigInt(-shares * strikeUsd) * usd,
    commissionMicros: 0n
  }
})
const ledgerOf = (...records: ReadonlyArray<MoneyRecord>): Ledger => {
  const ledger = emptyLedger()
  for (const record of [listed, ...records]) {
    postRecord(ledger, record)
    assert.strictEqual(trialBalanceMicros(ledger), 0n, record.type)
  }
  return ledger
}
const tradeA = (ledger: Ledger) => ledger.trades.get("A")!

describe("Ledger, positions at cost", () => {
  it("releases the cost of a partial closing rounded down and leaves the remainder", () => {
    const ledger = ledgerOf(
      filled("A", "", [[0, 3, 0.000_001]]),
      filled("A", "", [[0, 4, 0.000_002]]),
      filled("B", "A", [[0, -2, 0.000_005]])
    )
    // 11 micro-USD for 7 shares: 2 release 3 (3.14), 8 remain.
    assert.deepStrictEqual(tradeA(ledger).positions.get(0), { quantity: 5, costMicros: 8n })
    assert.strictEqual(tradeA(ledger).realizedMicros.Closing, 7n)
    postRecord(ledger, filled("B", "A", [[0, -5, 0.000_001]]))
    assert.strictEqual(tradeA(ledger).positions.size, 0)
    assert.strictEqual(tradeA(ledger).realizedMicros.Closing, 7n + 5n - 8n)
  })

  it("closes first and opens the other way with what is left", () => {
    const ledger = ledgerOf(filled("A", "", [[0, 10, 2]]), filled("B", "A", [[0, -15, 3]]))
    assert.deepStrictEqual(tradeA(ledger).positions.get(0), {
      quantity: -5,
      costMicros: -15n * usd
    })
    assert.strictEqual(tradeA(ledger).realizedMicros.Closing, 10n * usd)
  })

  it("keeps commissions apart and takes them off the profit", () => {
    const ledger = ledgerOf(
      filled(
        "A",
        "",
        [
          [1, 1, 2],
          [2, -1, 1]
        ],
        1_300_001n
      ),
      filled(
        "B",
        "A",
        [
          [1, -1, 2.5],
          [2, 1, 0.75]
        ],
        1_300_000n
      )
    )
    assert.strictEqual(ledger.accounts.fees, 2_600_001n)
    assert.strictEqual(ledger.accounts.realized, -75n * usd)
    assert.strictEqual(netRealizedMicros(tradeA(ledger)), 75n * usd - 2_600_001n)
  })

  it("shows cash that the legs do not explain in its own account", () => {
    const record = filled("A", "", [[1, 1, 2]])
    if (record.type !== "TradeFilled") return assert.fail()
    const ledger = ledgerOf({ ...record, payload: { ...record.payload, cashMicros: -201n * usd } })
    assert.strictEqual(ledger.accounts.unexplained, usd)
  })
})

describe("Ledger, contracts that end", () => {
  it("realizes the whole cost of a contract that expires", () => {
    const ledger = ledgerOf(filled("A", "", [[1, 2, 1.5]]), ended("A", "Expired", 1, 2, 0, 0))
    assert.deepStrictEqual(tradeA(ledger).realizedMicros, {
      Closing: 0n,
      Expired: -300n * usd,
      Exercised: 0n,
      Assigned: 0n
    })
    assert.strictEqual(tradeA(ledger).positions.size, 0)
  })

  it("moves the premium of an assigned put into the cost of its shares", () => {
    // Sold at 1.20 and assigned at 50: the shares cost 48.80 each.
    const ledger = ledgerOf(filled("A", "", [[1, -1, 1.2]]), ended("A", "Assigned", 1, -1, 100, 50))
    assert.deepStrictEqual(
      [...tradeA(ledger).positions],
      [[0, { quantity: 100, costMicros: 4_880n * usd }]]
    )
    assert.strictEqual(ledger.accounts.realized, 0n)
    postRecord(ledger, filled("B", "A", [[0, -100, 49]]))
    assert.strictEqual(tradeA(ledger).realizedMicros.Closing, 20n * usd)
  })

  it("realizes a spread whose legs are assigned and exercised against each other", () => {
    // Long 50 call at 3, short 55 call at 1; both in the money: 5 wide less 2 paid.
    const ledger = ledgerOf(
      filled("A", "", [
        [1, 2, 3],
        [2, -2, 1]
      ]),
      ended("A", "Assigned", 2, -2, -200, 55),
      ended("A", "Exercised", 1, 2, 200, 50)
    )
    assert.strictEqual(tradeA(ledger).positions.size, 0)
    assert.strictEqual(netRealizedMicros(tradeA(ledger)), 600n * usd)
  })

  it("moves the cost of an exercised part only", () => {
    const ledger = ledgerOf(filled("A", "", [[1, 3, 2]]), ended("A", "Exercised", 1, 1, 100, 50))
    assert.deepStrictEqual(
      [...tradeA(ledger).positions],
      [
        [1, { quantity: 2, costMicros: 400n * usd }],
        [0, { quantity: 100, costMicros: 5_200n * usd }]
      ]
    )
  })
})

describe("Ledger, vault and counterparty", () => {
  const reserved: MoneyRecord = {
    type: "Reserved",
    payload: { tradeId: "A", maxAmountMicros: 400n }
  }
  const settled = (cumulativeMicros: bigint): MoneyRecord => ({
    type: "Settled",
    payload: { tradeId: "A", cumulativeMicros }
  })
  const closed = (cumulativeProceedsMicros: bigint, final: boolean): MoneyRecord => ({
    type: "Closed",
    payload: { tradeId: "A", cumulativeProceedsMicros, final }
  })
  const deposited: MoneyRecord = {
    type: "Deposited",
    payload: { depositId: "d", amountMicros: 1_000n }
  }

  it("shows prefunding as a payable until the settlement", () => {
    const ledger = ledgerOf(deposited, reserved, filled("A", "", [[0, 1, 0.000_3]]))
    assert.strictEqual(tradeA(ledger).brokerCashMicros, -300n)
    assert.strictEqual(receivableMicros(tradeA(ledger)), 0n)
    postRecord(ledger, settled(400n))
    assert.strictEqual(ledger.accounts.counterpartyReceivable, 400n)
    postRecord(ledger, filled("B", "A", [[0, -1, 0.000_35]]))
    postRecord(ledger, closed(450n, true))
    assert.strictEqual(tradeA(ledger).brokerCashMicros, 0n)
    assert.strictEqual(ledger.accounts.counterpartyReceivable, 0n)
    assert.strictEqual(ledger.accounts.vaultFree, 1_050n)
  })

  it("posts a repeated confirmation once", () => {
    const adjusted: MoneyRecord = {
      type: "Adjusted",
      payload: { tradeId: "A", n: 1, amountMicros: -3n }
    }
    const records = [
      deposited,
      reserved,
      settled(100n),
      closed(40n, false),
      closed(90n, true),
      adjusted
    ]
    const once = ledgerOf(...records)
    const twice = ledgerOf(...records.flatMap((record) => [record, record]))
    assert.deepStrictEqual(twice, once)
    assert.strictEqual(once.accounts.vaultFree, 1_000n - 10n - 3n)
  })
})

describe("Ledger at market", () => {
  it("marks what is open and keeps a position without a mark at cost", () => {
    const ledger = ledgerOf(
      filled("A", "", [
        [1, 2, 3],
        [2, -2, 1]
      ])
    )
    const [marked] = markLedger(ledger, (instrument) =>
      instrument === 1 ? 3_500_000.5 : undefined
    )
    assert.strictEqual(marked?.unrealizedMicros, 100n * usd + 100n)
    assert.strictEqual(marked?.isOpen, true)
    assert.deepStrictEqual(
      marked?.positions.map(({ valueMicros }) => valueMicros),
      [700n * usd + 100n, undefined]
    )
  })
})

const Int = (minimum: number, maximum: number) =>
  Schema.Int.check(Schema.isBetween({ minimum, maximum }))
const Step = Schema.Struct({
  what: Int(0, 8),
  trade: Schema.Literals(["A", "B"]),
  instrument: Int(0, 2),
  quantity: Int(-5, 5),
  price: Int(0, 3_000_000),
  amount: Int(0, 500),
  final: Schema.Boolean
})

describe("Ledger, random records", () => {
  it.prop(
    "balances after each record, and books profit equal to cash once all is flat",
    { steps: Schema.Array(Step).check(Schema.isMaxLength(80)) },
    ({ steps }) => {
      let ledger = ledgerOf()
      let cash = 0n
      const book = (record: MoneyRecord) => {
        postRecord(ledger, record)
        assert.strictEqual(trialBalanceMicros(ledger), 0n)
        if (record.type === "TradeFilled" || record.type === "TradeLegEnded") {
          cash += record.payload.cashMicros - record.payload.commissionMicros
        }
      }
      for (const { what, trade, instrument, quantity, price, amount, final } of steps) {
        const micros = BigInt(amount)
        const of = ledger.trades.get(trade)
        if (what <= 3 && quantity !== 0) {
          book(filled(trade, "", [[instrument, quantity, price / 1_000_000]], micros))
        } else if (what === 4) {
          const held = of?.positions.get(1)?.quantity ?? 0
          if (held !== 0) book(ended(trade, "Exercised", 1, held, held * 100, 7))
        } else if (what === 5) {
          const held = of?.positions.get(2)?.quantity ?? 0
          if (held !== 0) book(ended(trade, "Expired", 2, held, 0, 0))
        } else if (what === 6) {
          book({ type: "Reserved", payload: { tradeId: trade, maxAmountMicros: micros } })
        } else if (what === 7) {
          const cumulativeMicros = (of?.settledMicros ?? 0n) + micros
          book({ type: "Settled", payload: { tradeId: trade, cumulativeMicros } })
        } else if (what === 8 && of !== undefined) {
          const cumulativeProceedsMicros = of.proceedsMicros + micros
          book({ type: "Closed", payload: { tradeId: trade, cumulativeProceedsMicros, final } })
        }
        const snapshot = snapshotLedger(ledger)
        const codec = Schema.toCodecJson(LedgerSnapshot)
        const text = JSON.stringify(Schema.encodeSync(codec)(snapshot))
        ledger = restoreLedger(Schema.decodeUnknownSync(codec)(JSON.parse(text)))
        assert.deepStrictEqual(snapshotLedger(ledger), snapshot)
      }
      const sumOf = (pick: (of: NonNullable<ReturnType<typeof ledger.trades.get>>) => bigint) =>
        [...ledger.trades.values()].reduce((sum, of) => sum + pick(of), 0n)
      assert.strictEqual(
        ledger.accounts.brokerCash,
        sumOf((of) => of.brokerCashMicros)
      )
      assert.strictEqual(ledger.accounts.counterpartyReceivable, sumOf(receivableMicros))
      assert.strictEqual(
        ledger.accounts.positionCost,
        sumOf((of) => [...of.positions.values()].reduce((sum, held) => sum + held.costMicros, 0n))
      )
      assert.strictEqual(ledger.tradedCashMicros, cash)
      for (const [tradeId, of] of [...ledger.trades]) {
        for (const [instrument, { quantity }] of [...of.positions]) {
          if (quantity !== 0) book(filled(tradeId, "", [[instrument, -quantity, 1]]))
        }
      }
      assert.strictEqual(ledger.accounts.positionCost, 0n)
      assert.strictEqual(sumOf(netRealizedMicros), cash)
      assert.strictEqual(accountNames.length, Object.keys(ledger.accounts).length)
    }
  )
})
