/**
 * The desk's own account of one trade's capital: what the chain confirmed, and what should become
 * of it.
 *
 * At most one instruction of a trade is in flight, and each one is worked out anew from the
 * account, so repeats and delays of confirmations cannot misnumber one. Amounts are micro-USD; cash
 * is signed, negative paid.
 */
import { Schema } from "effect"

export const InstructionKind = Schema.Literals(["Reserve", "Settle", "Cancel", "Close", "Adjust"])
export type InstructionKind = typeof InstructionKind.Type

const InFlight = Schema.Struct({ kind: InstructionKind, n: Schema.Int })
const Pairs = Schema.Array(Schema.Tuple([Schema.Int, Schema.Int]))

export const CapitalAccountSnapshot = Schema.Struct({
  tradeId: Schema.String,
  strategyId: Schema.String,
  kind: Schema.Literals(["Open", "Hedge"]),
  /** Contracts or shares of each instrument per unit of the order. */
  ratios: Pairs,
  /** Units of the order. */
  quantity: Schema.Int,
  collateralMicros: Schema.BigInt,
  /** Three yes came: the reservation is wanted. */
  wanted: Schema.Boolean,
  /** Its own order is over, or will never be: nothing more fills beyond `orderCumQty`. */
  released: Schema.Boolean,
  orderCumQty: Schema.Int,
  /** Units opened, and the cash that it brought or took, without commissions. */
  filledQty: Schema.Int,
  openCashMicros: Schema.BigInt,
  /** Cash of closings, expiries, exercises and assignments. */
  closeCashMicros: Schema.BigInt,
  commissionMicros: Schema.BigInt,
  /** Signed contracts or shares by instrument; flat ones are left out. */
  holdings: Pairs,
  /** Closing trades at work on this one. */
  closings: Schema.Array(Schema.String),
  reserved: Schema.Boolean,
  settledMicros: Schema.BigInt,
  settleN: Schema.Int,
  canceled: Schema.Boolean,
  proceedsMicros: Schema.BigInt,
  closeN: Schema.Int,
  closed: Schema.Boolean,
  adjustedMicros: Schema.BigInt,
  adjustN: Schema.Int,
  inFlight: Schema.UndefinedOr(InFlight),
  /** Rejections of the instruction that comes next. */
  rejections: Schema.Int,
  /** The chain's last no, while nothing is asked again; "" otherwise. */
  stuck: Schema.String,
  /** What the last `TradeCompleted` said; undefined before one. */
  announcedMicros: Schema.UndefinedOr(Schema.BigInt)
})
type Snapshot = typeof CapitalAccountSnapshot.Type

/** The account while in use: updated in place. */
export type CapitalAccount = {
  -readonly [K in keyof Omit<Snapshot, "ratios" | "holdings" | "closings">]: Snapshot[K]
} & {
  readonly ratios: ReadonlyMap<number, number>
  readonly holdings: Map<number, number>
  readonly closings: Set<string>
}

export const snapshotAccount = (account: CapitalAccount): Snapshot => ({
  ...account,
  ratios: [...account.ratios],
  holdings: [...account.holdings],
  closings: [...account.closings]
})

export const restoreAccount = (snapshot: Snapshot): CapitalAccount => ({
  ...snapshot,
  ratios: new Map(snapshot.ratios),
  holdings: new Map(snapshot.holdings),
  closings: new Set(snapshot.closings)
})

export interface OpeningTerms {
  readonly tradeId: string
  readonly strategyId: string
  readonly kind: "Open" | "Hedge"
  readonly legs: ReadonlyArray<{ readonly instrument: number; readonly ratio: number }>
  readonly quantity: number
  readonly collateralMicros: bigint
}

export const openAccount = (terms: OpeningTerms): CapitalAccount => ({
  tradeId: terms.tradeId,
  strategyId: terms.strategyId,
  kind: terms.kind,
  ratios: new Map(terms.legs.map(({ instrument, ratio }) => [instrument, ratio])),
  quantity: terms.quantity,
  collateralMicros: terms.collateralMicros,
  wanted: false,
  released: false,
  orderCumQty: 0,
  filledQty: 0,
  openCashMicros: 0n,
  closeCashMicros: 0n,
  commissionMicros: 0n,
  holdings: new Map(),
  closings: new Set(),
  reserved: false,
  settledMicros: 0n,
  settleN: 0,
  canceled: false,
  proceedsMicros: 0n,
  closeN: 0,
  closed: false,
  adjustedMicros: 0n,
  adjustN: 0,
  inFlight: undefined,
  rejections: 0,
  stuck: "",
  announcedMicros: undefined
})

