/** Where and how Interactive Brokers is reached: TWS, IB Gateway, or the TWS simulator. Of effect with `brokers.use: ib`. */
import { Effect, Schema } from "effect"

const whole = (minimum: number, maximum: number) =>
  Schema.Int.check(Schema.isBetween({ minimum, maximum }))

/** A key that came later: the settings of older runs lack it. */
const later = <S extends Schema.Top>(schema: S, value: S["Encoded"]) =>
  schema.pipe(Schema.withDecodingDefaultKey(Effect.succeed(value)))

/** On the wall clock: what is traded and what quotes do not tell of it. */
const wallDefaults = {
  symbol: "SPY",
  model: "",
  riskFreeRate: 0.04,
  dividendYield: 0,
  hours: "exchange",
  connectMsMax: 60_000,
  takeoverWaitMsMax: 120_000,
  outageMsMax: 60_000,
  reconcileMs: 60_000
} as const

export const IbSettings = Schema.Struct({
  host: Schema.NonEmptyString,
  port: whole(1, 65_535),
  /** The book's own, the same on every connection: its orders belong to it. */
  clientId: whole(1, 999_999),
  /** Managed account; "" for the only one. */
  account: Schema.String,
  /** Real money. Only true trades on an account that is not a paper one, and then on no paper one. */
  live: Schema.Boolean,
  /** Lines of market data that the account has. */
  marketDataLinesMax: whole(1, 10_000),
  /** Expirations farther away are not looked at, days. */
  expirationDaysMax: whole(1, 3_650),
  answerMs: whole(100, 600_000),
  handshakeMs: whole(100, 600_000),
  heartbeatMs: whole(100, 600_000),
  retryMinMs: whole(1, 600_000),
  retryMaxMs: whole(1, 3_600_000),
  requestsPerSecondMax: whole(1, 50),
  /** A fill is told without its commission after waiting so long for it. */
  commissionWaitMs: whole(0, 3_600_000),
  /** All lines silent for so long while the market is open: asked for again, then the connection is opened anew. */
  silenceMsMax: whole(1_000, 3_600_000),
  /** Underlying; of effect on the wall clock, as are the next four. A session has its own. */
  symbol: later(
    Schema.String.check(
      Schema.isPattern(/^[A-Z0-9]{1,6}$/, { expected: "a ticker of 1 to 6 capitals or digits" })
    ),
    wallDefaults.symbol
  ),
  /** Regime model; "" for none: then the start is refused. */
  model: later(Schema.String, wallDefaults.model),
  /** Continuous, per year. */
  riskFreeRate: later(
    Schema.Finite.check(Schema.isBetween({ minimum: -0.1, maximum: 1 })),
    wallDefaults.riskFreeRate
  ),
  dividendYield: later(
    Schema.Finite.check(Schema.isBetween({ minimum: 0, maximum: 1 })),
    wallDefaults.dividendYield
  ),
  /** `exchange`: today's trading hours by the calendar. `always`: all of today in New York, for simulators. */
  hours: later(Schema.Literals(["exchange", "always"]), wallDefaults.hours),
  /** Not connected and caught up by then: the start is refused, with why. */
  connectMsMax: later(whole(100, 3_600_000), wallDefaults.connectMsMax),
  /** The client id is in use for so long: alert, stay blocked, go on trying with the same one. */
  takeoverWaitMsMax: later(whole(100, 3_600_000), wallDefaults.takeoverWaitMsMax),
  /** Otherwise not connected and caught up for so long in a run: alert, no new risk until it is. */
  outageMsMax: later(whole(100, 3_600_000), wallDefaults.outageMsMax),
  /** The account is compared with what we heard so often, desk's clock; at each connection besides. */
  reconcileMs: later(whole(100, 86_400_000), wallDefaults.reconcileMs)
})
export type IbSettings = typeof IbSettings.Type

export const defaultIb: IbSettings = {
  host: "127.0.0.1",
  port: 7497,
  clientId: 7,
  account: "",
  live: false,
  marketDataLinesMax: 100,
  expirationDaysMax: 60,
  answerMs: 10_000,
  handshakeMs: 10_000,
  heartbeatMs: 10_000,
  retryMinMs: 250,
  retryMaxMs: 30_000,
  requestsPerSecondMax: 45,
  commissionWaitMs: 10_000,
  silenceMsMax: 120_000,
  ...wallDefaults
}

type TradingMode = "simulated" | "paper" | "live"

/** Whether a book trades today's market at a server of its own, not a recorded session. */
export const isOnWallClock = (settings: {
  readonly mode: TradingMode
  readonly brokers: { readonly use: string }
}): boolean => settings.mode !== "simulated" && settings.brokers.use === "ib"

/** What of it decides what a book does: where it is reached and how patiently does not. */
export const decidingIb = (ib: IbSettings, mode: TradingMode) => {
  const { marketDataLinesMax, expirationDaysMax } = ib
  const lines = { marketDataLinesMax, expirationDaysMax }
  if (mode === "simulated") return lines
  const { symbol, model, riskFreeRate, dividendYield, hours } = ib
  return { ...lines, symbol, model, riskFreeRate, dividendYield, hours }
}
