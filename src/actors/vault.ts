/**
 * The vault: keeps the capital of every trade and tells the chain what to do with it.
 *
 * Three yes reserve; fills settle, the share of the collateral that they are of the order; an
 * order's end frees the rest; closings bring back principal with profit or loss. One instruction of
 * a trade is in flight at a time.
 */
import type { DraftOf } from "../domain/journal/record.ts"
import {
  accountOf,
  type Capital,
  CapitalSnapshot,
  capitalInvariant,
  emptyCapital,
  restoreCapital,
  snapshotCapital
} from "../domain/vault/capital.ts"
import {
  type CapitalAccount,
  isNewlyComplete,
  nextInstruction,
  realizedMicros
} from "../domain/vault/capitalAccount.ts"
import { OrderDenied } from "./ports/records/broker.ts"
import {
  AdjustRequested,
  CancelReservationRequested,
  CloseRequested,
  DepositRequested,
  FreezeRequested,
  ReserveRequested,
  SettleRequested,
  ThawRequested,
  TradeCompleted,
  WithdrawRequested
} from "./ports/records/vault.ts"
import type { Behavior, Context } from "./runtime/Behavior.ts"
import { evolveCapital, vaultEvents, vaultMessages } from "./vaultRecords.ts"

export interface VaultConfig {
  /**
   * How long a reservation holds: past the order's last possible fill and its settlement. ms, > 0.
   */
  readonly reservationMs: number
}

const vaultId = "vault"

type Message = (typeof vaultMessages)[number]["of"]
type Event = (typeof vaultEvents)[number]

export const makeVault = (
  config: VaultConfig
): Behavior<Capital, Message, Event, CapitalSnapshot> => ({
  id: vaultId,
  messages: vaultMessages,
  events: vaultEvents,
  moneyBearing: true,
  initial: emptyCapital,
  evolve: evolveCapital,
  decide: (state, message, context) => {
    switch (message.type) {
      case "DepositFunds":
        return deposit(state, message.payload)
      case "WithdrawFunds":
        return withdraw(state, message.payload)
      case "FreezeVault": {
        const untilMs = context.nowMs + message.payload.forMs
        return [FreezeRequested.make({ freezeId: freezeIdOf(context), untilMs })]
      }
      case "ThawVault":
        return [ThawRequested.make({ freezeId: freezeIdOf(context) })]
      case "ResumeTrading":
      case "VaultThawed":
        return [...state.accounts.values()].flatMap((account) => instruct(account, config, context))
      case "Deposited":
      case "Withdrawn":
      case "TradeProposed":
        return []
      case "TradeConverged":
        return reserve(state, message.payload, config, context)
      case "TradeFilled":
      case "TradeCorrected":
        return onTrade(state, message.payload.closes || message.payload.tradeId, config, context)
      default:
        return onTrade(state, message.payload.tradeId, config, context)
    }
  },
  invariant: capitalInvariant,
  snapshotSchema: CapitalSnapshot,
  snapshot: snapshotCapital,
  restore: restoreCapital
})

const onTrade = (
  state: Capital,
  tradeId: string,
  config: VaultConfig,
  context: Context
): ReadonlyArray<DraftOf<Event>> => {
  const account = accountOf(state, tradeId)
  return account === undefined ? [] : instruct(account, config, context)
}

const deposit = (
  state: Capital,
  { depositId, amountMicros }: { depositId: string; amountMicros: bigint }
) => (state.deposits.has(depositId) ? [] : [DepositRequested.make({ depositId, amountMicros })])

const withdraw = (
  state: Capital,
  { withdrawalId, amountMicros }: { withdrawalId: string; amountMicros: bigint }
) =>
  state.withdrawals.has(withdrawalId)
    ? []
    : [WithdrawRequested.make({ withdrawalId, amountMicros })]

const freezeIdOf = ({ book, eventCount }: Context): string => `${book}-${vaultId}-${eventCount}`

const reserve = (
  state: Capital,
  { tradeId, phase }: { tradeId: string; phase: 1 | 2 },
  config: VaultConfig,
  context: Context
): ReadonlyArray<DraftOf<Event>> => {
  const account = state.accounts.get(tradeId)
  if (account === undefined || phase === 2) return []
  if (!context.late) return instruct(account, config, context)
  const reason = "late: the vault was down when the trade converged, nothing was reserved"
  return [OrderDenied.make({ tradeId, reason }, tradeId)]
}

/** The next instruction of a trade, or its completion once all is back. */
const instruct = (
  account: CapitalAccount,
  config: VaultConfig,
  context: Context
): ReadonlyArray<DraftOf<Event>> => {
  const next = nextInstruction(account)
  const { tradeId } = account
  const attempt = account.rejections + 1
  if (next === undefined) return isNewlyComplete(account) ? [completed(account)] : []
  switch (next.kind) {
    case "Reserve": {
      const terms = {
        maxAmountMicros: next.amountMicros,
        expiryMs: context.nowMs + config.reservationMs
      }
      return [ReserveRequested.make({ tradeId, attempt, ...terms }, tradeId)]
    }
    case "Settle": {
      const cumulativeMicros = next.amountMicros
      return [SettleRequested.make({ tradeId, n: next.n, attempt, cumulativeMicros }, tradeId)]
    }
    case "Cancel": {
      const reason = `filled ${account.filledQty} of ${account.quantity}`
      return [CancelReservationRequested.make({ tradeId, attempt, reason }, tradeId)]
    }
    case "Close": {
      const { n, final } = next
      const cumulativeProceedsMicros = next.amountMicros
      return [
        CloseRequested.make({ tradeId, n, attempt, cumulativeProceedsMicros, final }, tradeId)
      ]
    }
    case "Adjust": {
      const reason = "cash or commission after the last closing"
      const { amountMicros, n } = next
      return [AdjustRequested.make({ tradeId, n, attempt, amountMicros, reason }, tradeId)]
    }
  }
}

const completed = (account: CapitalAccount) =>
  TradeCompleted.make(
    {
      tradeId: account.tradeId,
      strategyId: account.strategyId,
      kind: account.kind,
      settledMicros: account.settledMicros,
      realizedMicros: realizedMicros(account),
      commissionMicros: account.commissionMicros
    },
    account.tradeId
  )
