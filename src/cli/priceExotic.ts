/** `price exotic`: a table of exotic options valued by formula or by simulation. */
import { Console, Effect, Option, Result } from "effect"
import { Command, Flag } from "effect/cli"
import { Simulation } from "../actors/ports/Simulation.ts"
import type { InvalidPricingInput } from "../domain/pricing/engine.ts"
import { closedFormPrice, describeNoClosedForm } from "../domain/pricing/exotics/closedForm.ts"
import {
  describeUnreadableCell,
  type ExoticRow,
  type ExoticType,
  exoticOfRow
} from "../domain/pricing/exotics/exoticTable.ts"
import { defaultSampling, type SimulationTask } from "../domain/pricing/exotics/simulation.ts"
import { Compute } from "./Compute.ts"
import { jsonFlag } from "./settingsFlags.ts"
import { type CellOf, runTable, summaryText, type Tell } from "./tableRun.ts"

const exoticTypes = [
  "barrier",
  "asian",
  "cliquet",
  "forward-start",
  "autocallable",
  "accumulator",
  "lookback"
] as const satisfies ReadonlyArray<ExoticType>

/** Columns without which no row of the type can be read; data/reference has a table of most. */
const required: Record<ExoticType, string> = {
  barrier: "barrier_type type S K barrier T r q vol",
  asian: "type S K n_fixings step_days r q vol",
  cliquet: "n_periods dt r q vol local_floor local_cap",
  "forward-start": "type S moneyness n step_days r q vol",
  autocallable: "n_obs dt r q vol autocall_barrier ki_barrier coupon_per_period ki_monitoring",
  accumulator: "n_fixings r q vol strike ko_barrier gear",
  lookback: "type S T r q vol"
}

const optional =
  "S K T rebate monitoring_dates global_floor global_cap notional quantity monitor_steps_per_period n_fixings"

/** A cliquet of options on the spot, paid at each reset, is a strip of forward starts. */
const isStrip = (has: (column: string) => boolean): boolean => has("moneyness") && !has("n_periods")

const pathsLeast = 4096
const pathsMost = 2 ** 26
const pathsDefault = defaultSampling.replicates * defaultSampling.pathsPerReplicate

export const exoticCommand = Command.make(
  "exotic",
  {
    type: Flag.Literals("type", exoticTypes),
    average: Flag.Literals("average", ["arithmetic", "geometric"]).pipe(
      Flag.withDefault("arithmetic" as const),
      Flag.withDescription("of asian options without a column of that name")
    ),
    method: Flag.Literals("method", ["analytic", "mc"]).pipe(
      Flag.withDescription("analytic: exact, where a formula exists; mc: Monte Carlo")
    ),
    in: Flag.String("in").pipe(Flag.withDescription("table to read, .csv or .parquet")),
    out: Flag.String("out").pipe(
      Flag.withDescription("table to write; adds value, standardError and error")
    ),
    seed: Flag.Int("seed").pipe(
      Flag.withDefault(1),
      Flag.filter(
        (seed) => seed >= 0 && seed < 2 ** 32,
        (seed) => `${seed}; a whole number from 0 to 4294967295 is allowed`
      ),
      Flag.withDescription("of Monte Carlo; the same seed gives the same numbers")
    ),
    paths: Flag.Int("paths").pipe(
      Flag.withDefault(pathsDefault),
      Flag.filter(
        (paths) => paths >= pathsLeast && paths <= pathsMost && Number.isInteger(Math.log2(paths)),
        (paths) => `${paths}; a power of two from ${pathsLeast} to ${pathsMost} is allowed`
      ),
      Flag.withDescription(`of Monte Carlo, for each row; default ${pathsDefault}`)
    ),
    threads: Flag.Int("threads").pipe(
      Flag.filter(
        (threads) => threads >= 1 && threads <= 256,
        (threads) => `${threads}; 1 to 256 is allowed`
      ),
      Flag.withDescription("worker threads; default: the machine's. Numbers do not depend on it"),
      Flag.optional
    ),
    json: jsonFlag
  },
  Effect.fn("cli.price.exotic")(function* (options) {
    const { type, method } = options
    const average = options.average === "geometric" ? "Geometric" : "Arithmetic"
    const compute = yield* Compute
    const threads = Option.getOrElse(options.threads, () => compute.threads)
    const price = method === "analytic" ? priceByFormula : priceBySimulation(options)
    const summary = yield* runTable({
      in: options.in,
      out: options.out,
      missing: (columns) => missing(type, columns),
      numberColumns: numberColumns(type),
      added: ["value", "standardError"],
      price: (cellOf, out, tell) => {
        const row = readRow(type, average, cellOf)
        return typeof row === "string" ? row : price(row, out, tell)
      }
    }).pipe(Effect.provide(compute.simulation({ threads })))
    if (summary === undefined) return
    const seed = method === "mc" ? { seed: options.seed, paths: options.paths } : {}
    const told = { ...summary, type, method, ...seed }
    yield* Console.log(options.json ? JSON.stringify(told) : summaryText(summary))
  })
).pipe(
  Command.withDescription(
    "Value a table of exotic options; its columns are those of the tables in data/reference"
  ),
  Command.withExamples([
    {
      command:
        "node dist/main.js price exotic --type barrier --method analytic --in data/reference/barrier.csv --out barriers.csv",
      description: "by formula"
    },
    {
      command:
        "node dist/main.js price exotic --type asian --average arithmetic --method mc --in data/reference/asian.csv --out asians.csv",
      description: "by simulation"
    }
  ])
)

