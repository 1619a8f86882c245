/**
 * The life of every trade, folded from its records: how far it came, what it holds, and its profit
 * by cause.
 *
 * Invariant: a trade's profit is the sum over its causes; with the cost it still holds it is all
 * the cash that its fills and ended contracts moved, less commissions. Fills of a Close count for
 * the trade that it closes.
 */
import type { JournalRecord } from "../domain/journal/record.ts"
import { legChanges, movesOf } from "../domain/trading/corrections.ts"
import { type OrderLeg, signOf } from "../domain/trading/netPrice.ts"
import { asDeskRecord, type Of } from "./deskRecord.ts"
import type { LastQuotes } from "./lastQuotes.ts"
import { Listing } from "./listing.ts"
import { correctLot, endLot, type Lots, moveLot } from "./lots.ts"

/**
 * Where a profit came from. A hedge's is `hedges`, however it ended; commissions of all trades are
 * `commissions`.
 */
export const causes = [
  "market",
  "expiry",
  "exercise",
  "assignment",
  "hedges",
  "commissions"
] as const
export type Cause = (typeof causes)[number]
export type ProfitByCause = Record<Cause, bigint>

/**
 * Refused: a verdict said no. Rejected: the chain did. Denied: we did, before sending. Unfilled:
 * the order ended without a fill. Filled: a Close did its part. Closed: flat, its capital on the
 * way back. Completed: capital back.
 */
export type TradeState =
  | "Proposed"
  | "Converged"
  | "Reserved"
  | "Working"
  | "Open"
  | "Filled"
  | "Closed"
  | "Completed"
  | "Refused"
  | "Rejected"
  | "Denied"
  | "Unfilled"

export interface Trade {
  readonly tradeId: string
  kind: "Open" | "Close" | "Hedge"
  /** The trade that a Close ends; "" otherwise. */
  closes: string
  strategyId: string
  legs: ReadonlyArray<OrderLeg>
  /** Units proposed, and filled by its own order. */
  quantity: number
  filledQty: number
  state: TradeState
  /** Why it did not go on; empty otherwise. */
  reasons: ReadonlyArray<string>
  proposedAtMs: number
  /** First fill and last movement to flat, epoch ms; 0 before. */
  openedAtMs: number
  closedAtMs: number
  readonly lots: Lots
  readonly profit: ProfitByCause
  /** Closing trades proposed for it. */
  readonly closings: Array<string>
  /** What the vault told of it when its capital was back. */
  vaultRealizedMicros: bigint | undefined
}

export class TradeFold {
  /** By id, in the order of proposal. */
  readonly trades = new Map<string, Trade>()
  listing = new Listing()

  /** Quotes change nothing here: callers may leave them out. */
  apply(input: JournalRecord): void {
    const record = asDeskRecord(input)
    switch (record.type) {
      case "InstrumentsListed":
        this.listing = new Listing(record.payload.underlying, record.payload.instruments)
        break
      case "TradeProposed":
        this.#propose(record)
        break
      case "TradeConverged":
        if (record.payload.phase === 1) this.#trade(record.payload.tradeId).state = "Converged"
        break
      case "Reserved":
        this.#trade(record.payload.tradeId).state = "Reserved"
        break
      case "TradeRefused":
        this.#stop(record.payload.tradeId, "Refused", record.payload.reasons)
        break
      case "OrderDenied":
        this.#stop(record.payload.tradeId, "Denied", [record.payload.reason])
        break
      case "ChainRejected": {
        const { tradeId, instruction, code, text } = record.payload
        if (instruction === "ReserveRequested")
          this.#stop(tradeId, "Rejected", [`${code}: ${text}`])
        break
      }
      case "OrderIntent":
        this.#trade(record.payload.tradeId).state = "Working"
        break
      case "TradeFilled":
        this.#fill(record)
        break
      case "TradeCorrected":
        this.#corrected(record)
        break
      case "OrderClosed":
        this.#orderClosed(record)
        break
      case "TradeLegEnded":
        this.#legEnded(record)
        break
      case "TradeCompleted": {
        const trade = this.#trade(record.payload.tradeId)
        trade.vaultRealizedMicros = record.payload.realizedMicros
        trade.state = "Completed"
        break
      }
    }
  }

