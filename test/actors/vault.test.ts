import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { OrderDenied, TradeLegEnded } from "../../src/actors/ports/records/broker.ts"
import {
  DepositFunds,
  FreezeVault,
  ResumeTrading,
  ThawVault,
  WithdrawFunds
} from "../../src/actors/ports/records/operator.ts"
import { TradeRefused } from "../../src/actors/ports/records/trade.ts"
import {
  ChainRejected,
  Closed,
  Reserved,
  TradeCompleted
} from "../../src/actors/ports/records/vault.ts"
import {
  converged,
  fill,
  funded,
  liveRandomly,
  opened,
  over,
  propose,
  RandomLife,
  usd
} from "./capitalDesk.ts"

describe("Vault actor", () => {
  it("asks for one deposit per deposit id", () => {
    const desk = funded()
    desk.tell(DepositFunds.make({ depositId: "d1", amountMicros: 10_000n * usd }))
    assert.deepStrictEqual(desk.requests(), ["DepositRequested"])
    assert.strictEqual(desk.balances().freeMicros, 10_000n * usd)
  })

  it("reserves at three yes and only then", () => {
    const desk = funded()
    assert.deepStrictEqual(desk.tell(propose("A")), [])
    const [request] = desk.tell(converged("A", 1))
    assert.deepStrictEqual(request?.payload, {
      tradeId: "A",
      attempt: 1,
      maxAmountMicros: 810n * usd,
      expiryMs: 60_001
    })
    desk.drain()
    assert.deepStrictEqual(desk.balances(), {
      freeMicros: 9_190n * usd,
      reservedMicros: 810n * usd,
      settlingMicros: 0n
    })
  })

  it("settles the filled share, frees the rest, and brings back principal with the profit", () => {
    const desk = opened()
    desk.tell(fill("A", "", 1, 1, -200n * usd))
    desk.drain()
    assert.strictEqual(desk.balances().settlingMicros, (810n * usd) / 4n)
    desk.tell(fill("A", "", 2, 3, -400n * usd))
    desk.drain()
    desk.tell(over("A", 3))
    desk.drain()
    assert.deepStrictEqual(desk.balances(), {
      freeMicros: 10_000n * usd - 607_500_000n,
      reservedMicros: 0n,
      settlingMicros: 607_500_000n
    })
    desk.tell(propose("B", { kind: "Close", closes: "A", collateralMicros: 0n }))
    desk.tell(fill("B", "A", -3, 3, 750n * usd))
    desk.drain()
    // Flat, but the closing order is not over yet: one last instruction will do.
    assert.notInclude(desk.requests(), "CloseRequested")
    desk.tell(over("B", 3, 3))
    desk.drain()
    const [completed] = desk.vault.emitted.filter(({ type }) => type === TradeCompleted.type)
    assert.deepInclude(completed?.payload as object, {
      tradeId: "A",
      settledMicros: 607_500_000n,
      realizedMicros: (750n - 600n - 3n) * usd,
      commissionMicros: 3n * usd
    })
    assert.deepStrictEqual(desk.balances(), desk.chainBalances())
    assert.strictEqual(desk.balances().freeMicros, (10_000n + 147n) * usd)
  })

  it("asks one thing of a trade at a time, and then what has come together since", () => {
    const desk = opened()
    desk.tell(fill("A", "", 1, 1, -200n * usd))
    assert.deepStrictEqual(desk.tell(fill("A", "", 1, 2, -200n * usd)), [])
    assert.deepStrictEqual(desk.tell(fill("A", "", 1, 3, -200n * usd)), [])
    desk.answer()
    assert.deepStrictEqual(desk.vault.emitted.at(-1)?.payload, {
      tradeId: "A",
      n: 2,
      attempt: 1,
      cumulativeMicros: 607_500_000n
    })
  })

  it("releases a partial closing's share of the principal rounded down", () => {
    const desk = funded()
    desk.tell(propose("A", { quantity: 3, collateralMicros: 1_000_001n }))
    desk.tell(converged("A", 1))
    desk.drain()
    desk.tell(fill("A", "", 3, 3, -100n, 0n))
    desk.tell(over("A", 3, 3))
    desk.drain()
    desk.tell(propose("B", { kind: "Close", closes: "A", collateralMicros: 0n }))
    desk.tell(fill("B", "A", -1, 1, 50n, 0n))
    desk.drain()
    // (1,000,001 - 100) / 3 = 333,300.33
    assert.strictEqual(desk.balances().settlingMicros, 1_000_001n - 333_300n - 50n)
    desk.tell(fill("B", "A", -2, 3, 90n, 0n))
    desk.tell(over("B", 3, 3))
    desk.drain()
    assert.strictEqual(desk.balances().freeMicros, 10_000n * usd + 40n)
  })

  it("pays nothing back while an assignment left shares, whatever cash that brought", () => {
    const desk = opened()
    desk.tell(fill("A", "", 4, 4, -800n * usd))
    desk.tell(over("A", 4))
    desk.drain()
    desk.tell(
      TradeLegEnded.make({
        tradeId: "A",
        strategyId: "spread",
        execID: "e1",
        n: 5,
        kind: "Assigned",
        instrument: 9,
        quantity: -4,
        shares: -400,
        cashMicros: 40_000n * usd,
        commissionMicros: 0n
      })
    )
    assert.notInclude(desk.requests(), "CloseRequested")
    desk.tell(
      TradeLegEnded.make({
        tradeId: "A",
        strategyId: "spread",
        execID: "e2",
        n: 6,
        kind: "Exercised",
        instrument: 7,
        quantity: 4,
        shares: 400,
        cashMicros: -38_000n * usd,
        commissionMicros: 0n
      })
    )
    desk.drain()
    assert.strictEqual(desk.balances().freeMicros, (10_000n - 800n - 1n + 2_000n) * usd)
  })

  for (const [name, draft] of [
    ["a phase 2 refusal", TradeRefused.make({ tradeId: "A", phase: 2, reasons: ["x: y"] })],
    ["a denied order", OrderDenied.make({ tradeId: "A", reason: "x: y" })],
    ["an order that closed unfilled", over("A", 0)]
  ] as const) {
    it(`frees the reservation after ${name}`, () => {
      const desk = opened()
      desk.tell(draft)
      desk.drain()
      assert.deepStrictEqual(desk.balances(), {
        freeMicros: 10_000n * usd,
        reservedMicros: 0n,
        settlingMicros: 0n
      })
      assert.deepStrictEqual(desk.chainBalances(), desk.balances())
    })
  }

  it("reserves nothing where it was down when the trade converged, and says so", () => {
    const desk = funded()
    desk.tell(propose("A"))
    const events = desk.tell(converged("A", 1), { late: true })
    assert.deepStrictEqual(
      events.map(({ type }) => type),
      ["OrderDenied"]
    )
    assert.match((events[0]!.payload as { reason: string }).reason, /^late: /)
    desk.tell(ResumeTrading.make({ reason: "" }))
    assert.notInclude(desk.requests(), "ReserveRequested")
  })

  it("settles, late or not, whatever filled while it was down", () => {
    const desk = opened()
    desk.tell(fill("A", "", 4, 4, -800n * usd), { late: true })
    desk.drain()
    assert.strictEqual(desk.balances().settlingMicros, 810n * usd)
  })

  it("adjusts what a commission after the last closing takes", () => {
    const desk = opened()
    desk.tell(fill("A", "", 4, 4, -800n * usd))
    desk.tell(over("A", 4))
    desk.drain()
    desk.tell(propose("B", { kind: "Close", closes: "A", collateralMicros: 0n }))
    desk.tell(fill("B", "A", -4, 4, 900n * usd))
    desk.tell(over("B", 4))
    desk.drain()
    const late = fill("B", "A", 0, 4, 0n, 3n * usd)
    desk.tell({ ...late, payload: { ...late.payload, legs: [] } })
    desk.drain()
    assert.deepStrictEqual(desk.requests().slice(-2), ["AdjustRequested", "TradeCompleted"])
    assert.strictEqual(desk.balances().freeMicros, (10_000n + 100n - 5n) * usd)
    assert.deepStrictEqual(desk.chainBalances(), desk.balances())
  })

  it("waits after a rejection until trading resumes, then asks again under a new attempt", () => {
    const desk = opened()
    Effect.runSync(
      desk.chain.submit({ key: "f", instruction: { _tag: "Freeze", untilMs: 900 }, nowMs: 1 })
    )
    desk.tell(fill("A", "", 4, 4, -800n * usd))
    assert.deepInclude(desk.answers[0]?.payload as object, { code: "Frozen" })
    desk.drain()
    desk.tell(over("A", 4))
    assert.strictEqual(desk.requests().filter((type) => type === "SettleRequested").length, 1)
    desk.vault.nowMs = 1_000
    desk.tell(ResumeTrading.make({ reason: "thawed" }))
    desk.drain()
    assert.strictEqual(desk.balances().settlingMicros, 810n * usd)
    assert.deepStrictEqual(desk.chainBalances(), desk.balances())
  })

  it("forgets a trade whose reservation the chain refused", () => {
    const desk = funded()
    desk.tell(propose("A", { collateralMicros: 10_001n * usd }))
    desk.tell(converged("A", 1))
    assert.deepInclude(desk.answers[0]?.payload as object, { code: "InsufficientFree" })
    desk.drain()
    desk.tell(converged("A", 2))
    assert.deepStrictEqual(desk.balances().freeMicros, 10_000n * usd)
    assert.strictEqual(desk.vault.state.accounts.size, 0)
  })

  it("knows its own answers' keys, and no other input's", () => {
    const desk = opened()
    const { gateway } = desk
    const reserved = { tradeId: "A", maxAmountMicros: 1n }
    assert.strictEqual(gateway.answeredKey(Reserved.type, reserved), "ReserveRequested:A:0")
    assert.strictEqual(
      gateway.answeredKey(Closed.type, { tradeId: "A", n: 3 }),
      "CloseRequested:A:3"
    )
    assert.strictEqual(
      gateway.answeredKey(ChainRejected.type, {
        tradeId: "A",
        n: 2,
        instruction: "SettleRequested"
      }),
      "SettleRequested:A:2"
    )
    assert.strictEqual(gateway.answeredKey("TimerFired", {}), undefined)
  })
})

