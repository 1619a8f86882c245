import { assert, describe, it } from "@effect/vitest"
import { daysOfCivil } from "../../../src/domain/market/civilDate.ts"
import { epochMsOfNewYork } from "../../../src/domain/market/newYorkTime.ts"
import { type ChainInstrument, OptionChain } from "../../../src/domain/market/optionChain.ts"

const option = (
  instrument: number,
  expiration: string,
  strikeMicros: number,
  optionType: "Call" | "Put"
): ChainInstrument => ({
  instrument,
  kind: "Option",
  expiration,
  strikeMicros,
  optionType,
  multiplier: 100
})

const listed: ReadonlyArray<ChainInstrument> = [
  option(4, "2016-01-15", 740_000_000, "Call"),
  {
    instrument: 0,
    kind: "Stock",
    expiration: "",
    strikeMicros: 0,
    optionType: "None",
    multiplier: 1
  },
  option(3, "2015-12-24", 750_000_000, "Put"),
  option(1, "2015-12-24", 740_000_000, "Call"),
  option(2, "2015-12-24", 740_000_000, "Put")
]

describe("OptionChain", () => {
  it("arranges instruments by expiration and strike, whatever order they are listed in", () => {
    const chain = OptionChain.of(listed)
    assert.strictEqual(chain.stock, 0)
    assert.strictEqual(chain.instrumentCount, 5)
    assert.deepStrictEqual(
      chain.expirations.map((each) => each.expiration),
      ["2015-12-24", "2016-01-15"]
    )
    const [first] = chain.expirations
    assert.deepStrictEqual([...first!.strikesMicros], [740_000_000, 750_000_000])
    assert.deepStrictEqual([...first!.calls], [1, -1])
    assert.deepStrictEqual([...first!.puts], [2, 3])
    assert.deepStrictEqual(chain.place(3), { expirationIndex: 0, strikeIndex: 1, isCall: false })
    assert.isUndefined(chain.place(0))
  })

  it("knows that an expiration's last moment is that day's real close", () => {
    const [first, second] = OptionChain.of(listed).expirations
    // Christmas Eve 2015 closed at 13:00, 2016-01-15 at 16:00 New York.
    assert.strictEqual(
      first!.lastTradeMs,
      epochMsOfNewYork(daysOfCivil(2015, 12, 24), 13 * 3_600_000)
    )
    assert.strictEqual(
      second!.lastTradeMs,
      epochMsOfNewYork(daysOfCivil(2016, 1, 15), 16 * 3_600_000)
    )
  })

  it("comes back from its snapshot as it was", () => {
    const chain = OptionChain.of(listed)
    const restored = OptionChain.restore(JSON.parse(JSON.stringify(chain.snapshot())))
    assert.deepStrictEqual(restored.expirations, chain.expirations)
    assert.deepStrictEqual(restored.place(4), chain.place(4))
    assert.deepStrictEqual(restored.snapshot(), chain.snapshot())
    assert.strictEqual(OptionChain.restore(OptionChain.empty.snapshot()).instrumentCount, 0)
  })
})
