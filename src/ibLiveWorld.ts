/**
 * Today's market traded on the wall clock, at TWS, IB Gateway or a TWS simulator of its own: the session over the wire
 * (`ibSessionWorld.ts`) with nothing stepped.
 *
 * What arrives has the time of its arrival, and the order of arrival is what the journal says; replaying it needs no wire.
 */
import { Clock, Effect, type Scope } from "effect"
import { LiveMarket } from "./actors/gateways/liveMarket.ts"
import type { SteppedOutside } from "./actors/ports/Gateway.ts"
import type { CannotStart } from "./cli/Launcher.ts"
import { openDeskIb } from "./deskIb.ts"
import { GreeksComparison, greeksText } from "./domain/features/greeksComparison.ts"
import type { TradingDay } from "./domain/market/calendar.ts"
import { type Instrument, makeInstruments } from "./domain/market/contract.ts"
import { listNear } from "./ibListing.ts"
import { type Listing, writeListing } from "./ibWallDay.ts"
import type { IbConnection } from "./infra/broker/ib/ibConnection.ts"
import { listed } from "./infra/broker/ib/ibContracts.ts"
import type { IbDial } from "./infra/broker/ib/ibDial.ts"
import type { IbQueryFault } from "./infra/broker/ib/ibFaults.ts"
import { dailyBarsOf } from "./infra/broker/ib/ibHistory.ts"
import { IbOutage } from "./infra/broker/ib/ibOutage.ts"
import type { IbDefences } from "./infra/broker/ib/ibWire.ts"
import type { LogMedium } from "./infra/log/medium.ts"
import type { WiredExchange } from "./simulatedWorld.ts"
import type { Settings } from "./supervisors/settings.ts"

export interface IbLiveParts {
  readonly settings: Settings
  readonly day: TradingDay
  readonly contentHash: string
  /** Of the run's earlier life; undefined in its first. */
  readonly listing: Listing | undefined
  /** Where the gateway keeps its own log; undefined for memory. */
  readonly folder: string | undefined
  readonly leaseProblem: () => string
  /** The gateway's log, where somebody else keeps it. */
  readonly medium?: LogMedium
  /** The way to the server and the waiting for it, where time is virtual. */
  readonly virtual?: {
    readonly dial: IbDial
    /** Returns when something may have arrived, at the latest at a time. */
    readonly untilNews: (atMs: number) => Effect.Effect<void>
    /** What a planted bug leaves out. */
    readonly defences: Partial<IbDefences>
  }
}

/** While nothing arrives the outside is looked at so often; what is due meanwhile is late by as much. */
const lookMs = 5
/** Between two comparisons of a contract's greeks. */
const sampleMs = 60_000
const askMsMin = 1_000
/** Said by the broker about the day's orders after the close. */
const afterCloseMs = 10_000
/** What is known to have happened and is not told yet is waited for so long after the close. */
const behindMsMax = 600_000

