/** Journals made by hand: dense seqs, causes and times as a desk would record them. */
import {
  ExecutionReport,
  OrderClosed,
  OrderIntent,
  TradeFilled
} from "../../src/actors/ports/records/broker.ts"
import { CertificatePresented } from "../../src/actors/ports/records/certificate.ts"
import {
  FeaturesComputed,
  InferenceAnswered,
  InferenceRequested,
  RegimeClassified
} from "../../src/actors/ports/records/cognition.ts"
import { EpochOpened, TimerFired, TimerSet } from "../../src/actors/ports/records/kernel.ts"
import {
  InstrumentsListed,
  IntervalElapsed,
  Quote,
  TradingSessionStatus
} from "../../src/actors/ports/records/market.ts"
import { DepositFunds } from "../../src/actors/ports/records/operator.ts"
import {
  CertificateVerdict,
  CognitionVerdict,
  RiskVerdict,
  TradeConverged,
  TradeProposed
} from "../../src/actors/ports/records/trade.ts"
import { Deposited, DepositRequested } from "../../src/actors/ports/records/vault.ts"
import type { EventDraft, JournalRecord } from "../../src/domain/journal/record.ts"
import { parseDate } from "../../src/domain/market/civilDate.ts"
import { epochMsOfNewYork } from "../../src/domain/market/newYorkTime.ts"
import { listed, usd } from "./listedChain.ts"

const openMs = epochMsOfNewYork(parseDate("2015-12-24")!, 9.5 * 3_600_000)
export const closeMs = epochMsOfNewYork(parseDate("2015-12-24")!, 13 * 3_600_000)
export const modelHash = "ab".repeat(32)

export class RecordedDay {
  readonly records: Array<JournalRecord> = []
  nowMs = openMs
  #epoch = 0

  input(source: string, draft: EventDraft): JournalRecord {
    if (draft.type === EpochOpened.type) this.#epoch++
    return this.#push(source, -1, draft)
  }

  event(actor: string, cause: JournalRecord, draft: EventDraft): JournalRecord {
    return this.#push(actor, cause.seq, draft)
  }

  quote(instrument: number, bid: number, ask: number): JournalRecord {
    return this.input(
      "market",
      Quote.make({
        instrument,
        bidMicros: Math.round(bid * usd),
        askMicros: Math.round(ask * usd),
        bidSize: bid === 0 ? 0 : 11,
        askSize: ask === 0 ? 0 : 12,
        timeMs: this.nowMs,
        replaced: 0
      })
    )
  }

  /** The book, its listing, the open, a deposit of 100,000 USD. */
  open(): void {
    this.input(
      "kernel",
      EpochOpened.make({
        book: "main",
        build: "test",
        configHash: "c0",
        seed: 7,
        node: "26.10.0",
        v8: "14"
      })
    )
    this.input(
      "market",
      InstrumentsListed.make({
        session: "goog-2015-12-24",
        underlying: "GOOG",
        contentHash: "dd",
        rows: 4,
        badRows: 0,
        notTradableRows: 0,
        instruments: listed
      })
    )
    this.status("Open")
    this.input("certificates", CertificatePresented.make(certificate))
    const amountMicros = 100_000_000_000n
    const funds = this.input("operator", DepositFunds.make({ depositId: "d1", amountMicros }))
    this.event("vault", funds, DepositRequested.make({ depositId: "d1", amountMicros }))
    this.input(
      "chain",
      Deposited.make({ depositId: "d1", amountMicros, ...balances(amountMicros, 0n, 0n) })
    )
  }

  status(status: "Open" | "Closed"): JournalRecord {
    return this.input(
      "market",
      TradingSessionStatus.make({
        date: "2015-12-24",
        status,
        openMs,
        closeMs,
        riskFreeRate: 0.004,
        dividendYield: 0,
        last: status === "Closed"
      })
    )
  }

