/** What an exchange refuses at its door. */
import { isOpen } from "../../../domain/trading/order.ts"
import type { OrderRequest } from "../../../domain/trading/reports.ts"
import { centTicks, isOnTick, tickAt } from "../../../domain/trading/tick.ts"
import type { SimulatedMarket, SimulatedRules } from "./market.ts"
import type { QuoteBook } from "./quoteBook.ts"
import type { Replacement, VenueOrder } from "./venueOrder.ts"
import { limitForTheDay, type VenueTerms } from "./venueTerms.ts"

const ratioMax = 100

/** The reason of a rejection, or undefined where the order is taken. */
export const orderFault = (
  order: OrderRequest,
  timeMs: number,
  market: SimulatedMarket,
  rules: SimulatedRules,
  book: QuoteBook,
  expiryMsOf: (instrument: number) => number,
  terms: VenueTerms = limitForTheDay
): string | undefined =>
  quantityFault(order, rules) ??
  legsFault(order, market, rules) ??
  hoursFault(order, timeMs, market, expiryMsOf) ??
  (terms.pricing === "Market" ? undefined : priceFault(order, market, rules)) ??
  quoteFault(order, book)

const isPositive = (value: number): boolean => Number.isSafeInteger(value) && value > 0

const quantityFault = ({ orderQty }: OrderRequest, { orderQtyMax }: SimulatedRules) =>
  isPositive(orderQty) && orderQty <= orderQtyMax
    ? undefined
    : `bad quantity: orderQty was ${orderQty}, 1 to ${orderQtyMax} is allowed`

const legsFault = (
  { legs }: OrderRequest,
  { instruments }: SimulatedMarket,
  { legsMax }: SimulatedRules
): string | undefined => {
  if (legs.length < 1 || legs.length > legsMax) {
    return `bad legs: ${legs.length} legs, 1 to ${legsMax} are allowed`
  }
  for (const { instrument, ratio } of legs) {
    if (instruments[instrument] === undefined) {
      return `unknown instrument: ${instrument}, of which ${instruments.length} are listed`
    }
    if (!(isPositive(ratio) && ratio <= ratioMax)) {
      return `bad quantity: ratio was ${ratio}, 1 to ${ratioMax} is allowed`
    }
  }
  const distinct = new Set(legs.map(({ instrument }) => instrument))
  return distinct.size === legs.length ? undefined : "bad legs: an instrument is named twice"
}

const hoursFault = (
  { legs }: OrderRequest,
  timeMs: number,
  { days }: SimulatedMarket,
  expiryMsOf: (instrument: number) => number
): string | undefined => {
  if (!days.some(({ openMs, closeMs }) => timeMs >= openMs && timeMs < closeMs)) {
    return "market closed"
  }
  const expired = legs.find(({ instrument }) => expiryMsOf(instrument) <= timeMs)
  return expired === undefined ? undefined : `expired: instrument ${expired.instrument}`
}

/** `cumQty` of the open order is filled. */
const replacementFault = (
  legs: OrderRequest["legs"],
  cumQty: number,
  { orderQty, limitNetMicros, terms }: Replacement,
  market: SimulatedMarket,
  rules: SimulatedRules
): string | undefined => {
  const most = rules.orderQtyMax
  if (!Number.isSafeInteger(orderQty) || orderQty <= cumQty || orderQty > most) {
    return `bad quantity: orderQty was ${orderQty}, ${cumQty + 1} to ${most} is allowed`
  }
  if (terms.pricing === "Market") return undefined
  return priceFault({ legs, limitNetMicros }, market, rules)
}

/** The reason why an order that is not open, or none at all, is not canceled. */
export const cancelFault = (known: VenueOrder | undefined): string =>
  known === undefined ? "unknown order" : `too late to cancel: ${known.order.ordStatus}`

/** The reason why what an owner asked for is refused, or undefined where its order is changed. */
export const changeFault = (
  known: VenueOrder | undefined,
  replacement: Replacement,
  market: SimulatedMarket,
  rules: SimulatedRules
): string | undefined => {
  if (known === undefined) return "unknown order"
  const { order, request } = known
  if (!isOpen(order)) return `too late to change: ${order.ordStatus}`
  return replacementFault(request.legs, order.cumQty, replacement, market, rules)
}

const priceFault = (
  { legs, limitNetMicros }: Pick<OrderRequest, "legs" | "limitNetMicros">,
  { instruments }: SimulatedMarket,
  { optionTicks }: SimulatedRules
): string | undefined => {
  const [leg] = legs
  const isSingle = legs.length === 1
  const isOption = isSingle && instruments[leg!.instrument]!.kind === "Option"
  const ticks = isOption ? optionTicks : centTicks
  if (!Number.isSafeInteger(limitNetMicros) || !isOnTick(ticks, limitNetMicros)) {
    const tick = tickAt(ticks, limitNetMicros)
    return `bad price: net limit was ${limitNetMicros}, multiples of ${tick} are allowed`
  }
  if (isSingle && (leg!.side === "Buy" ? limitNetMicros <= 0 : limitNetMicros > 0)) {
    return `bad price: net limit was ${limitNetMicros} to ${leg!.side}`
  }
  return undefined
}

const quoteFault = ({ legs }: OrderRequest, book: QuoteBook): string | undefined => {
  const unquoted = legs.find(({ instrument }) => !book.isQuoted(instrument))
  return unquoted === undefined ? undefined : `no quote: instrument ${unquoted.instrument} today`
}
