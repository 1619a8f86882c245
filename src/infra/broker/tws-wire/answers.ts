/** What a server says, as the fields of one frame each. Orders are in orderMessages.ts. */
import { type Field, unsetDouble } from "./frames.ts"
import { gates } from "./versions.ts"
import { contractFields, type WireContract } from "./wireContract.ts"

export type Message = ReadonlyArray<Field>

export const handshake = (version: number, time: string): Message => [version, time]
export const nextValidId = (orderId: number): Message => [9, 1, orderId]
export const managedAccounts = (accounts: ReadonlyArray<string>): Message => [
  ...[15, 1],
  accounts.join(",")
]
export const currentTime = (epochSeconds: number): Message => [49, 1, epochSeconds]

/** `id`: of the request or order; -1 for notices. */
export const errorMessage = (id: number, code: number, text: string, version: number): Message => [
  ...[4, 2, id, code, text],
  ...(version >= gates.advancedReject ? [""] : [])
]

export interface ContractDescription {
  readonly contract: WireContract
  readonly marketName: string
  readonly minTick: number
  readonly orderTypes: string
  readonly validExchanges: string
  readonly underlyingConId: number
  readonly longName: string
  readonly contractMonth: string
  readonly industry: string
  readonly category: string
  readonly subcategory: string
  readonly timeZoneId: string
  readonly tradingHours: string
  readonly liquidHours: string
  readonly underlyingSymbol: string
  readonly underlyingSecType: string
  readonly marketRuleIds: string
  readonly realExpirationDate: string
  readonly stockType: string
}

export const contractDetails = (
  reqId: number,
  description: ContractDescription,
  version: number
): Message => {
  const { contract } = description
  const hasSizeRules = version >= gates.sizeRules
  return [
    10,
    ...(hasSizeRules ? [] : [8]),
    ...[reqId, contract.symbol, contract.secType, contract.expiry, contract.strike],
    ...[contract.right, contract.exchange, contract.currency, contract.localSymbol],
    ...[description.marketName, contract.tradingClass, contract.conId, description.minTick],
    ...(hasSizeRules ? [] : [1]),
    ...[contract.multiplier, description.orderTypes, description.validExchanges, 1],
    ...[description.underlyingConId, description.longName, contract.primaryExchange],
    ...[description.contractMonth, description.industry, description.category],
    ...[description.subcategory, description.timeZoneId, description.tradingHours],
    ...[description.liquidHours, "", "", 0, 1],
    ...[description.underlyingSymbol, description.underlyingSecType, description.marketRuleIds],
    ...[description.realExpirationDate, description.stockType],
    ...(version === gates.sizeMinTick ? [1] : []),
    ...(hasSizeRules ? [1, 1, 1] : [])
  ]
}

export const contractDetailsEnd = (reqId: number): Message => [52, 1, reqId]

export interface OptionChainView {
  readonly underlyingConId: number
  readonly tradingClass: string
  readonly multiplier: string
  /** YYYYMMDD, ascending. */
  readonly expirations: ReadonlyArray<string>
  readonly strikes: ReadonlyArray<number>
}

export const optionParameters = (
  reqId: number,
  exchange: string,
  { underlyingConId, tradingClass, multiplier, expirations, strikes }: OptionChainView
): Message => [
  ...[75, reqId, exchange, underlyingConId, tradingClass, multiplier],
  ...[expirations.length, ...expirations, strikes.length, ...strikes]
]

export const optionParametersEnd = (reqId: number): Message => [76, reqId]

export const marketDataType = (reqId: number, type: number): Message => [58, 1, reqId, type]
export const tickRequestParameters = (reqId: number, minTick: number, bbo: string): Message => [
  ...[81, reqId, minTick, bbo, 3]
]
export const tickPrice = (reqId: number, type: number, price: number, size: number): Message => [
  ...[1, 6, reqId, type, price, size, 0]
]
export const tickSize = (reqId: number, type: number, size: number): Message => [
  ...[2, 6, reqId, type, size]
]
export const tickGeneric = (reqId: number, type: number, value: number): Message => [
  ...[45, 6, reqId, type, value]
]
export const tickSnapshotEnd = (reqId: number): Message => [57, 1, reqId]

