/**
 * One connection to Interactive Brokers for everything: orders through the port, quotes into a queue.
 *
 * The order book, the log and the recovery are `ibBroker.ts`; lines and quotes are `ibMarketData.ts`. Who steps a session
 * calls `quiet` after each step: then all that the step caused has been heard and waits in `quotes` and the port's speaker.
 */
import type { Context } from "effect"
import { Effect, type Scope } from "effect"
import type { Broker } from "../../../actors/ports/Broker.ts"
import { type Instrument, stockId } from "../../../domain/market/contract.ts"
import type { BoardQuote } from "../../../domain/market/quoteBoard.ts"
import { type IbBroker, openIbBroker } from "./ibBroker.ts"
import type { IbBrokerOptions } from "./ibBrokerOptions.ts"
import type { IbMisconfigured, IbQueryFault } from "./ibFaults.ts"
import type { IbLogUnusable } from "./ibLog.ts"
import { IbMarketData, type IbMarketDataOptions } from "./ibMarketData.ts"
import { IbQuoteQueue } from "./ibQuoteQueue.ts"

export interface IbConnectionOptions
  extends Omit<IbBrokerOptions, "onWire" | "onSubscriptionsLost" | "lastSeen"> {
  readonly data: Omit<IbMarketDataOptions, "nowMs" | "onQuote" | "defences">
  /** Quotes that may wait before those of one instrument take each other's place. */
  readonly quotesMax: number
}

export interface IbConnection {
  readonly broker: Context.Service.Shape<typeof Broker>
  readonly orders: IbBroker
  readonly data: IbMarketData
  readonly quotes: IbQuoteQueue
  /** What is listed; instrument ids are places in it. */
  readonly instruments: ReadonlyArray<Instrument>
  /** Returns when all that the server said so far has been heard. */
  readonly quiet: Effect.Effect<void, IbQueryFault>
}

/** Returns once it is up and has caught up; fails where it never can be. Stays up until the scope ends. */
export const openIbConnection = Effect.fn("ib.openConnection")(function* (
  options: IbConnectionOptions
): Effect.fn.Return<IbConnection, IbLogUnusable | IbMisconfigured, Scope.Scope> {
  const quotes = new IbQuoteQueue(options.quotesMax)
  const early: Array<() => void> = []
  let data: IbMarketData | undefined
  let seen: BoardQuote | undefined
  const orders = yield* openIbBroker({
    ...options,
    lastSeen: () => seen,
    onWire: (wire) => {
      // The first connection comes before anything is subscribed to.
      data?.attach(wire)
      if (data === undefined) early.push(() => data?.attach(wire))
    },
    onSubscriptionsLost: () => {
      if (data !== undefined) orders.link.fork(data.resubscribe)
    }
  })
  data = new IbMarketData(orders.link, orders.contracts, {
    ...options.data,
    nowMs: options.nowMs,
    defences: options.link.defences,
    onQuote: (quote) => {
      if (quote.instrument === stockId && quote.bidMicros > 0 && quote.askMicros > 0) seen = quote
      quotes.offer(quote)
    }
  })
  for (const attach of early) attach()
  yield* orders.link.untilUp
  yield* data.watch
  const quiet = Effect.map(orders.quiet, () => data.flush())
  return { broker: orders.port, orders, data, quotes, instruments: orders.instruments, quiet }
})
