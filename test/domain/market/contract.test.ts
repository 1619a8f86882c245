import { assert, describe, it } from "@effect/vitest"
import { Result, Schema } from "effect"
import { daysOfCivil, formatDays } from "../../../src/domain/market/civilDate.ts"
import {
  compareContracts,
  contractFault,
  formatOsi,
  makeInstruments,
  type OptionContract,
  parseOsi,
  stockId
} from "../../../src/domain/market/contract.ts"

const terms = { exerciseStyle: "American", multiplier: 100 } as const

const aapl: OptionContract = {
  underlying: "AAPL",
  optionType: "Call",
  strikeMicros: 470_000_000,
  expiration: "2013-11-01",
  ...terms
}

const anyContract = {
  underlying: Schema.String.check(Schema.isPattern(/^[A-Z0-9]{1,6}$/)),
  optionType: Schema.Literals(["Call", "Put"]),
  tenthsOfCents: Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 99_999_999 })),
  days: Schema.Int.check(
    Schema.isBetween({ minimum: daysOfCivil(2000, 1, 1), maximum: daysOfCivil(2099, 12, 31) })
  )
}

const contractOf = (of: {
  underlying: string
  optionType: "Call" | "Put"
  tenthsOfCents: number
  days: number
}): OptionContract => ({
  underlying: of.underlying,
  optionType: of.optionType,
  strikeMicros: of.tenthsOfCents * 1_000,
  expiration: formatDays(of.days),
  ...terms
})

describe("OSI symbol", () => {
  it("is written as the Options Clearing Corporation writes it", () => {
    assert.strictEqual(formatOsi(aapl), "AAPL  131101C00470000")
    const spx = { ...aapl, underlying: "SPX", optionType: "Put" as const, strikeMicros: 19_500_000 }
    assert.strictEqual(formatOsi({ ...spx, expiration: "2014-11-22" }), "SPX   141122P00019500")
  })

  it.prop("holds all of a contract but its terms", anyContract, (of) => {
    const contract = contractOf(of)
    const symbol = formatOsi(contract)
    assert.strictEqual(symbol.length, 21)
    assert.deepStrictEqual(parseOsi(symbol, terms), Result.succeed(contract))
  })

  it.prop("of hostile text is refused with a sentence", [Schema.String], ([text]) => {
    const parsed = parseOsi(text, terms)
    if (Result.isFailure(parsed)) assert.include(parsed.failure, "OSI symbol")
    else assert.strictEqual(formatOsi(parsed.success).replace(/ /g, ""), text.replace(/ /g, ""))
  })

  it("with a date that does not exist or no strike names the fault", () => {
    for (const [symbol, fault] of [
      ["AAPL  131131C00470000", "expiration was"],
      ["AAPL  131101C00000000", "strikeMicros was"]
    ] as const) {
      const parsed = parseOsi(symbol, terms)
      assert.isTrue(Result.isFailure(parsed) && parsed.failure.includes(fault), symbol)
    }
  })
})

describe("contract", () => {
  it("that cannot be listed names the field, its value and what is allowed", () => {
    assert.isUndefined(contractFault(aapl))
    const faults: ReadonlyArray<[Partial<OptionContract>, string]> = [
      [{ underlying: "brk.b" }, "brk.b"],
      [{ strikeMicros: 470_000_500 }, "470000500"],
      [{ strikeMicros: -1_000 }, "-1000"],
      [{ strikeMicros: Number.NaN }, "NaN"],
      [{ expiration: "2013-02-29" }, "2013-02-29"],
      [{ multiplier: 0 }, "multiplier was 0"]
    ]
    for (const [change, evidence] of faults) {
      const fault = contractFault({ ...aapl, ...change })
      assert.include(fault, evidence)
      assert.include(fault, "allowed")
    }
  })

  it.prop(
    "becomes an instrument in listing order, whatever order it came in",
    [Schema.Array(Schema.Struct(anyContract)).check(Schema.isMaxLength(12))],
    ([many]) => {
      const contracts = many.map(contractOf)
      const instruments = makeInstruments("GOOG", contracts)
      assert.deepStrictEqual(instruments[0], { kind: "Stock", id: stockId, symbol: "GOOG" })
      const options = instruments.slice(1).filter((instrument) => instrument.kind === "Option")
      assert.deepStrictEqual(
        options.map((option) => option.id),
        contracts.map((_, index) => index + 1)
      )
      for (let i = 1; i < options.length; i++) {
        assert.isAtMost(compareContracts(options[i - 1]!.contract, options[i]!.contract), 0)
      }
    }
  )

  it("puts the earlier expiration, then the lower strike, then the call first", () => {
    const later = { ...aapl, expiration: "2013-11-08", strikeMicros: 1_000 }
    const higher = { ...aapl, strikeMicros: 1_000_000_000 }
    const put = { ...aapl, optionType: "Put" as const }
    const ordered = makeInstruments("AAPL", [later, higher, put, aapl]).slice(1)
    assert.deepStrictEqual(
      ordered.map((instrument) => instrument.kind === "Option" && instrument.contract),
      [aapl, put, higher, later]
    )
  })
})
