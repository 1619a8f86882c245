/**
 * A small market that the risk tests share: one stock, options of one American and one European
 * expiration.
 */

import { parseDate } from "../../../src/domain/market/civilDate.ts"
import { epochMsOfNewYork } from "../../../src/domain/market/newYorkTime.ts"
import { type ChainInstrument, OptionChain } from "../../../src/domain/market/optionChain.ts"
import { QuoteBoard } from "../../../src/domain/market/quoteBoard.ts"
import type { OrderTerms } from "../../../src/domain/risk/orderTerms.ts"
import type { RiskLimits } from "../../../src/domain/risk/riskLimits.ts"
import type { RiskMarket } from "../../../src/domain/risk/riskMarket.ts"

export const limits: RiskLimits = {
  orderUnitsMax: 10,
  legContractsMax: 20,
  legSharesMax: 500,
  orderPremiumUsdMax: 10_000,
  collarSpreads: 1,
  collarMicros: 10_000,
  collarBasisPoints: 0,
  modelVolatilityLowest: 0.4,
  modelVolatilityHighest: 2.5,
  modelToleranceMicros: 50_000,
  quoteAgeMsMax: 60_000,
  deltaSharesMax: 300,
  gammaSharesPerUsdMax: 100,
  vegaUsdPerVolPointMax: 2_000,
  dayLossUsdMax: 500,
  openTradesMax: 3,
  duplicateWindowMs: 10_000,
  orderRateMax: 4,
  orderRateWindowMs: 60_000,
  noOpenLastMinutes: 10
}

const option = (
  instrument: number,
  strikeMicros: number,
  optionType: "Call" | "Put"
): ChainInstrument => ({
  instrument,
  kind: "Option",
  expiration: "2016-05-13",
  strikeMicros,
  optionType,
  multiplier: 100
})

/** 0 stock, 1 call 50, 2 put 50, 3 call 55, 4 put 45. */
export const instruments: ReadonlyArray<ChainInstrument> = [
  {
    instrument: 0,
    kind: "Stock",
    expiration: "",
    strikeMicros: 0,
    optionType: "None",
    multiplier: 1
  },
  option(1, 50_000_000, "Call"),
  option(2, 50_000_000, "Put"),
  option(3, 55_000_000, "Call"),
  option(4, 45_000_000, "Put")
]

/** Ten in the morning of a half day. */
export const nowMs = epochMsOfNewYork(parseDate("2015-12-24")!, 10 * 3_600_000)
export const openMs = nowMs - 1_800_000
export const closeMs = nowMs + 3 * 3_600_000

export interface Sides {
  readonly bidMicros: number
  readonly askMicros: number
}

export const quotes: ReadonlyMap<number, Sides> = new Map([
  [0, { bidMicros: 48_990_000, askMicros: 49_010_000 }],
  [1, { bidMicros: 2_350_000, askMicros: 2_450_000 }],
  [2, { bidMicros: 2_400_000, askMicros: 2_500_000 }],
  [3, { bidMicros: 780_000, askMicros: 820_000 }],
  [4, { bidMicros: 680_000, askMicros: 720_000 }]
])

export const boardOf = (
  changes: ReadonlyMap<number, Sides> = new Map(),
  timeMs = nowMs
): QuoteBoard => {
  const board = new QuoteBoard(instruments.length)
  for (const [instrument, sides] of new Map([...quotes, ...changes])) {
    board.update({ instrument, ...sides, bidSize: 10, askSize: 10, timeMs })
  }
  return board
}

export const marketOf = (change: Partial<RiskMarket> = {}): RiskMarket => ({
  board: boardOf(),
  chain: OptionChain.of(instruments),
  europeans: new Set(),
  volatilities: new Map([["2016-05-13", 0.2]]),
  surface: [],
  riskFreeRate: 0.05,
  dividendYield: 0,
  ...change
})

/** Buys the 50 / 55 call spread twice, at mid. */
export const termsOf = (change: Partial<OrderTerms> = {}): OrderTerms => ({
  tradeId: "A",
  kind: "Open",
  closes: "",
  legs: [
    { instrument: 1, side: "Buy", ratio: 1 },
    { instrument: 3, side: "Sell", ratio: 1 }
  ],
  quantity: 2,
  limitNetMicros: 1_600_000,
  collateralMicros: 330_000_000n,
  ...change
})
