/** What a stock costs about now, asked once: to choose contracts near the money before anything is listed. */
import { EventName } from "@stoqey/ib"
import type { Effect } from "effect"
import { stockContract } from "./ibContracts.ts"
import type { IbQueryFault } from "./ibFaults.ts"
import type { IbLink } from "./ibLink.ts"
import { microsOfUsd } from "./ibNumbers.ts"

/** Last, delayed last, close, delayed close: the first that comes stands for the price. */
const prices = new Set([4, 68, 9, 75])

/** Micro-USD, > 0. */
export const spotMicrosOf = (link: IbLink, symbol: string): Effect.Effect<number, IbQueryFault> =>
  link.ask<number>(`price of ${symbol}`, (wire, requestId, answered) => {
    const offs = [
      wire.on(EventName.tickPrice, (id: number, type: number, price: number | undefined) => {
        const micros = microsOfUsd(price)
        if (id !== requestId || !prices.has(type) || micros === undefined || micros <= 0) return
        wire.send((api) => api.cancelMktData(requestId))
        answered(micros)
      })
    ]
    wire.send((api) => api.reqMktData(requestId, stockContract(symbol), "", false, false))
    return offs
  })
