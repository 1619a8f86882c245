import { assert, describe, it } from "@effect/vitest"
import type { ArrivedMarketOptions } from "../../../src/actors/gateways/arrivedMarket.ts"
import { LiveMarket } from "../../../src/actors/gateways/liveMarket.ts"
import type { QuotePayload } from "../../../src/actors/ports/records/market.ts"
import type { InputDraft } from "../../../src/domain/journal/record.ts"
import { makeInstruments } from "../../../src/domain/market/contract.ts"

const [openMs, closeMs] = [1_000_000, 2_000_000]
const options: ArrivedMarketOptions = {
  ...{ name: "SPY", underlying: "SPY", instruments: makeInstruments("SPY", []) },
  days: [{ date: "2026-11-23", openMs, closeMs, earlyClose: false }],
  ...{ riskFreeRate: 0.04, dividendYield: 0, contentHash: "", history: [] }
}

const quoteAt = (timeMs: number): QuotePayload => ({
  ...{ instrument: 0, bidMicros: 1, askMicros: 2, bidSize: 1, askSize: 1, timeMs, replaced: 0 }
})

const taken = (market: LiveMarket): ReadonlyArray<InputDraft> => {
  const inputs: Array<InputDraft> = []
  while (market.nextDueMs() !== Number.POSITIVE_INFINITY) inputs.push(market.next())
  return inputs
}

const wordOf = ({ type, payload }: InputDraft): string =>
  type === "TradingSessionStatus" ? (payload as { status: string }).status : type

/** The last number of a life that ended inside the day or, with `closed`, after it. */
const livedThrough = (closed: boolean): number => {
  const market = new LiveMarket(options, 500)
  market.quote(quoteAt(openMs + 1))
  if (closed) market.tellStatus(closeMs)
  return taken(market).at(-1)!.sourceSeq
}

describe("A market on the wall clock", () => {
  it("tells the listing at once, then what comes between its opening and its closing", () => {
    const market = new LiveMarket(options, 500)
    market.quote(quoteAt(openMs - 1))
    market.quote(quoteAt(openMs))
    market.quote(quoteAt(closeMs - 1))
    market.quote(quoteAt(closeMs))
    const inputs = taken(market)
    const words = ["InstrumentsListed", "Open", "Quote", "Quote", "Closed"]
    assert.deepStrictEqual(inputs.map(wordOf), words)
    const numbers = inputs.map(({ sourceSeq }) => sourceSeq)
    assert.deepStrictEqual(
      numbers,
      numbers.toSorted((a, b) => a - b)
    )
    assert.strictEqual(new Set(numbers).size, numbers.length)
    assert.strictEqual(market.nextStatusMs(), Number.POSITIVE_INFINITY)
  })

  it("tells how the broker is while it is open, once and then at each change", () => {
    const market = new LiveMarket(options, 500)
    const well = { connection: "Up", marketData: "Alive", reason: "" } as const
    const lost = (reason: string) => ({ connection: "Lost", marketData: "Alive", reason }) as const
    market.venue(well, openMs - 1)
    market.tellStatus(openMs)
    for (const [at, status] of [well, well, lost("a"), lost("b"), well].entries()) {
      market.venue(status, openMs + at)
    }
    market.tellStatus(closeMs)
    market.venue(lost("c"), closeMs)
    const inputs = taken(market)
    const told = inputs.filter(({ type }) => type === "VenueStatus").map(({ payload }) => payload)
    assert.deepStrictEqual(told, [well, lost("a"), well])
    assert.deepStrictEqual(inputs.map(wordOf).slice(0, 3), [
      ...["InstrumentsListed", "Open", "VenueStatus"]
    ])
    // The next life tells it anew, though it may be as the last one left it.
    const next = new LiveMarket(options, 500)
    next.resumeAfter(inputs.at(-2)!.sourceSeq)
    next.venue(well, openMs + 9)
    assert.deepStrictEqual(taken(next).map(wordOf), ["VenueStatus"])
  })

  it("is open from its start where that is inside the day", () => {
    const market = new LiveMarket(options, openMs + 500)
    market.tellStatus(openMs + 500)
    taken(market)
    assert.strictEqual(market.nextStatusMs(), closeMs)
  })

  it("goes on with the next number after a life inside the day, without another opening", () => {
    const last = livedThrough(false)
    const market = new LiveMarket(options, openMs + 500)
    market.resumeAfter(last)
    market.tellStatus(openMs + 500)
    market.quote(quoteAt(openMs + 600))
    const [quote, ...others] = taken(market)
    assert.strictEqual(quote!.sourceSeq, last + 1)
    assert.strictEqual(wordOf(quote!), "Quote")
    assert.isEmpty(others)
  })

  it("closes late where it was away over the close, and once", () => {
    const market = new LiveMarket(options, closeMs + 500)
    market.resumeAfter(livedThrough(false))
    market.tellStatus(closeMs + 500)
    assert.deepStrictEqual(taken(market).map(wordOf), ["Closed"])
    const again = new LiveMarket(options, closeMs + 900)
    again.resumeAfter(livedThrough(true))
    again.tellStatus(closeMs + 900)
    again.quote(quoteAt(closeMs + 901))
    assert.isEmpty(taken(again))
  })

  it("tells the whole listing again after a life that ended before it was told", () => {
    const market = new LiveMarket(options, 500)
    market.resumeAfter(0)
    assert.deepStrictEqual(taken(market).map(wordOf), ["InstrumentsListed"])
  })

  it("gives back what a host did not use, and no more than it keeps", () => {
    const market = new LiveMarket(options, 500)
    for (let at = 0; at < 20_000; at++) market.quote(quoteAt(openMs + at))
    const inputs = taken(market)
    const from = inputs.at(-4_000)!.sourceSeq
    market.resumeAfter(from)
    assert.deepStrictEqual(taken(market), inputs.slice(-3_999))
    assert.throws(() => market.resumeAfter(3), "is not kept any more")
  })
})
