/** Interactive Brokers as a run's settings name it: orders, quotes and the listing over one connection. */
import { Clock, Effect, type Scope } from "effect"
import { CannotStart } from "./cli/Launcher.ts"
import { tradingDay } from "./domain/market/calendar.ts"
import { formatDays } from "./domain/market/civilDate.ts"
import { newYorkTimeOf } from "./domain/market/newYorkTime.ts"
import type { IbBrokerOptions } from "./infra/broker/ib/ibBrokerOptions.ts"
import { type IbConnection, openIbConnection } from "./infra/broker/ib/ibConnection.ts"
import type { IbLinkState } from "./infra/broker/ib/ibLink.ts"
import { allDefences } from "./infra/broker/ib/ibWire.ts"
import type { LogMedium } from "./infra/broker/simulated/exchangeLog.ts"
import { makeMemoryMedium, openFileMedium } from "./infra/broker/simulated/medium.ts"
import type { Settings } from "./supervisors/settings.ts"

export interface DeskIbParts extends Pick<IbBrokerOptions, "list" | "leaseProblem"> {
  readonly settings: Settings
  /** Where the gateway keeps its own log; undefined for memory. */
  readonly folder: string | undefined
  /** The log itself, where somebody else keeps it. */
  readonly medium?: LogMedium
  /** Session time in a session; the wall clock where it is left out. */
  readonly nowMs?: () => number
  readonly onState?: (state: IbLinkState) => void
  /** Whether lines are to say something; by the exchange's calendar where it is left out. */
  readonly isOpen?: (nowMs: number) => boolean
  /** Market data stays silent after everything that could be done. */
  readonly onEscalate?: (why: string) => void
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
  const { ib } = settings.brokers
  const { connectMsMax } = ib
  yield* checkMode(settings)
  const clock = yield* Clock.Clock
  const nowMs = parts.nowMs ?? (() => clock.currentTimeMillisUnsafe())
  const medium =
    parts.medium ??
    (yield* Effect.acquireRelease(
      Effect.sync(() =>
        folder === undefined ? makeMemoryMedium() : openFileMedium(`${folder}/${logFolder}`)
      ),
      (each) => Effect.sync(each.close)
    ))
  let last: IbLinkState = { _tag: "CatchingUp" }
  const opening = openIbConnection({
    link: { ...ib, defences: allDefences },
    list: parts.list,
    medium,
    nowMs,
    leaseProblem: parts.leaseProblem,
    commissionWaitMs: ib.commissionWaitMs,
    onState: (state) => {
      last = state
      parts.onState?.(state)
    },
    data: { linesMax: ib.marketDataLinesMax, silenceMsMax: ib.silenceMsMax, isOpen, onEscalate },
    quotesMax
  })
  const connection = yield* opening.pipe(
    Effect.timeoutOrElse({
      duration: connectMsMax,
      orElse: () => {
        const why = last._tag === "Down" ? last.why : `it is still ${last._tag}`
        return Effect.fail(new CannotStart({ why: `no connection in ${connectMsMax} ms: ${why}` }))
      }
    }),
    Effect.mapError(({ message }) => new CannotStart({ why: message }))
  )
  return { connection, notices: [noticeOf(settings, connection)] }
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
