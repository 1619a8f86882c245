import { assert, describe, it } from "@effect/vitest"
import { Schema } from "effect"
import { makeConvergence } from "../../src/actors/convergence.ts"
import { CertificatePresented } from "../../src/actors/ports/records/certificate.ts"
import { TimerFired } from "../../src/actors/ports/records/kernel.ts"
import { TradingSessionStatus } from "../../src/actors/ports/records/market.ts"
import {
  CognitionVerdict,
  RiskVerdict,
  TradeProposed
} from "../../src/actors/ports/records/trade.ts"
import { ChainRejected, Reserved } from "../../src/actors/ports/records/vault.ts"
import type { Certificate } from "../../src/domain/certificates/certificate.ts"
import type { EventDraft } from "../../src/domain/journal/record.ts"
import { ActorDriver } from "./actorDriver.ts"

const hash = "a".repeat(64)
const certificate: Certificate = {
  certificateId: "c1",
  strategyId: "spread",
  strategyVersion: "1",
  parametersHash: hash,
  validatedOn: [],
  dataThrough: "2015-12-23",
  issuedFor: "goog",
  validFrom: "2015-12-24",
  expires: "2015-12-31",
  metrics: {},
  passed: true,
  hash
}
const config = {
  strategies: [
    { strategyId: "spread", strategyVersion: "1", parametersHash: hash },
    { strategyId: "hedger", strategyVersion: "1", parametersHash: hash }
  ],
  verdictWaitMs: 1_000
}
const presented = CertificatePresented.make({ certificate, computedHash: hash })
const open = (certified = true): ActorDriver => {
  const driver = new ActorDriver(makeConvergence(config))
  driver.tell(
    TradingSessionStatus.make({
      date: "2015-12-24",
      status: "Open",
      openMs: 0,
      closeMs: 9,
      riskFreeRate: 0,
      dividendYield: 0,
      last: false
    })
  )
  if (certified) driver.tell(presented)
  return driver
}
const propose = (
  tradeId: string,
  kind: "Open" | "Close" | "Hedge" = "Open",
  strategyId = "spread"
) =>
  TradeProposed.make({
    tradeId,
    kind,
    closes: kind === "Close" ? "P" : "",
    strategyId,
    legs: [],
    quantity: 1,
    limitNetMicros: 0,
    collateralMicros: 1n,
    rationale: {},
    basis: []
  })
const reserved = (tradeId: string) =>
  Reserved.make({
    tradeId,
    maxAmountMicros: 1n,
    freeMicros: 0n,
    reservedMicros: 1n,
    settlingMicros: 0n
  })
const risk = (tradeId: string, phase: 1 | 2, yes: boolean) =>
  RiskVerdict.make({ tradeId, phase, yes, reasons: [yes ? "within-limits: x" : "kill-switch: x"] })
const cognition = (tradeId: string, phase: 1 | 2, yes: boolean) =>
  CognitionVerdict.make({
    tradeId,
    phase,
    yes,
    reasons: [yes ? "ok: x" : "no-edge: x"],
    modelHash: ""
  })
const outcomes = (driver: ActorDriver) =>
  driver.emitted.filter(({ type }) => type === "TradeConverged" || type === "TradeRefused")
const reasons = (event: EventDraft | undefined) =>
  (event!.payload as { reasons: ReadonlyArray<string> }).reasons

