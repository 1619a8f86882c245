/** From an order on the wire to what the exchange takes: legs, a net limit, terms; or why not, in IB's codes. */
import { microsPerUsd } from "../../../domain/market/price.ts"
import { type OrderLeg, type Side, signOf } from "../../../domain/trading/netPrice.ts"
import type { OrderRequest } from "../../../domain/trading/reports.ts"
import { centTicks, isOnTick } from "../../../domain/trading/tick.ts"
import type { VenueTerms } from "../simulated/venueTerms.ts"
import type { WireContract } from "../tws-wire/wireContract.ts"
import type { PlacedOrder, WireOrder } from "../tws-wire/wireOrder.ts"
import type { Office } from "./office.ts"
import { textOf } from "./words.ts"

export interface Refusal {
  readonly code: number
  readonly text: string
}

export interface VenueOrderTerms {
  /** As IB describes it: the listed contract, or the combination as it was named. */
  readonly contract: WireContract
  readonly legs: ReadonlyArray<OrderLeg>
  readonly orderQty: number
  readonly limitNetMicros: number
  readonly timeInForce: OrderRequest["timeInForce"]
  readonly terms: VenueTerms
}

type Answer = VenueOrderTerms | Refusal

export const isRefusal = (answer: Answer): answer is Refusal => "code" in answer

const refuse = (code: number, rest = ""): Refusal => ({ code, text: textOf(code, rest) })

const ordersServed: Readonly<Record<string, VenueTerms["pricing"]>> = {
  LMT: "Limit",
  MKT: "Market",
  MIDPRICE: "Midpoint"
}
const timesServed = new Set(["", "DAY", "GTC", "IOC"])

export const venueTermsOf = (placed: PlacedOrder, office: Office): Answer => {
  const { fields } = placed.order
  if (isOn(fields.eTradeOnly) || isOn(fields.firmQuoteOnly)) return refuse(10268)
  const legs = legsOf(placed, office)
  if (!("legs" in legs)) return legs
  const account = fields.account ?? ""
  if (account !== "" && account !== office.options.account) {
    return refuse(321, `Invalid account code '${account.slice(0, 20)}'.`)
  }
  const pricing = ordersServed[fields.orderType ?? ""]
  if (pricing === undefined) return refuse(387, `Order type was '${fields.orderType}'.`)
  const tif = fields.tif ?? ""
  if (!timesServed.has(tif)) return refuse(201, `Invalid time in force: ${tif.slice(0, 20)}`)
  const quantity = Number(fields.totalQuantity)
  if (quantity === 0) return { code: 434, text: "The order size cannot be zero." }
  if (!(Number.isSafeInteger(quantity) && quantity > 0)) {
    return refuse(201, "The order size must be a whole number above zero.")
  }
  const limit = limitOf(placed.order, pricing, legs.action, legs.legs, office)
  if (typeof limit !== "number") return limit
  const patienceMs = patienceOf(placed.order, office)
  if (typeof patienceMs !== "number") return patienceMs
  return {
    ...legs,
    orderQty: quantity,
    limitNetMicros: limit,
    timeInForce: tif === "IOC" ? "ImmediateOrCancel" : "Day",
    terms: { pricing, patienceMs, untilCanceled: tif === "GTC" }
  }
}

const isOn = (field: string | undefined): boolean => field === "1" || field === "true"

const sideOf = (action: string | undefined): Side | undefined => {
  if (action === "BUY") return "Buy"
  return action === "SELL" || action === "SSHORT" ? "Sell" : undefined
}

const opposite = (side: Side): Side => (side === "Buy" ? "Sell" : "Buy")

const legsOf = ({ contract, order }: PlacedOrder, { contracts }: Office) => {
  const action = sideOf(order.fields.action)
  if (action === undefined) return refuse(201, `Invalid action: ${order.fields.action}`)
  if (contract.secType !== "BAG") {
    const listed = contracts.only(contract)
    if (listed === undefined) return refuse(200)
    if (listed.contract.secType === "IND") return refuse(201, "An index cannot be traded.")
    const { id } = listed.instrument
    const exchange = contract.exchange === "" ? "SMART" : contract.exchange
    const legs = [{ instrument: id, side: action, ratio: 1 }]
    return { contract: { ...listed.contract, exchange }, legs, action }
  }
  const legs: Array<OrderLeg> = []
  for (const { conId, ratio, action: legAction } of order.legs) {
    const listed = contracts.byConId(conId)
    const side = sideOf(legAction)
    if (listed === undefined || side === undefined || !(ratio > 0)) return refuse(200)
    const taken = action === "Buy" ? side : opposite(side)
    legs.push({ instrument: listed.instrument.id, side: taken, ratio })
  }
  if (legs.length === 0) return refuse(321, "A combination needs legs.")
  const named = { symbol: contract.symbol || contracts.underlying.contract.symbol }
  const described = { ...contract, ...named, currency: contract.currency || "USD" }
  return { contract: described, legs, action }
}

/** The net limit in micro-USD; positive pays. An order without a limit gets one that never binds. */
const limitOf = (
  { fields }: WireOrder,
  pricing: VenueTerms["pricing"],
  action: Side,
  legs: ReadonlyArray<OrderLeg>,
  office: Office
): number | Refusal => {
  if (pricing === "Market") return 0
  const text = fields.lmtPrice ?? ""
  if (pricing === "Midpoint" && (text === "" || Number(text) === 0)) {
    return action === "Buy" ? unlimitedMicros : 0
  }
  const price = Number(text)
  if (text === "" || !Number.isFinite(price)) return refuse(201, "The limit price is not set.")
  const micros = Math.round(price * microsPerUsd)
  const [leg] = legs
  const isCombo = legs.length > 1
  const isOption = office.market.instruments[leg!.instrument]!.kind === "Option"
  const ticks = !isCombo && isOption ? office.rules.optionTicks : centTicks
  if (!Number.isSafeInteger(micros) || Math.abs(micros - price * microsPerUsd) > 1e-3) {
    return refuse(110)
  }
  if (!isOnTick(ticks, micros)) return refuse(110)
  if (!isCombo && micros <= 0) return refuse(201, "The limit price must be above zero.")
  return signOf(action) * micros + 0
}

/** More than anything costs, on every tick. */
const unlimitedMicros = 9_000_000 * microsPerUsd

/** Adaptive is the one algorithm that is served: it waits as long as its priority says. */
const patienceOf = (order: WireOrder, { options }: Office): number | Refusal => {
  const algo = order.fields.algoStrategy ?? ""
  if (algo === "") return 0
  if (algo !== "Adaptive") return refuse(201, `Algorithm ${algo.slice(0, 20)} is not available.`)
  const told = order.algoParameters.find(({ tag }) => tag === "adaptivePriority")?.value ?? "Normal"
  if (told === "Urgent" || told === "Normal" || told === "Patient") return options.adaptiveMs[told]
  return refuse(201, `Invalid adaptivePriority: ${told.slice(0, 20)}`)
}