export type NextInstruction =
  | { readonly kind: "Reserve"; readonly n: 0; readonly amountMicros: bigint }
  | { readonly kind: "Settle"; readonly n: number; readonly amountMicros: bigint }
  | { readonly kind: "Cancel"; readonly n: 0 }
  | {
      readonly kind: "Close"
      readonly n: number
      readonly amountMicros: bigint
      readonly final: boolean
    }
  | { readonly kind: "Adjust"; readonly n: number; readonly amountMicros: bigint }

/**
 * What the chain should be told next about this trade; undefined while there is nothing, or an
 * answer is awaited.
 */
export const nextInstruction = (account: CapitalAccount): NextInstruction | undefined => {
  if (!account.wanted || account.inFlight !== undefined || account.stuck !== "") return undefined
  if (!account.reserved) {
    if (account.released) return undefined
    return { kind: "Reserve", n: 0, amountMicros: account.collateralMicros }
  }
  const target = settleTargetMicros(account)
  // What was freed cannot settle any more: a fill that grew since is the counterparty's, and paid back with the rest.
  if (target > account.settledMicros && !account.canceled) {
    return { kind: "Settle", n: account.settleN + 1, amountMicros: target }
  }
  if (isOver(account) && !account.canceled && account.settledMicros < account.collateralMicros) {
    return { kind: "Cancel", n: 0 }
  }
  if (account.settledMicros === 0n) return undefined
  if (account.closed) {
    const amountMicros = dueMicros(account) - account.proceedsMicros - account.adjustedMicros
    if (amountMicros === 0n) return undefined
    return { kind: "Adjust", n: account.adjustN + 1, amountMicros }
  }
  const isDone = isOver(account) && isFlat(account)
  const final = isDone && account.closings.size === 0
  // Flat, and only the closing order's own end is to come: one instruction will do.
  if (isDone && !final) return undefined
  const amountMicros = final
    ? larger(dueMicros(account), account.proceedsMicros)
    : releasableMicros(account)
  if (!final && amountMicros <= account.proceedsMicros) return undefined
  return { kind: "Close", n: account.closeN + 1, amountMicros: larger(amountMicros, 0n), final }
}

/**
 * Settled collateral and all the trade's cash, commissions included: what the counterparty owes it
 * in the end.
 */
const dueMicros = (account: CapitalAccount): bigint =>
  account.settledMicros +
  account.openCashMicros +
  account.closeCashMicros -
  account.commissionMicros

/** Profit or loss that the vault has seen; of meaning once `closed`. */
export const realizedMicros = (account: CapitalAccount): bigint =>
  account.proceedsMicros + account.adjustedMicros - account.settledMicros

/** Closed on chain, every later cent adjusted, and not yet told. */
export const isNewlyComplete = (account: CapitalAccount): boolean =>
  account.closed &&
  account.inFlight === undefined &&
  nextInstruction(account) === undefined &&
  account.announcedMicros !== realizedMicros(account)

/** The collateral of what has filled: the share rounded down, all of it at the end. */
const settleTargetMicros = ({ collateralMicros, filledQty, quantity }: CapitalAccount) =>
  filledQty >= quantity
    ? collateralMicros
    : (collateralMicros * BigInt(filledQty)) / BigInt(quantity)

const isOver = (account: CapitalAccount): boolean =>
  account.released && account.filledQty >= account.orderCumQty

/** A trade whose fills were all taken back holds nothing either, but may have settled. */
const isFlat = ({ filledQty, settledMicros, holdings }: CapitalAccount): boolean =>
  (filledQty > 0 || settledMicros > 0n) && holdings.size === 0

/**
 * What may come back while part of the trade is open: of the units that are wholly closed their
 * share of principal and opening cash, rounded down, and the cash of closings less all commissions.
 * The remainder stays until the last closing. Nothing while legs are uneven or an exercise left
 * shares: that cash may still be owed.
 */
const releasableMicros = (account: CapitalAccount): bigint => {
  const open = wholeUnitsOpen(account)
  if (open === undefined || open >= account.filledQty) return 0n
  const opening = account.settledMicros + account.openCashMicros
  const closedUnits = BigInt(account.filledQty - open)
  const share = floorDivide(opening * closedUnits, BigInt(account.filledQty))
  return share + account.closeCashMicros - account.commissionMicros
}

/** Units still held, where all legs hold the same number of them and nothing else is held. */
const wholeUnitsOpen = ({ holdings, ratios }: CapitalAccount): number | undefined => {
  if (holdings.size !== 0 && holdings.size !== ratios.size) return undefined
  let units: number | undefined
  for (const [instrument, ratio] of ratios) {
    const held = Math.abs(holdings.get(instrument) ?? 0) / ratio
    if (!Number.isInteger(held) || (units !== undefined && held !== units)) return undefined
    units = held
  }
  return units
}

const larger = (a: bigint, b: bigint): bigint => (a > b ? a : b)

const floorDivide = (a: bigint, b: bigint): bigint => {
  const quotient = a / b
  return a % b < 0n ? quotient - 1n : quotient
}
