import { assert, describe, it } from "@effect/vitest"
import { Result } from "effect"
import type { DailyBar } from "../../../src/domain/features/dailyBar.ts"
import { modelInput } from "../../../src/domain/features/modelInput.ts"
import {
  peerFeatures,
  regimeFeatures,
  regimeFeaturesInSession
} from "../../../src/domain/features/regimeFeatures.ts"
import { isTradingDate } from "../../../src/domain/market/calendar.ts"
import { daysOfCivil, formatDays } from "../../../src/domain/market/civilDate.ts"

/** Bars on trading days up to 2015-12-23, moving by a fixed irregular pattern. */
const barsOf = (count: number, scale: number): ReadonlyArray<DailyBar> => {
  const dates: Array<string> = []
  for (let day = daysOfCivil(2015, 12, 23); dates.length < count; day--) {
    if (isTradingDate(day)) dates.unshift(formatDays(day))
  }
  let close = 100_000_000
  return dates.map((date, at) => {
    const open = close
    close = Math.round(open * (1 + scale * Math.sin(at * 1.7)))
    const high = Math.round(Math.max(open, close) * (1 + scale / 3))
    const low = Math.round(Math.min(open, close) * (1 - scale / 2))
    return { date, open, high, low, close, volume: 1_000 }
  })
}

const own = barsOf(80, 0.012)
const session = { open: 100e6, high: 101e6, low: 99.5e6, close: 100.5e6 }
const base = { underlying: "GOOG", date: "2015-12-24", session, elapsedFraction: 0.25 }

describe("modelInput", () => {
  it("is what training computes, with today as the newest day once half an hour has passed", () => {
    const histories = [{ symbol: "GOOG", bars: own }]
    assert.deepStrictEqual(
      modelInput({ ...base, histories }),
      Result.getOrThrow(regimeFeaturesInSession(own, session, 0.25))
    )
    const early = modelInput({ ...base, histories, elapsedFraction: 0.05 })
    assert.deepStrictEqual(early, Result.getOrThrow(regimeFeatures(own)))
  })

  it("never looks at bars of the session's date or later", () => {
    const later = [
      ...own,
      { ...own.at(-1)!, date: "2015-12-24" },
      { ...own[3]!, date: "2015-12-28" }
    ]
    assert.deepStrictEqual(
      modelInput({ ...base, histories: [{ symbol: "GOOG", bars: later }] }),
      modelInput({ ...base, histories: [{ symbol: "GOOG", bars: own }] })
    )
  })

  it("takes the peers' mean where the underlying has no history", () => {
    const peers = [barsOf(80, 0.01), barsOf(70, 0.02)]
    const histories = peers.map((bars, at) => ({ symbol: `PEER${at}`, bars }))
    assert.deepStrictEqual(
      modelInput({ ...base, histories }),
      peerFeatures(peers.map((bars) => Result.getOrThrow(regimeFeatures(bars))))
    )
  })

  it("is empty where the history is too short, too old or absent", () => {
    const of = (bars: ReadonlyArray<DailyBar>, date = base.date) =>
      modelInput({ ...base, date, histories: [{ symbol: "GOOG", bars }] })
    assert.deepStrictEqual(of(own.slice(-40)), [])
    assert.deepStrictEqual(of(own, "2016-02-01"), [])
    assert.deepStrictEqual(modelInput({ ...base, histories: [] }), [])
  })
})
