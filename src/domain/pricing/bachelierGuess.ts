/**
 * The first guess of the implied-volatility solver.
 *
 * Near the money Black's formula is Bachelier's with moneyness m = 2 sinh(x/2) and a deviation that
 * differs by s^2/24, and Bachelier's is inverted through a function of one variable:
 * value / m = psi(z) = phi(z)/z - Phi(-z), z = m / deviation. The two fits of psi^-1 below were made by
 * least squares on 40-digit values; their relative errors, 1e-5 and 3e-5, vanish in one
 * fourth-order step. The relation of the two models: Hagan et al., Managing smile risk (2002).
 */

// biome-ignore format: a formula table
const nearTheMoney = (e: number): number =>
  e * (0.39893965261585085 + e * (0.00022110418960072896 + e * (0.028738279116926675 +
    e * (0.015291957635687891 + e * (-0.03244583424034986 + e * (0.046555281568982164 +
    e * (-0.028783954862537545 + e * 0.007813694531864339)))))))

// biome-ignore format: a formula table
const wing = (u: number): number => {
  const i = 1 / u
  return u * (1.0008172325658946 + i * (-0.11657967724198404 + i * (-10.435593911082 +
    i * (34.03283745957595 + i * (-106.02303664183287 + i * (184.7693778546442 +
    i * (174.4856580468033 + i * (-915.544045101742 + i * 756.3634519173471))))))))
}

/**
 * Approximate total deviation s at log-moneyness 0 < `x` < 3 for an out-of-the-money value that is `ratio` times the
 * discounted distance of forward and strike, value / |F - K|: Bachelier's own measure, because F - K over the root of
 * F K is 2 sinh(x/2). Exact at the money to s^8, a few percent off in far wings.
 */
export const guessDeviation = (x: number, ratio: number): number => {
  const z =
    ratio > 0.1924 ? nearTheMoney(1 / (ratio + 0.5)) : wing(Math.sqrt(2 - 2 * Math.log(ratio)))
  const normal = x / z
  const n = normal * normal
  // The inverse error function's series: what s is at the money for Bachelier's deviation.
  return normal * (1 + n * (1 / 24 + n * (7 / 1920 + n * (127 / 322560))))
}
