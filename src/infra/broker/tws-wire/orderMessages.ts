/** What a server tells of orders: openOrder and completedOrder. The fields' order is the protocol's. */
import type { Field } from "./frames.ts"
import { unsetDouble } from "./frames.ts"
import { gates } from "./versions.ts"
import { contractFields, type WireContract } from "./wireContract.ts"
import {
  deltaNeutralOrderFields,
  isPegBench,
  pegBenchFields,
  scaleFields,
  type TagValue,
  type WireOrder
} from "./wireOrder.ts"

/** What a what-if order would do to the account, in USD; commissions may be unset. */
export interface Margins {
  /** initial, maintenance, equity with loan: before, change, after. */
  readonly before: readonly [number, number, number]
  readonly change: readonly [number, number, number]
  readonly after: readonly [number, number, number]
}

export interface OrderView {
  readonly orderId: number
  readonly clientId: number
  readonly permId: number
  readonly contract: WireContract
  readonly order: WireOrder
  readonly status: string
  readonly filled: number
  readonly margins: Margins | undefined
  /** USD; undefined until known. */
  readonly commission: number | undefined
  readonly warning: string
  /** "" while it works. */
  readonly completedTime: string
  readonly completedStatus: string
  readonly parentPermId: number
}

/** What TWS puts where a client said nothing: numbers are never empty for strict readers. */
const defaults: Readonly<Record<string, string>> = {
  lmtPrice: "0.0",
  auxPrice: "0.0",
  tif: "DAY",
  origin: "0",
  outsideRth: "0",
  hidden: "0",
  discretionaryAmt: "0",
  shortSaleSlot: "0",
  exemptCode: "-1",
  auctionStrategy: "0",
  displaySize: "2147483647",
  blockOrder: "0",
  sweepToFill: "0",
  allOrNone: "0",
  minQty: "2147483647",
  ocaType: "0",
  eTradeOnly: "0",
  firmQuoteOnly: "0",
  parentId: "0",
  triggerMethod: "0",
  volatilityType: "0",
  deltaNeutralOrderType: "None",
  deltaNeutralConId: "0",
  deltaNeutralOpenClose: "?",
  deltaNeutralShortSale: "0",
  deltaNeutralShortSaleSlot: "0",
  continuousUpdate: "0",
  referencePriceType: "0",
  basisPointsType: "2147483647",
  scaleInitLevelSize: "2147483647",
  scaleSubsLevelSize: "2147483647",
  optOutSmartRouting: "0",
  notHeld: "0",
  solicited: "0",
  randomizeSize: "0",
  randomizePrice: "0",
  adjustedOrderType: "None",
  adjustableTrailingUnit: "0",
  cashQty: "0",
  dontUseAutoPriceForHedge: "0",
  isOmsContainer: "0",
  discretionaryUpToLimitPrice: "0",
  usePriceMgmtAlgo: "0",
  duration: "2147483647",
  postToAts: "2147483647",
  autoCancelParent: "0",
  minTradeQty: "2147483647",
  minCompeteSize: "2147483647",
  referenceContractId: "0",
  isPeggedChangeAmountDecrease: "0",
  clearingIntent: "IB"
}

/** Doubles that TWS sends as the largest one where they are not set. */
const doubles = new Set(
  [
    "percentOffset startingPrice stockRefPrice delta stockRangeLower stockRangeUpper nbboPriceCap",
    "volatility deltaNeutralAuxPrice trailStopPrice trailingPercent basisPoints",
    "scalePriceIncrement triggerPrice lmtPriceOffset adjustedStopPrice adjustedStopLimitPrice",
    "adjustedTrailingAmount competeAgainstBestOffset midOffsetAtWhole midOffsetAtHalf",
    "peggedChangeAmount referenceChangeAmount"
  ].flatMap((names) => names.split(" "))
)

const valueOf = (order: WireOrder, name: string): string => {
  const told = order.fields[name]
  if (told !== undefined && told !== "") return told
  return defaults[name] ?? (doubles.has(name) ? unsetDouble : "")
}

const valuesOf = (order: WireOrder, names: string): ReadonlyArray<string> =>
  names.split(" ").map((name) => valueOf(order, name))

