/** Counts by name, in the order in which names first came. */

export type Tally = Map<string, number>

export const countOne = (tally: Tally, name: string, by = 1): void => {
  tally.set(name, (tally.get(name) ?? 0) + by)
}

export const sumOf = (tally: ReadonlyMap<string, number>): number => {
  let sum = 0
  for (const count of tally.values()) sum += count
  return sum
}

/** Most frequent first, equal ones by name. */
export const ranked = (
  tally: ReadonlyMap<string, number>
): ReadonlyArray<readonly [string, number]> =>
  [...tally].sort(([a, m], [b, n]) => (m === n ? (a < b ? -1 : 1) : n - m))

/** As a JSON object, keys by name. */
export const tallyJson = (tally: ReadonlyMap<string, number>): Record<string, number> =>
  Object.fromEntries([...tally].sort(([a], [b]) => (a < b ? -1 : 1)))
