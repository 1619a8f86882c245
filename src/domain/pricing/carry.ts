/**
 * Discounting and moneyness without cancellation: the few quantities that every formula starts from.
 */

/** ln(F/K) = ln(spot/strike) + (riskFreeRate - dividendYield) T, exact to rounding near the money. */
export const logForwardMoneyness = (
  spot: number,
  strike: number,
  carryTimesTime: number
): number => {
  const y = (spot - strike) / (spot + strike)
  if (!(y > -0.11 && y < 0.11)) return Math.log(spot / strike) + carryTimesTime
  // ln(S/K) = 2 artanh y: relative accuracy near the money, and cheaper than log1p.
  const w = y * y
  const v = w * w
  const even = 1 / 3 + v * (1 / 7 + v * (1 / 11 + v * (1 / 15)))
  const odd = 1 / 5 + v * (1 / 9 + v * (1 / 13 + v * (1 / 17)))
  return 2 * y + 2 * y * w * (even + w * odd) + carryTimesTime
}

/**
 * spot e^(-qT) - strike e^(-rT), given `spotLoss` = spot expm1(-qT) and `strikeLoss` = strike expm1(-rT).
 * Error well under a unit in the last place of spot - strike.
 */
export const forwardIntrinsic = (
  spot: number,
  strike: number,
  spotLoss: number,
  strikeLoss: number
): number => {
  const difference = spot - strike
  const back = spot - difference
  const lost = back - strike + (spot - (difference + back))
  return difference + (spotLoss - strikeLoss) + lost
}

/**
 * `price` minus the forward intrinsic value `sign` (spot e^(-qT) - strike e^(-rT)), compensated: the
 * time value of an in-the-money option to well under a unit in the last place of its price.
 */
export const timeValueAboveIntrinsic = (
  price: number,
  sign: number,
  spot: number,
  strike: number,
  spotLoss: number,
  strikeLoss: number
): number => {
  const difference = spot - strike
  const back = spot - difference
  const lost = back - strike + (spot - (difference + back))
  const signed = sign * difference
  const rest = price - signed
  const restBack = price - rest
  const restLost = restBack - signed + (price - (rest + restBack))
  return rest - sign * (spotLoss - strikeLoss) + (restLost - sign * lost)
}
