import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Result } from "effect"
import { Yaml } from "effect/encoding"
import { parseDate } from "../src/domain/market/civilDate.ts"
import { epochMsOfNewYork } from "../src/domain/market/newYorkTime.ts"
import { type Listing, readListing, todayOf, writeListing } from "../src/ibWallDay.ts"
import { decodeSettings } from "../src/supervisors/settings.ts"

const hourMs = 3_600_000
const file = "config/main.yaml"
const main: unknown = Yaml.parse(readFileSync(join(import.meta.dirname, "..", file), "utf8"))

const at = (date: string, hour: number): number => epochMsOfNewYork(parseDate(date)!, hour * hourMs)

const today = (hours: "exchange" | "always", nowMs: number) => {
  const value = { brokers: { ib: { hours } } }
  const settings = Result.getOrThrow(
    decodeSettings([
      { file, value: main },
      { file: "test", value }
    ])
  )
  return todayOf(settings, nowMs)
}

const listing: Listing = {
  day: { date: "2026-11-23", openMs: 1, closeMs: 2, earlyClose: false },
  contracts: [
    {
      ...{ underlying: "SPY", optionType: "Put", strikeMicros: 540_000_000 },
      ...{ expiration: "2027-01-15", exerciseStyle: "American", multiplier: 100 }
    }
  ],
  history: [
    {
      ...{ symbol: "SPY", source: "test" },
      bars: [{ date: "2026-11-20", open: 1, high: 2, low: 0.5, close: 1.5, volume: 9 }]
    }
  ]
}

const folder = Effect.acquireRelease(
  Effect.sync(() => mkdtempSync(join(tmpdir(), "optionsib-"))),
  (path) => Effect.sync(() => rmSync(path, { recursive: true }))
)

describe("The day on the wall clock", () => {
  it.effect("is today's trading hours, before the open and inside them", () =>
    Effect.gen(function* () {
      for (const hour of [3, 12]) {
        const day = yield* today("exchange", at("2026-11-23", hour))
        assert.deepStrictEqual(day, {
          date: "2026-11-23",
          openMs: at("2026-11-23", 9.5),
          closeMs: at("2026-11-23", 16),
          earlyClose: false
        })
      }
      // The day after Thanksgiving.
      const short = yield* today("exchange", at("2026-11-27", 12))
      assert.strictEqual(short.closeMs, at("2026-11-27", 13))
    })
  )

  it.effect("is refused after the close and on a closed day, with the next one that trades", () =>
    Effect.gen(function* () {
      const late = yield* Effect.flip(today("exchange", at("2026-11-25", 16)))
      assert.match(late.message, /has closed on 2026-11-25: start again on 2026-11-27/)
      const sunday = yield* Effect.flip(today("exchange", at("2026-11-22", 12)))
      assert.match(sunday.message, /is closed on 2026-11-22: start again on 2026-11-23/)
    })
  )

  it.effect("is all of the date in New York where hours are always", () =>
    Effect.gen(function* () {
      const day = yield* today("always", at("2026-11-22", 23))
      assert.strictEqual(day.date, "2026-11-22")
      assert.strictEqual(day.openMs, at("2026-11-22", 0))
      assert.strictEqual(day.closeMs, at("2026-11-23", 0) - 1)
    })
  )
})

describe("A listing kept with its run", () => {
  it.effect("is read as it was written", () =>
    Effect.gen(function* () {
      const path = yield* folder
      assert.isUndefined(yield* readListing(path, false))
      yield* writeListing(path, listing)
      assert.deepStrictEqual(yield* readListing(path, true), listing)
    })
  )

  it.effect("is missed where the run has records, and refused where it is damaged", () =>
    Effect.gen(function* () {
      const path = yield* folder
      const missing = yield* Effect.flip(readListing(path, true))
      assert.match(missing.message, /listing\.json is missing, and the run's records need it/)
      writeFileSync(join(path, "listing.json"), "{}")
      const damaged = yield* Effect.flip(readListing(path, true))
      assert.match(damaged.message, /listing\.json cannot be read: /)
      assert.notInclude(damaged.message, "\n")
    })
  )
})
