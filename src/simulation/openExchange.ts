/**
 * The broker of a simulated life over the log that outlives it: the simulated exchange, or the gateway to Interactive
 * Brokers as it trades on the wall clock, on virtual time before the TWS simulator.
 */
import { Effect } from "effect"
import type { WriterLease } from "../actors/runtime/WriterLease.ts"
import { openIbLive } from "../ibLiveWorld.ts"
import type { IbDefences } from "../infra/broker/ib/ibWire.ts"
import { openSimulatedBroker } from "../infra/broker/simulated/broker.ts"
import { simulatedMarket, simulatedRules } from "../simulatedWorld.ts"
import type { Storage } from "./storage.ts"

export const openExchange = Effect.fnUntraced(function* (
  { stage, exchange, wire }: Storage,
  lease: WriterLease,
  defences: Partial<IbDefences> = {}
) {
  const { settings, session } = stage
  if (wire === undefined) {
    const market = simulatedMarket(session)
    return yield* openSimulatedBroker(exchange, market, simulatedRules(settings))
  }
  const { time, tws } = wire
  const opened = yield* openIbLive({
    settings,
    day: session.days[0]!,
    contentHash: "simulation",
    listing: wire.listing,
    folder: undefined,
    leaseProblem: () => lease.problem(),
    medium: wire.gatewayLog,
    virtual: { dial: tws.dial, untilNews: (atMs) => time.untilNews(atMs), defences }
  })
  wire.listing = opened.listing
  return opened
})
