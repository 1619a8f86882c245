/** What the simulated exchange is told of the world it trades in, and the rules that it applies. */

import type { TradingDay } from "../../../domain/market/calendar.ts"
import type { Instrument } from "../../../domain/market/contract.ts"
import {
  type Chargeable,
  type CommissionSchedule,
  ibFixed
} from "../../../domain/trading/commission.ts"
import type { LegFill } from "../../../domain/trading/netPrice.ts"
import { centTicks, type TickSchedule } from "../../../domain/trading/tick.ts"

/** A session's listing and hours. */
export interface SimulatedMarket {
  /** Names the session in the log, so that another session's log is refused. */
  readonly name: string
  /** Indexed by instrument id; 0 is the underlying stock. */
  readonly instruments: ReadonlyArray<Instrument>
  /** In order. */
  readonly days: ReadonlyArray<TradingDay>
  /** What options expiring on a date settle on; a date that is absent settles on the stock's last midpoint. */
  readonly closes: ReadonlyArray<{ readonly date: string; readonly closeMicros: number }>
}

/**
 * The fill model. Minute bars are known at their end and their sizes are aggregates, so fills are a model, not a record:
 * an order meets the bar's bid and ask, and may take `displayedShare` of the displayed size, rounded up, once per bar.
 * There is no queue, no market impact beyond the share, no margin check and no early assignment.
 */
export interface SimulatedRules {
  /** In (0, 1]. */
  readonly displayedShare: number
  /** Units of one order at most. */
  readonly orderQtyMax: number
  readonly legsMax: number
  readonly optionTicks: TickSchedule
  readonly commissions: CommissionSchedule
  /** Options in the money by at least this much per share exercise at expiry. Source: OCC Rule 805. */
  readonly exerciseAtMicros: number
}

export const defaultRules: SimulatedRules = {
  displayedShare: 0.5,
  orderQtyMax: 10_000,
  legsMax: 4,
  optionTicks: centTicks,
  commissions: ibFixed,
  exerciseAtMicros: 10_000
}

/** Executions as the commission schedule takes them. */
export const chargeablesOf = (
  { instruments }: SimulatedMarket,
  legs: ReadonlyArray<LegFill>
): ReadonlyArray<Chargeable> =>
  legs.map(({ instrument, lastQty, lastPxMicros }) => ({
    kind: instruments[instrument]!.kind,
    quantity: lastQty,
    priceMicros: lastPxMicros
  }))
