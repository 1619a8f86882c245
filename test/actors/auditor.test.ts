import { assert, describe, it } from "@effect/vitest"
import { makeAuditor } from "../../src/actors/auditor.ts"
import {
  ExecutionReport,
  OptionEvent,
  TradeLegEnded
} from "../../src/actors/ports/records/broker.ts"
import {
  ActorDown,
  ActorUp,
  EpochOpened,
  TimerFired
} from "../../src/actors/ports/records/kernel.ts"
import {
  InstrumentsListed,
  IntervalElapsed,
  TradingSessionStatus
} from "../../src/actors/ports/records/market.ts"
import { AnchorJournal } from "../../src/actors/ports/records/operator.ts"
import {
  AnchorRequested,
  BalancesReported,
  BalancesRequested,
  ChainRejected,
  Deposited,
  SettleRequested,
  Withdrawn
} from "../../src/actors/ports/records/vault.ts"
import type { EventDraft } from "../../src/domain/journal/record.ts"
import { compare } from "../../src/domain/portfolio/compare.ts"
import { emptyLedger, postRecord, trialBalanceMicros } from "../../src/domain/portfolio/ledger.ts"
import type { MoneyRecord } from "../../src/domain/portfolio/moneyRecord.ts"
import { ActorDriver } from "./actorDriver.ts"
import { fill, funded, liveRandomly, opened, over, RandomLife, usd } from "./capitalDesk.ts"

const moneyTypes = new Set([
  "Deposited",
  "Reserved",
  "Settled",
  "ReservationCanceled",
  "Closed",
  "Adjusted",
  "TradeFilled",
  "TradeLegEnded"
])
const isMoney = (draft: EventDraft): draft is EventDraft & MoneyRecord => moneyTypes.has(draft.type)

const listed = InstrumentsListed.make({
  session: "s",
  underlying: "X",
  contentHash: "",
  rows: 0,
  badRows: 0,
  notTradableRows: 0,
  instruments: [1, 7, 9].map((instrument) => ({
    instrument,
    kind: "Option",
    symbol: "",
    expiration: "2016-01-15",
    strikeMicros: 1,
    optionType: "Call",
    exerciseStyle: "American",
    multiplier: 100
  }))
})
const tick = TimerFired.make({ owner: "x", timer: "y", dueMs: 0 })
const quietMs = 60_000

const report = (execID: string, instrument: number, quantity: number, commissionMicros = usd) =>
  ExecutionReport.make({
    clOrdID: "o",
    orderID: "1",
    execID,
    execType: "Trade",
    ordStatus: "Filled",
    orderQty: 1,
    cumQty: 1,
    leavesQty: 0,
    lastQty: 1,
    lastNetMicros: 0,
    legs: [
      {
        instrument,
        side: quantity > 0 ? "Buy" : "Sell",
        lastQty: Math.abs(quantity),
        lastPxMicros: 2_000_000
      }
    ],
    commissionMicros,
    transactTimeMs: 1,
    text: ""
  })
const booked = (quantity: number, commissionMicros = usd) => {
  const draft = fill("A", "", 1, 1, BigInt(-quantity) * 200n * usd, commissionMicros)
  const legs = [
    {
      instrument: 1,
      side: quantity > 0 ? ("Buy" as const) : ("Sell" as const),
      lastQty: Math.abs(quantity),
      lastPxMicros: 2_000_000
    }
  ]
  return { ...draft, payload: { ...draft.payload, legs } }
}
const auditor = (): ActorDriver => {
  const driver = new ActorDriver(makeAuditor({ quietMs, reconcileMs: 900_000, anchorMs: 900_000 }))
  driver.tell(listed)
  return driver
}
/** What a tick finds once money has been quiet. */
const later = (driver: ActorDriver): ReadonlyArray<string> => {
  driver.nowMs += quietMs
  return driver
    .tell(tick)
    .flatMap(({ payload }) =>
      (
        payload as { differences: ReadonlyArray<{ what: string; expected: string; found: string }> }
      ).differences.map(({ what, expected, found }) => `${what}: ${expected} / ${found}`)
    )
}

