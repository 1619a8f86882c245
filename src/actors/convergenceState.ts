/**
 * What convergence hears, says and remembers: certificates, and the verdicts of the trades that
 * wait for them.
 */
import { Schema } from "effect"
import { Certificate } from "../domain/certificates/certificate.ts"
import { type Layer, Pending, withVerdict } from "../domain/certificates/verdicts.ts"
import type { RecordOf } from "../domain/journal/record.ts"
import { CertificatePresented } from "./ports/records/certificate.ts"
import { TimerFired, TimerSet } from "./ports/records/kernel.ts"
import { TradingSessionStatus } from "./ports/records/market.ts"
import {
  CertificateVerdict,
  CognitionVerdict,
  RiskVerdict,
  TradeConverged,
  TradeKind,
  TradeProposed,
  TradeRefused
} from "./ports/records/trade.ts"
import { ChainRejected, Reserved } from "./ports/records/vault.ts"
import { observe, subscribe } from "./runtime/Behavior.ts"

const Presented = Schema.Struct({ certificate: Certificate, computedHash: Schema.String })
export const TradeTerms = Schema.Struct({ kind: TradeKind, strategyId: Schema.String })
export type TradeTerms = typeof TradeTerms.Type

export interface ConvergenceState {
  sessionDate: string
  /** By strategy, the last one presented. */
  readonly certificates: Map<string, typeof Presented.Type>
  /** Trades from proposal to their end in convergence. */
  readonly trades: Map<string, TradeTerms>
  readonly pending: Map<string, Pending>
}

export const ConvergenceSnapshot = Schema.Struct({
  sessionDate: Schema.String,
  certificates: Schema.Array(Schema.Tuple([Schema.String, Presented])),
  trades: Schema.Array(Schema.Tuple([Schema.String, TradeTerms])),
  pending: Schema.Array(Schema.Tuple([Schema.String, Pending]))
})
export type ConvergenceSnapshot = typeof ConvergenceSnapshot.Type

export const convergenceMessages = [
  observe(CertificatePresented),
  observe(TradingSessionStatus),
  subscribe(TradeProposed, "lapse"),
  subscribe(Reserved, "lapse"),
  subscribe(RiskVerdict, "lapse"),
  subscribe(CognitionVerdict, "lapse"),
  subscribe(TimerFired, "decide"),
  observe(ChainRejected)
] as const
export const convergenceEvents = [
  CertificateVerdict,
  TradeConverged,
  TradeRefused,
  TimerSet
] as const

export const emptyConvergence = (): ConvergenceState => ({
  sessionDate: "",
  certificates: new Map(),
  trades: new Map(),
  pending: new Map()
})

export const snapshotConvergence = (state: ConvergenceState): ConvergenceSnapshot => ({
  sessionDate: state.sessionDate,
  certificates: [...state.certificates],
  trades: [...state.trades],
  pending: [...state.pending]
})

export const restoreConvergence = (snapshot: ConvergenceSnapshot): ConvergenceState => ({
  sessionDate: snapshot.sessionDate,
  certificates: new Map(snapshot.certificates),
  trades: new Map(snapshot.trades),
  pending: new Map(snapshot.pending)
})

export const evolveConvergence = (
  state: ConvergenceState,
  record: RecordOf<(typeof convergenceMessages)[number]["of"] | (typeof convergenceEvents)[number]>
): ConvergenceState => {
  switch (record.type) {
    case "CertificatePresented":
      state.certificates.set(record.payload.certificate.strategyId, record.payload)
      break
    case "TradingSessionStatus":
      state.sessionDate = record.payload.date
      break
    case "TradeProposed": {
      const { tradeId, kind, strategyId } = record.payload
      state.trades.set(tradeId, { kind, strategyId })
      ask(state, tradeId, 1, record.logicalTimeMs)
      break
    }
    case "Reserved":
      ask(state, record.payload.tradeId, 2, record.logicalTimeMs)
      break
    case "CertificateVerdict":
      take(state, "certificate", record.payload)
      break
    case "RiskVerdict":
      take(state, "risk", record.payload)
      break
    case "CognitionVerdict":
      take(state, "cognition", record.payload)
      break
    case "TradeConverged": {
      const { tradeId, phase } = record.payload
      state.pending.delete(tradeId)
      // A Close needs no capital: no second phase will come.
      if (phase === 2 || state.trades.get(tradeId)?.kind === "Close") state.trades.delete(tradeId)
      break
    }
    case "TradeRefused":
    case "ChainRejected":
      state.pending.delete(record.payload.tradeId)
      state.trades.delete(record.payload.tradeId)
      break
  }
  return state
}

const ask = (state: ConvergenceState, tradeId: string, phase: 1 | 2, sinceMs: number): void => {
  state.pending.set(tradeId, { phase, sinceMs, verdicts: [] })
}

const take = (
  state: ConvergenceState,
  layer: Layer,
  {
    tradeId,
    phase,
    yes,
    reasons
  }: { tradeId: string; phase: 1 | 2; yes: boolean; reasons: ReadonlyArray<string> }
): void => {
  const pending = state.pending.get(tradeId)
  if (pending?.phase === phase) {
    state.pending.set(tradeId, withVerdict(pending, layer, { yes, reasons }))
  }
}
