/**
 * An order as a client places it. Its fields are kept as text, by name and as they came, so that what is told of the
 * order later is what its owner wrote.
 */
import { Schema } from "effect"
import { FieldReader } from "./fields.ts"
import { gates } from "./versions.ts"
import { comboLegsMax, readContract, type WireContract } from "./wireContract.ts"
import { WireFault } from "./wireFault.ts"

const TagValue = Schema.Struct({ tag: Schema.String, value: Schema.String })
export type TagValue = typeof TagValue.Type

/** A leg with what orders say of it beyond market data. */
const OrderComboLeg = Schema.Struct({
  conId: Schema.Int,
  ratio: Schema.Int,
  action: Schema.String,
  exchange: Schema.String,
  /** openClose, shortSaleSlot, designatedLocation, exemptCode. */
  rest: Schema.Array(Schema.String)
})

export const WireOrder = Schema.Struct({
  /** By the name of the field; absent and "" are not set. */
  fields: Schema.Record(Schema.String, Schema.String),
  legs: Schema.Array(OrderComboLeg),
  legPrices: Schema.Array(Schema.String),
  routing: Schema.Array(TagValue),
  algoParameters: Schema.Array(TagValue),
  /** The fields of the conditions with their kinds, in order; then ignoreRth and cancelOrder. */
  conditions: Schema.Array(Schema.String),
  conditionCount: Schema.Int,
  /** conId, delta, price; or none. */
  deltaNeutral: Schema.Array(Schema.String)
})
export type WireOrder = typeof WireOrder.Type

export interface PlacedOrder {
  readonly orderId: number
  readonly contract: WireContract
  readonly order: WireOrder
}

const head = [
  ..."action totalQuantity orderType lmtPrice auxPrice tif ocaGroup account openClose".split(" "),
  ..."origin orderRef transmit parentId blockOrder sweepToFill displaySize".split(" "),
  ..."triggerMethod outsideRth hidden".split(" ")
]
const beforeProfile = [
  ..."allocation discretionaryAmt goodAfterTime goodTillDate".split(" "),
  ..."faGroup faMethod faPercentage".split(" ")
]
const middle = [
  ..."modelCode shortSaleSlot designatedLocation exemptCode ocaType rule80A".split(" "),
  ..."settlingFirm allOrNone minQty percentOffset eTradeOnly firmQuoteOnly".split(" "),
  ..."nbboPriceCap auctionStrategy startingPrice stockRefPrice delta stockRangeLower".split(" "),
  ..."stockRangeUpper overridePercentageConstraints volatility volatilityType".split(" "),
  ..."deltaNeutralOrderType deltaNeutralAuxPrice".split(" ")
]
export const deltaNeutralOrderFields = [
  ..."deltaNeutralConId deltaNeutralSettlingFirm deltaNeutralClearingAccount".split(" "),
  ..."deltaNeutralClearingIntent deltaNeutralOpenClose deltaNeutralShortSale".split(" "),
  ..."deltaNeutralShortSaleSlot deltaNeutralDesignatedLocation".split(" ")
]
const scale = [
  ..."continuousUpdate referencePriceType trailStopPrice trailingPercent".split(" "),
  ..."scaleInitLevelSize scaleSubsLevelSize scalePriceIncrement".split(" ")
]
export const scaleFields = [
  ..."scalePriceAdjustValue scalePriceAdjustInterval scaleProfitOffset scaleAutoReset".split(" "),
  ..."scaleInitPosition scaleInitFillQty scaleRandomPercent".split(" ")
]
const clearing = "optOutSmartRouting clearingAccount clearingIntent notHeld".split(" ")
const flags = "algoId whatIf orderMiscOptions solicited randomizeSize randomizePrice".split(" ")
export const pegBenchFields = [
  ..."referenceContractId isPeggedChangeAmountDecrease peggedChangeAmount".split(" "),
  ..."referenceChangeAmount referenceExchangeId".split(" ")
]
const tail = [
  ..."adjustedOrderType triggerPrice lmtPriceOffset adjustedStopPrice".split(" "),
  ..."adjustedStopLimitPrice adjustedTrailingAmount adjustableTrailingUnit extOperator".split(" "),
  ..."softTierName softTierValue cashQty mifid2DecisionMaker mifid2DecisionAlgo".split(" "),
  ..."mifid2ExecutionTrader mifid2ExecutionAlgo dontUseAutoPriceForHedge isOmsContainer".split(" "),
  ..."discretionaryUpToLimitPrice usePriceMgmtAlgo".split(" ")
]

