/**
 * Gatheral's SVI: total variance w(k) = a + b (rho (k - m) + sqrt((k - m)^2 + s^2)) at log-moneyness
 * k = ln(K / F). An SSVI slice is an SVI slice with three parameters, so both are stored as SVI.
 * Sources: Gatheral and Jacquier, Arbitrage-free SVI volatility surfaces (2014); Hendriks and Martini,
 * The extended SSVI volatility surface (2019).
 */
export type SviSlice = {
  readonly a: number
  /** >= 0; b (1 + |rho|) <= 2 keeps the wings within Lee's moment bound. */
  readonly b: number
  readonly rho: number
  readonly m: number
  /** > 0 */
  readonly s: number
}

/** theta: variance at the money; psi = theta phi: its slope scale; both > 0. */
export type SsviSlice = { readonly theta: number; readonly rho: number; readonly psi: number }

/** w(k): total variance, volatility squared times years. */
export const totalVariance = (slice: SviSlice, k: number): number => {
  const x = k - slice.m
  return slice.a + slice.b * (slice.rho * x + Math.sqrt(x * x + slice.s * slice.s))
}

/** dw/dk. */
export const varianceSlope = (slice: SviSlice, k: number): number => {
  const x = k - slice.m
  return slice.b * (slice.rho + x / Math.sqrt(x * x + slice.s * slice.s))
}

/**
 * Durrleman's g(k): the implied density over the Black density at the same variance. A slice is free of
 * butterfly arbitrage exactly where g >= 0 (and w >= 0).
 */
export const densityFactor = (slice: SviSlice, k: number): number => {
  const x = k - slice.m
  const root = Math.sqrt(x * x + slice.s * slice.s)
  const w = slice.a + slice.b * (slice.rho * x + root)
  const first = slice.b * (slice.rho + x / root)
  const second = (slice.b * slice.s * slice.s) / (root * root * root)
  const left = 1 - (k * first) / (2 * w)
  return left * left - 0.25 * first * first * (1 / w + 0.25) + 0.5 * second
}

/** The SVI form of w(k) = theta/2 (1 + rho phi k + sqrt((phi k + rho)^2 + 1 - rho^2)). */
export const sviOfSsvi = ({ theta, rho, psi }: SsviSlice): SviSlice => {
  const phi = psi / theta
  const across = 1 - rho * rho
  return {
    a: (theta / 2) * across,
    b: psi / 2,
    rho,
    m: -rho / phi,
    s: Math.sqrt(across) / phi
  }
}

/** The largest psi without butterfly arbitrage, by the sufficient conditions of Gatheral and Jacquier. */
export const ssviSlopeMost = (theta: number, rho: number): number => {
  const wing = 1 + Math.abs(rho)
  return Math.min(4 / wing, 2 * Math.sqrt(theta / wing))
}
