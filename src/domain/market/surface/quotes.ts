/**
 * What the surface is fitted to: the quotes of one underlying's options at one moment.
 * Prices are decimal currency per unit of underlying; 0 stands for "nobody quotes this side".
 */
export type StrikeQuotes = {
  readonly strike: number
  readonly callBid: number
  readonly callAsk: number
  readonly putBid: number
  readonly putAsk: number
}

/** One expiration, strikes ascending. `expiration` is a label, "YYYY-MM-DD". */
export type ExpirationQuotes = {
  readonly expiration: string
  readonly timeToExpirationYears: number
  readonly strikes: ReadonlyArray<StrikeQuotes>
}

/** What holds for every expiration. */
export type SurfaceMarket = {
  readonly style: "European" | "American"
  readonly spot: number
  /** Continuous, per year. */
  readonly riskFreeRate: number
}

/** Both sides quoted, not crossed. */
export const isTwoSided = (bid: number, ask: number): boolean => bid > 0 && ask >= bid
