/**
 * The broker of a simulated life over the log that outlives it: the simulated exchange, or the gateway to Interactive
 * Brokers on loopback before the TWS simulator, which shows its own faults.
 */
import { Effect } from "effect"
import { uniformAt } from "../domain/chance.ts"
import { openSimulatedBroker } from "../infra/broker/simulated/broker.ts"
import type { TwsFault } from "../infra/broker/tws-simulator/faults.ts"
import { simulatedMarket, simulatedRules } from "../simulatedWorld.ts"
import type { Strikes } from "./Strikes.ts"
import type { Storage } from "./storage.ts"

export const openExchange = Effect.fnUntraced(function* (storage: Storage, strikes: Strikes) {
  const { stage } = storage
  const { settings, session, history } = stage
  if (stage.broker === "simulated") {
    const market = simulatedMarket(session)
    return yield* openSimulatedBroker(storage.exchange, market, simulatedRules(settings))
  }
  const { ib } = settings.brokers
  const { openIbSession } = yield* Effect.promise(() => import("../ibSessionWorld.ts"))
  const opened = yield* openIbSession({
    ...{ session, history, contentHash: "simulation", folder: undefined },
    settings: { ...settings, brokers: { ...settings.brokers, ib: { ...ib, answerMs } } },
    media: { exchange: storage.exchange, gateway: storage.gatewayLog },
    // What struck before is over: the simulator starts anew with the process.
    faults: (stage.wireFaults ?? wireFaults(settings.seed, session.days[0]!)).filter(
      ({ atMs = 0 }) => atMs > strikes.nowMs
    ),
    leaseProblem: () => ""
  })
  const { market, outside } = opened.world
  const advance: NonNullable<typeof outside>["advance"] = (toMs) =>
    Effect.suspend(() => {
      strikes.nowMs = Math.max(strikes.nowMs, toMs)
      return outside!.advance(toMs)
    })
  const world = { market, outside: { nextDueMs: () => outside!.nextDueMs(), advance } }
  return { ...opened, world }
})

const faultsMax = 8
/** Of a silent server, by the real clock. */
const answerMs = 1_500

/** What the TWS simulator shows in a seed's session. */
const wireFaults = (
  seed: number,
  { openMs, closeMs }: { readonly openMs: number; readonly closeMs: number }
): ReadonlyArray<TwsFault> =>
  Array.from({ length: 1 + Math.floor(uniformAt(seed, 31) * faultsMax) }, (_, at) => {
    const atMs = Math.floor(openMs + uniformAt(seed, 32, at) * (closeMs - openMs))
    const kinds: ReadonlyArray<TwsFault> = [
      { kind: "executionFirst", atMs, times: 3 },
      { kind: "orderStatus", how: "repeat", atMs, times: 3 },
      { kind: "orderStatus", how: "skip", atMs, times: 3 },
      { kind: "orderStatus", how: "late", atMs, times: 3 },
      { kind: "secondPermId", atMs },
      { kind: "cancelRace", atMs },
      { kind: "idRollback", atMs, by: 5 },
      { kind: "lateCommission", atMs, byMs: 2_000, times: 3 },
      { kind: "correction", atMs, byUsd: 0.05 },
      { kind: "dropAfterOrder", atMs },
      { kind: "reset", atMs },
      { kind: "lost", atMs, forMs: 60_000 },
      { kind: "silent", atMs, forMs: 30_000 }
    ]
    return kinds[Math.floor(uniformAt(seed, 33, at) * kinds.length)]!
  })
