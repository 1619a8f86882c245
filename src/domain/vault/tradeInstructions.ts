/** The instructions on one trade: reserve, settle, cancel, close, adjust. */
import {
  applied,
  checkNumber,
  decreased,
  frozen,
  insufficient,
  isFrozen,
  type Of,
  refuse,
  repeated,
  type Step
} from "./step.ts"
import {
  balancesOf,
  overdueTrades,
  type TradeAccount,
  unsettledMicros,
  type VaultLimits,
  type VaultState
} from "./vaultState.ts"

export const reserve = (
  state: VaultState,
  { tradeId, maxAmountMicros, expiryMs }: Of<"Reserve">,
  nowMs: number,
  limits: VaultLimits
): Step => {
  const before = state.trades.get(tradeId)
  if (before !== undefined) {
    return before.maxAmountMicros === maxAmountMicros && before.expiryMs === expiryMs
      ? repeated(state)
      : refuse(state, "OrderIdReused", `order id ${tradeId} reserved already, with other terms`)
  }
  if (isFrozen(state, nowMs)) return frozen(state)
  const overdue = overdueTrades(state)
  if (overdue > 0) {
    return refuse(state, "TradeOverdue", `${overdue} trades are overdue, nothing new is reserved`)
  }
  if (expiryMs <= nowMs || expiryMs - nowMs > limits.reservationMsMax) {
    return refuse(
      state,
      "ExpiryOutOfRange",
      `expiry ${expiryMs} at ${nowMs} is not within the next ${limits.reservationMsMax} ms`
    )
  }
  if (maxAmountMicros > limits.tradeMicrosMax) {
    return refuse(
      state,
      "TradeCapExceeded",
      `${maxAmountMicros} micro-USDT exceed the cap per trade of ${limits.tradeMicrosMax}`
    )
  }
  if (maxAmountMicros > state.freeMicros) return insufficient(state, maxAmountMicros)
  const outstanding = state.reservedMicros + balancesOf(state).settlingMicros + maxAmountMicros
  if (outstanding > limits.outstandingMicrosMax) {
    return refuse(
      state,
      "AggregateCapExceeded",
      `${outstanding} micro-USDT outstanding would exceed ${limits.outstandingMicrosMax}`
    )
  }
  return applied(
    state,
    maxAmountMicros,
    {
      freeMicros: state.freeMicros - maxAmountMicros,
      reservedMicros: state.reservedMicros + maxAmountMicros
    },
    {
      tradeId,
      maxAmountMicros,
      expiryMs,
      dueMs: expiryMs + limits.tradeMsMax,
      settledMicros: 0n,
      settleN: 0,
      canceled: false,
      proceedsMicros: 0n,
      closeN: 0,
      closed: false,
      overdue: false,
      writtenOff: false,
      adjustedMicros: 0n,
      adjustN: 0,
      lastAdjustMicros: 0n
    }
  )
}

export const settle = (
  state: VaultState,
  trade: TradeAccount,
  { n, cumulativeMicros }: Of<"Settle">,
  nowMs: number
): Step => {
  const order = checkNumber(
    state,
    "settle",
    n,
    trade.settleN,
    cumulativeMicros,
    trade.settledMicros
  )
  if (order !== undefined) return order
  if (trade.closed) return refuse(state, "TradeClosed", `trade ${trade.tradeId} is closed`)
  if (trade.canceled) {
    return refuse(state, "ReservationCanceled", `the reservation of ${trade.tradeId} was canceled`)
  }
  if (isFrozen(state, nowMs)) return frozen(state)
  if (nowMs >= trade.expiryMs) {
    return refuse(
      state,
      "ReservationExpired",
      `the reservation of ${trade.tradeId} expired at ${trade.expiryMs}, it is ${nowMs}`
    )
  }
  if (cumulativeMicros > trade.maxAmountMicros) {
    return refuse(
      state,
      "OverReservation",
      `cumulative ${cumulativeMicros} micro-USDT exceed the reserved ${trade.maxAmountMicros}`
    )
  }
  const moved = cumulativeMicros - trade.settledMicros
  if (moved < 0n) return decreased(state, cumulativeMicros, trade.settledMicros)
  return applied(
    state,
    moved,
    {
      reservedMicros: state.reservedMicros - moved,
      counterpartyMicros: state.counterpartyMicros + moved
    },
    { ...trade, settleN: n, settledMicros: cumulativeMicros }
  )
}

export const cancel = (state: VaultState, trade: TradeAccount): Step => {
  if (trade.canceled) return repeated(state)
  const freed = unsettledMicros(trade)
  return applied(
    state,
    freed,
    { freeMicros: state.freeMicros + freed, reservedMicros: state.reservedMicros - freed },
    { ...trade, canceled: true }
  )
}

export const close = (
  state: VaultState,
  trade: TradeAccount,
  { n, cumulativeProceedsMicros, final }: Of<"Close">
): Step => {
  const order = checkNumber(
    state,
    "close",
    n,
    trade.closeN,
    cumulativeProceedsMicros,
    trade.proceedsMicros
  )
  if (order !== undefined) {
    return n > 0 && n === trade.closeN && final !== trade.closed
      ? refuse(state, "RepeatDiffers", `close ${n} was ${trade.closed ? "" : "not "}final`)
      : order
  }
  if (trade.closed) return refuse(state, "TradeClosed", `trade ${trade.tradeId} is closed`)
  if (trade.settledMicros === 0n) {
    return refuse(state, "NothingSettled", `trade ${trade.tradeId} settled nothing`)
  }
  const paid = cumulativeProceedsMicros - trade.proceedsMicros
  if (paid < 0n) return decreased(state, cumulativeProceedsMicros, trade.proceedsMicros)
  // The last closing also frees what never settled: a closed trade holds nothing back.
  const freed = final ? unsettledMicros(trade) : 0n
  return applied(
    state,
    paid,
    {
      freeMicros: state.freeMicros + paid + freed,
      reservedMicros: state.reservedMicros - freed,
      counterpartyMicros: state.counterpartyMicros - paid
    },
    {
      ...trade,
      closeN: n,
      proceedsMicros: cumulativeProceedsMicros,
      closed: final,
      canceled: trade.canceled || final
    }
  )
}

export const adjust = (
  state: VaultState,
  trade: TradeAccount,
  { n, amountMicros }: Of<"Adjust">,
  nowMs: number,
  limits: VaultLimits
): Step => {
  const order = checkNumber(state, "adjust", n, trade.adjustN, amountMicros, trade.lastAdjustMicros)
  if (order !== undefined) return order
  if (trade.settledMicros === 0n) {
    return refuse(state, "NothingSettled", `trade ${trade.tradeId} settled nothing`)
  }
  const sum = trade.adjustedMicros + amountMicros
  if (sum > limits.adjustMicrosMax || sum < -limits.adjustMicrosMax) {
    return refuse(
      state,
      "AdjustBoundExceeded",
      `adjustments of ${sum} micro-USDT exceed ${limits.adjustMicrosMax} either way`
    )
  }
  if (amountMicros < 0n) {
    if (isFrozen(state, nowMs)) return frozen(state)
    if (-amountMicros > state.freeMicros) return insufficient(state, -amountMicros)
  }
  return applied(
    state,
    amountMicros,
    {
      freeMicros: state.freeMicros + amountMicros,
      counterpartyMicros: state.counterpartyMicros - amountMicros
    },
    { ...trade, adjustN: n, adjustedMicros: sum, lastAdjustMicros: amountMicros }
  )
}
