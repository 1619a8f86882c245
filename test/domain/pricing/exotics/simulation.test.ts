import { assert, describe, it } from "@effect/vitest"
import { Result } from "effect"
import { describeInvalidInput } from "../../../../src/domain/pricing/engine.ts"
import type { BlackScholesDynamics } from "../../../../src/domain/pricing/exotics/dynamics.ts"
import { combineBlocks, simulate } from "../../../../src/domain/pricing/exotics/estimate.ts"
import {
  describeUnreadableCell,
  exoticOfRow
} from "../../../../src/domain/pricing/exotics/exoticTable.ts"
import type { ExoticProduct } from "../../../../src/domain/pricing/exotics/product.ts"
import { uniformOfWord } from "../../../../src/domain/pricing/exotics/randomWords.ts"
import {
  blockSimulator,
  defaultSampling,
  type SimulationTask,
  simulateBlock
} from "../../../../src/domain/pricing/exotics/simulation.ts"
import { estimated } from "./exoticRows.ts"

const dynamics: BlackScholesDynamics = {
  _tag: "BlackScholes",
  spot: 100,
  riskFreeRate: 0.03,
  dividendYield: 0.01,
  volatility: 0.2
}

const product: ExoticProduct = {
  _tag: "Cliquet",
  notional: 100,
  resetTimesYears: [0, 0.25, 0.5, 0.75, 1],
  localFloor: -0.05,
  localCap: 0.05,
  globalFloor: 0.01,
  globalCap: 0.12
}

const task: SimulationTask = {
  ...defaultSampling,
  product,
  dynamics,
  replicates: 8,
  pathsPerReplicate: 64,
  pathsPerBlock: 16,
  greeks: true
}

/** A fixed shuffle: 0, 7, 14, ... modulo the count, which 7 does not divide. */
const shuffled = <A>(items: ReadonlyArray<A>): ReadonlyArray<A> =>
  items.map((_, k) => items[(k * 7) % items.length]!)

describe("Simulation in blocks", () => {
  it("gives the same bits whatever the order of the blocks, each computed on its own", () => {
    const whole = Result.getOrThrow(simulate(task))
    const alone = Array.from({ length: 32 }, (_, k) => Result.getOrThrow(simulateBlock(task, k)))
    assert.deepStrictEqual(Result.getOrThrow(combineBlocks(task, shuffled(alone))), whole)
    assert.deepStrictEqual(Result.getOrThrow(combineBlocks(task, alone.toReversed())), whole)
  })

  it("gives the same number up to rounding for another size of blocks", () => {
    const whole = Result.getOrThrow(simulate(task))
    const larger = Result.getOrThrow(simulate({ ...task, pathsPerBlock: 64 }))
    assert.closeTo(larger.value, whole.value, 1e-12)
    assert.closeTo(larger.standardError, whole.standardError, 1e-12)
  })

  it("refuses to combine when a block is missing or comes twice", () => {
    const simulator = Result.getOrThrow(blockSimulator(task))
    const blocks = Array.from({ length: 32 }, (_, k) => simulator.simulateBlock(k))
    assert.isTrue(Result.isFailure(combineBlocks(task, blocks.slice(1))))
    assert.isTrue(Result.isFailure(combineBlocks(task, [...blocks.slice(1), blocks[1]!])))
  })

  it("gives other numbers for another seed", () => {
    assert.notStrictEqual(
      estimated(task, { seed: 3 }).value,
      estimated({ product, dynamics }, { seed: 4 }).value
    )
  })
})

