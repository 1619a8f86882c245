/**
 * A recorded session traded over the wire: the TWS simulator serves it on loopback, and the gateway to Interactive Brokers
 * trades there as it would anywhere.
 *
 * Time is stepped over the simulator's control channel and moves on only when the wire is quiet, so that one seed still
 * gives one chain of records.
 */
import { Effect, type Scope } from "effect"
import { ArrivedMarket } from "./actors/gateways/arrivedMarket.ts"
import type { MarketGatewayOptions } from "./actors/gateways/marketGateway.ts"
import { OutsideLost, type SteppedOutside } from "./actors/ports/Gateway.ts"
import { CannotStart } from "./cli/Launcher.ts"
import { openDeskIb } from "./deskIb.ts"
import type { SessionQuotes } from "./domain/market/sessionQuotes.ts"
import { listNear } from "./ibListing.ts"
import type { IbConnection } from "./infra/broker/ib/ibConnection.ts"
import { openExchangeFile } from "./infra/broker/simulated/medium.ts"
import { ControlClient } from "./infra/broker/tws-simulator/ControlClient.ts"
import { steppedOptions } from "./infra/broker/tws-simulator/office.ts"
import { startTwsServer } from "./infra/broker/tws-simulator/server.ts"
import { sessionMarket } from "./infra/broker/tws-simulator/sessionMarket.ts"
import { makeMemoryMedium } from "./infra/log/medium.ts"
import { simulatedRules, type WiredExchange } from "./simulatedWorld.ts"
import type { Settings } from "./supervisors/settings.ts"

export interface IbSessionParts {
  readonly settings: Settings
  readonly session: SessionQuotes
  readonly contentHash: string
  readonly history: MarketGatewayOptions["history"]
  /** Where simulator and gateway keep their own logs; undefined for memory. */
  readonly folder: string | undefined
  readonly leaseProblem: () => string
}

/** A stepped simulator paces nothing. */
const requestsPerSecondMax = 1_000_000

export const openIbSession = Effect.fn("desk.openIbSession")(function* (
  parts: IbSessionParts
): Effect.fn.Return<
  WiredExchange & { readonly notices: ReadonlyArray<string> },
  CannotStart,
  Scope.Scope
> {
  const { settings, session } = parts
  const { date: today, openMs: nowMs } = session.days[0]!
  const first = { today, nowMs }
  const clock: DeskClock = { nowMs }
  const server = yield* serve(parts)
  const control = yield* Effect.mapError(
    ControlClient.open(server.controlPort!, settings.brokers.ib.answerMs),
    ({ message }) => new CannotStart({ why: message })
  )
  const ib = { ...settings.brokers.ib, host: "127.0.0.1", port: server.port, requestsPerSecondMax }
  const { connection, notices } = yield* openDeskIb({
    settings: { ...settings, brokers: { ...settings.brokers, ib } },
    folder: parts.folder,
    list: (link, into) => listNear(link, into, { settings, symbol: session.underlying, ...first }),
    leaseProblem: parts.leaseProblem,
    nowMs: () => clock.nowMs
  })
  const left = yield* connection.data.subscribe(connection.instruments.map(({ id }) => id))
  yield* Effect.mapError(connection.quiet, ({ message }) => new CannotStart({ why: message }))
  const { name, underlying, days, assumptions } = session
  const market = new ArrivedMarket({
    name,
    underlying,
    instruments: connection.instruments,
    days,
    riskFreeRate: assumptions.riskFreeRate,
    dividendYield: assumptions.dividendYield,
    contentHash: parts.contentHash,
    history: parts.history
  })
  return {
    broker: steppedBroker(connection, control, clock),
    world: { market, outside: stepping(connection, control, market, clock, ib.reconcileMs) },
    notices: [
      ...notices,
      `SIMULATED: the TWS simulator serves ${name} at 127.0.0.1:${server.port}`,
      ...(left.length > 0 ? [`${left.length} instruments have no market data line`] : [])
    ]
  }
})

const serve = Effect.fnUntraced(function* (parts: IbSessionParts) {
  const { settings, session, folder } = parts
  const medium = yield* Effect.acquireRelease(
    Effect.sync(() => (folder === undefined ? makeMemoryMedium() : openExchangeFile(folder))),
    (each) => Effect.sync(each.close)
  )
  const server = yield* startTwsServer({
    market: sessionMarket(session, []),
    medium,
    rules: simulatedRules(settings),
    options: steppedOptions,
    port: 0,
    controlPort: 0,
    speed: 1
  }).pipe(Effect.mapError(({ message }) => new CannotStart({ why: message })))
  return server
})

interface DeskClock {
  nowMs: number
}

/** Quotes of a step carry its time: they come while the simulator stands there. */
const stepping = (
  connection: IbConnection,
  control: ControlClient,
  market: ArrivedMarket,
  clock: DeskClock,
  reconcileMs: number
): SteppedOutside => {
  let reconcileAtMs = clock.nowMs + reconcileMs
  const lost = ({ message }: { readonly message: string }) =>
    new OutsideLost({ place: `the TWS simulator at ${control.place}`, why: message })
  /** At its time an opening comes before the quotes and a closing after them. */
  const isStatusFirst = (): boolean =>
    market.isOpen
      ? market.nextStatusMs() < control.nextDueMs()
      : market.nextStatusMs() <= control.nextDueMs()
  return {
    nextDueMs: () => Math.min(control.nextDueMs(), market.nextStatusMs()),
    advance: (toMs) =>
      Effect.gen(function* () {
        clock.nowMs = Math.max(clock.nowMs, toMs)
        if (isStatusFirst()) return market.tellStatus()
        yield* control.advance(toMs)
        yield* connection.quiet
        for (let quote = connection.quotes.take(); quote !== undefined; ) {
          market.quote({ ...quote, timeMs: toMs })
          quote = connection.quotes.take()
        }
        if (toMs < reconcileAtMs) return
        reconcileAtMs = toMs + reconcileMs
        yield* connection.orders.reconcile
      }).pipe(Effect.mapError(lost))
  }
}

/** The simulator's clock goes to the sender's time first, no farther than to its own next event. */
const steppedBroker = (
  { broker }: IbConnection,
  control: ControlClient,
  clock: DeskClock
): WiredExchange["broker"] => {
  const at = <A, E>(nowMs: number, ask: Effect.Effect<A, E>): Effect.Effect<A, E> =>
    Effect.gen(function* () {
      clock.nowMs = Math.max(clock.nowMs, nowMs)
      const beforeMs = Math.min(nowMs, control.nextDueMs() - 1)
      if (beforeMs > control.atMs()) yield* Effect.orDie(control.advance(beforeMs))
      const answer = yield* Effect.exit(ask)
      yield* Effect.orDie(control.look)
      return yield* answer
    })
  return {
    submit: (order, nowMs, sendBeforeMs) => at(nowMs, broker.submit(order, nowMs, sendBeforeMs)),
    replace: (change, nowMs, sendBeforeMs) =>
      at(nowMs, broker.replace(change, nowMs, sendBeforeMs)),
    cancel: (clOrdID, nowMs) => at(nowMs, broker.cancel(clOrdID, nowMs)),
    query: (clOrdID, nowMs) => at(nowMs, broker.query(clOrdID, nowMs)),
    positions: broker.positions,
    speaker: broker.speaker
  }
}
