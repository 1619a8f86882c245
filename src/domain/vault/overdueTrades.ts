/**
 * Trades that nobody closed: what they reserve comes free, what they settled is marked, then
 * claimed.
 */
import { applied, frozen, isFrozen, refuse, repeated, type Step } from "./step.ts"
import {
  principalMicros,
  type TradeAccount,
  unsettledMicros,
  type VaultState
} from "./vaultState.ts"

export const overdue = (state: VaultState, trade: TradeAccount, nowMs: number): Step => {
  const freed = nowMs >= trade.expiryMs ? unsettledMicros(trade) : 0n
  const isOpen = trade.settledMicros > 0n && !trade.closed
  const marks = isOpen && !trade.overdue && nowMs >= trade.dueMs
  if (freed === 0n && !marks) {
    if (isOpen && trade.overdue) return repeated(state)
    const { dueMs, expiryMs, tradeId } = trade
    return refuse(
      state,
      "NotOverdue",
      `trade ${tradeId} of expiry ${expiryMs} and due time ${dueMs} owes nothing at ${nowMs}`
    )
  }
  return applied(
    state,
    freed,
    { freeMicros: state.freeMicros + freed, reservedMicros: state.reservedMicros - freed },
    {
      ...trade,
      canceled: trade.canceled || freed > 0n,
      overdue: trade.overdue || marks
    }
  )
}

/**
 * As long after the due time as that came after the expiry. No USDT moves: the claim leaves the
 * vault.
 */
export const writeOff = (state: VaultState, trade: TradeAccount, nowMs: number): Step => {
  if (trade.writtenOff) return repeated(state)
  if (trade.closed) return refuse(state, "TradeClosed", `trade ${trade.tradeId} is closed`)
  const fromMs = trade.dueMs + (trade.dueMs - trade.expiryMs)
  if (!trade.overdue || nowMs < fromMs) {
    return refuse(
      state,
      "NotOverdue",
      `trade ${trade.tradeId} may be written off from ${fromMs} on once marked, it is ${nowMs}`
    )
  }
  if (isFrozen(state, nowMs)) return frozen(state)
  return applied(state, principalMicros(trade), {}, { ...trade, closed: true, writtenOff: true })
}
