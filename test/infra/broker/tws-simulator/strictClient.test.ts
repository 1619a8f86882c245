/**
 * The client that the gateway is built on reads strictly: one field too few or too many is its error 505. Here it hears
 * each kind of message over a loopback socket.
 */
import type { EventEmitter } from "node:events"
import { assert, describe, it } from "@effect/vitest"
import {
  type Contract,
  EventName,
  IBApi,
  OrderAction,
  OrderType,
  SecType,
  TimeInForce
} from "@stoqey/ib"
import { Effect } from "effect"
import { defaultRules } from "../../../../src/infra/broker/simulated/market.ts"
import { liveOptions } from "../../../../src/infra/broker/tws-simulator/office.ts"
import { startTwsServer } from "../../../../src/infra/broker/tws-simulator/server.ts"
import { syntheticMarket } from "../../../../src/infra/broker/tws-simulator/syntheticMarket.ts"
import { makeMemoryMedium } from "../../../../src/infra/log/medium.ts"

const startMs = Date.UTC(2026, 10, 20, 15)
const account = liveOptions.account

const serve = startTwsServer({
  market: syntheticMarket({ symbol: "SPY", seed: 3, listedOn: 20_777, startMs, stepMs: 100 }),
  medium: makeMemoryMedium(),
  rules: defaultRules,
  options: { ...liveOptions, latencyMs: 0 },
  port: 0,
  controlPort: undefined,
  speed: 1
})

type Told = ReadonlyArray<unknown>

/** Asks, and waits for an event whose arguments fit; the test's own time limit ends it. */
const ask = (
  api: IBApi,
  request: () => void,
  event: EventName,
  fits: (told: Told) => boolean = () => true
): Effect.Effect<Told> =>
  Effect.callback<Told>((resume) => {
    const listen = (...told: ReadonlyArray<unknown>): void => {
      if (!fits(told)) return
      listeners(api).removeListener(event, listen)
      resume(Effect.succeed(told))
    }
    listeners(api).on(event, listen)
    request()
  })

/** Its own types have one overload for each event. */
const listeners = (api: IBApi) => api as unknown as EventEmitter

const connect = (port: number, clientId: number) =>
  Effect.acquireRelease(
    Effect.gen(function* () {
      const api = new IBApi({ host: "127.0.0.1", port, clientId })
      yield* ask(api, () => api.connect(), EventName.nextValidId)
      return api
    }),
    (api) => Effect.sync(() => api.disconnect())
  )

const ofFirst =
  (id: number) =>
  (told: Told): boolean =>
    told[0] === id

