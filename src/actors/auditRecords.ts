/** What the auditor hears and says, and how each record moves its ledger and statement. */
import type { RecordOf } from "../domain/journal/record.ts"
import {
  type BrokerStatement,
  takeContractEnd,
  takeExecution
} from "../domain/portfolio/brokerStatement.ts"
import { textOfDifferences } from "../domain/portfolio/compare.ts"
import { type Ledger, postRecord } from "../domain/portfolio/ledger.ts"
import type { VaultBalances } from "../domain/vault/vaultState.ts"
import { DifferenceFound } from "./ports/records/auditor.ts"
import {
  ExecutionReport,
  OptionEvent,
  TradeCorrected,
  TradeFilled,
  TradeLegEnded
} from "./ports/records/broker.ts"
import { ActorDown, ActorUp, EpochOpened, TimerFired } from "./ports/records/kernel.ts"
import { InstrumentsListed, IntervalElapsed, TradingSessionStatus } from "./ports/records/market.ts"
import { AnchorJournal } from "./ports/records/operator.ts"
import {
  Adjusted,
  AdjustRequested,
  AnchorRequested,
  BalancesReported,
  BalancesRequested,
  CancelReservationRequested,
  ChainRejected,
  Closed,
  CloseRequested,
  Deposited,
  ReservationCanceled,
  Reserved,
  ReserveRequested,
  Settled,
  SettleRequested,
  Withdrawn
} from "./ports/records/vault.ts"
import { observe, subscribe } from "./runtime/Behavior.ts"

export interface AuditState {
  readonly ledger: Ledger
  readonly statement: BrokerStatement
  /** The vault's balances as the chain last confirmed them. */
  chain: VaultBalances | undefined
  /** Trades with an instruction on its way, and how many. */
  readonly inFlight: Map<string, number>
  /** Of those whose records the comparison needs, who is down. */
  readonly down: Set<string>
  lastMoneyMs: number
  /** The differences last told, as text. */
  told: string
  /** Readings of the chain and anchors asked for, and when the last was; epoch ms, 0 before the first. */
  readings: number
  readAtMs: number
  anchors: number
  anchoredAtMs: number
}

export const auditorMessages = [
  observe(InstrumentsListed),
  observe(Deposited),
  observe(Withdrawn),
  observe(Reserved),
  observe(Settled),
  observe(ReservationCanceled),
  observe(Closed),
  observe(Adjusted),
  observe(TradeFilled),
  observe(TradeCorrected),
  observe(TradeLegEnded),
  observe(ExecutionReport),
  observe(OptionEvent),
  observe(ReserveRequested),
  observe(SettleRequested),
  observe(CancelReservationRequested),
  observe(CloseRequested),
  observe(AdjustRequested),
  observe(ActorDown),
  observe(ActorUp),
  subscribe(ChainRejected, "decide"),
  subscribe(IntervalElapsed, "decide"),
  subscribe(TimerFired, "decide"),
  subscribe(TradingSessionStatus, "decide"),
  subscribe(EpochOpened, "decide"),
  subscribe(AnchorJournal, "decide"),
  subscribe(BalancesReported, "decide")
] as const
export const auditorEvents = [DifferenceFound, BalancesRequested, AnchorRequested] as const

type AuditRecord = RecordOf<(typeof auditorMessages)[number]["of"] | (typeof auditorEvents)[number]>

/** Whose records the comparison needs. */
const watched: ReadonlySet<string> = new Set(["executor", "vault"])

export const evolveAudit = (state: AuditState, record: AuditRecord): void => {
  switch (record.type) {
    case "InstrumentsListed":
      postRecord(state.ledger, record)
      break
    case "Deposited":
    case "Withdrawn":
    case "Reserved":
    case "Settled":
    case "ReservationCanceled":
    case "Closed":
    case "Adjusted": {
      const { freeMicros, reservedMicros, settlingMicros } = record.payload
      postRecord(state.ledger, record)
      state.chain = { freeMicros, reservedMicros, settlingMicros }
      if ("tradeId" in record.payload) answered(state, record.payload.tradeId)
      moved(state, record.logicalTimeMs)
      break
    }
    case "TradeFilled":
    case "TradeCorrected":
    case "TradeLegEnded":
      postRecord(state.ledger, record)
      moved(state, record.logicalTimeMs)
      break
    case "ExecutionReport": {
      const { execType, execID, legs, commissionMicros, correction } = record.payload
      if (execType !== "Trade" && correction === undefined) break
      takeExecution(
        state.statement,
        { execID, legs, commissionMicros, correction },
        (instrument) => state.ledger.multipliers.get(instrument) ?? 1
      )
      moved(state, record.logicalTimeMs)
      break
    }
    case "OptionEvent":
      takeContractEnd(state.statement, record.payload)
      moved(state, record.logicalTimeMs)
      break
    case "ReserveRequested":
    case "SettleRequested":
    case "CancelReservationRequested":
    case "CloseRequested":
    case "AdjustRequested": {
      const { tradeId } = record.payload
      state.inFlight.set(tradeId, (state.inFlight.get(tradeId) ?? 0) + 1)
      moved(state, record.logicalTimeMs)
      break
    }
    case "ChainRejected":
      answered(state, record.payload.tradeId)
      break
    case "ActorDown":
      for (const { group } of record.payload.failures) {
        for (const { actor } of group) if (watched.has(actor)) state.down.add(actor)
      }
      break
    case "ActorUp":
      for (const actor of record.payload.group) state.down.delete(actor)
      moved(state, record.logicalTimeMs)
      break
    case "BalancesRequested":
      state.readings = record.payload.n
      state.readAtMs = record.logicalTimeMs
      break
    case "AnchorRequested":
      state.anchors = record.payload.n
      state.anchoredAtMs = record.logicalTimeMs
      break
    case "DifferenceFound":
      state.told = textOfDifferences(record.payload.differences)
      break
    default:
      break
  }
}

const answered = (state: AuditState, tradeId: string): void => {
  const count = state.inFlight.get(tradeId) ?? 0
  if (count > 1) state.inFlight.set(tradeId, count - 1)
  else state.inFlight.delete(tradeId)
}

const moved = (state: AuditState, atMs: number): void => {
  state.lastMoneyMs = atMs
}
