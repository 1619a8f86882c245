/** The risk gate's limits as settings: units and bounds. What each means: src/domain/risk/riskLimits.ts. */
import { Schema } from "effect"

const count = Schema.Int.check(Schema.isGreaterThanOrEqualTo(1))
const whole = Schema.Int.check(Schema.isGreaterThanOrEqualTo(0))
const positive = Schema.Finite.check(Schema.isGreaterThan(0))

export const RiskSettings = Schema.Struct({
  orderUnitsMax: count,
  legContractsMax: count,
  legSharesMax: count,
  orderPremiumUsdMax: positive,
  collarSpreads: positive,
  collarMicros: whole,
  collarBasisPoints: Schema.Finite.check(Schema.isGreaterThanOrEqualTo(0)),
  modelVolatilityLowest: positive,
  modelVolatilityHighest: positive,
  modelToleranceMicros: whole,
  quoteAgeMsMax: count,
  deltaSharesMax: positive,
  gammaSharesPerUsdMax: positive,
  vegaUsdPerVolPointMax: positive,
  dayLossUsdMax: positive,
  openTradesMax: count,
  duplicateWindowMs: whole,
  orderRateMax: count,
  orderRateWindowMs: count,
  noOpenLastMinutes: whole
})
