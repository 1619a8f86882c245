import { assert, describe, it } from "@effect/vitest"
import { Schema } from "effect"
import {
  civilOfDays,
  daysOfCivil,
  formatDays,
  lastWeekday,
  nthWeekday,
  parseDate,
  weekdayOfDays
} from "../../../src/domain/market/civilDate.ts"

const anyDay = Schema.Int.check(Schema.isBetween({ minimum: -719_528, maximum: 2_932_896 }))

describe("civilDate", () => {
  it.prop("agrees with the host's UTC calendar from year 0 to 9999", [anyDay], ([days]) => {
    const date = new Date(days * 86_400_000)
    const civil = civilOfDays(days)
    assert.deepStrictEqual(civil, {
      year: date.getUTCFullYear(),
      month: date.getUTCMonth() + 1,
      day: date.getUTCDate()
    })
    assert.strictEqual(weekdayOfDays(days), date.getUTCDay())
    assert.strictEqual(daysOfCivil(civil.year, civil.month, civil.day), days)
  })

  it.prop("reads back the text it writes", [anyDay], ([days]) => {
    assert.strictEqual(parseDate(formatDays(days)), days)
  })

  it("refuses text that is not a date that exists", () => {
    for (const text of [
      "2015-02-29",
      "2015-13-01",
      "2015-00-10",
      "2015-1-01",
      "20151224",
      "",
      " "
    ]) {
      assert.isUndefined(parseDate(text), text)
    }
    assert.isDefined(parseDate("2016-02-29"))
  })

  it("finds weekdays of a month by count and from its end", () => {
    assert.strictEqual(formatDays(nthWeekday(2015, 11, 4, 4)), "2015-11-26")
    assert.strictEqual(formatDays(nthWeekday(2026, 1, 4, 1)), "2026-01-01")
    assert.strictEqual(formatDays(lastWeekday(2015, 5, 1)), "2015-05-25")
    assert.strictEqual(formatDays(lastWeekday(2016, 12, 6)), "2016-12-31")
  })
})