describe("Auditor", () => {
  it("finds nothing where the desk booked what the broker reported, repeats included", () => {
    const driver = auditor()
    driver.tell(report("x1", 1, 1))
    driver.tell(report("x1", 1, 1))
    driver.tell(booked(1))
    assert.deepStrictEqual(later(driver), [])
  })

  it("finds an execution that was booked twice, and one that never was", () => {
    const twice = auditor()
    twice.tell(report("x1", 1, 1))
    twice.tell(booked(1))
    twice.tell(booked(1))
    assert.deepStrictEqual(later(twice), [
      "position of instrument 1: 2 / 1",
      "broker cash: -402000000 / -201000000"
    ])
    const never = auditor()
    never.tell(report("x1", 1, -2))
    assert.deepStrictEqual(later(never), [
      "position of instrument 1: 0 / -2",
      "broker cash: 0 / 399000000"
    ])
  })

  it("finds a commission that the desk did not book", () => {
    const driver = auditor()
    driver.tell(report("x1", 1, 1, 3n * usd))
    driver.tell(booked(1))
    assert.deepStrictEqual(later(driver), ["broker cash: -201000000 / -203000000"])
  })

  it("finds an expiry that was not allotted to a trade", () => {
    const driver = auditor()
    driver.tell(report("x1", 1, 1))
    driver.tell(booked(1))
    driver.tell(
      OptionEvent.make({
        execID: "e1",
        kind: "Expired",
        instrument: 1,
        quantity: 1,
        shares: 0,
        strikeMicros: 1,
        transactTimeMs: 1
      })
    )
    assert.deepStrictEqual(later(driver), ["position of instrument 1: 1 / 0"])
    driver.tell(
      TradeLegEnded.make({
        tradeId: "A",
        strategyId: "s",
        execID: "e1",
        n: 2,
        kind: "Expired",
        instrument: 1,
        quantity: 1,
        shares: 0,
        cashMicros: 0n,
        commissionMicros: 0n
      })
    )
    assert.deepStrictEqual(later(driver), [])
  })

  it("finds a vault balance that no record explains", () => {
    const driver = auditor()
    const balances = { freeMicros: 9n, reservedMicros: 0n, settlingMicros: 0n }
    driver.tell(Deposited.make({ depositId: "d", amountMicros: 10n, ...balances }))
    assert.deepStrictEqual(later(driver), ["chain free: 10 / 9"])
  })

  it("waits until money has been quiet, and while executor or vault are down", () => {
    const driver = auditor()
    driver.tell(report("x1", 1, 1))
    driver.nowMs += quietMs - 1
    assert.deepStrictEqual(driver.tell(tick), [])
    const group = [{ actor: "executor", cursor: 1 }]
    const failure = { failed: "executor", at: 1, group, upDueMs: 9, reason: "x" }
    driver.tell(ActorDown.make({ failures: [failure] }))
    assert.deepStrictEqual(later(driver), [])
    driver.tell(ActorUp.make({ group: ["executor"] }))
    driver.tell(booked(1))
    assert.deepStrictEqual(later(driver), [])
  })

  it("tells a difference once, and again when it changes", () => {
    const driver = auditor()
    driver.tell(report("x1", 1, 1))
    assert.strictEqual(later(driver).length, 2)
    assert.deepStrictEqual(later(driver), [])
    driver.tell(report("x2", 1, 1))
    assert.strictEqual(later(driver).length, 2)
  })

  it("tells at once what the chain refused of a trade that was reserved", () => {
    const driver = auditor()
    driver.tell(SettleRequested.make({ tradeId: "A", n: 1, attempt: 1, cumulativeMicros: 5n }))
    const refusal = (instruction: string) =>
      ChainRejected.make({ tradeId: "A", n: 1, instruction, code: "Frozen", text: "" })
    assert.deepStrictEqual(driver.tell(refusal("SettleRequested"))[0]?.payload, {
      differences: [
        {
          what: "SettleRequested 1 of A",
          between: "journal-vault",
          expected: "confirmed",
          found: "Frozen"
        }
      ]
    })
    assert.deepStrictEqual(driver.tell(refusal("ReserveRequested")), [])
  })

  it("follows a trade through the vault without a word", () => {
    const desk = opened()
    desk.tell(fill("A", "", 4, 4, -800n * usd))
    desk.drain()
    desk.tell(over("A", 4))
    desk.drain()
    const driver = auditor()
    const fills = desk.journal.filter(({ type }) => type !== "TradeFilled")
    for (const draft of fills) driver.tell(draft)
    assert.deepStrictEqual(later(driver), [])
  })
})