/** Undefined is "not computed". Prices and greeks per share; vega per 1 % of volatility, theta per day. */
export interface OptionComputation {
  readonly impliedVolatility: number | undefined
  readonly delta: number | undefined
  readonly price: number | undefined
  readonly presentValueOfDividends: number | undefined
  readonly gamma: number | undefined
  readonly vega: number | undefined
  readonly theta: number | undefined
  readonly underlyingPrice: number | undefined
}

export const tickOptionComputation = (
  reqId: number,
  type: number,
  told: OptionComputation
): Message => [
  ...[21, reqId, type, 1],
  ...[told.impliedVolatility ?? -1, told.delta ?? -2, told.price ?? -1],
  ...[told.presentValueOfDividends ?? -1, told.gamma ?? -2, told.vega ?? -2],
  ...[told.theta ?? -2, told.underlyingPrice ?? -1]
]

export interface OrderStatusView {
  readonly orderId: number
  readonly status: string
  readonly filled: number
  readonly remaining: number
  readonly averageFillPrice: number
  readonly permId: number
  readonly parentId: number
  readonly lastFillPrice: number
  readonly clientId: number
  readonly whyHeld: string
}

export const orderStatus = (view: OrderStatusView): Message => [
  ...[3, view.orderId, view.status, view.filled, view.remaining, view.averageFillPrice],
  ...[view.permId, view.parentId, view.lastFillPrice, view.clientId, view.whyHeld, 0]
]

export const openOrderEnd: Message = [53, 1]
export const completedOrdersEnd: Message = [102]

export interface ExecutionView {
  readonly orderId: number
  readonly contract: WireContract
  readonly execId: string
  /** `YYYYMMDD HH:MM:SS US/Eastern` */
  readonly time: string
  readonly account: string
  readonly exchange: string
  readonly side: "BOT" | "SLD"
  readonly shares: number
  readonly price: number
  readonly permId: number
  readonly clientId: number
  readonly cumQty: number
  readonly averagePrice: number
  readonly orderRef: string
}

/** `reqId`: -1 where nobody asked. */
export const execDetails = (reqId: number, view: ExecutionView): Message => [
  ...[11, reqId, view.orderId],
  ...contractFields(view.contract),
  ...[view.execId, view.time, view.account, view.exchange, view.side, view.shares, view.price],
  ...[view.permId, view.clientId, 0, view.cumQty, view.averagePrice, view.orderRef],
  ...["", "", "", 2]
]

export const execDetailsEnd = (reqId: number): Message => [55, 1, reqId]

/** USD; `realizedPnl` undefined for fills that open. */
export const commissionReport = (
  execId: string,
  commission: number,
  realizedPnl: number | undefined
): Message => [
  ...[59, 1, execId, commission, "USD"],
  ...[realizedPnl ?? unsetDouble, unsetDouble, ""]
]

export interface HoldingView {
  readonly account: string
  readonly contract: WireContract
  readonly position: number
  /** USD per contract: multiplier and commission included. */
  readonly averageCost: number
}

export const position = (holding: HoldingView): Message => [
  ...[61, 3, holding.account],
  ...contractFields({ ...holding.contract, exchange: "" }),
  ...[holding.position, holding.averageCost]
]

export const positionEnd: Message = [62, 1]

export const positionMulti = (reqId: number, holding: HoldingView): Message => [
  ...[71, 1, reqId, holding.account],
  ...contractFields({ ...holding.contract, exchange: "" }),
  ...[holding.position, holding.averageCost, ""]
]

export const positionMultiEnd = (reqId: number): Message => [72, 1, reqId]

export interface PortfolioView extends HoldingView {
  readonly price: number
  readonly value: number
  readonly unrealized: number
  readonly realized: number
}

