/** A small chain: GOOG and three contracts that expire a week after the day. */
import type { ListedInstrument } from "../../src/actors/ports/records/market.ts"

export const usd = 1_000_000

const option = (
  instrument: number,
  strike: number,
  optionType: "Call" | "Put"
): ListedInstrument => ({
  instrument,
  kind: "Option",
  symbol: `GOOG  151231${optionType[0]}00${strike}000`,
  expiration: "2015-12-31",
  strikeMicros: strike * usd,
  optionType,
  exerciseStyle: "American",
  multiplier: 100
})

/** 0 is the stock, 1 the 750 call, 2 the 755 call, 3 the 745 put. */
export const listed: ReadonlyArray<ListedInstrument> = [
  {
    instrument: 0,
    kind: "Stock",
    symbol: "GOOG",
    expiration: "",
    strikeMicros: 0,
    optionType: "None",
    exerciseStyle: "None",
    multiplier: 1
  },
  option(1, 750, "Call"),
  option(2, 755, "Call"),
  option(3, 745, "Put")
]
