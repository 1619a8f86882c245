/**
 * Chance as a function of names: uniform in [0, 1), the same on every machine.
 *
 * FNV-1a over the UTF-16 units, finished by MurmurHash3's 32-bit mixer. Good enough to spread
 * delays, no more.
 */
export const chance = (seed: number, supervisor: string, crashes: number): number => {
  const text = `${seed}/${supervisor}/${crashes}`
  let hash = 0x811c9dc5
  for (let i = 0; i < text.length; i++) {
    hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193)
  }
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return ((hash ^ (hash >>> 16)) >>> 0) / 2 ** 32
}
