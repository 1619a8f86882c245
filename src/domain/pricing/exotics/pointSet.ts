/** Where the uniforms of a simulation come from; every draw is a function of its coordinates. */
import { streamKey, wordAt } from "./randomWords.ts"
import { sobolDimensionsMax, sobolWords, type WordSource } from "./sobol.ts"

/**
 * "Sobol": scrambled Sobol points; dimensions beyond 1,024 are pseudo-random. "PseudoRandom":
 * independent points. "Antithetic": pseudo-random points in pairs u and 1 - u, for payoffs that
 * are monotone in them.
 */
export type Sampling = "Sobol" | "PseudoRandom" | "Antithetic"

export type PointSetOptions = {
  readonly sampling: Sampling
  readonly dimensions: number
  readonly seed: number
  readonly replicate: number
  /** Index of the first point. */
  readonly start: number
  /** How many will be drawn. */
  readonly count: number
}

export const pointSet = (options: PointSetOptions): WordSource => {
  const { sampling, dimensions, seed, replicate, start, count } = options
  const key = streamKey(~seed, replicate)
  if (sampling !== "Sobol") return randomWords(key, dimensions, start, sampling === "Antithetic")
  const low = Math.min(dimensions, sobolDimensionsMax)
  const next = sobolWords({ dimensions: low, seed, replicate, start, count })
  if (low === dimensions) return next
  let index = start
  return (out) => {
    next(out.subarray(0, low))
    for (let d = low; d < dimensions; d++) out[d] = wordAt(key, d, index)
    index++
  }
}

const randomWords = (
  key: number,
  dimensions: number,
  start: number,
  isAntithetic: boolean
): WordSource => {
  let index = start
  return (out) => {
    const pair = isAntithetic ? index >>> 1 : index
    const flip = isAntithetic && (index & 1) === 1 ? -1 : 0
    for (let d = 0; d < dimensions; d++) out[d] = wordAt(key, d, pair) ^ flip
    index++
  }
}
