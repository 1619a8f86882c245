/**
 * Orders out and execution reports in, in FIX words. The executor authors the intents; the broker gateway answers.
 * Net prices: micro-USD per unit for one share of each leg, positive pays.
 */
import { Schema } from "effect"
import { recordType } from "../../../domain/journal/record.ts"
import { OrdStatus } from "../../../domain/trading/orderStatus.ts"
import {
  CancelRejectPayload,
  ExecutionReportPayload,
  LegExecution,
  OptionEventPayload,
  OrderCancelReplaceRequest,
  TimeInForce
} from "../../../domain/trading/reports.ts"
import { Leg, TradeKind } from "./trade.ts"

/** FIX NewOrderSingle / NewOrderMultileg, made durable before it leaves. `clOrdID` is (book, executor, event count). */
export const OrderIntent = recordType(
  "OrderIntent",
  Schema.Struct({
    clOrdID: Schema.String,
    tradeId: Schema.String,
    kind: TradeKind,
    legs: Schema.Array(Leg),
    orderQty: Schema.Int,
    /** Limit at a net price; every order has one (hedges: a collar around the quote). */
    limitNetMicros: Schema.Int,
    timeInForce: TimeInForce,
    /** Never sent at or after this time (epoch ms). */
    sendBeforeMs: Schema.Int,
    /** Limits that it is to be changed to, one after the other: rising to the proposal's. Absent where its limit stays. */
    walk: Schema.optionalKey(Schema.Array(Schema.Int))
  })
)

/** FIX OrderCancelReplaceRequest, made durable before it leaves. `requestId` is (book, executor, event count). */
export const ReplaceIntent = recordType(
  "ReplaceIntent",
  Schema.Struct({
    ...OrderCancelReplaceRequest.fields,
    tradeId: Schema.String,
    reason: Schema.String,
    /** Never sent at or after this time (epoch ms). */
    sendBeforeMs: Schema.Int
  })
)

/** FIX OrderCancelRequest. */
export const CancelIntent = recordType(
  "CancelIntent",
  Schema.Struct({ clOrdID: Schema.String, tradeId: Schema.String, reason: Schema.String })
)

/** Refused by us before sending; the venue never saw it. */
export const OrderDenied = recordType(
  "OrderDenied",
  Schema.Struct({ tradeId: Schema.String, reason: Schema.String })
)

/** FIX ExecutionReport. */
export const ExecutionReport = recordType("ExecutionReport", ExecutionReportPayload)

/** FIX OrderCancelReject, of a cancel or of a replace: too late, unknown, or not allowed. */
export const OrderCancelReject = recordType("OrderCancelReject", CancelRejectPayload)

/** What became of an intent whose sending is in doubt after a restart. `Unknown` blocks the instrument. */
export const IntentResolved = recordType(
  "IntentResolved",
  Schema.Struct({
    clOrdID: Schema.String,
    outcome: Schema.Literals(["Present", "Absent", "Lapsed", "Unknown"])
  })
)

/**
 * What became of a change without an answer of the venue. Present: its answer comes beside it. Absent and Lapsed: it
 * never arrived. Unknown: the order stands at either limit.
 */
export const ReplaceResolved = recordType(
  "ReplaceResolved",
  Schema.Struct({
    clOrdID: Schema.String,
    requestId: Schema.String,
    outcome: Schema.Literals(["Present", "Absent", "Lapsed", "Unknown"])
  })
)

/** A contract ended: expired worthless, exercised by us, or assigned to us. */
export const OptionEvent = recordType("OptionEvent", OptionEventPayload)

/** By executor, once per execution: what a trade has filled so far. The vault settles by it. */
export const TradeFilled = recordType(
  "TradeFilled",
  Schema.Struct({
    tradeId: Schema.String,
    kind: TradeKind,
    closes: Schema.String,
    strategyId: Schema.String,
    clOrdID: Schema.String,
    execID: Schema.String,
    /** Consecutive per trade, from 1. */
    n: Schema.Int,
    lastQty: Schema.Int,
    cumQty: Schema.Int,
    leavesQty: Schema.Int,
    lastNetMicros: Schema.Int,
    legs: Schema.Array(LegExecution),
    /** Cash of this fill: negative pays, positive receives; commission not included. */
    cashMicros: Schema.BigInt,
    commissionMicros: Schema.BigInt
  })
)

/**
 * By executor, once per revision of a filled execution: what the venue made of it later, a commission that came late
 * included. Numbered with the trade's fills. The vault settles, closes or adjusts by the differences.
 */
export const TradeCorrected = recordType(
  "TradeCorrected",
  Schema.Struct({
    tradeId: Schema.String,
    kind: TradeKind,
    closes: Schema.String,
    strategyId: Schema.String,
    clOrdID: Schema.String,
    execID: Schema.String,
    /** The `TradeFilled` that it is about, by its `execID`. */
    execRefID: Schema.String,
    /** From 2. */
    revision: Schema.Int,
    n: Schema.Int,
    /** The execution as it is now; 0 units and no legs where nothing is left of it. */
    lastQty: Schema.Int,
    cumQty: Schema.Int,
    leavesQty: Schema.Int,
    lastNetMicros: Schema.Int,
    legs: Schema.Array(LegExecution),
    /** The execution as it was booked. */
    replaced: Schema.Struct({
      lastQty: Schema.Int,
      legs: Schema.Array(LegExecution),
      commissionMicros: Schema.BigInt
    }),
    /** Differences to what was booked. Cash: negative pays, commission not included. */
    cashMicros: Schema.BigInt,
    commissionMicros: Schema.BigInt
  })
)

/** By executor: the order is closed and will not fill further. */
export const OrderClosed = recordType(
  "OrderClosed",
  Schema.Struct({
    tradeId: Schema.String,
    kind: TradeKind,
    clOrdID: Schema.String,
    ordStatus: OrdStatus,
    orderQty: Schema.Int,
    cumQty: Schema.Int,
    reason: Schema.String
  })
)

/** By executor: an `OptionEvent`, allotted to the trade that holds the contracts. Numbered with the trade's fills. */
export const TradeLegEnded = recordType(
  "TradeLegEnded",
  Schema.Struct({
    tradeId: Schema.String,
    strategyId: Schema.String,
    execID: Schema.String,
    n: Schema.Int,
    kind: Schema.Literals(["Expired", "Exercised", "Assigned"]),
    instrument: Schema.Int,
    /** Contracts that left the trade, signed as they were held. */
    quantity: Schema.Int,
    /** Shares of the underlying that entered (positive) or left (negative) the trade. */
    shares: Schema.Int,
    /** Cash for those shares at the strike: negative pays. */
    cashMicros: Schema.BigInt,
    commissionMicros: Schema.BigInt
  })
)

export const brokerTypes = [
  OrderIntent,
  ReplaceIntent,
  CancelIntent,
  OrderDenied,
  ExecutionReport,
  OrderCancelReject,
  IntentResolved,
  ReplaceResolved,
  OptionEvent,
  TradeFilled,
  TradeCorrected,
  OrderClosed,
  TradeLegEnded
] as const
