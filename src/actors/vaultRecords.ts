/** What the vault hears and says, and how each record moves its capital accounts. */
import type { RecordOf } from "../domain/journal/record.ts"
import { stockId } from "../domain/market/contract.ts"
import {
  type Capital,
  type Confirmation,
  takeAnnounced,
  takeConfirmation,
  takeConverged,
  takeCorrection,
  takeDeposit,
  takeDepositRequest,
  takeFill,
  takeLegEnd,
  takeOver,
  takeProposal,
  takeRejection,
  takeResume,
  takeSent,
  takeWithdrawal,
  takeWithdrawalRequest
} from "../domain/vault/capital.ts"
import type { InstructionKind } from "../domain/vault/capitalAccount.ts"
import {
  OrderClosed,
  OrderDenied,
  TradeCorrected,
  TradeFilled,
  TradeLegEnded
} from "./ports/records/broker.ts"
import {
  DepositFunds,
  FreezeVault,
  ResumeTrading,
  ThawVault,
  WithdrawFunds
} from "./ports/records/operator.ts"
import { TradeConverged, TradeProposed, TradeRefused } from "./ports/records/trade.ts"
import {
  Adjusted,
  AdjustRequested,
  CancelReservationRequested,
  ChainRejected,
  Closed,
  CloseRequested,
  Deposited,
  DepositRequested,
  FreezeRequested,
  ReservationCanceled,
  Reserved,
  ReserveRequested,
  Settled,
  SettleRequested,
  ThawRequested,
  TradeCompleted,
  VaultThawed,
  Withdrawn,
  WithdrawRequested
} from "./ports/records/vault.ts"
import { observe, subscribe } from "./runtime/Behavior.ts"

export const vaultMessages = [
  subscribe(DepositFunds, "decide"),
  subscribe(WithdrawFunds, "decide"),
  subscribe(FreezeVault, "decide"),
  subscribe(ThawVault, "decide"),
  subscribe(ResumeTrading, "decide"),
  observe(TradeProposed),
  subscribe(TradeConverged, "lapse"),
  subscribe(TradeRefused, "decide"),
  subscribe(TradeFilled, "decide"),
  subscribe(TradeCorrected, "decide"),
  subscribe(TradeLegEnded, "decide"),
  subscribe(OrderClosed, "decide"),
  subscribe(OrderDenied, "decide"),
  subscribe(Deposited, "decide"),
  observe(Withdrawn),
  subscribe(VaultThawed, "decide"),
  subscribe(Reserved, "decide"),
  subscribe(Settled, "decide"),
  subscribe(ReservationCanceled, "decide"),
  subscribe(Closed, "decide"),
  subscribe(Adjusted, "decide"),
  subscribe(ChainRejected, "decide")
] as const
export const vaultEvents = [
  DepositRequested,
  ReserveRequested,
  SettleRequested,
  CancelReservationRequested,
  CloseRequested,
  AdjustRequested,
  WithdrawRequested,
  FreezeRequested,
  ThawRequested,
  OrderDenied,
  TradeCompleted
] as const
type VaultRecord = RecordOf<(typeof vaultMessages)[number]["of"] | (typeof vaultEvents)[number]>

export const evolveCapital = (state: Capital, record: VaultRecord): Capital => {
  switch (record.type) {
    case "DepositFunds":
    case "WithdrawFunds":
    case "FreezeVault":
    case "ThawVault":
    case "FreezeRequested":
    case "ThawRequested":
      break
    case "WithdrawRequested":
      takeWithdrawalRequest(state, record.payload)
      break
    case "Withdrawn":
      takeWithdrawal(state, record.payload)
      break
    case "DepositRequested":
      takeDepositRequest(state, record.payload)
      break
    case "Deposited":
      takeDeposit(state, record.payload)
      break
    case "VaultThawed":
    case "ResumeTrading":
      takeResume(state)
      break
    case "TradeProposed":
      takeProposal(state, record.payload)
      break
    case "TradeConverged":
      if (record.payload.phase === 1) takeConverged(state, record.payload.tradeId)
      break
    case "TradeRefused":
    case "OrderDenied":
      takeOver(state, record.payload.tradeId, 0)
      break
    case "OrderClosed":
      takeOver(state, record.payload.tradeId, record.payload.cumQty)
      break
    case "TradeFilled":
      takeFill(state, record.payload)
      break
    case "TradeCorrected":
      takeCorrection(state, record.payload)
      break
    case "TradeLegEnded":
      takeLegEnd(state, record.payload, stockId)
      break
    case "TradeCompleted":
      takeAnnounced(state, record.payload.tradeId, record.payload.realizedMicros)
      break
    case "ReserveRequested":
      takeSent(state, { kind: "Reserve", tradeId: record.payload.tradeId, n: 0 })
      break
    case "SettleRequested":
      takeSent(state, { kind: "Settle", ...record.payload })
      break
    case "CancelReservationRequested":
      takeSent(state, { kind: "Cancel", tradeId: record.payload.tradeId, n: 0 })
      break
    case "CloseRequested":
      takeSent(state, { kind: "Close", ...record.payload })
      break
    case "AdjustRequested":
      takeSent(state, { kind: "Adjust", ...record.payload })
      break
    case "ChainRejected": {
      const { tradeId, n, instruction, code } = record.payload
      const kind = kindOfRequest.get(instruction)
      if (kind !== undefined) takeRejection(state, { kind, tradeId, n }, code)
      break
    }
    default:
      takeConfirmation(state, confirmationOf(record))
  }
  return state
}

const kindOfRequest: ReadonlyMap<string, InstructionKind> = new Map<string, InstructionKind>([
  [ReserveRequested.type, "Reserve"],
  [SettleRequested.type, "Settle"],
  [CancelReservationRequested.type, "Cancel"],
  [CloseRequested.type, "Close"],
  [AdjustRequested.type, "Adjust"]
])

type ConfirmationRecord = RecordOf<
  typeof Reserved | typeof Settled | typeof ReservationCanceled | typeof Closed | typeof Adjusted
>

const confirmationOf = (record: ConfirmationRecord): Confirmation => {
  const { tradeId } = record.payload
  switch (record.type) {
    case "Reserved": {
      const amountMicros = record.payload.maxAmountMicros
      return { kind: "Reserve", tradeId, n: 0, amountMicros, final: false }
    }
    case "Settled": {
      const { n, cumulativeMicros } = record.payload
      return { kind: "Settle", tradeId, n, amountMicros: cumulativeMicros, final: false }
    }
    case "ReservationCanceled":
      return { kind: "Cancel", tradeId, n: 0, amountMicros: 0n, final: false }
    case "Closed": {
      const { n, cumulativeProceedsMicros, final } = record.payload
      return { kind: "Close", tradeId, n, amountMicros: cumulativeProceedsMicros, final }
    }
    case "Adjusted": {
      const { n, amountMicros } = record.payload
      return { kind: "Adjust", tradeId, n, amountMicros, final: false }
    }
  }
}
