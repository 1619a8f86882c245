/** Somebody else in the account: the client library alone, with a client id of its own. */
import { type Contract, EventName, type Execution, IBApi, type Order } from "@stoqey/ib"
import { Effect } from "effect"

export interface Stranger {
  readonly api: IBApi
  /** The next id of an order. */
  orderId: number
}

const clientId = 99

/** Connected until the scope ends. */
export const openStranger = (port: number) =>
  Effect.acquireRelease(
    Effect.callback<Stranger>((resume) => {
      const api = new IBApi({ host: "127.0.0.1", port, clientId })
      api.once(EventName.nextValidId, (orderId: number) => resume(Effect.succeed({ api, orderId })))
      api.connect(clientId)
    }),
    ({ api }) => Effect.sync(() => api.disconnect())
  )

/** Buys seven shares at a limit; returns once the broker says `state` of the order. */
export const buyStock = (
  stranger: Stranger,
  {
    symbol,
    limit,
    state
  }: { readonly symbol: string; readonly limit: number; readonly state: string }
) =>
  Effect.callback<void>((resume) => {
    const { api } = stranger
    const orderId = stranger.orderId++
    api.on(EventName.orderStatus, (id: number, said: string) => {
      if (id === orderId && said === state) resume(Effect.void)
    })
    const stock = { symbol, secType: "STK", exchange: "SMART", currency: "USD" }
    const bought = { action: "BUY", totalQuantity: 7, orderType: "LMT", lmtPrice: limit }
    const sent = { ...bought, tif: "DAY", transmit: true, eTradeOnly: false, firmQuoteOnly: false }
    api.placeOrder(orderId, stock as Contract, sent as Order)
  })

/** All executions of the account, by whomever; of combinations those of their legs. */
export const executionsSeen = ({ api }: Stranger) =>
  Effect.callback<ReadonlyArray<Execution>>((resume) => {
    const found: Array<Execution> = []
    const id = 1
    api.on(EventName.execDetails, (to: number, contract: Contract, execution: Execution) => {
      if (to === id && String(contract.secType) !== "BAG") found.push(execution)
    })
    api.once(EventName.execDetailsEnd, () => resume(Effect.succeed(found)))
    api.reqExecutions(id, {})
  })
