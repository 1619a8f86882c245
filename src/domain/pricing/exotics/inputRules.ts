/** Rules for single numbers; each gives the refusal or undefined. */
import type { InvalidPricingInput } from "../engine.ts"

export const refusal = (field: string, value: number, allowed: string): InvalidPricingInput => ({
  _tag: "InvalidPricingInput",
  field,
  value,
  allowed
})

export const firstInvalid = (
  rules: ReadonlyArray<InvalidPricingInput | undefined>
): InvalidPricingInput | undefined => rules.find((rule) => rule !== undefined)

export const requires = {
  positive: (field: string, value: number): InvalidPricingInput | undefined =>
    value > 0 && value < Infinity ? undefined : refusal(field, value, "a finite number above 0"),
  notNegative: (field: string, value: number): InvalidPricingInput | undefined =>
    value >= 0 && value < Infinity ? undefined : refusal(field, value, "0 or more, finite"),
  between: (
    field: string,
    value: number,
    rule: { readonly isAllowed: (value: number) => boolean; readonly allowed: string }
  ): InvalidPricingInput | undefined =>
    rule.isAllowed(value) ? undefined : refusal(field, value, rule.allowed),
  /** Bounds may be infinite: no bound. */
  ordered: (
    low: { readonly field: string; readonly value: number },
    high: { readonly field: string; readonly value: number }
  ): InvalidPricingInput | undefined =>
    low.value <= high.value
      ? undefined
      : refusal(low.field, low.value, `at most ${high.field}, which is ${high.value}`),
  wholeNumber: (field: string, value: number, most: number): InvalidPricingInput | undefined =>
    Number.isInteger(value) && value >= 1 && value <= most
      ? undefined
      : refusal(field, value, `a whole number from 1 to ${most}`)
}

export const isRate = (field: string, value: number): InvalidPricingInput | undefined =>
  Math.abs(value) <= 10 ? undefined : refusal(field, value, "-10 to 10")

/** Years from now, increasing, finite; the first above `after` (or equal to it, if it may be). */
export const increasingTimes = (
  field: string,
  times: ReadonlyArray<number>,
  first: "AboveZero" | "FromZero" = "AboveZero"
): InvalidPricingInput | undefined => {
  if (times.length === 0) return refusal(`${field}.length`, 0, "1 or more")
  if (times.length > 100_000) return refusal(`${field}.length`, times.length, "at most 100000")
  let before = first === "AboveZero" ? 0 : -Number.MIN_VALUE
  for (const [index, time] of times.entries()) {
    if (!(time > before && time < 1000)) {
      const floor =
        index === 0 ? (first === "AboveZero" ? "above 0" : "0 or more") : `above ${before}`
      return refusal(`${field}[${index}]`, time, `${floor} and below 1000 years (times increase)`)
    }
    before = time
  }
  return undefined
}
