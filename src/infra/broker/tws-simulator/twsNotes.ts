/** What the TWS simulator keeps in the exchange's log beside what the exchange did: an order's owner, ids, words. */
import { Option, Schema } from "effect"
import { WireOrder } from "../tws-wire/wireOrder.ts"

const Contract = Schema.Struct({
  conId: Schema.Int,
  symbol: Schema.String,
  secType: Schema.String,
  expiry: Schema.String,
  strike: Schema.Finite,
  right: Schema.String,
  multiplier: Schema.String,
  exchange: Schema.String,
  primaryExchange: Schema.String,
  currency: Schema.String,
  localSymbol: Schema.String,
  tradingClass: Schema.String
})

const TwsNote = Schema.Union([
  Schema.Struct({
    kind: Schema.Literal("placed"),
    clientId: Schema.Int,
    orderId: Schema.Int,
    permId: Schema.Int,
    contract: Contract,
    order: WireOrder
  }),
  Schema.Struct({ kind: Schema.Literal("replaced"), permId: Schema.Int, order: WireOrder }),
  /** The highest order id that a client used. */
  Schema.Struct({ kind: Schema.Literal("ids"), clientId: Schema.Int, orderId: Schema.Int }),
  /** An execution was corrected: `execId` with its new revision replaces the one before. Price: micro-USD. */
  Schema.Struct({
    kind: Schema.Literal("corrected"),
    execId: Schema.String,
    priceMicros: Schema.Int
  }),
  /** From now on an order goes by another permId. */
  Schema.Struct({ kind: Schema.Literal("renamed"), permId: Schema.Int, to: Schema.Int })
])
export type TwsNote = typeof TwsNote.Type

const NoteJson = Schema.fromJsonString(TwsNote)
const encode = Schema.encodeSync(NoteJson)
const decode = Schema.decodeUnknownOption(NoteJson)

export const encodeNote = (note: TwsNote): string => encode(note)

/** Undefined where the text is no note of this version. */
export const decodeNote = (text: string): TwsNote | undefined => Option.getOrUndefined(decode(text))
