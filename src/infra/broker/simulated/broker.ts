/**
 * The simulated exchange behind the `Broker` port. A log that cannot be written makes it unavailable until it is opened
 * again: what the log then holds is what happened.
 */

import type { Context } from "effect"
import { Effect, type Scope } from "effect"
import { type Broker, brokerSource, VenueUnavailable } from "../../../actors/ports/Broker.ts"
import type { LogMedium } from "../../log/medium.ts"
import { type ExchangeLogDamaged, ExchangeLogUnwritable, openExchangeLog } from "./exchangeLog.ts"
import type { SimulatedMarket, SimulatedRules } from "./market.ts"
import { openExchangeFile } from "./medium.ts"
import { SimulatedExchange } from "./SimulatedExchange.ts"

const venue = "simulated exchange"

export interface SimulatedBroker {
  readonly broker: Context.Service.Shape<typeof Broker>
  /** The session's quotes are shown to it: see watchedMarket.ts. */
  readonly exchange: SimulatedExchange
  /** Bytes of a torn tail that were cut at opening. */
  readonly cutBytes: number
}

/** Opens over any medium, folding what its log holds. */
export const openSimulatedBroker = (
  medium: LogMedium,
  market: SimulatedMarket,
  rules: SimulatedRules
): Effect.Effect<SimulatedBroker, ExchangeLogDamaged | VenueUnavailable> =>
  Effect.gen(function* () {
    const opened = yield* attempt(() => openExchangeLog(medium, market.name))
    const log = yield* Effect.fromResult(opened)
    const exchange = new SimulatedExchange(market, rules, log)
    return { exchange, broker: brokerOf(exchange), cutBytes: log.cutBytes }
  })

/** Opens `exchange.log` in a directory; closed with the scope. */
export const openFileSimulatedBroker = (
  directory: string,
  market: SimulatedMarket,
  rules: SimulatedRules
): Effect.Effect<SimulatedBroker, ExchangeLogDamaged | VenueUnavailable, Scope.Scope> =>
  Effect.acquireRelease(
    attempt(() => openExchangeFile(directory)),
    (medium) => Effect.sync(medium.close)
  ).pipe(Effect.flatMap((medium) => openSimulatedBroker(medium, market, rules)))

const brokerOf = (exchange: SimulatedExchange): Context.Service.Shape<typeof Broker> => {
  let broken: VenueUnavailable | undefined
  const ask = <A>(answer: () => A): Effect.Effect<A, VenueUnavailable> =>
    Effect.suspend(() => {
      if (broken !== undefined) return Effect.fail(broken)
      try {
        return Effect.succeed(answer())
      } catch (cause) {
        if (!(cause instanceof ExchangeLogUnwritable)) return Effect.die(cause)
        broken = new VenueUnavailable({ venue, why: cause.message })
        return Effect.fail(broken)
      }
    })
  return {
    submit: (order, nowMs) => ask(() => exchange.submit(order, nowMs)),
    replace: (change, nowMs) => ask(() => exchange.change(change, nowMs)),
    cancel: (clOrdID, nowMs) => ask(() => exchange.cancel(clOrdID, nowMs)),
    query: (clOrdID) =>
      ask(() => exchange.query(clOrdID)).pipe(
        Effect.catch(({ why }) => Effect.succeed({ _tag: "Unknown" as const, why }))
      ),
    positions: ask(() => exchange.positions()),
    speaker: {
      source: brokerSource,
      nextDueMs: () => exchange.nextDueMs(),
      next: () => exchange.next(),
      resumeAfter: (sourceSeq) => exchange.resumeAfter(sourceSeq)
    }
  }
}

/** What a file system throws at opening is expected; anything else is a defect. */
const attempt = <A>(run: () => A): Effect.Effect<A, VenueUnavailable> =>
  Effect.suspend(() => {
    try {
      return Effect.succeed(run())
    } catch (cause) {
      return cause instanceof Error && "syscall" in cause
        ? Effect.fail(new VenueUnavailable({ venue, why: cause.message }))
        : Effect.die(cause)
    }
  })