export const portfolioValue = (view: PortfolioView): Message => {
  const { contract } = view
  return [
    ...[7, 8, contract.conId, contract.symbol, contract.secType, contract.expiry],
    ...[contract.strike, contract.right, contract.multiplier, contract.primaryExchange],
    ...[contract.currency, contract.localSymbol, contract.tradingClass],
    ...[view.position, view.price, view.value, view.averageCost, view.unrealized, view.realized],
    view.account
  ]
}

export interface AccountValue {
  readonly key: string
  readonly value: string
  readonly currency: string
}

export const accountValue = (account: string, { key, value, currency }: AccountValue): Message => [
  ...[6, 2, key, value, currency, account]
]
/** `time`: HH:MM */
export const accountTime = (time: string): Message => [8, 1, time]
export const accountDownloadEnd = (account: string): Message => [54, 1, account]

export const accountSummary = (
  reqId: number,
  account: string,
  { key, value, currency }: AccountValue
): Message => [63, 1, reqId, account, key, value, currency]
export const accountSummaryEnd = (reqId: number): Message => [64, 1, reqId]

export const accountUpdateMulti = (
  reqId: number,
  account: string,
  model: string,
  { key, value, currency }: AccountValue
): Message => [73, 1, reqId, account, model, key, value, currency]
export const accountUpdateMultiEnd = (reqId: number): Message => [74, 1, reqId]

export const pnl = (
  reqId: number,
  daily: number,
  unrealized: number,
  realized: number
): Message => [94, reqId, daily, unrealized, realized]

export const pnlSingle = (
  reqId: number,
  held: number,
  daily: number,
  unrealized: number,
  realized: number,
  value: number
): Message => [95, reqId, held, daily, unrealized, realized, value]

export interface HistoryBar {
  /** As text or epoch seconds, as asked. */
  readonly date: string
  readonly open: number
  readonly high: number
  readonly low: number
  readonly close: number
  readonly volume: number
  readonly average: number
  readonly count: number
}

export const historicalData = (
  reqId: number,
  start: string,
  end: string,
  bars: ReadonlyArray<HistoryBar>
): Message => [
  ...[17, reqId, start, end, bars.length],
  ...bars.flatMap((bar) => [
    ...[bar.date, bar.open, bar.high, bar.low, bar.close, bar.volume, bar.average, bar.count]
  ])
]

/** Of a history that is kept up to date: its last bar as it stands. */
export const historicalDataUpdate = (reqId: number, bar: HistoryBar): Message => [
  ...[90, reqId, bar.count, bar.date, bar.open, bar.close, bar.high, bar.low],
  ...[bar.average, bar.volume]
]

export const headTimestamp = (reqId: number, timestamp: string): Message => [88, reqId, timestamp]

export interface SymbolSample {
  readonly conId: number
  readonly symbol: string
  readonly secType: string
  readonly primaryExchange: string
  readonly derivatives: ReadonlyArray<string>
  readonly description: string
}

export const symbolSamples = (
  reqId: number,
  samples: ReadonlyArray<SymbolSample>,
  version: number
): Message => [
  ...[79, reqId, samples.length],
  ...samples.flatMap((sample) => [
    ...[sample.conId, sample.symbol, sample.secType, sample.primaryExchange, "USD"],
    ...[sample.derivatives.length, ...sample.derivatives],
    ...(version >= gates.issuerId ? [sample.description, ""] : [])
  ])
]

export const marketRule = (
  ruleId: number,
  increments: ReadonlyArray<{ readonly from: number; readonly increment: number }>
): Message => [
  ...[93, ruleId, increments.length],
  ...increments.flatMap(({ from, increment }) => [from, increment])
]

export const smartComponents = (reqId: number): Message => [82, reqId, 1, 0, "CBOE", "C"]
export const familyCodes = (account: string): Message => [78, 1, account, ""]
export const userInfo = (reqId: number): Message => [107, reqId, ""]
