/** Where and how Interactive Brokers is reached: TWS, IB Gateway, or the TWS simulator. Of effect with `brokers.use: ib`. */
import { Schema } from "effect"

const whole = (minimum: number, maximum: number) =>
  Schema.Int.check(Schema.isBetween({ minimum, maximum }))

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
  silenceMsMax: whole(1_000, 3_600_000)
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
  silenceMsMax: 120_000
}

/** What of it decides what a book does: where it is reached and how patiently does not. */
export const decidingIb = ({ marketDataLinesMax, expirationDaysMax }: IbSettings) => ({
  marketDataLinesMax,
  expirationDaysMax
})