describe("Vault actor, random lives of trades", () => {
  it.prop(
    "loses and invents nothing, whatever fills and repeats, however late the chain answers",
    { choices: RandomLife },
    ({ choices }) => {
      const desk = funded()
      const expected = liveRandomly(desk, choices, () => {
        const { freeMicros, reservedMicros } = desk.balances()
        assert.isTrue(freeMicros >= 0n && reservedMicros >= 0n)
      })
      assert.deepStrictEqual(desk.balances(), desk.chainBalances())
      assert.deepStrictEqual(desk.balances(), {
        freeMicros: expected,
        reservedMicros: 0n,
        settlingMicros: 0n
      })
      for (const account of desk.vault.state.accounts.values()) {
        assert.strictEqual(account.closed, account.filledQty > 0, account.tradeId)
        assert.strictEqual(account.announcedMicros !== undefined, account.closed)
      }
      const reserves = desk.asked.filter((key) => key.startsWith("ReserveRequested"))
      assert.strictEqual(new Set(reserves).size, reserves.length)
    }
  )

  it("a withdrawal is asked once, and counts when the chain confirms it", () => {
    const desk = funded()
    const free = desk.balances().freeMicros
    const draft = WithdrawFunds.make({ withdrawalId: "w", amountMicros: 5n * usd })
    desk.tell(draft)
    assert.strictEqual(desk.balances().freeMicros, free)
    desk.drain()
    assert.strictEqual(desk.balances().freeMicros, free - 5n * usd)
    assert.deepStrictEqual(desk.tell(draft), [])
    assert.deepStrictEqual(desk.balances(), desk.chainBalances())
  })

  it("what a freeze refused is asked again after the thaw", () => {
    const desk = opened()
    desk.tell(FreezeVault.make({ forMs: 50, reason: "r" }))
    desk.drain()
    desk.tell(fill("A", "", 1, 1, -200n * usd))
    desk.drain()
    assert.strictEqual(desk.vault.state.accounts.get("A").stuck, "Settle 1: Frozen")
    desk.tell(ThawVault.make({ reason: "r" }))
    desk.drain()
    assert.strictEqual(desk.vault.state.accounts.get("A").stuck, "")
    assert.strictEqual(desk.vault.state.accounts.get("A").settleN, 1)
    assert.deepStrictEqual(desk.balances(), desk.chainBalances())
  })
})
