/** A chain that goes away and loses answers; what it took stays taken. */
import { Effect } from "effect"
import { type ChainShape, ChainUnavailable } from "../../actors/ports/Chain.ts"
import type { Strikes } from "../Strikes.ts"

const gone = (why: string): Effect.Effect<never, ChainUnavailable> =>
  Effect.fail(new ChainUnavailable({ place: "simulated", why }))

export const faultyChain = (sound: ChainShape, strikes: Strikes): ChainShape => {
  const across = <A>(ask: Effect.Effect<A, ChainUnavailable>): Effect.Effect<A, ChainUnavailable> =>
    Effect.suspend(() => {
      if (strikes.during("ChainAway") !== undefined) return gone("it is away")
      const lost = strikes.take("ChainUnknown")
      if (lost === undefined) return ask
      return lost.applied
        ? Effect.andThen(ask, gone("its answer was lost"))
        : gone("its answer was lost")
    })
  return {
    description: sound.description,
    submit: (request) => across(sound.submit(request)),
    find: (key) => across(sound.find(key)),
    balances: across(sound.balances),
    trade: (tradeId) => across(sound.trade(tradeId)),
    trades: across(sound.trades)
  }
}