  /** A minute's turn: timer, interval, features. */
  minute(minute: number): JournalRecord {
    this.nowMs = openMs + minute * 60_000 + 1
    const fired = this.input(
      "kernel",
      TimerFired.make({ owner: "feed", timer: "interval", dueMs: this.nowMs })
    )
    const elapsed = this.event(
      "feed",
      fired,
      IntervalElapsed.make({
        date: "2015-12-24",
        minute,
        minutesToClose: 210 - minute,
        timeMs: this.nowMs - 1
      })
    )
    this.event(
      "feed",
      fired,
      TimerSet.make({ owner: "feed", timer: "interval", dueMs: this.nowMs + 60_000 })
    )
    return this.event(
      "features",
      elapsed,
      FeaturesComputed.make({
        spotMicros: 748.5 * usd,
        realizedVolatility: 0.2,
        term: [
          {
            expiration: "2015-12-31",
            timeToExpirationYears: 0.02,
            forwardMicros: 748.6 * usd,
            atmVolatility: 0.21,
            skew25: 0.03,
            quotedContracts: 3
          }
        ],
        quotesSeen: 4,
        staleInstruments: 0,
        modelInput: [1, 2]
      })
    )
  }

  /** The model is asked on these features, and answers. */
  regime(features: JournalRecord, state: "calm" | "stressed" = "calm"): void {
    const requestId = `main-regime-classifier-${features.seq}`
    this.event(
      "regime-classifier",
      features,
      InferenceRequested.make({ requestId, modelId: "regime-goog", features: [1, 2] })
    )
    const answer = this.input(
      "inference",
      InferenceAnswered.make({
        requestId,
        modelId: "regime-goog",
        modelHash,
        runtime: "onnxruntime-node 1.30.0",
        outputs: { stateProbabilities: [0.9, 0.08, 0.02], forecastVolatility: [0.2, 0.21] }
      })
    )
    this.event(
      "regime-classifier",
      answer,
      RegimeClassified.make({
        stateProbabilities: { calm: 0.9, normal: 0.08, stressed: 0.02 },
        state,
        forecastVolatility5d: 0.2,
        forecastVolatility21d: 0.21,
        modelHash,
        modelId: "regime-goog",
        asOfMs: features.logicalTimeMs
      })
    )
  }

  propose(
    cause: JournalRecord,
    tradeId: string,
    options: Partial<ReturnType<typeof TradeProposed.make>["payload"]> = {}
  ): JournalRecord {
    return this.event(
      options.kind === "Hedge" ? "hedger" : "strategy",
      cause,
      TradeProposed.make(
        {
          tradeId,
          kind: "Open",
          closes: "",
          strategyId: "volatility",
          legs: verticalLegs,
          quantity: 2,
          limitNetMicros: 2.1 * usd,
          collateralMicros: 430_000_000n,
          rationale: { volatilityView: 1 },
          basis: [],
          ...options
        },
        tradeId
      )
    )
  }

  verdicts(cause: JournalRecord, tradeId: string, phase: 1 | 2, risk = "within: all limits"): void {
    const yes = !risk.startsWith("no-")
    this.event(
      "risk-gate",
      cause,
      RiskVerdict.make({ tradeId, phase, yes, reasons: [risk] }, tradeId)
    )
    const reasons = ["certified: volatility"]
    const certificateId = "cert-1"
    this.event(
      "convergence",
      cause,
      CertificateVerdict.make({ tradeId, phase, yes: true, reasons, certificateId }, tradeId)
    )
    this.event(
      "regime-classifier",
      cause,
      CognitionVerdict.make(
        { tradeId, phase, yes: true, reasons: ["forecast-supports: 1.2"], modelHash },
        tradeId
      )
    )
  }

  converged(cause: JournalRecord, tradeId: string, phase: 1 | 2): JournalRecord {
    return this.event("convergence", cause, TradeConverged.make({ tradeId, phase }, tradeId))
  }

