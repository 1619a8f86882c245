/**
 * What a desk and the simulated exchange in a process of its own say to each other: a JSON line per question and answer.
 *
 * The exchange has the session's market itself; the desk says how far it has taken the quotes, and whether it took them
 * from the start again. Every answer brings the reports that the desk does not have yet.
 */
import { Schema } from "effect"
import { BrokerReport } from "../../../actors/ports/Broker.ts"
import { OrderCancelReplaceRequest, OrderRequest } from "../../../domain/trading/reports.ts"

const told = {
  /** Number of the last input of the market that was taken; 0 for none. */
  shown: Schema.Int,
  /** They were taken from the first one again. */
  rewound: Schema.Boolean,
  /** Reports that the desk has. */
  have: Schema.Int
}

export const Question = Schema.Union([
  /** First on each connection: from here on it alone speaks for the account. */
  Schema.TaggedStruct("Hello", {
    version: Schema.Literal(1),
    account: Schema.String,
    session: Schema.String,
    /** SHA-256 of the session's manifest, hex. */
    contentHash: Schema.String,
    /** SHA-256 of the rules that the desk reckons with, hex. */
    rulesHash: Schema.String,
    ...told
  }),
  /** The quotes through `shown` were taken. */
  Schema.TaggedStruct("Watch", told),
  /** The close that was told for `closingMs` is due; nothing where it was before. */
  Schema.TaggedStruct("Close", { ...told, closingMs: Schema.Int }),
  Schema.TaggedStruct("Submit", { ...told, order: OrderRequest, nowMs: Schema.Int }),
  Schema.TaggedStruct("Replace", {
    ...told,
    change: OrderCancelReplaceRequest,
    nowMs: Schema.Int
  }),
  Schema.TaggedStruct("Cancel", { ...told, clOrdID: Schema.String, nowMs: Schema.Int }),
  Schema.TaggedStruct("Query", { ...told, clOrdID: Schema.String }),
  Schema.TaggedStruct("Positions", told)
])
export type Question = typeof Question.Type

export const Answer = Schema.Struct({
  /** Reports from number `have` + 1 on, each with the market's number that it came after. */
  told: Schema.Array(Schema.Struct({ quoteSeq: Schema.Int, report: BrokerReport })),
  /** Numbers of older reports that answer what was asked again. */
  asked: Schema.Array(Schema.Int),
  /** When the exchange next has something to say by itself: the day's close; null for never. */
  closingMs: Schema.NullOr(Schema.Int),
  /** Instruments with open orders: each of their quotes may fill one. */
  workedOn: Schema.Array(Schema.Int),
  /** Numbers of the reports of the order that was asked about; null where there is no such order, or none was. */
  known: Schema.NullOr(Schema.Array(Schema.Int)),
  positions: Schema.Array(Schema.Tuple([Schema.Int, Schema.Int]))
})
export type Answer = typeof Answer.Type

export const decodeQuestion = Schema.decodeUnknownResult(Schema.toCodecJson(Question))
export const encodeQuestion = Schema.encodeSync(Schema.toCodecJson(Question))
export const decodeAnswer = Schema.decodeUnknownResult(Schema.toCodecJson(Answer))
export const encodeAnswer = Schema.encodeSync(Schema.toCodecJson(Answer))