/** Fields of a condition after its kind. */
const conditionFields: Readonly<Record<number, number>> = { 1: 6, 3: 3, 4: 3, 5: 4, 6: 5, 7: 5 }

export const isPegBench = (orderType: string): boolean =>
  orderType === "PEG BENCH" || orderType === "PEGBENCH"

/** Reads placeOrder, its id left out. Throws `WireFault`. */
export const readPlacedOrder = (message: ReadonlyArray<string>, version: number): PlacedOrder => {
  const reader = new FieldReader(message, "placeOrder")
  const fields: Record<string, string> = {}
  const take = (names: ReadonlyArray<string>): void => {
    for (const name of names) fields[name] = reader.value()
  }
  const orderId = reader.int()
  const contract = readContract(reader)
  take(["secIdType", "secId"])
  take(head)
  const isCombo = contract.secType === "BAG"
  const legs = isCombo ? readLegs(reader) : []
  const legPrices = isCombo ? texts(reader, reader.count(comboLegsMax)) : []
  const routing = isCombo ? readTags(reader) : []
  take(beforeProfile)
  if (version < gates.noFaProfile) take(["faProfile"])
  take(middle)
  if (fields.deltaNeutralOrderType !== "") take(deltaNeutralOrderFields)
  take(scale)
  if (Number(fields.scalePriceIncrement) > 0) take(scaleFields)
  take(["scaleTable", "activeStartTime", "activeStopTime", "hedgeType"])
  if (fields.hedgeType !== "") take(["hedgeParam"])
  take(clearing)
  const deltaNeutral = reader.bool() ? texts(reader, 3) : []
  take(["algoStrategy"])
  const algoParameters = fields.algoStrategy === "" ? [] : readTags(reader)
  take(flags)
  if (isPegBench(fields.orderType!)) take(pegBenchFields)
  const conditionCount = reader.count(100)
  const conditions = readConditions(reader, conditionCount)
  take(tail)
  for (const [name, gate] of gatedFields) if (version >= gate) take([name])
  if (version >= gates.pegOffsets) take(offsetsOf(contract.exchange, fields.orderType!, reader))
  reader.end()
  const order = { fields, legs, legPrices, routing, algoParameters }
  return { orderId, contract, order: { ...order, conditions, conditionCount, deltaNeutral } }
}

const gatedFields = [
  ["duration", gates.duration],
  ["postToAts", gates.postToAts],
  ["autoCancelParent", gates.autoCancelParent],
  ["advancedErrorOverride", gates.advancedReject],
  ["manualOrderTime", gates.manualOrderTime]
] as const

/** Pegged orders alone carry offsets; what else is left over of them is told by their number. */
const offsetsOf = (exchange: string, orderType: string, reader: FieldReader) => {
  const names = exchange === "IBKRATS" ? ["minTradeQty"] : []
  const pegBest = orderType === "PEG BEST" || orderType === "PEGBEST"
  const pegMid = orderType === "PEG MID" || orderType === "PEGMID"
  if (pegBest) names.push("minCompeteSize", "competeAgainstBestOffset")
  if (pegMid || (pegBest && reader.left >= names.length + 2)) {
    names.push("midOffsetAtWhole", "midOffsetAtHalf")
  }
  return names
}

const texts = (reader: FieldReader, count: number): ReadonlyArray<string> =>
  Array.from({ length: count }, () => reader.value())

const readLegs = (reader: FieldReader): WireOrder["legs"] =>
  Array.from({ length: reader.count(comboLegsMax) }, () => ({
    conId: reader.int(),
    ratio: reader.int(),
    action: reader.text().toUpperCase(),
    exchange: reader.text().toUpperCase(),
    rest: texts(reader, 4)
  }))

const readTags = (reader: FieldReader): ReadonlyArray<TagValue> =>
  Array.from({ length: reader.count(100) }, () => ({ tag: reader.text(), value: reader.text() }))

const readConditions = (reader: FieldReader, count: number): ReadonlyArray<string> => {
  if (count === 0) return []
  const all: Array<string> = []
  for (let i = 0; i < count; i++) {
    const kind = reader.int()
    const length = conditionFields[kind]
    if (length === undefined) {
      throw new WireFault({ place: "placeOrder", why: `there is no condition of kind ${kind}` })
    }
    all.push(String(kind), ...texts(reader, length))
  }
  return [...all, ...texts(reader, 2)]
}