const missing = (type: ExoticType, columns: ReadonlySet<string>): string | undefined => {
  const strip = type === "cliquet" && isStrip((column) => columns.has(column))
  const names = required[strip ? "forward-start" : type].split(" ")
  const absent = names.filter((name) => !columns.has(name))
  if (absent.length === 0) return undefined
  return `lacks ${absent.join(", ")}; --type ${type} needs ${names.join(", ")}`
}

const words = new Set(["type", "barrier_type", "ki_monitoring"])

const numberColumns = (type: ExoticType): ReadonlySet<string> =>
  new Set(`${required[type]} ${optional}`.split(" ").filter((name) => !words.has(name)))

const readRow = (
  type: ExoticType,
  average: "Arithmetic" | "Geometric",
  cellOf: CellOf
): ExoticRow | string => {
  const cells = (column: string): string | undefined => {
    const cell = cellOf(column)
    return cell === undefined ? undefined : cell === null ? "" : String(cell)
  }
  const strip = type === "cliquet" && isStrip((column) => cells(column) !== undefined)
  return Result.match(exoticOfRow(strip ? "forward-start" : type, cells, average), {
    onSuccess: (row): ExoticRow | string => row,
    onFailure: describeUnreadableCell
  })
}

const priceByFormula = ({ product, dynamics }: ExoticRow, out: Float64Array): string =>
  Result.match(closedFormPrice(product, dynamics), {
    onSuccess: (value) => {
      out[0] = value
      out[1] = 0
      return ""
    },
    onFailure: (failure) =>
      failure._tag === "NoClosedForm" ? describeNoClosedForm(failure) : inWords(failure)
  })

const inWords = ({ field, value, allowed }: InvalidPricingInput): string =>
  `${field} is ${value}; allowed: ${allowed}`

/** Independent replicates stay as many as by default: their spread is the standard error. */
const priceBySimulation = (options: { readonly seed: number; readonly paths: number }) => {
  const pathsPerReplicate = options.paths / defaultSampling.replicates
  const sampling: Omit<SimulationTask, "product" | "dynamics"> = {
    ...defaultSampling,
    seed: options.seed,
    pathsPerReplicate,
    pathsPerBlock: Math.min(pathsPerReplicate, defaultSampling.pathsPerBlock)
  }
  return ({ product, dynamics }: ExoticRow, out: Float64Array, tell: Tell) =>
    Effect.gen(function* () {
      const { simulate } = yield* Simulation
      const { value, standardError } = yield* simulate(
        { ...sampling, product, dynamics },
        { onProgress: ({ blocksDone, blockCount }) => tell(blocksDone / blockCount) }
      )
      out[0] = value
      out[1] = standardError
      return ""
    }).pipe(Effect.catchTag("SimulationRefused", (refused) => Effect.succeed(refused.message)))
}
