import { assert, describe, it } from "@effect/vitest"
import { Schema } from "effect"
import { parseDate } from "../../../src/domain/market/civilDate.ts"
import {
  dayMs,
  epochMsOfNewYork,
  formatNewYork,
  newYorkOffsetMs,
  newYorkTimeOf
} from "../../../src/domain/market/newYorkTime.ts"

const intl = new Intl.DateTimeFormat("sv-SE", {
  timeZone: "America/New_York",
  dateStyle: "short",
  timeStyle: "medium"
})

const first = Date.UTC(1988, 0, 1)
const last = Date.UTC(2036, 0, 1)

describe("newYorkTime", () => {
  it("shows the wall clock that the time zone database shows, from 1988 to 2035", () => {
    // A step prime to the day visits all hours over the years.
    for (let epochMs = first; epochMs < last; epochMs += 19 * 3_600_000 + 61_000) {
      assert.strictEqual(formatNewYork(epochMs), intl.format(epochMs))
    }
  })

  it("turns the clock in the very second the database turns it", () => {
    let changes = 0
    for (let epochMs = first; epochMs < last; epochMs += 3_600_000) {
      if (newYorkOffsetMs(epochMs - 1_000) === newYorkOffsetMs(epochMs)) continue
      changes++
      assert.strictEqual(formatNewYork(epochMs - 1_000), intl.format(epochMs - 1_000))
      assert.strictEqual(formatNewYork(epochMs), intl.format(epochMs))
    }
    assert.strictEqual(changes, 2 * 48)
  })

  it.prop(
    "comes back to the same moment, or to the first of the hour that happens twice",
    [Schema.Int.check(Schema.isBetween({ minimum: first, maximum: last }))],
    ([epochMs]) => {
      const { date, msOfDay } = newYorkTimeOf(epochMs)
      assert.isTrue(msOfDay >= 0 && msOfDay < dayMs)
      const back = epochMsOfNewYork(date, msOfDay)
      assert.isTrue(back === epochMs || back === epochMs - 3_600_000)
      assert.deepStrictEqual(newYorkTimeOf(back), { date, msOfDay })
    }
  )

  it("reads the autumn hour as its first, and the missing spring hour as an hour later", () => {
    const autumn = parseDate("2015-11-01")!
    assert.strictEqual(epochMsOfNewYork(autumn, 5_400_000), Date.UTC(2015, 10, 1, 5, 30))
    const spring = parseDate("2015-03-08")!
    assert.strictEqual(epochMsOfNewYork(spring, 9_000_000), Date.UTC(2015, 2, 8, 7, 30))
  })
})