describe("TWS simulator, read strictly", () => {
  it.live("tells every kind of message with exactly its fields", () =>
    Effect.gen(function* () {
      const { port } = yield* serve
      const api = yield* connect(port, 21)
      const faults: Array<Told> = []
      api.on(EventName.error, (error, code, reqId) => faults.push([String(error), code, reqId]))
      const stock: Contract = {
        symbol: "SPY",
        secType: SecType.STK,
        exchange: "SMART",
        currency: "USD"
      }
      const [, found] = yield* ask(
        api,
        () => api.reqContractDetails(1, stock),
        EventName.contractDetails
      )
      const conId = (found as { contract: { conId: number } }).contract.conId
      yield* ask(
        api,
        () => api.reqSecDefOptParams(2, "SPY", "", SecType.STK, conId),
        EventName.securityDefinitionOptionParameterEnd
      )
      const chain: Contract = { ...stock, secType: SecType.OPT, strike: 600, right: "C" as never }
      const details: Array<{ contract: Contract }> = []
      api.on(EventName.contractDetails, (_, each) => details.push(each as never))
      yield* ask(api, () => api.reqContractDetails(3, chain), EventName.contractDetailsEnd)
      const call = details[1]!.contract
      yield* ask(
        api,
        () => api.reqMktData(4, call, "100,101,106", false, false),
        EventName.tickOptionComputation
      )
      yield* ask(api, () => api.reqMktData(5, stock, "236", true, false), EventName.tickSnapshotEnd)
      const order = {
        action: OrderAction.BUY,
        orderType: OrderType.MKT,
        totalQuantity: 2,
        tif: TimeInForce.DAY,
        orderRef: "strict",
        transmit: true
      }
      api.reqAccountUpdates(true, account)
      yield* ask(api, () => api.reqPositions(), EventName.positionEnd)
      yield* ask(api, () => api.placeOrder(10, call, order), EventName.commissionReport)
      const far = { ...order, orderType: OrderType.LMT, lmtPrice: 0.05 }
      const isStatus = (id: number, status: string) => (told: Told) =>
        told[0] === id && told[1] === status
      yield* ask(
        api,
        () => api.placeOrder(11, call, far),
        EventName.orderStatus,
        isStatus(11, "Submitted")
      )
      yield* ask(api, () => api.cancelOrder(11), EventName.orderStatus, isStatus(11, "Cancelled"))
      const [, , preview] = yield* ask(
        api,
        () => api.placeOrder(12, call, { ...order, whatIf: true }),
        EventName.openOrder,
        ofFirst(12)
      )
      assert.strictEqual((preview as { whatIf?: boolean }).whatIf, true)
      const other = details[3]!.contract
      const legs = [call, other].map((leg, at) => ({
        conId: leg.conId!,
        ratio: 1,
        action: at === 0 ? OrderAction.BUY : OrderAction.SELL,
        exchange: "SMART"
      }))
      const bag: Contract = { ...stock, secType: SecType.BAG, comboLegs: legs }
      yield* ask(api, () => api.placeOrder(13, bag, order), EventName.commissionReport)
      const cent = {
        ...order,
        algoStrategy: "Adaptive",
        algoParams: [{ tag: "adaptivePriority", value: "Urgent" }]
      }
      yield* ask(
        api,
        () => api.placeOrder(14, call, cent),
        EventName.orderStatus,
        isStatus(14, "Filled")
      )
      yield* ask(
        api,
        () => api.placeOrder(15, call, far),
        EventName.orderStatus,
        isStatus(15, "Submitted")
      )
      yield* ask(api, () => api.reqAllOpenOrders(), EventName.openOrderEnd)
      yield* ask(api, () => api.reqGlobalCancel(), EventName.orderStatus, isStatus(15, "Cancelled"))
      yield* ask(api, () => api.reqCompletedOrders(false), EventName.completedOrdersEnd)
      yield* ask(api, () => api.reqExecutions(20, {}), EventName.execDetailsEnd)
      yield* ask(
        api,
        () => api.reqAccountSummary(21, "All", "NetLiquidation,BuyingPower"),
        EventName.accountSummaryEnd
      )
      yield* ask(
        api,
        () => api.reqAccountUpdatesMulti(22, account, "", true),
        EventName.accountUpdateMultiEnd
      )
      yield* ask(api, () => api.reqPositionsMulti(23, account, ""), EventName.positionMultiEnd)
      yield* ask(api, () => api.reqPnL(24, account), EventName.pnl)
      yield* ask(api, () => api.reqPnLSingle(25, account, "", call.conId!), EventName.pnlSingle)
      yield* ask(
        api,
        () =>
          api.reqHistoricalData(
            26,
            stock,
            "",
            "1 D",
            "1 hour" as never,
            "TRADES" as never,
            1,
            1,
            false
          ),
        EventName.historicalData
      )
      yield* ask(api, () => api.reqMatchingSymbols(27, "SP"), EventName.symbolSamples)
      yield* ask(api, () => api.reqMarketRule(26), EventName.marketRule)
      yield* ask(
        api,
        () => api.reqHeadTimestamp(28, stock, "TRADES", true, 1),
        EventName.headTimestamp
      )
      yield* ask(api, () => api.reqFamilyCodes(), EventName.familyCodes)
      yield* ask(api, () => api.reqCurrentTime(), EventName.currentTime)
      // 202 tells of the cancels; nothing was misread.
      assert.deepStrictEqual(
        faults.filter(([, code]) => code !== 202),
        []
      )
    }).pipe(Effect.scoped)
  )
})