describe("Auditor and the chain", () => {
  const interval = (minute: number) =>
    IntervalElapsed.make({ date: "2015-12-24", minute, minutesToClose: 390 - minute, timeMs: 0 })
  const opening = EpochOpened.make({
    book: "b",
    build: "",
    configHash: "",
    seed: 1,
    node: "",
    v8: ""
  })
  const balances = { freeMicros: 10n, reservedMicros: 0n, settlingMicros: 0n }
  const deposited = Deposited.make({ depositId: "d", amountMicros: 10n, ...balances })
  const typesOf = (drafts: ReadonlyArray<EventDraft>) => drafts.map(({ type }) => type)

  it("reads the chain at each opening of the book, and numbers its readings", () => {
    const driver = auditor()
    assert.deepStrictEqual(driver.tell(opening), [BalancesRequested.make({ n: 1 })])
    assert.deepStrictEqual(driver.tell(opening), [BalancesRequested.make({ n: 2 })])
  })

  it("reads it and anchors the journal at intervals and at the close, not between", () => {
    const driver = auditor()
    driver.nowMs = 900_000
    assert.deepStrictEqual(typesOf(driver.tell(interval(1))), [
      "BalancesRequested",
      "AnchorRequested"
    ])
    driver.nowMs += 899_999
    assert.deepStrictEqual(driver.tell(interval(2)), [])
    driver.nowMs += 1
    assert.deepStrictEqual(typesOf(driver.tell(interval(3))), [
      "BalancesRequested",
      "AnchorRequested"
    ])
    const close = TradingSessionStatus.make({
      date: "2015-12-24",
      status: "Closed",
      openMs: 0,
      closeMs: 1,
      riskFreeRate: 0,
      dividendYield: 0,
      last: true
    })
    assert.deepStrictEqual(
      driver.tell(close).at(-1),
      AnchorRequested.make({ n: 3, reason: "close" })
    )
    const stop = AnchorJournal.make({ reason: "stopped on SIGTERM" })
    assert.deepStrictEqual(driver.tell(stop), [
      AnchorRequested.make({ n: 4, reason: "stopped on SIGTERM" })
    ])
  })

  it("a reading that is not what the journal says is a difference, told once", () => {
    const driver = auditor()
    driver.tell(deposited)
    const read = (freeMicros: bigint, heldMicros = freeMicros) =>
      driver
        .tell(BalancesReported.make({ n: 1, ...balances, freeMicros, heldMicros }))
        .flatMap(({ payload }) => (payload as { differences: ReadonlyArray<object> }).differences)
    assert.deepStrictEqual(read(10n), [])
    const expected = [{ what: "chain free", between: "journal-vault", expected: "10", found: "9" }]
    assert.deepStrictEqual(read(9n), expected)
    assert.deepStrictEqual(read(9n), [])
    assert.deepStrictEqual(read(10n, 12n), [], "USDT that a stranger sent is no difference")
    assert.deepStrictEqual(read(10n, 8n), [
      { what: "vault token account", between: "journal-vault", expected: "10", found: "8" }
    ])
  })

  it("a withdrawal is money that left, and an anchor refused is a journal that was cut", () => {
    const driver = auditor()
    driver.tell(deposited)
    const after = { ...balances, freeMicros: 7n }
    driver.tell(Withdrawn.make({ withdrawalId: "w", amountMicros: 3n, ...after }))
    driver.tell(Withdrawn.make({ withdrawalId: "w", amountMicros: 3n, ...after }))
    assert.deepStrictEqual(later(driver), [])
    const refused = ChainRejected.make({
      tradeId: "",
      n: 1,
      instruction: "AnchorRequested",
      code: "AnchorNotNewer",
      text: ""
    })
    assert.deepStrictEqual(typesOf(driver.tell(refused)), ["DifferenceFound"])
  })
})

describe("Three-way comparison", () => {
  it.prop(
    "agrees after each record of random trades, between journal, vault and chain",
    { choices: RandomLife },
    ({ choices }) => {
      const desk = funded()
      const ledger = emptyLedger()
      let read = 0
      const catchUp = () => {
        for (; read < desk.journal.length; read++) {
          const draft = desk.journal[read]!
          if (isMoney(draft)) postRecord(ledger, draft)
          assert.strictEqual(trialBalanceMicros(ledger), 0n)
        }
      }
      const agrees = () => {
        catchUp()
        // While an answer is on its way the chain is ahead of the journal, as it may be.
        const waits = desk.answers.length > 0
        const chain = waits ? { ...desk.balances() } : desk.chainBalances()
        const found = compare(ledger, desk.vault.state, chain)
        assert.deepStrictEqual(
          found.filter(({ what }) => what !== "cash that no leg explains"),
          []
        )
      }
      liveRandomly(desk, choices, agrees)
      agrees()
      assert.strictEqual(ledger.accounts.vaultFree, desk.balances().freeMicros)
    }
  )

  it("names each sum that the vault has otherwise", () => {
    const desk = opened()
    desk.tell(fill("A", "", 4, 4, -800n * usd))
    desk.drain()
    const ledger = emptyLedger()
    for (const draft of desk.journal) if (isMoney(draft)) postRecord(ledger, draft)
    const vault = desk.vault.state
    vault.freeMicros += 1n
    const account = vault.accounts.get("A")
    account.settledMicros -= 5n
    account.holdings.set(7, 3)
    const found = compare(ledger, vault, { ...desk.chainBalances(), reservedMicros: 2n })
    assert.deepStrictEqual(
      found.map(({ what, expected, found: value }) => `${what}: ${expected} / ${value}`),
      [
        "cash that no leg explains: 0 / 800000000",
        "chain reserved: 0 / 2",
        "vault free: 9190000000 / 9190000001",
        "vault settling: 810000000 / 809999995",
        "settled of trade A: 810000000 / 809999995",
        "instrument 7 of trade A: 4 / 3"
      ]
    )
  })
})
