/** The closed form of any exotic product under Black-Scholes, where there is one. */
import * as Result from "effect/Result"
import type { InvalidPricingInput } from "../engine.ts"
import { geometricAsianPrice } from "./asian.ts"
import { barrierPrice } from "./barrierPrice.ts"
import { cliquetLocalPrice, hasGlobalBounds } from "./cliquet.ts"
import type { BlackScholesDynamics } from "./dynamics.ts"
import { forwardStartPrice } from "./forwardStart.ts"
import { lookbackPrice } from "./lookbackPrice.ts"
import { type ExoticProduct, invalidProduct } from "./product.ts"

/** A valid product without a formula: simulate it. */
export type NoClosedForm = {
  readonly _tag: "NoClosedForm"
  readonly product: ExoticProduct["_tag"]
  readonly why: string
}

/** The sentence for an operator. */
export const describeNoClosedForm = ({ product, why }: NoClosedForm): string =>
  `${product} has no closed form ${why}; allowed: simulation`

/**
 * Exact value, currency; barriers watched on dates by the continuity correction, the one
 * approximation.
 *
 * Accuracy: 1e-8 of the independent tables in data/reference, test/domain/pricing/exotics.
 */
export const closedFormPrice = (
  product: ExoticProduct,
  dynamics: BlackScholesDynamics
): Result.Result<number, InvalidPricingInput | NoClosedForm> => {
  const invalid = invalidProduct(product, dynamics)
  if (invalid !== undefined) return Result.fail(invalid)
  const none = (why: string) =>
    Result.fail<NoClosedForm>({ _tag: "NoClosedForm", product: product._tag, why })
  switch (product._tag) {
    case "Accumulator":
    case "Autocallable":
      return none("here")
    case "Asian":
      return product.average === "Arithmetic"
        ? none("on an arithmetic average")
        : Result.succeed(geometricAsianPrice(product, dynamics))
    case "Barrier":
      return barrierPrice(product, dynamics)
    case "Cliquet":
      return hasGlobalBounds(product)
        ? none("with global bounds that can bind")
        : Result.succeed(cliquetLocalPrice(product, dynamics))
    case "ForwardStart":
      return Result.succeed(forwardStartPrice(product, dynamics))
    case "Lookback":
      return product.monitoring === "Continuous"
        ? lookbackPrice(product, dynamics)
        : none("when watched on dates")
  }
}
