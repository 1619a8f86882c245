/** The TWS simulator behind the command line: its market from a session or a seed, its log under the data directory. */
import * as fs from "node:fs"
import * as path from "node:path"
import { Effect, Layer, Result, type Scope } from "effect"
import { Yaml } from "effect/encoding"
import { CannotStart } from "./cli/Launcher.ts"
import { TwsSimulator, type TwsSimulatorOptions } from "./cli/TwsSimulator.ts"
import { tradingDay } from "./domain/market/calendar.ts"
import { parseDate } from "./domain/market/civilDate.ts"
import { newYorkTimeOf } from "./domain/market/newYorkTime.ts"
import { tickSchedules } from "./domain/trading/tick.ts"
import { defaultRules, type SimulatedRules } from "./infra/broker/simulated/market.ts"
import { openExchangeFile } from "./infra/broker/simulated/medium.ts"
import { decodeFaults, type TwsFault } from "./infra/broker/tws-simulator/faults.ts"
import { liveOptions, steppedOptions } from "./infra/broker/tws-simulator/office.ts"
import { startTwsServer } from "./infra/broker/tws-simulator/server.ts"
import { sessionMarket } from "./infra/broker/tws-simulator/sessionMarket.ts"
import { syntheticMarket } from "./infra/broker/tws-simulator/syntheticMarket.ts"
import type { MarketBar, TwsMarket } from "./infra/broker/tws-simulator/twsMarket.ts"
import { loadSession } from "./infra/data/SessionFile.ts"
import { packageRoot } from "./infra/product.ts"
import { dailyHistoryOf } from "./simulatedWorld.ts"

const dataDirDefault = ".optionsib"
/** Between two quotes of an instrument of the synthetic market. */
const stepMs = 500
/** A synthetic listing is used again for so long; then its expirations are too near. */
const listingDaysMax = 14

export const layer: Layer.Layer<TwsSimulator> = Layer.succeed(TwsSimulator, {
  start: (options) =>
    Effect.gen(function* () {
      const faults = options.faultsFile === undefined ? [] : yield* readFaults(options.faultsFile)
      const base = path.resolve(options.dataDir ?? dataDirDefault, "tws")
      const market =
        options.session === undefined
          ? yield* synthetic(options, base)
          : yield* recorded(options.session)
      const directory = path.join(base, market.name)
      const medium = yield* openLog(directory)
      const isStepped = options.controlPort !== undefined
      const server = yield* startTwsServer({
        market,
        medium,
        rules: rulesOf(options),
        options: isStepped ? steppedOptions : liveOptions,
        port: options.port,
        controlPort: options.controlPort,
        speed: options.speed
      }).pipe(Effect.mapError(({ message }) => new CannotStart({ why: message })))
      for (const fault of faults) server.engine.inject(fault)
      const { port, controlPort, cutBytes } = server
      const stopped = Effect.mapError(
        server.stopped,
        ({ message }) => new CannotStart({ why: message })
      )
      return { port, controlPort, cutBytes, stopped, market: market.name, log: medium.place }
    })
})

/** A session has its own increments; the synthetic chain is in whole cents. */
const rulesOf = ({ session }: TwsSimulatorOptions): SimulatedRules =>
  session === undefined ? defaultRules : { ...defaultRules, optionTicks: tickSchedules.nickel }

const openLog = (directory: string) =>
  Effect.acquireRelease(
    Effect.try({
      try: () => openExchangeFile(directory),
      catch: (cause) =>
        new CannotStart({ why: `the log in ${directory} cannot be opened: ${reasonOf(cause)}` })
    }),
    (medium) => Effect.sync(medium.close)
  ) satisfies Effect.Effect<unknown, CannotStart, Scope.Scope>

const reasonOf = (cause: unknown): string =>
  cause instanceof Error ? cause.message : String(cause)

/** The latest listing whose log is there and still fresh goes on; else one is made today. */
const synthetic = (
  { symbol, seed }: TwsSimulatorOptions,
  base: string
): Effect.Effect<TwsMarket, CannotStart> =>
  Effect.sync(() => {
    const startMs = Date.now()
    const today = newYorkTimeOf(startMs).date
    const ending = `-seed-${seed}`
    const listings = (fs.existsSync(base) ? fs.readdirSync(base) : [])
      .filter((name) => name.startsWith(`${symbol}-`) && name.endsWith(ending))
      .map((name) => parseDate(name.slice(symbol.length + 1, -ending.length)))
      .filter((date) => date !== undefined && date <= today && today - date <= listingDaysMax)
    const listedOn = Math.max(...listings.map((date) => date ?? 0), 0) || today
    return syntheticMarket({ symbol, seed, listedOn, startMs, stepMs })
  })

const recorded = (name: string): Effect.Effect<TwsMarket, CannotStart> =>
  Effect.gen(function* () {
    const session = yield* loadSession(path.join(packageRoot, "data/sessions"), name)
    const series = yield* dailyHistoryOf(session, path.join(packageRoot, "data"))
    const own = series.find(({ symbol }) => symbol === session.underlying)
    const history = (own?.bars ?? []).map((bar): MarketBar => {
      const timeMs = tradingDay(bar.date)?.openMs ?? 0
      const { open, high, low, close, volume } = bar
      return { timeMs, open, high, low, close, volume }
    })
    return sessionMarket(session, history)
  }).pipe(Effect.mapError(({ message }) => new CannotStart({ why: message })))

const readFaults = (file: string): Effect.Effect<ReadonlyArray<TwsFault>, CannotStart> =>
  Effect.try({
    try: () => Yaml.parse(fs.readFileSync(file, "utf8")),
    catch: (cause) =>
      new CannotStart({ why: `the faults file ${file} cannot be read: ${reasonOf(cause)}` })
  }).pipe(
    Effect.flatMap((content) =>
      Effect.fromResult(
        Result.mapError(
          decodeFaults(content),
          (why) => new CannotStart({ why: `the faults file ${file} is not right: ${why}` })
        )
      )
    )
  )
