/** Every product that can be simulated: its rules, the dates it looks at and its payoff. */
import type { InvalidPricingInput } from "../engine.ts"
import { type Accumulator, accumulatorFunctional, invalidAccumulator } from "./accumulator.ts"
import { type AsianOption, asianFunctional, invalidAsian } from "./asian.ts"
import {
  type Autocallable,
  autocallableEvents,
  autocallableFunctional,
  invalidAutocallable
} from "./autocallable.ts"
import { type BarrierOption, barrierEvents, barrierFunctional, invalidBarrier } from "./barrier.ts"
import { invalidRebateRate } from "./barrierPrice.ts"
import { type Cliquet, cliquetEvents, cliquetFunctional, invalidCliquet } from "./cliquet.ts"
import { type Dynamics, invalidDynamics } from "./dynamics.ts"
import {
  type ForwardStartStrip,
  forwardStartEvents,
  forwardStartFunctional,
  invalidForwardStart
} from "./forwardStart.ts"
import {
  invalidLookback,
  type LookbackOption,
  lookbackEvents,
  lookbackFunctional
} from "./lookback.ts"
import type { Functional, TimeGrid } from "./path.ts"

export type ExoticProduct =
  | Accumulator
  | AsianOption
  | Autocallable
  | BarrierOption
  | Cliquet
  | ForwardStartStrip
  | LookbackOption

/**
 * What is wrong with a product or with the product under these dynamics; undefined when nothing
 * is.
 */
export const invalidProduct = (
  product: ExoticProduct,
  dynamics: Dynamics
): InvalidPricingInput | undefined =>
  invalidTerms(product) ?? invalidDynamics(dynamics) ?? invalidTogether(product, dynamics)

const invalidTerms = (product: ExoticProduct): InvalidPricingInput | undefined => {
  switch (product._tag) {
    case "Accumulator":
      return invalidAccumulator(product)
    case "Asian":
      return invalidAsian(product)
    case "Autocallable":
      return invalidAutocallable(product)
    case "Barrier":
      return invalidBarrier(product)
    case "Cliquet":
      return invalidCliquet(product)
    case "ForwardStart":
      return invalidForwardStart(product)
    case "Lookback":
      return invalidLookback(product)
  }
}

const invalidTogether = (
  product: ExoticProduct,
  dynamics: Dynamics
): InvalidPricingInput | undefined =>
  product._tag === "Barrier" &&
  product.monitoring === "Continuous" &&
  dynamics._tag === "BlackScholes"
    ? invalidRebateRate(product, dynamics)
    : undefined

/** Years, increasing, > 0. */
export const eventTimes = (product: ExoticProduct): ReadonlyArray<number> => {
  switch (product._tag) {
    case "Accumulator":
    case "Asian":
      return product.fixingTimesYears
    case "Autocallable":
      return autocallableEvents(product)
    case "Barrier":
      return barrierEvents(product)
    case "Cliquet":
      return cliquetEvents(product)
    case "ForwardStart":
      return forwardStartEvents(product)
    case "Lookback":
      return lookbackEvents(product)
  }
}

export const functionalOf = (
  product: ExoticProduct,
  dynamics: Dynamics,
  grid: TimeGrid
): Functional => {
  switch (product._tag) {
    case "Accumulator":
      return accumulatorFunctional(product, dynamics, grid)
    case "Asian":
      return asianFunctional(product, dynamics, grid)
    case "Autocallable":
      return autocallableFunctional(product, dynamics, grid)
    case "Barrier":
      return barrierFunctional(product, dynamics, grid)
    case "Cliquet":
      return cliquetFunctional(product, dynamics, grid)
    case "ForwardStart":
      return forwardStartFunctional(product, dynamics, grid)
    case "Lookback":
      return lookbackFunctional(product, dynamics, grid)
  }
}
