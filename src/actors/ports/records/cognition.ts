/** Features, model questions and answers, regimes. Volatilities are annualised decimals (0.20). */
import { Schema } from "effect"
import { recordType } from "../../../domain/journal/record.ts"
import { SmileSlice } from "../../../domain/market/surface/smileSlice.ts"
import { RegimeAssessment } from "../../../domain/regime/regime.ts"

export const inferenceSource = "inference"

/** One expiration of the chain as the features saw it. */
const TermPoint = Schema.Struct({
  expiration: Schema.String,
  timeToExpirationYears: Schema.Finite,
  /** Implied from put-call parity near the money, micro-USD. */
  forwardMicros: Schema.Finite,
  atmVolatility: Schema.Finite,
  /** Implied volatility of the 25-delta put less that of the 25-delta call; 0 where quotes do not reach both. */
  skew25: Schema.Finite,
  quotedContracts: Schema.Int
})

/** By features, per interval. */
export const FeaturesComputed = recordType(
  "FeaturesComputed",
  Schema.Struct({
    spotMicros: Schema.Finite,
    /** Intraday realized volatility since the open, annualised; 0 before enough samples. */
    realizedVolatility: Schema.Finite,
    term: Schema.Array(TermPoint),
    quotesSeen: Schema.Int,
    staleInstruments: Schema.Int,
    /** The model's input, in the order of its card. Empty where history is missing. */
    modelInput: Schema.Array(Schema.Finite)
  })
)

/** One expiration of the live surface: its smile, how well it fits, and what its quotes show in greeks. */
const SurfacePoint = Schema.Struct({
  ...SmileSlice.fields,
  /** Out-of-the-money quotes that it was fitted to. */
  quotes: Schema.Int,
  /** Root mean square of model less mid, in widths of the quotes. */
  rmsWidths: Schema.Finite,
  /** Of those quotes, how many do not hold the surface's value. */
  outsideQuotes: Schema.Int,
  /** Of all fresh two-sided quotes of the expiration, at the surface's volatilities and displayed sizes. */
  bidVegaUsdPerVolPoint: Schema.Finite,
  askVegaUsdPerVolPoint: Schema.Finite,
  askGammaSharesPerUsd: Schema.Finite,
  askThetaUsdPerDay365: Schema.Finite
})

/** By features, per interval, before `FeaturesComputed`: expirations with quotes enough, in order. */
export const SurfaceFitted = recordType(
  "SurfaceFitted",
  Schema.Struct({ expirations: Schema.Array(SurfacePoint) })
)

/** By regime-classifier. */
export const InferenceRequested = recordType(
  "InferenceRequested",
  Schema.Struct({
    requestId: Schema.String,
    modelId: Schema.String,
    features: Schema.Array(Schema.Finite)
  })
)

/** Inputs by the inference gateway. */
export const InferenceAnswered = recordType(
  "InferenceAnswered",
  Schema.Struct({
    requestId: Schema.String,
    modelId: Schema.String,
    modelHash: Schema.String,
    runtime: Schema.String,
    outputs: Schema.Record(Schema.String, Schema.Array(Schema.Finite))
  })
)
export const InferenceFailed = recordType(
  "InferenceFailed",
  Schema.Struct({ requestId: Schema.String, modelId: Schema.String, reason: Schema.String })
)

/** By regime-classifier, from a model's answer. */
export const RegimeClassified = recordType(
  "RegimeClassified",
  Schema.Struct({
    ...RegimeAssessment.fields,
    modelId: Schema.String,
    /** When the features that it answers were computed, epoch ms: its age counts from here. */
    asOfMs: Schema.Int
  })
)

export const cognitionTypes = [
  FeaturesComputed,
  SurfaceFitted,
  InferenceRequested,
  InferenceAnswered,
  InferenceFailed,
  RegimeClassified
] as const