  #trade(tradeId: string): Trade {
    const known = this.trades.get(tradeId)
    if (known !== undefined) return known
    const trade = emptyTrade(tradeId)
    this.trades.set(tradeId, trade)
    return trade
  }

  #propose({ payload, logicalTimeMs }: Of<"TradeProposed">): void {
    const trade = this.#trade(payload.tradeId)
    trade.kind = payload.kind
    trade.closes = payload.closes
    trade.strategyId = payload.strategyId
    trade.legs = payload.legs
    trade.quantity = payload.quantity
    trade.proposedAtMs = logicalTimeMs
    if (payload.closes !== "") this.#trade(payload.closes).closings.push(payload.tradeId)
  }

  #stop(tradeId: string, state: TradeState, reasons: ReadonlyArray<string>): void {
    const trade = this.#trade(tradeId)
    trade.state = state
    trade.reasons = reasons
  }

  #fill({ payload, logicalTimeMs }: Of<"TradeFilled">): void {
    const order = this.#trade(payload.tradeId)
    order.filledQty = payload.cumQty
    const position = payload.closes === "" ? order : this.#trade(payload.closes)
    if (order !== position) order.openedAtMs ||= logicalTimeMs
    let restMicros = payload.cashMicros
    let realized = 0n
    for (const [at, { instrument, side, lastQty, lastPxMicros }] of payload.legs.entries()) {
      const shares = BigInt(lastQty) * BigInt(this.listing.multiplierOf(instrument))
      // The last leg takes what is left, so that the legs' cash is the fill's to the micro-USD.
      const isLast = at === payload.legs.length - 1
      const cash = isLast ? restMicros : -BigInt(signOf(side)) * shares * BigInt(lastPxMicros)
      restMicros -= cash
      realized += moveLot(position.lots, instrument, signOf(side) * lastQty, cash)
    }
    book(position, "market", realized, payload.commissionMicros)
    moved(position, logicalTimeMs)
  }

  /** Cash of a leg that is flat by now is profit; the last leg takes what is left, as with fills. */
  #corrected({ payload, logicalTimeMs }: Of<"TradeCorrected">): void {
    const order = this.#trade(payload.tradeId)
    order.filledQty = payload.cumQty
    const position = payload.closes === "" ? order : this.#trade(payload.closes)
    let realized = payload.cashMicros
    for (const change of legChanges(payload, (each) => this.listing.multiplierOf(each))) {
      realized += change.costMicros + correctLot(position.lots, change)
    }
    book(position, "market", realized, payload.commissionMicros)
    if (movesOf(payload).length > 0) moved(position, logicalTimeMs)
  }

  #legEnded({ payload, logicalTimeMs }: Of<"TradeLegEnded">): void {
    const position = this.#trade(payload.tradeId)
    book(position, endCause[payload.kind], endLot(position.lots, payload), payload.commissionMicros)
    moved(position, logicalTimeMs)
  }

  #orderClosed({ payload, logicalTimeMs }: Of<"OrderClosed">): void {
    const trade = this.#trade(payload.tradeId)
    if (payload.cumQty === 0) {
      const reason = payload.reason === "" ? payload.ordStatus : payload.reason
      this.#stop(payload.tradeId, "Unfilled", [reason])
    } else if (trade.kind === "Close") {
      trade.state = "Filled"
      trade.closedAtMs = logicalTimeMs
    }
  }
}

const endCause = { Expired: "expiry", Exercised: "exercise", Assigned: "assignment" } as const

const book = (trade: Trade, cause: Cause, realized: bigint, commission: bigint): void => {
  trade.profit[trade.kind === "Hedge" ? "hedges" : cause] += realized
  trade.profit.commissions -= commission
}

const moved = (trade: Trade, timeMs: number): void => {
  trade.openedAtMs ||= timeMs
  const isFlat = trade.lots.size === 0
  trade.state = isFlat ? "Closed" : "Open"
  trade.closedAtMs = isFlat ? timeMs : 0
}

export const noProfit = (): ProfitByCause => ({
  market: 0n,
  expiry: 0n,
  exercise: 0n,
  assignment: 0n,
  hedges: 0n,
  commissions: 0n
})

const emptyTrade = (tradeId: string): Trade => ({
  tradeId,
  kind: "Open",
  closes: "",
  strategyId: "",
  legs: [],
  quantity: 0,
  filledQty: 0,
  state: "Proposed",
  reasons: [],
  proposedAtMs: 0,
  openedAtMs: 0,
  closedAtMs: 0,
  lots: new Map(),
  profit: noProfit(),
  closings: [],
  vaultRealizedMicros: undefined
})

/** Sum over the causes: profit that happened, commissions included. */
export const realizedOf = ({ profit }: Pick<Trade, "profit">): bigint =>
  causes.reduce((sum, cause) => sum + profit[cause], 0n)

/** Commissions paid. */
export const feesOf = ({ profit }: Pick<Trade, "profit">): bigint => -profit.commissions

/** Whether it ever held something: closings, refused and unfilled trades did not. */
export const isPosition = (trade: Trade): boolean =>
  trade.kind !== "Close" && trade.openedAtMs !== 0

/**
 * Profit that closing now at the last known quotes would add; undefined where a side was never
 * quoted.
 */
export const unrealizedOf = (
  trade: Trade,
  quotes: LastQuotes,
  listing: Listing
): bigint | undefined => {
  let sum = 0n
  for (const [instrument, { quantity, costMicros }] of trade.lots) {
    const mark = quotes.mark(instrument, quantity)
    if (mark === undefined) return undefined
    const shares = BigInt(quantity) * BigInt(listing.multiplierOf(instrument))
    sum += shares * BigInt(mark.micros) - costMicros
  }
  return sum
}
