/** US dollars as text of integer micro-USD and back, exactly: no float in between, no locale. */

const microsPerUsd = 1_000_000n
const microsPerCent = 10_000n

/** An amount with at least two decimals and no more than it needs ("1234.50", "-0.000001"). */
export const formatUsd = (micros: bigint): string => {
  const size = micros < 0n ? -micros : micros
  const fraction = String(size % microsPerUsd)
    .padStart(6, "0")
    .replace(/0{1,4}$/, "")
  return `${micros < 0n ? "-" : ""}${size / microsPerUsd}.${fraction}`
}

/** Micro-USD of a plain decimal with at most six decimals; undefined for any other text. */
export const parseUsd = (text: string): bigint | undefined => {
  const match = /^(-?)(\d{1,24})(?:\.(\d{1,6}))?$/.exec(text)
  if (match === null) return undefined
  const size = BigInt(match[2]!) * microsPerUsd + BigInt((match[3] ?? "").padEnd(6, "0"))
  return match[1] === "-" ? -size : size
}

/** For people: to the cent, halves away from zero, thousands apart ("-1,234.57"). */
export const formatUsdCents = (micros: bigint): string => {
  const size = micros < 0n ? -micros : micros
  const cents = (size + microsPerCent / 2n) / microsPerCent
  const whole = String(cents / 100n).replace(/\B(?=(\d{3})+$)/g, ",")
  const sign = micros < 0n && cents > 0n ? "-" : ""
  return `${sign}${whole}.${String(cents % 100n).padStart(2, "0")}`
}

/** As `formatUsdCents`, with a plus before gains: for profit and loss. */
export const formatUsdSigned = (micros: bigint): string => {
  const text = formatUsdCents(micros)
  return micros > 0n && text !== "0.00" ? `+${text}` : text
}
