/** Prices as integer micro-USD, read from decimal text without a float in between. */

/** Micro-USD in one dollar. */
export const microsPerUsd = 1_000_000

/** The largest price read: 9,000,000 USD, far inside the exact integers. */
export const priceMicrosMax = 9_000_000 * microsPerUsd

/**
 * Integer micro-USD of a plain decimal ("148.5", "0.05", "590"), exactly; undefined where the text
 * is anything else: a sign, an exponent, a seventh decimal, more than `priceMicrosMax`.
 */
export const parsePriceMicros = (text: string): number | undefined => {
  const match = /^(\d{1,7})(?:\.(\d{1,6}))?$/.exec(text)
  if (match === null) return undefined
  const micros = +match[1]! * microsPerUsd + +(match[2] ?? "").padEnd(6, "0")
  return micros <= priceMicrosMax ? micros : undefined
}

/** The shortest decimal of non-negative integer micro-USD; `parsePriceMicros` reads it back. */
export const formatPriceMicros = (micros: number): string => {
  const whole = Math.floor(micros / microsPerUsd)
  const fraction = String(micros - whole * microsPerUsd)
    .padStart(6, "0")
    .replace(/0+$/, "")
  return fraction === "" ? String(whole) : `${whole}.${fraction}`
}
