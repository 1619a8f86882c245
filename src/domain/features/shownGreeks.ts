/** What the market shows of one expiration in greeks: how much volatility can be bought and sold at its quotes. */
import type { ExpirationChain } from "../market/optionChain.ts"
import type { ChainGreeks } from "./chainGreeks.ts"
import type { SmileContext } from "./smile.ts"

/** Of fresh two-sided quotes, both rights; sizes as displayed. */
export interface ShownGreeks {
  /** Contracts quoted on both sides, fresh or not. */
  readonly quotedContracts: number
  /** What selling to every bid gives away, USD per point (0.01) of volatility; to the cent. */
  readonly bidVegaUsdPerVolPoint: number
  /** What buying every ask brings. */
  readonly askVegaUsdPerVolPoint: number
  /** Of every ask, in shares per USD of the underlying. */
  readonly askGammaSharesPerUsd: number
  /** What holding every ask costs a calendar day, USD, <= 0 as a rule. */
  readonly askThetaUsdPerDay365: number
  /** Fresh out-of-the-money quotes whose bid is above, or ask below, the surface's value. */
  readonly outsideQuotes: number
}

export const shownGreeks = (
  context: SmileContext,
  { calls, puts, strikesMicros, multiplier }: ExpirationChain,
  greeks: ChainGreeks,
  forwardMicros: number
): ShownGreeks => {
  const { board, nowMs, quoteAgeMsMax } = context
  const { bidMicros, askMicros, bidSize, askSize, timeMs } = board
  const { vegaPerVol, gammaPerUsd, thetaPerYear, valueUsd } = greeks
  const oldestMs = nowMs - quoteAgeMsMax
  let quotedContracts = 0
  let bidVega = 0
  let askVega = 0
  let askGamma = 0
  let askTheta = 0
  let outsideQuotes = 0
  for (let at = 0; at < strikesMicros.length; at++) {
    const isCallOut = strikesMicros[at]! >= forwardMicros
    for (let side = 0; side < 2; side++) {
      const instrument = (side === 0 ? calls : puts)[at]!
      if (instrument < 0) continue
      const bid = bidMicros[instrument]!
      const ask = askMicros[instrument]!
      if (!(bid > 0 && ask >= bid)) continue
      quotedContracts++
      if (timeMs[instrument]! < oldestMs) continue
      const vega = vegaPerVol[instrument]!
      const shown = askSize[instrument]!
      bidVega += bidSize[instrument]! * vega
      askVega += shown * vega
      askGamma += shown * gammaPerUsd[instrument]!
      askTheta += shown * thetaPerYear[instrument]!
      if (isCallOut !== (side === 0)) continue
      const valueMicros = valueUsd[instrument]! * 1e6
      if (valueMicros < bid || valueMicros > ask) outsideQuotes++
    }
  }
  return {
    quotedContracts,
    bidVegaUsdPerVolPoint: toCents((bidVega * multiplier) / 100),
    askVegaUsdPerVolPoint: toCents((askVega * multiplier) / 100),
    askGammaSharesPerUsd: toCents(askGamma * multiplier),
    askThetaUsdPerDay365: toCents((askTheta * multiplier) / 365),
    outsideQuotes
  }
}

/** Two decimals; never -0, which a record cannot hold. */
const toCents = (value: number): number => Math.round(value * 100) / 100 + 0