describe("Sampling", () => {
  const call: ExoticProduct = {
    _tag: "Lookback",
    right: "Call",
    strike: "Floating",
    timeToExpirationYears: 1,
    monitoring: [0.25, 0.5, 0.75, 1]
  }
  /** Without global bounds there is no control variate, and the payoff is monotone in each move. */
  const open: ExoticProduct = { ...product, globalFloor: -Infinity, globalCap: Infinity }
  const errorOf = (sampling: SimulationTask["sampling"], wanted: ExoticProduct): number =>
    estimated({ product: wanted, dynamics }, { sampling }).standardError

  it("by Sobol points has at most a fifth of the error of random ones", () => {
    assert.isBelow(5 * errorOf("Sobol", call), errorOf("PseudoRandom", call))
    assert.isBelow(5 * errorOf("Sobol", open), errorOf("PseudoRandom", open))
  })

  it("in antithetic pairs has less error than random points on a monotone payoff", () => {
    assert.isBelow(1.5 * errorOf("Antithetic", open), errorOf("PseudoRandom", open))
  })

  it("has standard errors as large as the spread of estimates over seeds", () => {
    for (const sampling of ["Sobol", "PseudoRandom", "Antithetic"] as const) {
      const settings = { sampling, replicates: 16, pathsPerReplicate: 32, pathsPerBlock: 32 }
      const runs = Array.from({ length: 200 }, (_, seed) =>
        estimated({ product, dynamics }, { ...settings, seed })
      )
      const mean = runs.reduce((sum, { value }) => sum + value, 0) / runs.length
      const spread = runs.reduce((sum, { value }) => sum + (value - mean) ** 2, 0) / 199
      const claimed = runs.reduce((sum, run) => sum + run.standardError ** 2, 0) / 200
      // 16 replicates carry an allowance of 1.44 in the variance's square root, squared: 2.07.
      assert.isAbove(claimed / spread, 1.5, sampling)
      assert.isBelow(claimed / spread, 2.8, sampling)
    }
  })

  it("never draws 0 or 1", () => {
    assert.isAbove(uniformOfWord(0), 0)
    assert.isBelow(uniformOfWord(2 ** 32 - 1), 1)
  })
})

describe("Payoffs that are not valid", () => {
  const messageOf = (wanted: Partial<SimulationTask>): string => {
    const result = simulate({ ...task, ...wanted })
    return Result.isFailure(result) ? describeInvalidInput(result.failure) : "accepted"
  }

  it("are refused with the field, its value and what is allowed", () => {
    const cases: ReadonlyArray<readonly [Partial<SimulationTask>, string]> = [
      [
        { product: { ...product, localFloor: 0.1 } },
        "localFloor is 0.1; allowed: at most localCap, which is 0.05"
      ],
      [
        { product: { ...product, resetTimesYears: [0, 0.5, 0.5] } },
        "resetTimesYears[2] is 0.5; allowed: above 0.5 and below 1000 years (times increase)"
      ],
      [
        { dynamics: { ...dynamics, volatility: 20 } },
        "volatility is 20; allowed: above 0, at most 10 (0.20 is 20 %)"
      ],
      [
        { dynamics: { ...dynamics, spot: Number.NaN } },
        "spot is NaN; allowed: a finite number above 0"
      ],
      [{ seed: -1 }, "seed is -1; allowed: a whole number from 0 to 4294967295"],
      [{ pathsPerBlock: 48 }, "pathsPerBlock is 48; allowed: a divisor of 64"],
      [
        {
          product: {
            _tag: "Accumulator",
            strike: 100,
            knockOutBarrier: 95,
            quantityPerFixing: 1,
            gear: 2,
            fixingTimesYears: [1]
          }
        },
        "knockOutBarrier is 95; allowed: above the strike, which is 100"
      ],
      [
        {
          product: {
            _tag: "Asian",
            right: "Call",
            average: "Arithmetic",
            strike: 100,
            fixingTimesYears: [0.5, 1],
            paymentTimeYears: 0.9
          }
        },
        "paymentTimeYears is 0.9; allowed: from the last fixing (1) to below 1000"
      ]
    ]
    for (const [wanted, message] of cases) assert.strictEqual(messageOf(wanted), message)
  })

  it("in tables name the column and its text", () => {
    const cells = new Map([
      ["S", "100"],
      ["K", "a hundred"]
    ])
    const result = exoticOfRow("asian", (column) => cells.get(column))
    assert.isTrue(Result.isFailure(result))
    const text = Result.isFailure(result) ? describeUnreadableCell(result.failure) : ""
    assert.match(text, /^column \w+ is .*; allowed: /)
  })
})
