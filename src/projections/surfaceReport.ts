/** A fitted surface as numbers for people and machines: the source of its text, its JSON and its page. */
import {
  type QuoteArbitrage,
  quoteArbitrage,
  type SurfaceArbitrage
} from "../domain/market/surface/arbitrage.ts"
import type { SliceModel } from "../domain/market/surface/fitSlice.ts"
import {
  type SmileMeasures,
  smileMeasures,
  type TermMeasures,
  termMeasures
} from "../domain/market/surface/measures.ts"
import type { ImpliedForward } from "../domain/market/surface/parity.ts"
import type { SessionChain } from "../domain/market/surface/sessionChain.ts"
import {
  type ExpirationSurface,
  fitResiduals,
  fitSurface,
  type VolatilitySurface
} from "../domain/market/surface/surface.ts"
import { totalVariance } from "../domain/market/surface/svi.ts"

export type SurfaceReport = {
  readonly session: string
  readonly underlying: string
  /** "YYYY-MM-DD HH:MM:SS", New York. */
  readonly at: string
  readonly spot: { readonly bid: number; readonly ask: number; readonly mid: number }
  readonly riskFreeRate: number
  readonly style: "European" | "American"
  readonly options: { readonly quoted: number; readonly listed: number }
  readonly smiles: ReadonlyArray<SmileReport>
  readonly refused: VolatilitySurface["refused"]
  readonly terms: ReadonlyArray<TermMeasures>
  readonly quoteArbitrage: ReadonlyArray<QuoteArbitrage>
  readonly fitArbitrage: ReadonlyArray<SurfaceArbitrage>
  readonly residuals: ResidualReport
}

/** Residuals are (fitted volatility - mid volatility) in widths of the quote's own bid and ask. */
type ResidualReport = {
  readonly quotes: number
  /** Share of the quotes whose fit lies between bid and ask: |residual| <= 1/2. */
  readonly insideShare: number
  readonly rmsWidths: number
  /** 95 % of the quotes are at most this far off. */
  readonly widths95: number
}

export type SmileReport = {
  readonly expiration: string
  readonly timeToExpirationYears: number
  readonly model: SliceModel
  /** Raw SVI of total variance at ln(K / forward). */
  readonly svi: {
    readonly a: number
    readonly b: number
    readonly rho: number
    readonly m: number
    readonly sigma: number
  }
  readonly implied: ImpliedForward
  readonly measures: Omit<SmileMeasures, "expiration" | "timeToExpirationYears">
  readonly residuals: ResidualReport
  readonly quotes: ReadonlyArray<QuoteReport>
}

type QuoteReport = {
  readonly strike: number
  readonly right: "Call" | "Put"
  /** ln(strike / forward) */
  readonly logMoneyness: number
  readonly midVolatility: number
  /** Of bid to ask, in volatility. */
  readonly widthVolatility: number
  readonly fittedVolatility: number
  readonly residualWidths: number
}

/** Fits the chain and gathers what there is to say about it. */
export const surfaceReport = (
  named: { readonly session: string; readonly underlying: string; readonly at: string },
  chain: SessionChain,
  model: SliceModel
): SurfaceReport => {
  const surface = fitSurface(chain.market, chain.expirations, model)
  const { spot, riskFreeRate, style } = chain.market
  const open = chain.expirations.filter((each) => each.timeToExpirationYears > 0)
  return {
    ...named,
    spot: { bid: chain.stockBid, ask: chain.stockAsk, mid: spot },
    riskFreeRate,
    style,
    options: { quoted: chain.quotedCount, listed: chain.listedCount },
    smiles: surface.expirations.map(smileReport),
    refused: surface.refused,
    terms: termMeasures(surface),
    quoteArbitrage: quoteArbitrage(open),
    fitArbitrage: surface.arbitrage,
    residuals: residualReport(surface.expirations.flatMap(fitResiduals))
  }
}

const smileReport = (each: ExpirationSurface): SmileReport => {
  const { a, b, rho, m, s } = each.fit.slice
  const { expiration, timeToExpirationYears, ...measures } = smileMeasures(each)
  const residuals = fitResiduals(each)
  return {
    expiration,
    timeToExpirationYears,
    model: each.fit.model,
    svi: { a, b, rho, m, sigma: s },
    implied: each.implied,
    measures,
    residuals: residualReport(residuals),
    quotes: each.points.map((point, index) => ({
      strike: point.strike,
      right: point.isCall ? "Call" : "Put",
      logMoneyness: point.k,
      midVolatility: point.volatility,
      widthVolatility: point.volatilityWidth,
      fittedVolatility: fittedVolatility(each, point.k),
      residualWidths: residuals[index]!
    }))
  }
}

const fittedVolatility = (each: ExpirationSurface, k: number): number =>
  Math.sqrt(Math.max(0, totalVariance(each.fit.slice, k)) / each.timeToExpirationYears)

const residualReport = (residuals: ReadonlyArray<number>): ResidualReport => {
  const sizes = residuals.map(Math.abs).sort((one, other) => one - other)
  const quotes = sizes.length
  const squares = sizes.reduce((sum, size) => sum + size * size, 0)
  return {
    quotes,
    insideShare: quotes === 0 ? 0 : sizes.filter((size) => size <= 0.5).length / quotes,
    rmsWidths: quotes === 0 ? 0 : Math.sqrt(squares / quotes),
    widths95: sizes[Math.min(quotes - 1, Math.floor(0.95 * quotes))] ?? 0
  }
}