  order(
    cause: JournalRecord,
    tradeId: string,
    options: Partial<ReturnType<typeof OrderIntent.make>["payload"]> = {}
  ): JournalRecord {
    return this.event(
      "executor",
      cause,
      OrderIntent.make(
        {
          clOrdID: `order-${tradeId}`,
          tradeId,
          kind: "Open",
          legs: verticalLegs,
          orderQty: 2,
          limitNetMicros: 2.1 * usd,
          timeInForce: "Day",
          sendBeforeMs: this.nowMs + 1_000,
          ...options
        },
        tradeId
      )
    )
  }

  /** A report of one execution, and the fill that the executor makes of it. */
  fill(
    tradeId: string,
    fill: Pick<FillPayload, "n" | "lastQty" | "legs" | "cashMicros" | "commissionMicros"> &
      Partial<FillPayload>
  ): JournalRecord {
    const clOrdID = `order-${tradeId}`
    const payload: FillPayload = {
      tradeId,
      kind: "Open",
      closes: "",
      strategyId: "volatility",
      clOrdID,
      execID: `exec-${tradeId}-${fill.n}`,
      cumQty: fill.lastQty,
      leavesQty: 0,
      lastNetMicros: 2 * usd,
      ...fill
    }
    const report = this.input(
      "broker",
      ExecutionReport.make({
        clOrdID,
        orderID: "v1",
        execID: payload.execID,
        execType: "Trade",
        ordStatus: payload.leavesQty === 0 ? "Filled" : "PartiallyFilled",
        orderQty: payload.cumQty + payload.leavesQty,
        cumQty: payload.cumQty,
        leavesQty: payload.leavesQty,
        lastQty: payload.lastQty,
        lastNetMicros: payload.lastNetMicros,
        legs: payload.legs,
        commissionMicros: payload.commissionMicros,
        transactTimeMs: this.nowMs,
        text: ""
      })
    )
    const filled = this.event("executor", report, TradeFilled.make(payload, tradeId))
    if (payload.leavesQty === 0) {
      const { kind, cumQty } = payload
      this.event(
        "executor",
        report,
        OrderClosed.make(
          { tradeId, kind, clOrdID, ordStatus: "Filled", orderQty: cumQty, cumQty, reason: "" },
          tradeId
        )
      )
    }
    return filled
  }

  #push(actor: string, cause: number, draft: EventDraft): JournalRecord {
    const record: JournalRecord = {
      ...draft,
      seq: this.records.length,
      epoch: this.#epoch,
      actor,
      version: 1,
      cause,
      logicalTimeMs: this.nowMs,
      sourceSeq: cause === -1 ? this.records.length + 1 : 0
    }
    this.records.push(record)
    return record
  }
}

export type FillPayload = ReturnType<typeof TradeFilled.make>["payload"]

export const verticalLegs = [
  { instrument: 1, side: "Buy" as const, ratio: 1 },
  { instrument: 2, side: "Sell" as const, ratio: 1 }
]

/** Executions of the vertical: the 750 call on `side`, the 755 call on the other. In USD. */
export const legFills = (side: "Buy" | "Sell", lastQty: number, near: number, far: number) => [
  { instrument: 1, side, lastQty, lastPxMicros: Math.round(near * usd) },
  {
    instrument: 2,
    side: side === "Buy" ? ("Sell" as const) : ("Buy" as const),
    lastQty,
    lastPxMicros: Math.round(far * usd)
  }
]

export const balances = (freeMicros: bigint, reservedMicros: bigint, settlingMicros: bigint) => ({
  freeMicros,
  reservedMicros,
  settlingMicros
})

const certificate = {
  certificate: {
    certificateId: "cert-1",
    strategyId: "volatility",
    strategyVersion: "1",
    parametersHash: "11".repeat(32),
    validatedOn: [],
    dataThrough: "2015-12-23",
    issuedFor: "goog-2015-12-24",
    validFrom: "2015-12-24",
    expires: "2015-12-24",
    metrics: {},
    passed: true,
    hash: "22".repeat(32)
  },
  computedHash: "22".repeat(32)
}