describe("Convergence", () => {
  it("lets a trade go on after three yes, in each phase", () => {
    const driver = open()
    driver.tell(propose("A"))
    driver.tell(risk("A", 1, true))
    assert.deepStrictEqual(outcomes(driver), [])
    driver.tell(cognition("A", 1, true))
    driver.tell(reserved("A"))
    driver.tell(cognition("A", 2, true))
    driver.tell(risk("A", 2, true))
    assert.deepStrictEqual(
      outcomes(driver).map(({ type, payload }) => [type, (payload as { phase: number }).phase]),
      [
        ["TradeConverged", 1],
        ["TradeConverged", 2]
      ]
    )
  })

  it("refuses every trade of a strategy that presented no certificate", () => {
    const driver = open(false)
    for (const id of ["A", "B", "C"]) {
      driver.tell(propose(id))
      driver.tell(risk(id, 1, true))
      driver.tell(cognition(id, 1, true))
    }
    assert.deepStrictEqual(
      outcomes(driver).map((event) => reasons(event)),
      Array(3).fill(["certificate: no-certificate: spread presented none"])
    )
  })

  it("refuses an expired certificate, and one for other parameters", () => {
    for (const [change, word] of [
      [{ expires: "2015-12-23" }, "certificate-expired"],
      [{ parametersHash: "b".repeat(64) }, "certificate-parameters"]
    ] as const) {
      const driver = open(false)
      driver.tell(
        CertificatePresented.make({
          certificate: { ...certificate, ...change },
          computedHash: hash
        })
      )
      driver.tell(propose("A"))
      driver.tell(risk("A", 1, true))
      driver.tell(cognition("A", 1, true))
      assert.include(reasons(outcomes(driver)[0])[0], word)
    }
  })

  it("asks of a closing and a hedge only that the desk runs their strategy", () => {
    const driver = open(false)
    for (const [id, kind, strategyId] of [
      ["A", "Close", "spread"],
      ["B", "Hedge", "hedger"],
      ["C", "Close", "stranger"]
    ] as const) {
      driver.tell(propose(id, kind, strategyId))
      driver.tell(risk(id, 1, true))
      driver.tell(cognition(id, 1, true))
    }
    assert.deepStrictEqual(
      outcomes(driver).map(({ type }) => type),
      ["TradeConverged", "TradeConverged", "TradeRefused"]
    )
  })

  it("gives the reasons by layer, cognition, risk, certificate", () => {
    const driver = open(false)
    driver.tell(propose("A"))
    driver.tell(risk("A", 1, false))
    driver.tell(cognition("A", 1, false))
    assert.deepStrictEqual(reasons(outcomes(driver)[0]), [
      "cognition: no-edge: x",
      "risk: kill-switch: x",
      "certificate: no-certificate: spread presented none"
    ])
  })

  it("refuses in a later turn a trade whose verdicts did not all come", () => {
    for (const next of [
      TimerFired.make({ owner: "other", timer: "x", dueMs: 2 }),
      propose("B"),
      reserved("C")
    ]) {
      const driver = open()
      driver.tell(propose("A"))
      driver.tell(risk("A", 1, true))
      driver.nowMs = 2
      const [refusal] = driver.tell(next)
      assert.deepStrictEqual(refusal?.payload, {
        tradeId: "A",
        phase: 1,
        reasons: ["missing-verdict: cognition gave none in the turn that asked"]
      })
      driver.tell(cognition("A", 1, true))
      assert.strictEqual(outcomes(driver).filter((o) => o.correlation === "A").length, 1)
    }
  })

  it("does not refuse a trade proposed earlier in the same turn", () => {
    const driver = open()
    driver.tell(propose("A"))
    driver.tell(propose("B"))
    assert.deepStrictEqual(outcomes(driver), [])
  })

  it("counts no verdict that it handles late, and no trade that it was asked about late", () => {
    const driver = open()
    driver.tell(propose("A"))
    driver.tell(risk("A", 1, true))
    driver.tell(cognition("A", 1, true), { late: true })
    driver.tell(propose("B"), { late: true })
    driver.tell(risk("B", 1, true), { late: true })
    driver.tell(cognition("B", 1, true), { late: true })
    assert.deepStrictEqual(
      outcomes(driver).map((event) => [event.type, event.correlation]),
      [
        ["TradeRefused", "A"],
        ["TradeRefused", "B"]
      ]
    )
  })

  it("refuses a reservation that it handles late, so that the vault frees it", () => {
    const driver = open()
    driver.tell(propose("A"))
    driver.tell(risk("A", 1, true))
    driver.tell(cognition("A", 1, true))
    driver.nowMs = 5
    const record = driver.tell(reserved("A"), { late: true })
    assert.deepStrictEqual(
      record.map(({ type, payload }) => [type, (payload as { phase: number }).phase]),
      [["TradeRefused", 2]]
    )
  })

  it("refuses a reservation of a trade that it does not know", () => {
    const driver = open()
    driver.tell(reserved("X"))
    assert.match(reasons(outcomes(driver)[0])[0]!, /^unknown-trade/)
  })

  it("ignores a verdict of the other phase", () => {
    const driver = open()
    driver.tell(propose("A"))
    driver.tell(risk("A", 2, true))
    driver.tell(cognition("A", 1, true))
    assert.deepStrictEqual(outcomes(driver), [])
  })

  it("forgets a trade whose reservation the chain refused", () => {
    const driver = open()
    driver.tell(propose("A"))
    driver.tell(risk("A", 1, true))
    driver.tell(cognition("A", 1, true))
    driver.tell(
      ChainRejected.make({
        tradeId: "A",
        n: 0,
        instruction: "ReserveRequested",
        code: "x",
        text: ""
      })
    )
    assert.strictEqual(driver.state.trades.size, 0)
  })

  it.prop(
    "converges exactly where all three said yes, whatever the order of the verdicts",
    {
      cases: Schema.Array(
        Schema.Struct({
          cognition: Schema.Boolean,
          risk: Schema.Boolean,
          riskFirst: Schema.Boolean
        })
      ).check(Schema.isMaxLength(20)),
      certified: Schema.Boolean
    },
    ({ cases, certified }) => {
      const driver = open(certified)
      cases.forEach((verdicts, index) => {
        const id = `T${index}`
        driver.nowMs++
        driver.tell(propose(id))
        const told = [risk(id, 1, verdicts.risk), cognition(id, 1, verdicts.cognition)]
        for (const draft of verdicts.riskFirst ? told : told.reverse()) driver.tell(draft)
      })
      assert.deepStrictEqual(
        outcomes(driver).map(({ type }) => type === "TradeConverged"),
        cases.map((verdicts) => certified && verdicts.cognition && verdicts.risk)
      )
    }
  )
})