const tagFields = (tags: ReadonlyArray<TagValue>): ReadonlyArray<Field> => [
  tags.length,
  ...tags.flatMap(({ tag, value }) => [tag, value])
]

const comboFields = ({ legs, legPrices, routing }: WireOrder): ReadonlyArray<Field> => [
  legs
    .map(({ conId, ratio, action }) => `${conId}|${action === "SELL" ? -ratio : ratio}`)
    .join(","),
  legs.length,
  ...legs.flatMap(({ conId, ratio, action, exchange, rest }) => [
    ...[conId, ratio, action, exchange],
    ...[rest[0] || "0", rest[1] || "0", rest[2] ?? "", rest[3] || "-1"]
  ]),
  legPrices.length,
  ...legPrices.map((price) => (price === "" ? unsetDouble : price)),
  ...tagFields(routing)
]

const scaleAndHedge = (order: WireOrder): ReadonlyArray<Field> => {
  const increment = valueOf(order, "scalePriceIncrement")
  const scaled = Number(increment) > 0 && Number(increment) < Number.MAX_VALUE
  const hedge = valueOf(order, "hedgeType")
  return [
    ...valuesOf(order, "scaleInitLevelSize scaleSubsLevelSize"),
    increment,
    ...(scaled ? valuesOf(order, scaleFields.join(" ")) : []),
    hedge,
    ...(hedge === "" ? [] : valuesOf(order, "hedgeParam"))
  ]
}

const neutralAndAlgo = (order: WireOrder): ReadonlyArray<Field> => {
  const algo = valueOf(order, "algoStrategy")
  return [
    order.deltaNeutral.length > 0,
    ...order.deltaNeutral,
    algo,
    ...(algo === "" ? [] : tagFields(order.algoParameters))
  ]
}

const pegAndConditions = (order: WireOrder): ReadonlyArray<Field> => [
  ...(isPegBench(valueOf(order, "orderType")) ? valuesOf(order, pegBenchFields.join(" ")) : []),
  order.conditionCount,
  ...order.conditions
]

const profileFields = (order: WireOrder, version: number): ReadonlyArray<Field> => [
  ...valuesOf(order, "faGroup faMethod faPercentage"),
  ...(version < gates.noFaProfile ? valuesOf(order, "faProfile") : [])
]

const pegOffsetNames =
  "minTradeQty minCompeteSize competeAgainstBestOffset midOffsetAtWhole midOffsetAtHalf"

const marginFields = ({ margins, commission }: OrderView): ReadonlyArray<Field> => [
  ...(margins === undefined
    ? Array.from({ length: 9 }, () => unsetDouble)
    : [...margins.before, ...margins.change, ...margins.after]),
  ...(commission === undefined
    ? [unsetDouble, unsetDouble, unsetDouble, ""]
    : [commission, unsetDouble, unsetDouble, "USD"])
]

