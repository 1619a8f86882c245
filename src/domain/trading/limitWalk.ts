/**
 * How an order comes by its limit: better than its proposal allows at first, then step by step up to that, so that
 * whoever meets it on the way gives a better price.
 *
 * Invariant: the limits rise, none is worse than the proposal's, the last is the proposal's own.
 */
import { roundLimit, type TickSchedule } from "./tick.ts"

export interface WalkRules {
  /** Changes of the limit from the first to the proposal's; 0: the order leaves at its proposal's limit. */
  readonly steps: number
  /** From one answer of the venue to the next change. ms, > 0. */
  readonly everyMs: number
  /** Where it begins: share of the way from the midpoint (0) to the proposal's limit (1). */
  readonly startShare: number
}

export const noWalk: WalkRules = { steps: 0, everyMs: 15_000, startShare: 0 }

/** The entry of a proposal's rationale that a walk begins from: the legs' midpoint, net, micro-USD. */
export const midpointName = "midNetMicros"

/**
 * The limits of an order, first to last, each on a tick and another than the one before; the last alone where it does
 * not walk: no midpoint is known, or the limit allows nothing beyond it. A walk never turns paying into receiving.
 */
export const walkLimits = (
  ticks: TickSchedule,
  limitNetMicros: number,
  midNetMicros: number | undefined,
  { steps, startShare }: WalkRules
): ReadonlyArray<number> => {
  const last = roundLimit(ticks, limitNetMicros)
  if (steps === 0 || midNetMicros === undefined || !(midNetMicros < last)) return [last]
  const limits: Array<number> = []
  for (let at = 0; at < steps; at++) {
    const share = startShare + ((1 - startShare) * at) / steps
    const limit = roundLimit(ticks, midNetMicros + share * (last - midNetMicros))
    const isBetter = limit < last && Math.sign(limit) === Math.sign(last)
    if (isBetter && limit > (limits.at(-1) ?? Number.NEGATIVE_INFINITY)) limits.push(limit)
  }
  return [...limits, last]
}

/** An order's walk under way. */
export interface Walk {
  /** All limits, first to last. */
  readonly limits: ReadonlyArray<number>
  /** The proposal's limit, as proposed. */
  readonly mostMicros: number
  /** Place of the limit to ask for next; as many as there are: none. */
  next: number
  /** The request that is not answered yet; "" for none. */
  asked: string
}

export const beginWalk = (limits: ReadonlyArray<number>, mostMicros: number): Walk => ({
  limits,
  mostMicros,
  next: 1,
  asked: ""
})

/** Whether there is a further limit to ask for and nobody to wait for. */
export const mayStep = ({ limits, next, asked }: Walk): boolean =>
  asked === "" && next < limits.length

/** What became of a request. Not sent, or in doubt: its limit, absolute as it is, is asked for again. */
export type StepEnd = "answered" | "again"

/** A request of ours was answered, or will not be; another's changes nothing. */
export const endStep = (walk: Walk, requestId: string, as: StepEnd): void => {
  if (walk.asked !== requestId) return
  walk.asked = ""
  if (as === "again") walk.next--
}

/** Throws where a walk is impossible. */
export const walkInvariant = ({ limits, mostMicros, next, asked }: Walk): void => {
  const said = `a walk through ${limits.join(", ")}`
  if (limits.some((limit, at) => at > 0 && limit <= limits[at - 1]!)) {
    throw new Error(`${said} does not rise`)
  }
  if (!(limits.at(-1)! <= mostMicros)) throw new Error(`${said} goes beyond ${mostMicros}`)
  const least = asked === "" ? 1 : 2
  if (!(next >= least && next <= limits.length)) throw new Error(`${said} stands at ${next}`)
}
