/**
 * The desk's limits. Each is checked by one function of this folder; at a limit exactly is still
 * allowed.
 */
export interface RiskLimits {
  /** Units of one order. */
  readonly orderUnitsMax: number
  /** Contracts of one leg of one order. */
  readonly legContractsMax: number
  /** Shares of one stock leg. */
  readonly legSharesMax: number
  /** Sum of the option legs' premiums of one order at mid, either side, USD. */
  readonly orderPremiumUsdMax: number
  /**
   * How far the limit price may be worse than mid: this many times the distance from mid to the
   * price that fills at once, plus `collarMicros` per share, plus `collarBasisPoints` of the legs'
   * mids added up.
   */
  readonly collarSpreads: number
  readonly collarMicros: number
  readonly collarBasisPoints: number
  /**
   * An option leg's mid must lie between its model values at these multiples of its expiration's
   * at-the-money volatility, `modelToleranceMicros` per share beyond either.
   */
  readonly modelVolatilityLowest: number
  readonly modelVolatilityHighest: number
  readonly modelToleranceMicros: number
  /** Quotes of the legs and of the underlying: no older, ms. */
  readonly quoteAgeMsMax: number
  /** The book after the trade, absolute: shares of the underlying. */
  readonly deltaSharesMax: number
  /** Shares of delta per USD of the underlying. */
  readonly gammaSharesPerUsdMax: number
  /** USD per point (0.01) of volatility. */
  readonly vegaUsdPerVolPointMax: number
  /** Of a day, realized and marked, commissions included, USD, > 0. */
  readonly dayLossUsdMax: number
  /** Opened trades held or working at a time. */
  readonly openTradesMax: number
  /** The same legs are not approved again within this, ms. */
  readonly duplicateWindowMs: number
  /** Approved proposals in any `orderRateWindowMs`. */
  readonly orderRateMax: number
  readonly orderRateWindowMs: number
  /** No opening trade in the last minutes before the day's real close. */
  readonly noOpenLastMinutes: number
}