/** Message 5. */
export const openOrder = (view: OrderView, version: number): ReadonlyArray<Field> => {
  const { order, contract } = view
  const neutralType = valueOf(order, "deltaNeutralOrderType")
  return [
    ...[5, view.orderId, ...contractFields(contract)],
    ...valuesOf(order, "action totalQuantity orderType lmtPrice auxPrice tif ocaGroup account"),
    ...valuesOf(order, "openClose origin orderRef"),
    ...[view.clientId, view.permId],
    ...valuesOf(order, "outsideRth hidden discretionaryAmt goodAfterTime"),
    "",
    ...profileFields(order, version),
    ...valuesOf(order, "modelCode goodTillDate rule80A percentOffset settlingFirm shortSaleSlot"),
    ...valuesOf(order, "designatedLocation exemptCode auctionStrategy startingPrice"),
    ...valuesOf(order, "stockRefPrice delta stockRangeLower stockRangeUpper displaySize"),
    ...valuesOf(order, "blockOrder sweepToFill allOrNone minQty ocaType eTradeOnly"),
    ...valuesOf(order, "firmQuoteOnly nbboPriceCap parentId triggerMethod volatility"),
    ...valuesOf(order, "volatilityType deltaNeutralOrderType deltaNeutralAuxPrice"),
    ...(neutralType === "" ? [] : valuesOf(order, deltaNeutralOrderFields.join(" "))),
    ...valuesOf(order, "continuousUpdate referencePriceType trailStopPrice trailingPercent"),
    ...valuesOf(order, "basisPoints basisPointsType"),
    ...comboFields(order),
    ...scaleAndHedge(order),
    ...valuesOf(order, "optOutSmartRouting clearingAccount clearingIntent notHeld"),
    ...neutralAndAlgo(order),
    ...valuesOf(order, "solicited"),
    ...[view.margins !== undefined, view.status],
    ...marginFields(view),
    view.warning,
    ...valuesOf(order, "randomizeSize randomizePrice"),
    ...pegAndConditions(order),
    ...valuesOf(order, "adjustedOrderType triggerPrice trailStopPrice lmtPriceOffset"),
    ...valuesOf(order, "adjustedStopPrice adjustedStopLimitPrice adjustedTrailingAmount"),
    ...valuesOf(order, "adjustableTrailingUnit softTierName softTierValue softTierDisplayName"),
    ...valuesOf(order, "cashQty dontUseAutoPriceForHedge isOmsContainer"),
    ...valuesOf(order, "discretionaryUpToLimitPrice usePriceMgmtAlgo"),
    ...(version >= gates.duration ? valuesOf(order, "duration") : []),
    ...(version >= gates.postToAts ? valuesOf(order, "postToAts") : []),
    ...(version >= gates.autoCancelParent ? valuesOf(order, "autoCancelParent") : []),
    ...(version >= gates.pegOffsets ? valuesOf(order, pegOffsetNames) : [])
  ]
}

/** Message 101. `hasProfile`: below version 177 its FA parameters end with a profile, which some clients don't read. */
export const completedOrder = (
  view: OrderView,
  version: number,
  hasProfile = true
): ReadonlyArray<Field> => {
  const { order, contract } = view
  const neutralType = valueOf(order, "deltaNeutralOrderType")
  const neutralNames =
    "deltaNeutralConId deltaNeutralShortSale deltaNeutralShortSaleSlot deltaNeutralDesignatedLocation"
  return [
    ...[101, ...contractFields(contract)],
    ...valuesOf(order, "action totalQuantity orderType lmtPrice auxPrice tif ocaGroup account"),
    ...valuesOf(order, "openClose origin orderRef"),
    view.permId,
    ...valuesOf(order, "outsideRth hidden discretionaryAmt goodAfterTime"),
    ...profileFields(order, hasProfile ? version : gates.noFaProfile),
    ...valuesOf(order, "modelCode goodTillDate rule80A percentOffset settlingFirm shortSaleSlot"),
    ...valuesOf(order, "designatedLocation exemptCode startingPrice stockRefPrice delta"),
    ...valuesOf(order, "stockRangeLower stockRangeUpper displaySize sweepToFill allOrNone"),
    ...valuesOf(order, "minQty ocaType triggerMethod volatility volatilityType"),
    ...valuesOf(order, "deltaNeutralOrderType deltaNeutralAuxPrice"),
    ...(neutralType === "" ? [] : valuesOf(order, neutralNames)),
    ...valuesOf(order, "continuousUpdate referencePriceType trailStopPrice trailingPercent"),
    ...comboFields(order),
    ...scaleAndHedge(order),
    ...valuesOf(order, "clearingAccount clearingIntent notHeld"),
    ...neutralAndAlgo(order),
    ...valuesOf(order, "solicited"),
    view.status,
    ...valuesOf(order, "randomizeSize randomizePrice"),
    ...pegAndConditions(order),
    ...valuesOf(order, "trailStopPrice lmtPriceOffset cashQty dontUseAutoPriceForHedge"),
    ...valuesOf(order, "isOmsContainer autoCancelDate"),
    ...[view.filled, "2147483647"],
    ...valuesOf(order, "autoCancelParent shareholder"),
    ...["0", "0", view.parentPermId, view.completedTime, view.completedStatus],
    ...(version >= gates.pegOffsets ? valuesOf(order, pegOffsetNames) : [])
  ]
}
