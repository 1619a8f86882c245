/** Journals made by hand: dense seqs, causes and times as a desk would record them. */
import {
  ExecutionReport,
  OrderClosed,
  OrderIntent,
  TradeFilled
} from "../../src/actors/records/broker.ts"
import { CertificatePresented } from "../../src/actors/records/certificate.ts"
import {
  FeaturesComputed,
  InferenceAnswered,
  InferenceRequested,
  RegimeClassified
} from "../../src/actors/records/cognition.ts"
import { EpochOpened, TimerFired, TimerSet } from "../../src/actors/records/kernel.ts"
import {
  InstrumentsListed,
  IntervalElapsed,
  type ListedInstrument,
  Quote,
  TradingSessionStatus
} from "../../src/actors/records/market.ts"
import { DepositFunds } from "../../src/actors/records/operator.ts"
import {
  CertificateVerdict,
  CognitionVerdict,
  RiskVerdict,
  TradeConverged,
  TradeProposed
} from "../../src/actors/records/trade.ts"
import {
  Closed,
  CloseRequested,
  Deposited,
  DepositRequested,
  Reserved,
  ReserveRequested,
  Settled,
  SettleRequested,
  TradeCompleted
} from "../../src/actors/records/vault.ts"
import type { EventDraft, JournalRecord } from "../../src/domain/journal/record.ts"
import { parseDate } from "../../src/domain/market/civilDate.ts"
import { epochMsOfNewYork } from "../../src/domain/market/newYorkTime.ts"

const openMs = epochMsOfNewYork(parseDate("2015-12-24")!, 9.5 * 3_600_000)
const closeMs = epochMsOfNewYork(parseDate("2015-12-24")!, 13 * 3_600_000)
export const usd = 1_000_000
export const modelHash = "ab".repeat(32)

const option = (
  instrument: number,
  strike: number,
  optionType: "Call" | "Put"
): ListedInstrument => ({
  instrument,
  kind: "Option",
  symbol: `GOOG  151231${optionType[0]}00${strike}000`,
  expiration: "2015-12-31",
  strikeMicros: strike * usd,
  optionType,
  exerciseStyle: "American",
  multiplier: 100
})

/** 0 is the stock, 1 the 750 call, 2 the 755 call, 3 the 745 put. */
export const listed: ReadonlyArray<ListedInstrument> = [
  {
    instrument: 0,
    kind: "Stock",
    symbol: "GOOG",
    expiration: "",
    strikeMicros: 0,
    optionType: "None",
    exerciseStyle: "None",
    multiplier: 1
  },
  option(1, 750, "Call"),
  option(2, 755, "Call"),
  option(3, 745, "Put")
]

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

  /** A vertical bought at 2.00 and sold at 2.50, two units: all the way to the capital's return. */
  vertical(tradeId = "main-strategy-0", closeId = "main-strategy-1"): void {
    this.quote(0, 748.4, 748.6)
    this.quote(1, 5, 5.2)
    this.quote(2, 3, 3.2)
    const features = this.minute(1)
    this.regime(features)
    const later = this.minute(2)
    const proposed = this.propose(later, tradeId)
    this.verdicts(proposed, tradeId, 1)
    const first = this.converged(proposed, tradeId, 1)
    this.event(
      "vault",
      first,
      ReserveRequested.make(
        { tradeId, attempt: 1, maxAmountMicros: 430_000_000n, expiryMs: closeMs },
        tradeId
      )
    )
    this.nowMs += 5
    const reserved = this.input(
      "chain",
      Reserved.make({
        tradeId,
        maxAmountMicros: 430_000_000n,
        ...balances(99_570_000_000n, 430_000_000n, 0n)
      })
    )
    this.verdicts(reserved, tradeId, 2)
    const second = this.converged(reserved, tradeId, 2)
    const intent = this.order(second, tradeId)
    this.event(
      "executor",
      second,
      TimerSet.make({
        owner: "executor",
        timer: `work ${(intent.payload as { clOrdID: string }).clOrdID}`,
        dueMs: this.nowMs + 60_000
      })
    )
    this.nowMs += 40
    const filled = this.fill(tradeId, {
      n: 1,
      lastQty: 2,
      legs: legFills("Buy", 2, 5.1, 3.1),
      cashMicros: -400_000_000n,
      commissionMicros: 2_600_000n
    })
    this.event(
      "vault",
      filled,
      SettleRequested.make({ tradeId, n: 1, attempt: 1, cumulativeMicros: 430_000_000n }, tradeId)
    )
    this.input(
      "chain",
      Settled.make({
        tradeId,
        n: 1,
        cumulativeMicros: 430_000_000n,
        ...balances(99_570_000_000n, 0n, 430_000_000n)
      })
    )
    this.closeVertical(tradeId, closeId)
  }

  closeVertical(tradeId: string, closeId: string): void {
    const features = this.minute(30)
    const legs = verticalLegs.map((leg) => ({
      ...leg,
      side: leg.side === "Buy" ? ("Sell" as const) : ("Buy" as const)
    }))
    const close = { kind: "Close" as const, closes: tradeId, collateralMicros: 0n, legs }
    const proposed = this.propose(features, closeId, { ...close, limitNetMicros: -2.5 * usd })
    this.verdicts(proposed, closeId, 1)
    const converged = this.converged(proposed, closeId, 1)
    this.order(converged, closeId, { kind: "Close", legs, limitNetMicros: -2.5 * usd })
    const filled = this.fill(closeId, {
      n: 1,
      kind: "Close",
      closes: tradeId,
      lastQty: 2,
      lastNetMicros: -2.5 * usd,
      legs: legFills("Sell", 2, 6, 3.5),
      cashMicros: 500_000_000n,
      commissionMicros: 2_600_000n
    })
    this.event(
      "vault",
      filled,
      CloseRequested.make(
        { tradeId, n: 1, attempt: 1, cumulativeProceedsMicros: 524_800_000n, final: true },
        tradeId
      )
    )
    const back = this.input(
      "chain",
      Closed.make({
        tradeId,
        n: 1,
        cumulativeProceedsMicros: 524_800_000n,
        final: true,
        ...balances(100_094_800_000n, 0n, 0n)
      })
    )
    this.event(
      "vault",
      back,
      TradeCompleted.make(
        {
          tradeId,
          strategyId: "volatility",
          kind: "Open",
          settledMicros: 430_000_000n,
          realizedMicros: 94_800_000n,
          commissionMicros: 5_200_000n
        },
        tradeId
      )
    )
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

const verticalLegs = [
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

const balances = (freeMicros: bigint, reservedMicros: bigint, settlingMicros: bigint) => ({
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
