/** The whole of an executor's knowledge as plain data, and back. Maps keep their order. */
import { Schema } from "effect"
import { Booked } from "./corrections.ts"
import type { Executions } from "./executions.ts"
import { OrdStatus } from "./orderStatus.ts"
import { restoreTradeBook, snapshotTradeBook, TradeBookSnapshot } from "./tradeBook.ts"

const TradeKind = Schema.Literals(["Open", "Close", "Hedge"])
const Legs = Schema.Array(
  Schema.Struct({
    instrument: Schema.Int,
    side: Schema.Literals(["Buy", "Sell"]),
    ratio: Schema.Int
  })
)
const trade = {
  tradeId: Schema.String,
  kind: TradeKind,
  closes: Schema.String,
  strategyId: Schema.String,
  legs: Legs
}

export const ExecutionsSnapshot = Schema.Struct({
  terms: Schema.Array(
    Schema.Struct({
      multiplier: Schema.Int,
      optionType: Schema.Literals(["Call", "Put", "None"]),
      strikeMicros: Schema.Int,
      expiration: Schema.String
    })
  ),
  proposals: Schema.Array(
    Schema.Struct({
      ...trade,
      quantity: Schema.Int,
      limitNetMicros: Schema.Int,
      midNetMicros: Schema.optionalKey(Schema.Finite)
    })
  ),
  orders: Schema.Array(
    Schema.Struct({
      ...trade,
      order: Schema.Struct({
        clOrdID: Schema.String,
        orderQty: Schema.Int,
        cumQty: Schema.Int,
        leavesQty: Schema.Int,
        ordStatus: OrdStatus,
        execIDs: Schema.Array(Schema.String),
        pendingReplaces: Schema.optionalKey(
          Schema.Array(Schema.Struct({ requestId: Schema.String, orderQty: Schema.Int }))
        )
      }),
      venueCumQty: Schema.Int,
      reason: Schema.String,
      told: Schema.Boolean,
      inDoubt: Schema.Boolean,
      walk: Schema.optionalKey(
        Schema.Struct({
          limits: Schema.Array(Schema.Int),
          mostMicros: Schema.Int,
          next: Schema.Int,
          asked: Schema.String
        })
      )
    })
  ),
  trades: TradeBookSnapshot,
  told: Schema.Array(Schema.Tuple([Schema.String, Schema.Int])),
  /** Absent where none was corrected, as from builds that knew no corrections. */
  corrections: Schema.optionalKey(Schema.Array(Schema.Tuple([Schema.String, Booked]))),
  optionExecIDs: Schema.Array(Schema.String),
  blocked: Schema.Array(Schema.Tuple([Schema.Int, Schema.String])),
  halted: Schema.Boolean,
  spotMicros: Schema.Finite
})
export type ExecutionsSnapshot = typeof ExecutionsSnapshot.Type

export const snapshotExecutions = (state: Executions): ExecutionsSnapshot => ({
  terms: state.terms,
  proposals: [...state.proposals.values()],
  orders: [...state.orders.values()].map(copied),
  trades: snapshotTradeBook(state.trades),
  told: [...state.told],
  ...(state.corrections.size > 0 && { corrections: [...state.corrections] }),
  optionExecIDs: [...state.optionExecIDs],
  blocked: [...state.blocked],
  halted: state.halted,
  spotMicros: state.spotMicros
})

export const restoreExecutions = (snapshot: ExecutionsSnapshot): Executions => ({
  terms: snapshot.terms,
  proposals: new Map(snapshot.proposals.map((each) => [each.tradeId, each])),
  orders: new Map(snapshot.orders.map((own) => [own.order.clOrdID, copied(own)])),
  trades: restoreTradeBook(snapshot.trades),
  told: new Map(snapshot.told),
  corrections: new Map(snapshot.corrections),
  optionExecIDs: new Set(snapshot.optionExecIDs),
  blocked: new Map(snapshot.blocked),
  halted: snapshot.halted,
  spotMicros: snapshot.spotMicros
})

type OrderSnapshot = ExecutionsSnapshot["orders"][number]

/** What changes in place is not shared. */
const copied = ({ walk, ...own }: OrderSnapshot) => ({
  ...own,
  ...(walk !== undefined && { walk: { ...walk } })
})
