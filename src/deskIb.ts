/** Interactive Brokers as a run's settings name it: orders, quotes and the listing over one connection. */
import { Clock, Console, Effect, type Scope } from "effect"
import { CannotStart } from "./cli/Launcher.ts"
import { tradingDay } from "./domain/market/calendar.ts"
import { formatDays } from "./domain/market/civilDate.ts"
import { newYorkTimeOf } from "./domain/market/newYorkTime.ts"
import type { IbBrokerOptions } from "./infra/broker/ib/ibBrokerOptions.ts"
import { type IbConnection, openIbConnection } from "./infra/broker/ib/ibConnection.ts"
import type { IbDial } from "./infra/broker/ib/ibDial.ts"
import type { IbLinkState } from "./infra/broker/ib/ibLink.ts"
import type { IbGreeksSeen } from "./infra/broker/ib/ibMarketData.ts"
import { allDefences, clientIdInUse, type IbDefences } from "./infra/broker/ib/ibWire.ts"
import { openExchangeFile } from "./infra/broker/simulated/medium.ts"
import { type LogMedium, makeMemoryMedium } from "./infra/log/medium.ts"
import type { IbSettings } from "./supervisors/ibSettings.ts"
import type { Settings } from "./supervisors/settings.ts"

export interface DeskIbParts extends Pick<IbBrokerOptions, "list" | "leaseProblem"> {
  readonly settings: Settings
  /** Where the gateway keeps its own log; undefined for memory. */
  readonly folder: string | undefined
  /** The log itself, where somebody else keeps it. */
  readonly medium?: LogMedium
  /** The way to the server; a TCP socket where it is left out. */
  readonly dial?: IbDial
  /** Those that are not on. */
  readonly defences?: Partial<IbDefences>
  /** Session time in a session; the wall clock where it is left out. */
  readonly nowMs?: () => number
  readonly onState?: (state: IbLinkState) => void
  /** Whether lines are to say something; by the exchange's calendar where it is left out. */
  readonly isOpen?: (nowMs: number) => boolean
  /** Market data stays silent after everything that could be done, and is heard again. */
  readonly onEscalate?: (why: string) => void
  readonly onAlive?: () => void
  readonly onGreeks?: (seen: IbGreeksSeen) => void
}

/** Name of the gateway's log in a run's folder. */
const logFolder = "ib"
/** Quotes that may wait: a burst of every line, many times over. */
const quotesMax = 10_000

export const openDeskIb = Effect.fn("desk.openIb")(function* (
  parts: DeskIbParts
): Effect.fn.Return<
  { readonly connection: IbConnection; readonly notices: ReadonlyArray<string> },
  CannotStart,
  Scope.Scope
> {
  const { settings, folder, onEscalate = () => {}, isOpen = isTradingTime } = parts
  const { onAlive = () => {}, onGreeks = () => {} } = parts
  const { ib } = settings.brokers
  yield* checkMode(settings)
  const clock = yield* Clock.Clock
  const nowMs = parts.nowMs ?? (() => clock.currentTimeMillisUnsafe())
  const medium =
    parts.medium ??
    (yield* Effect.acquireRelease(
      Effect.sync(() =>
        folder === undefined ? makeMemoryMedium() : openExchangeFile(`${folder}/${logFolder}`)
      ),
      (each) => Effect.sync(each.close)
    ))
  let last: IbLinkState = { _tag: "CatchingUp" }
  const opening = openIbConnection({
    link: {
      ...{ ...ib, defences: { ...allDefences, ...parts.defences } },
      ...(parts.dial !== undefined && { dial: parts.dial })
    },
    list: parts.list,
    medium,
    nowMs,
    leaseProblem: parts.leaseProblem,
    commissionWaitMs: ib.commissionWaitMs,
    onState: (state) => {
      last = state
      parts.onState?.(state)
    },
    data: {
      ...{ linesMax: ib.marketDataLinesMax, silenceMsMax: ib.silenceMsMax },
      ...{ isOpen, onEscalate, onAlive, onGreeks }
    },
    quotesMax
  })
  const cannotStart = ({ message }: { readonly message: string }) =>
    new CannotStart({ why: message })
  const connection = yield* Effect.raceFirst(
    Effect.mapError(opening, cannotStart),
    startWatch(ib, () => last)
  )
  return { connection, notices: [noticeOf(settings, connection)] }
})

const lookMs = 50

/**
 * Fails where there is no connection in time. A client id that is in use (326) is waited for without end, and told after a
 * while: the socket of a predecessor lives, and nobody but it may trade then.
 */
const startWatch = Effect.fnUntraced(function* (
  { clientId, host, port, connectMsMax, takeoverWaitMsMax }: IbSettings,
  state: () => IbLinkState
): Effect.fn.Return<never, CannotStart> {
  let freeMs = 0
  let takenMs = 0
  for (;;) {
    const now = state()
    const isTaken = now._tag === "Down" && now.code === clientIdInUse
    if (isTaken && takenMs < takeoverWaitMsMax && takenMs + lookMs >= takeoverWaitMsMax) {
      yield* Console.error(
        `ALERT: client id ${clientId} at ${host}:${port} is still in use by another connection after ${takeoverWaitMsMax} ms: nothing is sent; trying on until it is free`
      )
    }
    if (!isTaken && freeMs >= connectMsMax) {
      const why = now._tag === "Down" ? now.why : `it is still ${now._tag}`
      return yield* new CannotStart({ why: `no connection in ${connectMsMax} ms: ${why}` })
    }
    yield* Effect.sleep(lookMs)
    if (isTaken) takenMs += lookMs
    else freeMs += lookMs
  }
})

/** What orders will be about, before the first one. */
const noticeOf = ({ brokers: { ib } }: Settings, { orders, instruments }: IbConnection): string => {
  const { account, place } = orders.link
  const money = ib.live ? "LIVE, REAL MONEY" : "paper"
  return `broker: Interactive Brokers at ${place}, account ${account} (${money}), client id ${ib.clientId}, ${instruments.length} instruments listed`
}

const checkMode = ({ mode, brokers: { ib } }: Settings): Effect.Effect<void, CannotStart> => {
  const fail = (why: string) => Effect.fail(new CannotStart({ why }))
  if (mode === "live" && !ib.live) {
    return fail(
      `mode is live and brokers.ib.live is false: set it to true to trade real money at ${ib.host}:${ib.port}`
    )
  }
  if (mode !== "live" && ib.live) {
    return fail(
      `brokers.ib.live is true and mode is ${mode}: real money is traded in mode live only`
    )
  }
  return Effect.void
}

const isTradingTime = (nowMs: number): boolean => {
  const day = tradingDay(formatDays(newYorkTimeOf(nowMs).date))
  return day !== undefined && nowMs >= day.openMs && nowMs < day.closeMs
}
