import { assert, describe, it } from "@effect/vitest"
import {
  contiguousRuns,
  type DailyBar,
  screenDailyBars
} from "../../../src/domain/features/dailyBar.ts"
import { formatDays, parseDate } from "../../../src/domain/market/civilDate.ts"

const start = parseDate("2015-01-01")!

/** Calm bars on consecutive days: 1 % range around 100 USD. */
const calm = (count: number, from = start): Array<DailyBar> =>
  Array.from({ length: count }, (_, at) => ({
    date: formatDays(from + at),
    open: 100_000_000,
    high: 100_500_000,
    low: 99_500_000,
    close: 100_100_000,
    volume: 1_000
  }))

const spoiled = (at: number, change: Partial<DailyBar>): Array<DailyBar> =>
  calm(60).map((bar, index) => (index === at ? { ...bar, ...change } : bar))

describe("Screening daily bars", () => {
  it("keeps a calm series whole", () => {
    assert.strictEqual(screenDailyBars(calm(60)).kept.length, 60)
  })

  const spikes: ReadonlyArray<readonly [string, Partial<DailyBar>, RegExp]> = [
    ["a high far above open and close", { high: 107_000_000 }, /high or low lies/],
    ["a low far below open and close", { low: 94_000_000 }, /high or low lies/],
    ["an open that neither close supports", { open: 50_000_000, low: 50_000_000 }, /open lies/]
  ]
  for (const [what, change, reason] of spikes)
    it(`leaves out ${what}, says where and why, and keeps the rest`, () => {
      const { kept, implausible } = screenDailyBars(spoiled(40, change))
      assert.strictEqual(kept.length, 59)
      assert.deepStrictEqual(
        implausible.map(({ index }) => index),
        [40]
      )
      assert.match(implausible[0]!.reason, reason)
    })

  it("keeps a crash: a long body is no spike", () => {
    const crash = { close: 80_000_000, low: 79_500_000 }
    assert.strictEqual(screenDailyBars(spoiled(40, crash)).kept.length, 60)
  })

  it("allows wider wicks once the days before were wide", () => {
    const wide = (bar: DailyBar): DailyBar => ({ ...bar, high: 103_000_000, low: 97_000_000 })
    const bars = spoiled(40, { high: 110_000_000 })
    assert.strictEqual(screenDailyBars(bars).implausible.length, 1)
    const wider = bars.map((bar, at) => (at < 40 ? wide(bar) : bar))
    assert.strictEqual(screenDailyBars(wider).implausible.length, 0)
  })

  it("decides on a bar from its past alone", () => {
    const bars = spoiled(40, { high: 107_000_000 })
    for (const length of [41, 50, 60])
      assert.deepStrictEqual(
        screenDailyBars(bars.slice(0, length)).implausible,
        screenDailyBars(bars).implausible
      )
  })
})

describe("Contiguous runs", () => {
  it("bridge the closure of September 2001 but not a hole of two weeks", () => {
    const bars = [
      ...calm(3, parseDate("2001-09-08")!),
      ...calm(2, parseDate("2001-09-17")!),
      ...calm(4, parseDate("2001-10-02")!)
    ]
    assert.deepStrictEqual(
      contiguousRuns(bars).map((run) => run.length),
      [5, 4]
    )
  })

  it("of nothing are none", () => {
    assert.deepStrictEqual(contiguousRuns([]), [])
  })
})
