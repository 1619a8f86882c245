/** How an order is priced and how long it works, where it is more than a limit for the day. */
import { Schema } from "effect"

export const VenueTerms = Schema.Struct({
  /** `Market` has no limit. `Midpoint` rests, and trades at the middle of a later quote within its limit. */
  pricing: Schema.Literals(["Limit", "Market", "Midpoint"]),
  /** It takes no quote that is younger than its arrival by less. 0: the one that stands, too. */
  patienceMs: Schema.Int,
  /** It outlives the day. */
  untilCanceled: Schema.Boolean
})
export type VenueTerms = typeof VenueTerms.Type

export const limitForTheDay: VenueTerms = { pricing: "Limit", patienceMs: 0, untilCanceled: false }

/** Whether it may trade against the quote that stands when it comes. */
export const takesAtOnce = ({ pricing, patienceMs }: VenueTerms): boolean =>
  pricing !== "Midpoint" && patienceMs === 0
