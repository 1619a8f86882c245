/**
 * Random 32-bit words by coordinate: the same (seed, stream, dimension, index) always gives the
 * same word, so a block of paths can be computed anywhere and in any order.
 */

const scramble = (hash: number): number => {
  let h = hash ^ (hash >>> 16)
  h = Math.imul(h, 0x85ebca6b)
  h ^= h >>> 13
  h = Math.imul(h, 0xc2b2ae35)
  return h ^ (h >>> 16)
}

const absorb = (hash: number, value: number): number => {
  let k = Math.imul(value, 0xcc9e2d51)
  k = (k << 15) | (k >>> 17)
  const h = hash ^ Math.imul(k, 0x1b873593)
  return (Math.imul((h << 13) | (h >>> 19), 5) + 0xe6546b64) | 0
}

/** A key for `wordAt`, from two integers below 2^32. */
export const streamKey = (seed: number, stream: number): number =>
  scramble(absorb(absorb(0x2545f491, seed), stream))

/** The word (unsigned, below 2^32) of a stream at two coordinates. Murmur3's mixing, 32-bit. */
export const wordAt = (key: number, dimension: number, index: number): number =>
  scramble(absorb(absorb(key, dimension), index) ^ 8) >>> 0

/** The middle of a word's cell of (0, 1): never 0, never 1. */
export const uniformOfWord = (word: number): number => (word + 0.5) * 2 ** -32
