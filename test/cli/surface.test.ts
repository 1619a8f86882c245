import { readFileSync } from "node:fs"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { fitSurface } from "../../src/domain/market/surface/surface.ts"
import { totalVariance } from "../../src/domain/market/surface/svi.ts"
import type { SurfaceReport } from "../../src/projections/surfaceReport.ts"
import { googQuotes } from "../domain/market/surface/googQuotes.ts"
import { inProcess } from "../e2e/inProcess.ts"
import { temporaryFolder } from "./tables.ts"

const goog = ["surface", "--session", "goog-2015-12-24"]

describe("surface", () => {
  it.effect("fits the quotes known at that New York time, as read straight from the files", () =>
    Effect.gen(function* () {
      const ended = yield* inProcess(...goog, "--at", "11:01", "--json")
      const report = JSON.parse(ended.out) as SurfaceReport
      const { market, expirations } = googQuotes(11 * 3_600_000)
      const expected = fitSurface(market, expirations)
      assert.strictEqual(report.at, "2015-12-24 11:01:00")
      assert.closeTo(report.spot.mid, market.spot, 1e-9)
      assert.strictEqual(report.smiles.length, 11)
      for (const [index, smile] of report.smiles.entries()) {
        const { fit, implied, points, timeToExpirationYears: years } = expected.expirations[index]!
        // The files' reader counts days of 24 hours: from 2016-03-13 on the clock's change is between.
        if (smile.expiration < "2016-03-13") {
          const { a, b, rho, m, s: sigma } = fit.slice
          assert.deepStrictEqual(smile.svi, { a, b, rho, m, sigma })
          assert.strictEqual(smile.implied.forward, implied.forward)
        }
        assert.closeTo(smile.timeToExpirationYears, years, 1.01 / (365 * 24))
        const atForward = Math.sqrt(totalVariance(fit.slice, 0) / years)
        assert.closeTo(smile.measures.atmVolatility, atForward, 1e-3)
        assert.strictEqual(smile.quotes.length, points.length)
      }
      assert.deepStrictEqual(report.fitArbitrage, [])
      assert.deepStrictEqual(report.quoteArbitrage, [])
      assert.isAbove(report.residuals.insideShare, 0.9)
    })
  )

  it.effect("prints a line per expiration in each of its tables", () =>
    Effect.gen(function* () {
      const { out } = yield* inProcess(...goog, "--at", "11:00")
      assert.strictEqual(out.match(/^ {2}2016-01-29 /gm)!.length, 4)
      assert.include(out, "arbitrage in the fit: none")
      assert.include(out, "left out: 2015-12-24 (fewer than three strikes have all four quotes)")
    })
  )

  it.effect("draws every smile on a page that asks for nothing", () =>
    Effect.gen(function* () {
      const folder = yield* temporaryFolder
      const file = join(folder, "surface.html")
      const report = yield* inProcess(...goog, "--at", "11:00", "--json", "--html", file)
      const { smiles, residuals } = JSON.parse(report.out) as SurfaceReport
      const page = readFileSync(file, "utf8")
      assert.strictEqual(page.match(/<figure>/g)!.length, smiles.length + 1)
      assert.strictEqual(page.match(/<g class="(put|call)">/g)!.length, residuals.quotes)
      assert.notMatch(page, /<script|https?:|NaN|undefined|Infinity/)
      assert.include(page, "prefers-color-scheme:dark")
    }).pipe(Effect.scoped)
  )

  it.effect("refuses a time outside the session and a session that is not there", () =>
    Effect.gen(function* () {
      for (const at of ["09:30", "13:01", "11:60", "noon"]) {
        const { code, err } = yield* inProcess(...goog, `--at=${at}`)
        assert.strictEqual(code, 2)
        assert.include(err, `--at is "${at}"; allowed on 2015-12-24: a time HH:MM after 09:30`)
      }
      const missing = yield* inProcess("surface", "--session", "nope")
      assert.strictEqual(missing.code, 1)
      assert.include(missing.err, 'session "nope" was not found')
    })
  )
})
