/** Contracts of the real session that expire in it, held to the end: exercise, assignment and their money. */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import type { JournalRecord } from "../../src/domain/journal/record.ts"
import type { Instrument } from "../../src/domain/market/contract.ts"
import { microsPerUsd } from "../../src/domain/market/price.ts"
import { sliceSession } from "../../src/domain/market/sliceSession.ts"
import { certified } from "../../src/simulation/stage.ts"
import { runningStrategies } from "../../src/supervisors/tradingDesk.ts"
import { conservesMoney, ordersOnce, replaysToItself } from "./deskPromises.ts"
import { live, loadStage, makeDeskStorage, type Stage, settingsWith } from "./deskSimulation.ts"

const settings = settingsWith({
  run: { closePolicy: "carry" },
  hedging: { bandShares: 1_000 },
  ai: { impliedOverForecastMinToSell: 1, impliedOverForecastMaxToBuy: 0.99 },
  risk: { noOpenLastMinutes: 5 },
  strategies: {
    volatility: {
      impliedOverForecastMinToSell: 1,
      impliedOverForecastMaxToBuy: 0.99,
      tradingDaysMin: 0.01,
      tradingDaysMax: 2,
      innerDelta: 0.49,
      outerDelta: 0.15,
      skewSteep: 9,
      skewFlat: -9,
      legSpreadOverMidMax: 2,
      edgeOverMaxLossMin: 0,
      positionsMax: 3,
      firstConcession: 1,
      profitTargetOverEntry: 1_000,
      stopLossOverMaxLoss: 1_000,
      exitTradingDays: 0,
      entryMinutesToCloseMin: 5
    }
  }
})

const expiresToday = (instrument: Instrument): boolean =>
  instrument.kind === "Stock" ||
  (instrument.contract.expiration === "2015-12-24" &&
    Math.abs(instrument.contract.strikeMicros / 748e6 - 1) < 0.06)

/** The last two and a half hours; `closeUsd` settles the contracts where it is given. */
const carried = Effect.fnUntraced(function* (closeUsd?: number) {
  const whole = yield* loadStage("goog-2015-12-24")
  const { closeMs, date } = whole.session.days[0]!
  const sliced = sliceSession(whole.session, {
    keep: expiresToday,
    fromMs: closeMs - 150 * 60_000,
    untilMs: closeMs
  })
  const closes = [{ date, closeMicros: (closeUsd ?? 0) * microsPerUsd }]
  const session =
    closeUsd === undefined ? sliced : { ...sliced, assumptions: { ...sliced.assumptions, closes } }
  const certificates = runningStrategies(settings).map(certified)
  const stage: Stage = { ...whole, session, certificates }
  const storage = makeDeskStorage(stage, settings)
  const run = yield* live(storage)
  const records = storage.journal.records()
  replaysToItself(storage, run, "expiry")
  ordersOnce(records, "expiry")
  conservesMoney(records, "expiry")
  return records
})

const endings = (records: ReadonlyArray<JournalRecord>): ReadonlyArray<string> =>
  records
    .filter(({ type }) => type === "TradeLegEnded")
    .map(({ payload }) => (payload as { kind: string }).kind)

const completed = (records: ReadonlyArray<JournalRecord>): number =>
  records.filter(({ type }) => type === "TradeCompleted").length

describe("Desk over an expiry", () => {
  it.live("lets contracts out of the money expire worthless and completes their trade", () =>
    Effect.scoped(
      Effect.gen(function* () {
        const records = yield* carried()
        assert.deepStrictEqual(endings(records), ["Expired", "Expired", "Expired", "Expired"])
        assert.strictEqual(completed(records), 1)
      })
    )
  )

  it.live("exercises what it holds in the money, is assigned what it owes, and books both", () =>
    Effect.scoped(
      Effect.gen(function* () {
        // Not the real close: settled at 757 USD, both calls of the same real trade are in the money.
        const records = yield* carried(757)
        assert.deepStrictEqual([...endings(records)].sort(), [
          "Assigned",
          "Exercised",
          "Expired",
          "Expired"
        ])
        assert.strictEqual(completed(records), 1)
      })
    )
  )
})
