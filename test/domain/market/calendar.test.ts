import { readFileSync } from "node:fs"
import { assert, describe, it } from "@effect/vitest"
import {
  expirationCloseMs,
  isTradingDate,
  nextTradingDate,
  previousTradingDate,
  tradingDay,
  tradingDayAt
} from "../../../src/domain/market/calendar.ts"
import { daysOfCivil, formatDays, parseDate } from "../../../src/domain/market/civilDate.ts"

const datesOf = (year: number): ReadonlyArray<string> =>
  Array.from({ length: 366 }, (_, i) => formatDays(daysOfCivil(year, 1, 1) + i)).filter((date) =>
    date.startsWith(`${year}-`)
  )

const earlyCloses = (year: number): ReadonlyArray<string> =>
  datesOf(year).filter((date) => tradingDay(date)?.earlyClose === true)

describe("calendar", () => {
  it("trades on exactly the 5,849 days on which SPY traded from 1998 to March 2021", () => {
    const path = new URL("../../../data/daily/spy.csv", import.meta.url)
    const lines = readFileSync(path, "utf8").trimEnd().split("\n").slice(1)
    const traded = lines.map((line) => line.split(",")[0]!)
    const expected: Array<string> = []
    for (let d = parseDate(traded[0]!)!; d <= parseDate(traded.at(-1)!)!; d++) {
      if (isTradingDate(d)) expected.push(formatDays(d))
    }
    assert.strictEqual(traded.length, 5_849)
    assert.deepStrictEqual(expected, traded)
  })

  it("is closed on the holidays the exchange announced for 2021 to 2027", () => {
    const announced: { [year: number]: string } = {
      2021: "01-01 01-18 02-15 04-02 05-31 07-05 09-06 11-25 12-24",
      2022: "01-17 02-21 04-15 05-30 06-20 07-04 09-05 11-24 12-26",
      2023: "01-02 01-16 02-20 04-07 05-29 06-19 07-04 09-04 11-23 12-25",
      2024: "01-01 01-15 02-19 03-29 05-27 06-19 07-04 09-02 11-28 12-25",
      2025: "01-01 01-09 01-20 02-17 04-18 05-26 06-19 07-04 09-01 11-27 12-25",
      2026: "01-01 01-19 02-16 04-03 05-25 06-19 07-03 09-07 11-26 12-25",
      2027: "01-01 01-18 02-15 03-26 05-31 06-18 07-05 09-06 11-25 12-24"
    }
    for (const [year, dates] of Object.entries(announced)) {
      const closedWeekdays = datesOf(+year).filter((date) => {
        const weekday = new Date(`${date}T00:00:00Z`).getUTCDay()
        return weekday !== 0 && weekday !== 6 && tradingDay(date) === undefined
      })
      assert.deepStrictEqual(
        closedWeekdays,
        dates.split(" ").map((date) => `${year}-${date}`)
      )
    }
  })

  it("closes at 13:00 on the days the exchange did", () => {
    const known: { [year: number]: string } = {
      1999: "11-26 12-31",
      2001: "07-03 11-23 12-24",
      2002: "07-05 11-29 12-24",
      2003: "07-03 11-28 12-24 12-26",
      2012: "07-03 11-23 12-24",
      2013: "07-03 11-29 12-24",
      2015: "11-27 12-24",
      2018: "07-03 11-23 12-24",
      2020: "11-27 12-24",
      2021: "11-26",
      2022: "11-25",
      2024: "07-03 11-29 12-24",
      2025: "07-03 11-28 12-24",
      2026: "11-27 12-24"
    }
    for (const [year, dates] of Object.entries(known)) {
      assert.deepStrictEqual(
        earlyCloses(+year),
        dates.split(" ").map((date) => `${year}-${date}`)
      )
    }
  })

  it("opens and closes on the New York clock, in winter and in summer", () => {
    assert.deepStrictEqual(tradingDay("2015-12-24"), {
      date: "2015-12-24",
      openMs: Date.UTC(2015, 11, 24, 14, 30),
      closeMs: Date.UTC(2015, 11, 24, 18, 0),
      earlyClose: true
    })
    assert.deepStrictEqual(tradingDay("2014-06-05"), {
      date: "2014-06-05",
      openMs: Date.UTC(2014, 5, 5, 13, 30),
      closeMs: Date.UTC(2014, 5, 5, 20, 0),
      earlyClose: false
    })
    assert.isUndefined(tradingDay("2015-12-25"))
    assert.isUndefined(tradingDay("2015-12-26"))
    assert.isUndefined(tradingDay("tomorrow"))
  })

  it("holds its open, and no longer its close", () => {
    const { openMs, closeMs } = tradingDay("2015-12-24")!
    assert.isUndefined(tradingDayAt(openMs - 1))
    assert.strictEqual(tradingDayAt(openMs)?.date, "2015-12-24")
    assert.strictEqual(tradingDayAt(closeMs - 1)?.date, "2015-12-24")
    assert.isUndefined(tradingDayAt(closeMs))
  })

  it("steps over weekends and holidays in both directions", () => {
    assert.strictEqual(formatDays(nextTradingDate(parseDate("2015-12-24")!)), "2015-12-28")
    assert.strictEqual(formatDays(previousTradingDate(parseDate("2015-12-28")!)), "2015-12-24")
    assert.strictEqual(formatDays(nextTradingDate(parseDate("2001-09-10")!)), "2001-09-17")
  })

  it("lets an option trade until the close on or before its expiration", () => {
    assert.strictEqual(expirationCloseMs("2015-12-24"), tradingDay("2015-12-24")?.closeMs)
    assert.strictEqual(expirationCloseMs("2014-06-21"), tradingDay("2014-06-20")?.closeMs)
    // Good Friday of 2014: the Saturday after it is one of expiration.
    assert.strictEqual(expirationCloseMs("2014-04-19"), tradingDay("2014-04-17")?.closeMs)
    assert.isUndefined(expirationCloseMs("2014-06-31"))
  })
})
