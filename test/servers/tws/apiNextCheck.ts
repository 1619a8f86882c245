/** What `IBApiNext` of @stoqey/ib, unmodified, sees of the TWS simulator: node apiNextCheck.ts PORT SYMBOL */
import {
  BarSizeSetting,
  type Contract,
  IBApiNext,
  type Order,
  OrderAction,
  OrderType,
  SecType,
  TimeInForce,
  WhatToShow
} from "@stoqey/ib"

const [port, symbol] = [Number(process.argv[2]), process.argv[3]!]
const ib = new IBApiNext({ host: "127.0.0.1", port })
const stock: Contract = { symbol, secType: SecType.STK, exchange: "SMART", currency: "USD" }
const account = "DU1000001"
const waitMsMax = 12_000

interface Stream<A> {
  readonly subscribe: (
    next?: ((value: A) => void) | null,
    error?: ((error: unknown) => void) | null
  ) => { readonly unsubscribe: () => void }
}

/** The first value that fits. */
const first = <A>(stream: Stream<A>, fits: (value: A) => boolean = () => true): Promise<A> =>
  new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`nothing in ${waitMsMax} ms`)), waitMsMax)
    const subscription = stream.subscribe((value) => {
      if (!fits(value)) return
      clearTimeout(timer)
      resolve(value)
      setImmediate(() => subscription.unsubscribe())
    }, reject)
  })

let passed = 0
let failed = 0
const check = async (name: string, look: () => Promise<boolean>): Promise<void> => {
  const problem = await look().then(
    (isSo) => (isSo ? "" : "it is not so"),
    (error: unknown) => String((error as { error?: unknown })?.error ?? error)
  )
  if (problem === "") passed++
  else failed++
  console.log(problem === "" ? `ok ${name}` : `FAILED ${name}: ${problem}`)
}

/** Looks again and again, as the screens of a desk do. */
const until = async (look: () => Promise<boolean>): Promise<boolean> => {
  for (const endMs = Date.now() + waitMsMax; Date.now() < endMs; ) {
    if (await look()) return true
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  return false
}

const order = (orderType: OrderType, lmtPrice?: number): Order => ({
  ...{ action: OrderAction.BUY, orderType, totalQuantity: 1, tif: TimeInForce.DAY, transmit: true },
  ...(lmtPrice !== undefined && { lmtPrice })
})

ib.connect(97)
await first(ib.connectionState, (state) => state === 2)
let conId = 0
await check("time", async () => (await ib.getCurrentTime()) > 0)
await check("accounts", async () => (await ib.getManagedAccounts()).includes(account))
await check("contract details", async () => {
  const [details] = await ib.getContractDetails(stock)
  conId = details!.contract.conId!
  return conId > 0 && details!.minTick === 0.01
})
await check("option chain", async () => {
  const chains = await ib.getSecDefOptParams(symbol, "", SecType.STK, conId)
  return chains.length > 0 && chains[0]!.strikes.length > 10
})
await check("streaming quotes", async () => {
  const { all } = await first(ib.getMarketData(stock, "", false, false), ({ all }) => all.size > 3)
  return all.get(1)!.value! < all.get(2)!.value!
})
await check("snapshot", async () => (await ib.getMarketDataSnapshot(stock, "", false)).size > 1)
await check("daily bars", async () => {
  const size = BarSizeSetting.DAYS_ONE
  const bars = await ib.getHistoricalData(stock, "", "5 D", size, WhatToShow.TRADES, 1, 1)
  return bars.length === 5 && bars.every(({ high = 0, low = 1 }) => high >= low)
})
await check("bars kept up to date", async () => {
  const size = BarSizeSetting.MINUTES_ONE
  return (await first(ib.getHistoricalDataUpdates(stock, size, WhatToShow.TRADES, 1))).close! > 0
})
await check("head timestamp", async () =>
  /^\d{8}/.test(await ib.getHeadTimestamp(stock, WhatToShow.TRADES, true, 1))
)
await check("account summary", async () => {
  const summary = await first(ib.getAccountSummary("All", "NetLiquidation,BuyingPower"))
  return summary.all.has(account)
})
await check("account updates", async () => {
  const { all } = await first(ib.getAccountUpdates(account))
  return (all.value?.get(account)?.size ?? 0) > 0
})
await check("profit and loss", async () => (await first(ib.getPnL(account))).dailyPnL !== undefined)
let orderId = 0
const working = async () => (await ib.getAllOpenOrders()).find((each) => each.orderId === orderId)
await check("limit order", async () => {
  orderId = await ib.placeNewOrder(stock, order(OrderType.LMT, 1))
  return until(async () => (await working())?.orderState.status === "Submitted")
})
await check("change", async () => {
  ib.modifyOrder(orderId, stock, order(OrderType.LMT, 2))
  return until(async () => (await working())?.order.lmtPrice === 2)
})
await check("cancel", async () => {
  ib.cancelOrder(orderId)
  return until(async () => (await working()) === undefined)
})
await check("market order, its execution and its commission", async () => {
  const own = await ib.placeNewOrder(stock, order(OrderType.MKT))
  const executed = async () =>
    (await ib.getExecutionDetails({ clientId: "97" })).find(
      ({ execution }) => execution.orderId === own
    )
  if (!(await until(async () => (await executed()) !== undefined))) return false
  const { execId } = (await executed())!.execution
  const [charged] = (await ib.getCommissionReport({})).filter((each) => each.execId === execId)
  return charged?.commission === 1
})
await check("position", async () => {
  const { all } = await first(ib.getPositions())
  return all.get(account)?.some(({ contract }) => contract.conId === conId) === true
})
console.log(`${passed}/${passed + failed} checks passed (IBApiNext)`)
process.exit(failed === 0 ? 0 : 1)
