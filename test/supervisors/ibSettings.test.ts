import { readFileSync } from "node:fs"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { Result } from "effect"
import { Yaml } from "effect/encoding"
import { isOnWallClock } from "../../src/supervisors/ibSettings.ts"
import { decodeSettings, type Settings } from "../../src/supervisors/settings.ts"
import { configHash } from "../../src/supervisors/tradingDesk.ts"

const file = "config/main.yaml"
const main = Yaml.parse(readFileSync(join(import.meta.dirname, "../..", file), "utf8")) as {
  readonly brokers: { readonly ib: Readonly<Record<string, unknown>> }
}

const settingsOf = (mode: Settings["mode"], ib: object): Settings =>
  Result.getOrThrow(
    decodeSettings([
      { file, value: main },
      { file: "test", value: { mode, brokers: { use: "ib", ib } } }
    ])
  )

const hashOf = (mode: Settings["mode"], ib: object): string => configHash(settingsOf(mode, ib))

describe("What is decided at Interactive Brokers", () => {
  for (const mode of ["simulated", "paper"] as const) {
    it(`is the same wherever it is reached, in mode ${mode}`, () => {
      const whole = hashOf(mode, {})
      const elsewhere = { host: "10.0.0.1", port: 4002, account: "DU5", clientId: 99 }
      assert.strictEqual(hashOf(mode, elsewhere), whole)
      assert.strictEqual(hashOf(mode, { connectMsMax: 1_000, answerMs: 1_000 }), whole)
      assert.notStrictEqual(hashOf(mode, { marketDataLinesMax: 50 }), whole)
    })
  }

  it("depends on what quotes do not tell, only where a session does not tell it", () => {
    const changes = [
      { symbol: "QQQ" },
      { model: "regime-goog-2015-12-24" },
      { riskFreeRate: 0.05 },
      { dividendYield: 0.05 },
      { hours: "always" }
    ]
    for (const change of changes) {
      assert.notStrictEqual(hashOf("paper", change), hashOf("paper", {}))
      assert.strictEqual(hashOf("simulated", change), hashOf("simulated", {}))
    }
  })

  it("takes the wall clock in modes paper and live", () => {
    assert.isFalse(isOnWallClock(settingsOf("simulated", {})))
    assert.isTrue(isOnWallClock(settingsOf("paper", {})))
    assert.isTrue(isOnWallClock(settingsOf("live", { live: true })))
  })

  it("has defaults for the settings of older runs", () => {
    const { symbol, model, riskFreeRate, dividendYield, hours, connectMsMax, ...older } =
      main.brokers.ib
    assert.notInclude([symbol, model, riskFreeRate, dividendYield, hours, connectMsMax], undefined)
    const value = { ...main, brokers: { ...main.brokers, ib: older } }
    const decoded = Result.getOrThrow(decodeSettings([{ file, value }]))
    assert.strictEqual(decoded.brokers.ib.hours, "exchange")
    assert.strictEqual(decoded.brokers.ib.model, "")
  })
})
