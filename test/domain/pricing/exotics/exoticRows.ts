/** Reference tables of exotic products as products, and simulations compared with them. */
import { assert } from "@effect/vitest"
import { Result } from "effect"
import { type ExoticEstimate, simulate } from "../../../../src/domain/pricing/exotics/estimate.ts"
import {
  type ExoticRow,
  type ExoticType,
  exoticOfRow
} from "../../../../src/domain/pricing/exotics/exoticTable.ts"
import {
  defaultSampling,
  type SimulationTask
} from "../../../../src/domain/pricing/exotics/simulation.ts"
import { type Row, referenceRows } from "../referenceTables.ts"

export type ReferenceCase = ExoticRow & {
  readonly name: string
  readonly number: (column: string) => number
  readonly text: (column: string) => string
}

export const referenceCases = (
  type: ExoticType,
  file: string,
  average?: "Arithmetic" | "Geometric"
): ReadonlyArray<ReferenceCase> =>
  referenceRows(file).map((row) => ({
    ...Result.getOrThrow(exoticOfRow(type, cellsOf(row, columnsOf(file)), average)),
    name: `${file} row ${row.text("id")}`,
    number: row.number,
    text: row.text
  }))

const columnsOf = (file: string): ReadonlySet<string> => columns[file]!

const columns: Record<string, ReadonlySet<string>> = Object.fromEntries(
  Object.entries({
    "barrier.csv": "barrier_type type S K barrier rebate T r q vol",
    "asian.csv": "type S K n_fixings step_days T r q vol",
    "cliquet.csv":
      "n_periods dt T r q vol local_floor local_cap global_floor global_cap has_global",
    "cliquet_quantlib.csv": "type S moneyness n step_days r q vol",
    "autocallable.csv":
      "n_obs dt T r q vol autocall_barrier ki_barrier coupon_per_period ki_monitoring " +
      "monitor_steps_per_period",
    "accumulator.csv": "n_fixings T r q vol strike ko_barrier gear"
  }).map(([file, names]) => [file, new Set(names.split(" "))])
)

const cellsOf = (row: Row, known: ReadonlySet<string>) => (column: string) =>
  known.has(column) ? row.text(column) : undefined

export const estimated = (
  row: ExoticRow | Pick<SimulationTask, "product" | "dynamics">,
  settings: Partial<SimulationTask> = {}
): ExoticEstimate =>
  Result.getOrThrow(
    simulate({ ...defaultSampling, product: row.product, dynamics: row.dynamics, ...settings })
  )

/** |value - expected| within three standard errors, that of the expected value included. */
export const assertWithinThree = (
  estimate: { readonly value: number; readonly standardError: number } | undefined,
  expected: number,
  name: string,
  expectedError = 0
): void => {
  assert.isDefined(estimate, name)
  const { value, standardError } = estimate!
  const error = Math.hypot(standardError, expectedError)
  assert.isAtMost(
    Math.abs(value - expected),
    3 * error,
    `${name}: ${value} +- ${standardError}, expected ${expected}`
  )
}
