/** A chain quoted at a known SSVI surface, and the real GOOG session as a board sees it. */
import { Effect } from "effect"
import { OptionChain } from "../../../src/domain/market/optionChain.ts"
import { QuoteBoard } from "../../../src/domain/market/quoteBoard.ts"
import { type SmileSlice, sliceVolatility } from "../../../src/domain/market/surface/smileSlice.ts"
import { blackScholesPrice } from "../../../src/domain/pricing/blackScholes.ts"
import { loadSession } from "../../../src/infra/data/SessionFile.ts"
import { packageRoot } from "../../../src/infra/product.ts"

const yearMs = 365 * 86_400_000
const nowMs = Date.UTC(2015, 11, 24, 16)
export const spotMicros = 748_000_000
export const riskFreeRate = 0.01

/** Expirations of the fixture, at forwards of a 0.4 % dividend yield, without arbitrage. */
export const known: ReadonlyArray<SmileSlice> = (
  [
    ["2016-01-08", Date.UTC(2016, 0, 8, 21), 0.19, -0.5, 0.5],
    ["2016-02-19", Date.UTC(2016, 1, 19, 21), 0.26, -0.4, 0.4],
    ["2017-01-20", Date.UTC(2017, 0, 20, 21), 0.27, -0.4, 0.5]
  ] as const
).map(([expiration, lastMs, volatility, rho, slope]) => {
  const timeToExpirationYears = (lastMs - nowMs) / yearMs
  const theta = volatility ** 2 * timeToExpirationYears
  return {
    expiration,
    timeToExpirationYears,
    forwardMicros: spotMicros * Math.exp((riskFreeRate - 0.004) * timeToExpirationYears),
    theta,
    rho,
    psi: slope * Math.sqrt(theta)
  }
})

const strikes = Array.from({ length: 61 }, (_, at) => 450_000_000 + at * 10_000_000)

export const chain = OptionChain.of([
  {
    instrument: 0,
    kind: "Stock",
    expiration: "",
    strikeMicros: 0,
    optionType: "None",
    multiplier: 1
  },
  ...known.flatMap(({ expiration }, e) =>
    strikes.flatMap((strikeMicros, at) =>
      (["Call", "Put"] as const).map((optionType, side) => ({
        instrument: 1 + 2 * (e * strikes.length + at) + side,
        kind: "Option" as const,
        expiration,
        strikeMicros,
        optionType,
        multiplier: 100
      }))
    )
  )
])

/** European value on the known surface, USD. */
export const valueOf = (slice: SmileSlice, strikeMicros: number, isCall: boolean): number => {
  const years = slice.timeToExpirationYears
  const yieldRate = riskFreeRate - Math.log(slice.forwardMicros / spotMicros) / years
  const volatility = sliceVolatility(slice, strikeMicros)
  return blackScholesPrice(
    isCall,
    spotMicros / 1e6,
    strikeMicros / 1e6,
    years,
    riskFreeRate,
    yieldRate,
    volatility
  )
}

/** Every contract quoted ten cents wide around its value (narrower where it is worth less), but as `quoteOf` says. */
export const boardOf = (
  quoteOf: (
    instrument: number,
    sides: { readonly bidMicros: number; readonly askMicros: number }
  ) => { readonly bidMicros: number; readonly askMicros: number } = (_, sides) => sides
): QuoteBoard => {
  const board = new QuoteBoard(chain.instrumentCount)
  const stock = { bidMicros: spotMicros - 10_000, askMicros: spotMicros + 10_000 }
  board.update({ instrument: 0, ...stock, bidSize: 100, askSize: 100, timeMs: nowMs })
  known.forEach((slice, e) => {
    const { calls, puts, strikesMicros } = chain.expirations[e]!
    strikesMicros.forEach((strikeMicros, at) => {
      for (const isCall of [true, false]) {
        const instrument = (isCall ? calls : puts)[at]!
        const value = valueOf(slice, strikeMicros, isCall) * 1e6
        const half = Math.min(50_000, value / 4)
        const sides = quoteOf(instrument, { bidMicros: value - half, askMicros: value + half })
        board.update({ instrument, ...sides, bidSize: 7, askSize: 11, timeMs: nowMs })
      }
    })
  })
  return board
}

export const contextOf = (board: QuoteBoard) => ({
  board,
  nowMs,
  spotMicros,
  riskFreeRate,
  quoteAgeMsMax: 180_000
})

/** The minutes of the GOOG session: its chain, and a board that shows each in turn. */
export const googMinutes = (every: number) => {
  const session = Effect.runSync(loadSession(`${packageRoot}/data/sessions`, "goog-2015-12-24"))
  const listed = OptionChain.of(
    session.instruments.map((each) =>
      each.kind === "Stock"
        ? {
            instrument: each.id,
            kind: "Stock" as const,
            expiration: "",
            strikeMicros: 0,
            optionType: "None" as const,
            multiplier: 1
          }
        : { instrument: each.id, kind: "Option" as const, ...each.contract }
    )
  )
  const board = new QuoteBoard(session.instruments.length)
  const { openMs, closeMs } = session.days[0]!
  let row = 0
  const minutes = function* () {
    for (let at = openMs + 60_000 * every; at < closeMs; at += 60_000 * every) {
      for (; row < session.rowCount && session.timeMs[row]! <= at; row++) {
        board.update({
          instrument: session.instrument[row]!,
          bidMicros: session.bidMicros[row]!,
          askMicros: session.askMicros[row]!,
          bidSize: session.bidSize[row]!,
          askSize: session.askSize[row]!,
          timeMs: session.timeMs[row]!
        })
      }
      const { riskFreeRate: rate } = session.assumptions
      yield { ...contextOf(board), nowMs: at, spotMicros: board.midMicros(0), riskFreeRate: rate }
    }
  }
  return { chain: listed, minutes }
}