export const openIbLive = Effect.fn("desk.openIbLive")(function* (
  parts: IbLiveParts
): Effect.fn.Return<
  WiredExchange & { readonly notices: ReadonlyArray<string>; readonly listing: Listing },
  CannotStart,
  Scope.Scope
> {
  const { settings, day } = parts
  const { symbol, riskFreeRate, dividendYield, hours } = settings.brokers.ib
  const clock = yield* Clock.Clock
  const nowMs = () => clock.currentTimeMillisUnsafe()
  const comparison = new GreeksComparison({ riskFreeRate, dividendYield, sampleMs })
  const instruments: Array<Instrument> = []
  const outage = new IbOutage({ ...settings.brokers.ib, nowMs })
  let listing = parts.listing
  const { connection, notices } = yield* openDeskIb({
    settings,
    folder: parts.folder,
    ...(parts.medium !== undefined && { medium: parts.medium }),
    ...(parts.virtual !== undefined && {
      dial: parts.virtual.dial,
      defences: parts.virtual.defences
    }),
    list: (link, into) =>
      Effect.gen(function* () {
        if (listing !== undefined) return yield* listed(instrumentsOf(symbol, listing))(link, into)
        const today = { settings, symbol, today: day.date, nowMs: nowMs() }
        const instruments = yield* listNear(link, into, today)
        const bars = yield* dailyBarsOf(link, symbol, day.date)
        const history = bars.length === 0 ? [] : [{ symbol, source: "Interactive Brokers", bars }]
        listing = { day, contracts: instruments.flatMap(contractOf), history }
        return instruments
      }),
    leaseProblem: parts.leaseProblem,
    onState: (state) => outage.linkIs(state),
    onEscalate: (why) => outage.silentFor(why),
    onAlive: () => outage.alive(),
    onGreeks: ({ instrument, greeks, ...mids }) => {
      const each = instruments[instrument]
      if (each?.kind !== "Option") return
      comparison.take({ contract: each.contract, nowMs: nowMs(), ...greeks, ...mids })
    },
    ...(hours === "always" && { isOpen: () => true })
  })
  instruments.push(...connection.instruments)
  const { contracts, history } = listing!
  if (parts.listing === undefined) yield* writeListing(parts.folder, listing!)
  const left = yield* connection.data.subscribe(connection.instruments.map(({ id }) => id))
  const market = new LiveMarket(
    {
      ...{ name: symbol, underlying: symbol, instruments: connection.instruments },
      ...{ days: [day], riskFreeRate, dividendYield, contentHash: parts.contentHash, history }
    },
    nowMs()
  )
  const { commissionWaitMs, reconcileMs } = settings.brokers.ib
  // What was not told is asked for: fills that a status counts, commissions; who waited long enough is told without.
  yield* Effect.forkScoped(every(Math.max(askMsMin, commissionWaitMs), connection.quiet))
  yield* Effect.forkScoped(every(reconcileMs, connection.orders.reconcile))
  const { broker } = connection
  const untilNews =
    parts.virtual?.untilNews ??
    ((atMs: number) => Effect.sleep(Math.min(lookMs, Math.max(1, atMs - nowMs()))))
  return {
    broker,
    listing: listing!,
    world: { market, outside: onWallClock(connection, market, day, { nowMs, untilNews }, outage) },
    epilogue: () => [greeksText("Interactive Brokers'", comparison.summary)],
    notices: [
      ...notices,
      ...(contracts.length === 0 ? [`${symbol} has no options that fit: nothing to trade`] : []),
      ...(history.length === 0 ? [`no daily history of ${symbol}: the model cannot be asked`] : []),
      ...(left.length > 0 ? [`${left.length} instruments have no market data line`] : [])
    ]
  }
})

/** A question without an answer is the link's business: it catches up by itself. */
const every = (ms: number, question: Effect.Effect<void, IbQueryFault>): Effect.Effect<never> =>
  Effect.forever(Effect.andThen(Effect.sleep(ms), Effect.ignore(question)))

const contractOf = (instrument: Instrument) =>
  instrument.kind === "Option" ? [instrument.contract] : []

const instrumentsOf = (symbol: string, { contracts }: Listing): ReadonlyArray<Instrument> =>
  makeInstruments(symbol, contracts)

interface DeskTime {
  readonly nowMs: () => number
  readonly untilNews: (atMs: number) => Effect.Effect<void>
}

const never = Number.POSITIVE_INFINITY

/**
 * It has always something to say by now, until the day's business is over: not before the broker was heard after the
 * close, since what it did while it could not be reached is not known.
 */
const onWallClock = (
  { quotes, orders }: IbConnection,
  market: LiveMarket,
  { closeMs }: TradingDay,
  { nowMs, untilNews }: DeskTime,
  outage: IbOutage
): SteppedOutside => {
  const isOver = (atMs: number) =>
    market.nextStatusMs() === never &&
    atMs >= closeMs + afterCloseMs &&
    orders.link.state._tag === "Up" &&
    (!orders.isBehind || atMs >= closeMs + behindMsMax)
  const hear = (): void => {
    for (let quote = quotes.take(); quote !== undefined; quote = quotes.take()) market.quote(quote)
    market.tellStatus(nowMs())
    market.venue(outage.standing, nowMs())
  }
  return {
    nowMs,
    nextDueMs: () => {
      const atMs = nowMs()
      return isOver(atMs) ? never : atMs
    },
    advance: (_toMs, untilMs) =>
      Effect.gen(function* () {
        hear()
        // What the broker said is taken before anybody comes here.
        if (market.nextDueMs() !== never) return
        const statusMs = market.nextStatusMs()
        const endMs = statusMs === never ? closeMs + afterCloseMs : never
        yield* untilNews(Math.min(untilMs, statusMs, endMs > nowMs() ? endMs : never))
        hear()
      })
  }
}
