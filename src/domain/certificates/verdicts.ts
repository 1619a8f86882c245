/** Three verdicts on one trade and phase, and what they come to. */
import { Schema } from "effect"

/** Layers in the order in which their reasons are told. */
const layers = ["cognition", "risk", "certificate"] as const
export const Layer = Schema.Literals(layers)
export type Layer = typeof Layer.Type

const Verdict = Schema.Struct({ yes: Schema.Boolean, reasons: Schema.Array(Schema.String) })
export type Verdict = typeof Verdict.Type

/** A trade whose verdicts are awaited. */
export const Pending = Schema.Struct({
  phase: Schema.Literals([1, 2]),
  /** When it was asked, epoch ms. */
  sinceMs: Schema.Int,
  verdicts: Schema.Array(Schema.Tuple([Layer, Verdict]))
})
export type Pending = typeof Pending.Type

/** Takes a verdict in; the first of each layer counts. */
export const withVerdict = (pending: Pending, layer: Layer, verdict: Verdict): Pending =>
  pending.verdicts.some(([name]) => name === layer)
    ? pending
    : { ...pending, verdicts: [...pending.verdicts, [layer, verdict]] }

export type Outcome =
  | { readonly _tag: "Waiting" }
  | { readonly _tag: "Converged" }
  | { readonly _tag: "Refused"; readonly reasons: ReadonlyArray<string> }

/** All three yes converge; with all three in, any no refuses, its reasons prefixed by layer. */
export const outcomeOf = (pending: Pending): Outcome => {
  if (pending.verdicts.length < layers.length) return { _tag: "Waiting" }
  const reasons = reasonsOf(pending)
  return reasons.length === 0 ? { _tag: "Converged" } : { _tag: "Refused", reasons }
}

/** The reasons of those that said no, by layer. */
export const reasonsOf = ({ verdicts }: Pending): ReadonlyArray<string> =>
  layers.flatMap((layer) => {
    const verdict = verdicts.find(([name]) => name === layer)?.[1]
    return verdict === undefined || verdict.yes
      ? []
      : verdict.reasons.map((reason) => `${layer}: ${reason}`)
  })

/** Reasons of a trade whose verdicts never all came: one for each that is missing, and every no. */
export const missingReasons = (pending: Pending): ReadonlyArray<string> => [
  ...layers
    .filter((layer) => !pending.verdicts.some(([name]) => name === layer))
    .map((layer) => `missing-verdict: ${layer} gave none in the turn that asked`),
  ...reasonsOf(pending)
]
