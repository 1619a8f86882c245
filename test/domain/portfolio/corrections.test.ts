/** A corrected fill in the ledger: as if it had come right at first, and balanced whatever else happened meanwhile. */
import { assert, describe, it } from "@effect/vitest"
import { Schema } from "effect"
import { emptyStatement, takeExecution } from "../../../src/domain/portfolio/brokerStatement.ts"
import {
  emptyLedger,
  type Ledger,
  netRealizedMicros,
  postRecord,
  trialBalanceMicros
} from "../../../src/domain/portfolio/ledger.ts"
import { snapshotLedger } from "../../../src/domain/portfolio/ledgerSnapshot.ts"
import type { MoneyRecord } from "../../../src/domain/portfolio/moneyRecord.ts"
import type { LegFill } from "../../../src/domain/trading/netPrice.ts"

const Int = (minimum: number, maximum: number) =>
  Schema.Int.check(Schema.isBetween({ minimum, maximum }))
const Execution = Schema.Struct({ quantity: Int(1, 5), price: Int(1, 9), fee: Int(0, 5) })
type Execution = typeof Execution.Type

const listed: MoneyRecord = {
  type: "InstrumentsListed",
  payload: { instruments: [1, 2].map((instrument) => ({ instrument, multiplier: 100 })) }
}

const legsOf = ({ quantity, price }: Execution, side: "Buy" | "Sell"): ReadonlyArray<LegFill> => [
  { instrument: 1, side, lastQty: quantity, lastPxMicros: price },
  { instrument: 2, side: side === "Buy" ? "Sell" : "Buy", lastQty: 2 * quantity, lastPxMicros: 1 }
]

const cashOf = (execution: Execution, side: "Buy" | "Sell"): bigint =>
  BigInt((side === "Buy" ? -1 : 1) * execution.quantity * 100 * (execution.price - 2))

const filled = (execution: Execution, closes = ""): MoneyRecord => {
  const side = closes === "" ? "Buy" : "Sell"
  return {
    type: "TradeFilled",
    payload: {
      ...{ tradeId: closes === "" ? "A" : "B", kind: closes === "" ? "Open" : "Close", closes },
      ...{ strategyId: "s", legs: legsOf(execution, side), cashMicros: cashOf(execution, side) },
      commissionMicros: BigInt(execution.fee)
    }
  }
}

const corrected = (was: Execution, is: Execution, closes = ""): MoneyRecord => {
  const side = closes === "" ? "Buy" : "Sell"
  const { payload } = filled(is, closes) as Extract<MoneyRecord, { type: "TradeFilled" }>
  return {
    type: "TradeCorrected",
    payload: {
      ...payload,
      replaced: { legs: legsOf(was, side) },
      cashMicros: cashOf(is, side) - cashOf(was, side),
      commissionMicros: BigInt(is.fee - was.fee)
    }
  }
}

const ledgerOf = (records: ReadonlyArray<MoneyRecord>): Ledger => {
  const ledger = emptyLedger()
  for (const record of [listed, ...records]) {
    postRecord(ledger, record)
    assert.strictEqual(trialBalanceMicros(ledger), 0n)
    assert.strictEqual(ledger.accounts.unexplained, 0n)
  }
  return ledger
}

describe("Corrections in the ledger", () => {
  it.prop(
    "leave an open trade as if the fill had been right at first",
    { first: Execution, was: Execution, is: Execution },
    ({ first, was, is }) => {
      const ledger = ledgerOf([filled(first), filled(was), corrected(was, is)])
      assert.deepStrictEqual(
        snapshotLedger(ledger),
        snapshotLedger(ledgerOf([filled(first), filled(is)]))
      )
    }
  )

  it.prop(
    "move the profit of a trade that was closed since by exactly the difference",
    { was: Execution, price: Int(1, 9), fee: Int(0, 5), out: Execution, outPrice: Int(1, 9) },
    ({ was, price, fee, out, outPrice }) => {
      const closing = { ...out, quantity: was.quantity }
      const is = { ...was, price, fee }
      const outIs = { ...closing, price: outPrice }
      const before = [filled(was), filled(closing, "A")]
      const after = [...before, corrected(was, is), corrected(closing, outIs, "A")]
      const trade = ledgerOf(after).trades.get("A")!
      assert.strictEqual(trade.positions.size, 0)
      assert.strictEqual(
        netRealizedMicros(trade),
        cashOf(is, "Buy") + cashOf(outIs, "Sell") - BigInt(is.fee + outIs.fee)
      )
      const right = ledgerOf([filled(is), filled(outIs, "A")]).trades.get("A")!
      assert.strictEqual(netRealizedMicros(trade), netRealizedMicros(right))
    }
  )

  it.prop(
    "keep cash and cost together while part of the trade is closed",
    { was: Execution, is: Execution, out: Execution, outIs: Execution },
    ({ was, is, out, outIs }) => {
      const open = { ...was, quantity: was.quantity + 10 }
      const right = { ...is, quantity: is.quantity + 10 }
      const ledger = ledgerOf([
        filled(open),
        filled(out, "A"),
        corrected(open, right),
        corrected(out, outIs, "A")
      ])
      const trade = ledger.trades.get("A")!
      const held = [...trade.positions.values()].reduce(
        (sum, { costMicros }) => sum + costMicros,
        0n
      )
      const cash = cashOf(right, "Buy") + cashOf(outIs, "Sell") - BigInt(right.fee + outIs.fee)
      assert.strictEqual(netRealizedMicros(trade) - held, cash)
      assert.strictEqual(ledger.tradedCashMicros, cash)
      assert.strictEqual(trade.positions.get(1)?.quantity ?? 0, right.quantity - outIs.quantity)
    }
  )
})

describe("Corrections in the broker's statement", () => {
  const statementOf = (take: (statement: ReturnType<typeof emptyStatement>) => void) => {
    const statement = emptyStatement()
    take(statement)
    return { cash: statement.cashMicros, holdings: [...statement.holdings].toSorted() }
  }

  it.prop(
    "count each execution once, by its latest revision, in any order",
    { was: Execution, second: Execution, third: Execution, order: Int(0, 5) },
    ({ was, second, third, order }) => {
      const legs = legsOf(was, "Buy")
      const told = [was, second, third].map((execution, at) => ({
        execID: at === 0 ? "x" : `x/${at + 1}`,
        legs: legsOf(execution, "Buy"),
        commissionMicros: BigInt(execution.fee),
        ...(at > 0 && {
          correction: {
            ...{ execRefID: "x", revision: at + 1, lastQty: was.quantity, legs },
            commissionMicros: BigInt(was.fee)
          }
        })
      }))
      const orders = ["012", "021", "102", "120", "201", "210"]
      const any = statementOf((statement) => {
        for (const at of orders[order]!) takeExecution(statement, told[Number(at)]!, () => 100)
        takeExecution(statement, told[1]!, () => 100)
      })
      const last = { ...told[2]!, execID: "y", correction: undefined }
      assert.deepStrictEqual(
        any,
        statementOf((statement) => takeExecution(statement, last, () => 100))
      )
    }
  )
})
