/**
 * Counter-based chance: a draw is a function of its coordinates, so no generator state can be lost in a crash.
 *
 * Mixing is murmur3's 32-bit finalizer over the coordinates, twice for 53 bits. Not for cryptography.
 */

const mix = (hash: number, value: number): number => {
  let k = Math.imul(value | 0, 0xcc9e2d51)
  k = (k << 15) | (k >>> 17)
  let h = hash ^ Math.imul(k, 0x1b873593)
  h = (h << 13) | (h >>> 19)
  return (Math.imul(h, 5) + 0xe6546b64) | 0
}

const finish = (hash: number): number => {
  let h = hash ^ (hash >>> 16)
  h = Math.imul(h, 0x85ebca6b)
  h ^= h >>> 13
  h = Math.imul(h, 0xc2b2ae35)
  return (h ^ (h >>> 16)) >>> 0
}

/** A 32-bit hash of a name, for use as a coordinate. */
export const nameHash = (name: string): number => {
  let hash = name.length
  for (let i = 0; i < name.length; i++) hash = mix(hash, name.charCodeAt(i))
  return finish(hash)
}

/** Uniform in [0, 1) with 53 bits: the draw at these coordinates (integers; beyond 32 bits they are folded). */
export const uniformAt = (...coordinates: ReadonlyArray<number>): number => {
  let low = 0x9747b28c
  let high = 0x5bd1e995
  for (const coordinate of coordinates) {
    const upper = Math.floor(coordinate / 4294967296)
    low = mix(mix(low, coordinate), upper)
    high = mix(mix(high, ~coordinate), upper)
  }
  return ((finish(high) >>> 6) * 134217728 + (finish(low) >>> 5)) / 9007199254740992
}
