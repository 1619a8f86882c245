/**
 * What is asked of the server about the account: orders, executions, positions. Each answer is complete or it is none:
 * silence and a lost connection fail, so "none" is said only where the server said so.
 */
import { type Contract, EventName, type Execution, type Order } from "@stoqey/ib"
import { type Effect, Semaphore } from "effect"
import type { IbQueryFault } from "./ibFaults.ts"
import type { IbLink } from "./ibLink.ts"

/** What names an order at the broker. */
export interface OrderNames {
  readonly ref: string
  readonly permId: number
}

export interface AccountPosition {
  readonly conId: number
  readonly symbol: string
  readonly quantity: number
}

export interface IbQueries {
  /** Orders that work, of every client. */
  readonly openOrders: Effect.Effect<ReadonlyArray<OrderNames>, IbQueryFault>
  /** Today's orders that work no longer. */
  readonly completedOrders: Effect.Effect<ReadonlyArray<OrderNames>, IbQueryFault>
  /** Today's executions, with their commissions. */
  readonly executions: Effect.Effect<ReadonlyArray<OrderNames>, IbQueryFault>
  readonly positions: Effect.Effect<ReadonlyArray<AccountPosition>, IbQueryFault>
}

export const makeIbQueries = (link: IbLink): IbQueries => {
  // Their answers carry no id of the question: one at a time.
  const orders = Semaphore.makeUnsafe(1)
  const positions = Semaphore.makeUnsafe(1)
  return {
    openOrders: orders.withPermits(1)(
      link.ask<ReadonlyArray<OrderNames>>("reqAllOpenOrders", (wire, _id, answered) => {
        const found: Array<OrderNames> = []
        const offs = [
          wire.on(EventName.openOrder, (_order: number, _contract: Contract, order: Order) => {
            found.push(namesOf(order))
          }),
          wire.on(EventName.openOrderEnd, () => answered(found))
        ]
        wire.send((api) => api.reqAllOpenOrders())
        return offs
      })
    ),
    completedOrders: orders.withPermits(1)(
      link.ask<ReadonlyArray<OrderNames>>("reqCompletedOrders", (wire, _id, answered) => {
        const found: Array<OrderNames> = []
        const offs = [
          wire.on(EventName.completedOrder, (_contract: Contract, order: Order) => {
            found.push(namesOf(order))
          }),
          wire.on(EventName.completedOrdersEnd, () => answered(found))
        ]
        wire.send((api) => api.reqCompletedOrders(false))
        return offs
      })
    ),
    executions: link.ask<ReadonlyArray<OrderNames>>("reqExecutions", (wire, id, answered) => {
      const found: Array<OrderNames> = []
      const offs = [
        wire.on(EventName.execDetails, (to: number, _contract: Contract, each: Execution) => {
          if (to === id) found.push({ ref: each.orderRef ?? "", permId: each.permId ?? 0 })
        }),
        wire.on(EventName.execDetailsEnd, (to: number) => {
          if (to === id) answered(found)
        })
      ]
      wire.send((api) => api.reqExecutions(id, {}))
      return offs
    }),
    positions: positions.withPermits(1)(
      link.ask<ReadonlyArray<AccountPosition>>("reqPositions", (wire, _id, answered) => {
        const found = new Map<number, AccountPosition>()
        const offs = [
          wire.on(
            EventName.position,
            (account: string, { conId = 0, localSymbol, symbol }: Contract, quantity: number) => {
              if (account !== link.account) return
              found.set(conId, { conId, symbol: localSymbol || symbol || "", quantity })
            }
          ),
          wire.on(EventName.positionEnd, () => {
            // It is a subscription: left alone it would go on speaking.
            wire.send((api) => api.cancelPositions())
            answered([...found.values()].filter(({ quantity }) => quantity !== 0))
          })
        ]
        wire.send((api) => api.reqPositions())
        return offs
      })
    )
  }
}

const namesOf = ({ orderRef, permId }: Order): OrderNames => ({
  ref: orderRef ?? "",
  permId: permId ?? 0
})
