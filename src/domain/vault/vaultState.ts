/**
 * The vault's economics as a state machine: its accounts, and what is always true of them.
 *
 * Invariant: `depositedMicros - withdrawnMicros = freeMicros + reservedMicros +
 * counterpartyMicros`, where `counterpartyMicros` is what the settlement counterparty received less
 * what it paid back. Amounts are micro-USDT.
 */

/** The program's configuration. Amounts are micro-USDT, above 0. */
export interface VaultLimits {
  /** The most that one trade may reserve. */
  readonly tradeMicrosMax: bigint
  /** The most that may be reserved and in trades together. */
  readonly outstandingMicrosMax: bigint
  /** The most that adjustments may take from, or give to, one trade in sum. */
  readonly adjustMicrosMax: bigint
  /** How far ahead a reservation may expire. */
  readonly reservationMsMax: number
  /** How long one freeze may last, from its start. */
  readonly freezeMsMax: number
  /** How long after its reservation's expiry a trade may stay unclosed. */
  readonly tradeMsMax: number
}

/** One order id's account; kept for ever, so that an id never reserves twice. */
export interface TradeAccount {
  readonly tradeId: string
  readonly maxAmountMicros: bigint
  readonly expiryMs: number
  /** Unclosed from here on, it may be marked overdue. */
  readonly dueMs: number
  /** Settled through number `settleN`, cumulative. */
  readonly settledMicros: bigint
  readonly settleN: number
  /** What is unsettled was freed; nothing settles any more. */
  readonly canceled: boolean
  /** Paid back through number `closeN`, cumulative. */
  readonly proceedsMicros: bigint
  readonly closeN: number
  /** The last closing came; position tokens are burned. */
  readonly closed: boolean
  /** Was marked: not closed when it was due. */
  readonly overdue: boolean
  /**
   * Closed by the trader, who took the position tokens: a claim on a counterparty that never paid.
   */
  readonly writtenOff: boolean
  /** Signed sum of adjustments through number `adjustN`, and the last of them. */
  readonly adjustedMicros: bigint
  readonly adjustN: number
  readonly lastAdjustMicros: bigint
}

export interface VaultState {
  readonly freeMicros: bigint
  readonly reservedMicros: bigint
  /**
   * USDT the counterparty holds from this vault: settled less paid back, adjustments included.
   * Negative: it paid profits.
   */
  readonly counterpartyMicros: bigint
  readonly depositedMicros: bigint
  readonly withdrawnMicros: bigint
  /** Deposits and withdrawals that happened, by id. */
  readonly transfers: ReadonlyMap<string, bigint>
  readonly trades: ReadonlyMap<string, TradeAccount>
  /** The last freeze's start and end (epoch ms), the end moved by a thaw; 0 when never frozen. */
  readonly frozenSinceMs: number
  readonly frozenUntilMs: number
  /** The journal's head that was anchored last; undefined before the first. */
  readonly anchor: Anchor | undefined
}

/** The hash (hex) that stands for the journal's records through `seq`. */
export interface Anchor {
  readonly seq: number
  readonly headHash: string
}

export interface VaultBalances {
  readonly freeMicros: bigint
  readonly reservedMicros: bigint
  /** Position tokens outstanding: settled principal not yet released. */
  readonly settlingMicros: bigint
}

/** The largest amount of an instruction: a signed 64-bit integer. */
export const amountMicrosMax = 2n ** 63n - 1n

export const emptyVault: VaultState = {
  freeMicros: 0n,
  reservedMicros: 0n,
  counterpartyMicros: 0n,
  depositedMicros: 0n,
  withdrawnMicros: 0n,
  transfers: new Map(),
  trades: new Map(),
  frozenSinceMs: 0,
  frozenUntilMs: 0,
  anchor: undefined
}

/** Reserved and not settled: 0 once canceled. */
export const unsettledMicros = (trade: TradeAccount): bigint =>
  trade.canceled ? 0n : trade.maxAmountMicros - trade.settledMicros

/**
 * Position tokens of the trade: partial closings release principal first, the last one burns the
 * rest.
 */
export const principalMicros = (trade: TradeAccount): bigint =>
  trade.closed || trade.proceedsMicros >= trade.settledMicros
    ? 0n
    : trade.settledMicros - trade.proceedsMicros

/** Marked and still open: while there are any, nothing new is reserved. */
export const overdueTrades = (state: VaultState): number => {
  let count = 0
  for (const trade of state.trades.values()) if (trade.overdue && !trade.closed) count += 1
  return count
}

export const balancesOf = (state: VaultState): VaultBalances => {
  let settlingMicros = 0n
  for (const trade of state.trades.values()) settlingMicros += principalMicros(trade)
  return { freeMicros: state.freeMicros, reservedMicros: state.reservedMicros, settlingMicros }
}

/** Throws with one sentence where the state is impossible. */
export const vaultInvariant = (state: VaultState): void => {
  const held = state.freeMicros + state.reservedMicros + state.counterpartyMicros
  const owed = state.depositedMicros - state.withdrawnMicros
  if (held !== owed) {
    throw new Error(`vault holds ${held} micro-USDT, deposits less withdrawals are ${owed}`)
  }
  if (state.freeMicros < 0n) throw new Error(`vault free balance is ${state.freeMicros}`)
  let unsettled = 0n
  for (const trade of state.trades.values()) {
    unsettled += unsettledMicros(trade)
    if (trade.settledMicros > trade.maxAmountMicros) {
      throw new Error(
        `trade ${trade.tradeId} settled ${trade.settledMicros} of ${trade.maxAmountMicros}`
      )
    }
  }
  if (unsettled !== state.reservedMicros) {
    throw new Error(
      `trades reserve ${unsettled} micro-USDT, the vault says ${state.reservedMicros}`
    )
  }
}
