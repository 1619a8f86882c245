/** Our order in IB's terms, or why it cannot be said in them. */
import type { Contract, Order, OrderAction, OrderType, TimeInForce } from "@stoqey/ib"
import { stockId } from "../../../domain/market/contract.ts"
import { isWorking } from "../../../domain/trading/orderLifeCycle.ts"
import type { OrderCancelReplaceRequest, OrderRequest } from "../../../domain/trading/reports.ts"
import { bag, type IbContracts } from "./ibContracts.ts"
import { usdOfMicros } from "./ibNumbers.ts"
import type { IbOrder } from "./ibOrder.ts"

export interface IbTerms {
  readonly contract: Contract
  readonly order: Order
}

const quantityMax = 100_000
const ratioMax = 100
const legsMax = 4
/** Combinations are quoted net, in cents. */
const comboTickMicros = 10_000

/** One sentence, or undefined where IB can be asked. */
export const termsFault = (request: OrderRequest, contracts: IbContracts): string | undefined => {
  const { legs, orderQty, limitNetMicros } = request
  if (!(Number.isSafeInteger(orderQty) && orderQty > 0 && orderQty <= quantityMax)) {
    return `bad quantity: orderQty was ${orderQty}, 1 to ${quantityMax} is allowed`
  }
  if (legs.length < 1 || legs.length > legsMax) {
    return `bad legs: ${legs.length} legs, 1 to ${legsMax} are allowed`
  }
  if (new Set(legs.map(({ instrument }) => instrument)).size !== legs.length) {
    return "bad legs: an instrument is named twice"
  }
  for (const { instrument, ratio } of legs) {
    if (contracts.of(instrument) === undefined)
      return `unknown instrument: ${instrument} is not known at IB`
    if (!(Number.isSafeInteger(ratio) && ratio > 0 && ratio <= ratioMax)) {
      return `bad quantity: ratio was ${ratio}, 1 to ${ratioMax} is allowed`
    }
  }
  if (legs.length > 1 && legs.some(({ instrument }) => instrument === stockId)) {
    return "bad legs: stock and options are not sent as one combination"
  }
  return priceFault(limitNetMicros, request, contracts)
}

/** One sentence, or undefined where IB can be asked to change the order. */
export const changeFault = (
  known: IbOrder | undefined,
  change: OrderCancelReplaceRequest,
  contracts: IbContracts
): string | undefined => {
  if (known === undefined || known.notSent) return "unknown order"
  const { cumQty, ordStatus } = known.life
  if (!isWorking(known.life)) return `too late to change: ${ordStatus}`
  if (change.orderQty <= cumQty) {
    return `bad quantity: orderQty was ${change.orderQty}, ${cumQty} are filled`
  }
  return termsFault({ ...known.request, ...change }, contracts)
}

const priceFault = (
  limitNetMicros: number,
  { legs }: OrderRequest,
  contracts: IbContracts
): string | undefined => {
  const [leg] = legs
  const tick = legs.length === 1 ? contracts.of(leg!.instrument)!.minTickMicros : comboTickMicros
  if (!Number.isSafeInteger(limitNetMicros) || limitNetMicros % tick !== 0) {
    return `bad price: net limit was ${limitNetMicros}, multiples of ${tick} are allowed`
  }
  if (legs.length === 1 && (leg!.side === "Buy" ? limitNetMicros <= 0 : limitNetMicros > 0)) {
    return `bad price: net limit was ${limitNetMicros} to ${leg!.side}`
  }
  return undefined
}

/** `transmit` is stated: the library leaves it empty otherwise, and TWS then keeps the order to itself. */
export const ibTerms = (
  request: OrderRequest,
  contracts: IbContracts,
  account: string,
  explicitTransmit = true
): IbTerms => {
  const { clOrdID, legs, orderQty, limitNetMicros, timeInForce } = request
  const [leg] = legs
  const isCombo = legs.length > 1
  const ratio = isCombo ? 1 : leg!.ratio
  const order: Order = {
    action: (isCombo || leg!.side === "Buy" ? "BUY" : "SELL") as OrderAction,
    totalQuantity: orderQty * ratio,
    orderType: "LMT" as OrderType,
    lmtPrice: usdOfMicros(isCombo ? limitNetMicros : Math.abs(limitNetMicros)),
    tif: (timeInForce === "Day" ? "DAY" : "IOC") as TimeInForce,
    account,
    orderRef: clOrdID,
    ...(explicitTransmit ? { transmit: true } : {}),
    // Left unset they arrive as true and the order is refused (10268).
    eTradeOnly: false,
    firmQuoteOnly: false
  }
  if (!isCombo) return { contract: contracts.of(leg!.instrument)!.contract, order }
  const listed = contracts.of(leg!.instrument)!.listed
  return {
    order,
    contract: {
      symbol: listed.kind === "Option" ? listed.contract.underlying : listed.symbol,
      secType: bag,
      exchange: "SMART",
      currency: "USD",
      comboLegs: legs.map((each) => ({
        conId: contracts.of(each.instrument)!.conId,
        ratio: each.ratio,
        action: (each.side === "Buy" ? "BUY" : "SELL") as OrderAction,
        exchange: "SMART",
        openClose: 0,
        shortSaleSlot: 0,
        designatedLocation: "",
        exemptCode: -1
      }))
    }
  }
}
