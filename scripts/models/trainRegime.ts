/**
 * Trains the regime model and writes its artifact and card to `models/`.
 *
 *   node scripts/models/trainRegime.ts --symbol GOOG --before 2015-12-24
 *   node scripts/models/trainRegime.ts --pool SPY,QQQ,IWM,AAPL,GOOG,IBM --from 2007-01-01 \
 *     --before 2014-06-05
 *
 * Only dates from `--from` to the day before `--before` are used. The same data and arguments give
 * the same files, byte for byte.
 */
import { createHash } from "node:crypto"
import { writeFileSync } from "node:fs"
import { join, relative } from "node:path"
import { fileURLToPath } from "node:url"
import { parseArgs } from "node:util"
import { Effect, Schema } from "effect"
import { annualisedVolatility } from "../../src/domain/features/realizedVolatility.ts"
import { regimeFeatureNames } from "../../src/domain/features/regimeFeatures.ts"
import { ModelCard } from "../../src/domain/models/modelCard.ts"
import {
  forecastHorizonsDays,
  type RegimeParameters,
  regimeStates
} from "../../src/domain/regime/regimeModel.ts"
import { type DailySeriesOf, dailySeriesOf } from "../../src/infra/data/dailyHistory.ts"
import {
  fitForecast,
  fitStates,
  hmmFitOptions,
  type TrainingRun,
  trainingRows,
  trainingRuns
} from "./fitRegime.ts"
import { encodeRegimeModel } from "./regimeGraph.ts"
import { walkForward } from "./walkForward.ts"

const root = fileURLToPath(new URL("../..", import.meta.url))
const usage =
  "usage: trainRegime.ts (--symbol NAME | --pool A,B,C) --before YYYY-MM-DD " +
  "[--from YYYY-MM-DD] [--data-dir DIR] [--out DIR]"

const main = async (): Promise<void> => {
  const { values } = parseArgs({
    options: {
      symbol: { type: "string" },
      pool: { type: "string" },
      from: { type: "string", default: "" },
      before: { type: "string" },
      "data-dir": { type: "string", default: join(root, "data") },
      out: { type: "string", default: join(root, "models") }
    }
  })
  const { symbol, pool, from, before } = values
  if (before === undefined || (symbol === undefined) === (pool === undefined))
    throw new Error(usage)
  const symbols = pool?.split(",") ?? [symbol!]
  const series = await Effect.runPromise(
    Effect.forEach(symbols, (each) =>
      dailySeriesOf({ dataDir: values["data-dir"], symbol: each, before })
    )
  )
  const id = `regime-${symbol?.toLowerCase() ?? "pooled"}-${before}`
  const { artifact, card } = train(id, from, before, series)
  writeFileSync(join(values.out, `${id}.onnx`), artifact)
  const encoded = Schema.encodeSync(ModelCard)(card)
  writeFileSync(join(values.out, `${id}.json`), `${JSON.stringify(encoded, null, 2)}\n`)
  console.log(JSON.stringify({ id, states: card.states, metrics: card.metrics }, null, 2))
}

const train = (id: string, from: string, before: string, all: ReadonlyArray<DailySeriesOf>) => {
  const series = all.map((each) => ({
    ...each,
    bars: each.bars.filter((bar) => bar.date >= from),
    rejected: each.rejected.filter((row) => row.date >= from)
  }))
  const runs = series.flatMap((each) => trainingRuns(each.symbol, each.bars))
  const rows = trainingRows(runs)
  const parameters: RegimeParameters = {
    hmm: fitStates(runs, before, hmmFitOptions),
    forecast: fitForecast(rows, before)
  }
  const symbols = series.map((each) => each.symbol)
  const period = `${from === "" ? "" : `from ${from} and `}before ${before}`
  const list = symbols.join(",")
  const description = `Volatility states and forecast of ${list}: daily bars ${period}`
  const artifact = encodeRegimeModel(id, description, parameters)
  const pooled = symbols.length > 1
  const card: ModelCard = {
    id,
    description,
    onnxSha256: createHash("sha256").update(artifact).digest("hex"),
    command: [
      `node scripts/models/trainRegime.ts ${pooled ? "--pool" : "--symbol"} ${list}`,
      ...(from === "" ? [] : [`--from ${from}`]),
      `--before ${before}`
    ].join(" "),
    training: trainingOf(before, series, runs),
    input: { name: "features", features: regimeFeatureNames },
    outputs: [
      { name: "stateProbabilities", elements: regimeStates, unit: "probability" },
      {
        name: "forecastVolatility",
        elements: forecastHorizonsDays.map((days) => `next${days}TradingDays`),
        unit: "annualised decimal, close to close"
      }
    ],
    parameters,
    states: regimeStates.map((name, state) => ({
      name,
      typicalVolatility: round(annualisedVolatility(Math.exp(parameters.hmm.means[state]!))),
      longRunShare: round(parameters.hmm.initial[state]!),
      expectedDays: round(1 / (1 - parameters.hmm.transition[state]![state]!))
    })),
    metrics: walkForward(runs, rows),
    limits: pooled ? [...limitsOfAll, ...limitsOfPool(list)] : limitsOfAll
  }
  return { artifact, card }
}

const limitsOfAll = [
  "Trained on daily bars; it does not know of earnings dates, dividends or news.",
  "Bars with implausible prints are left out, the flash crashes of 2010 and 2015 with them."
]

const limitsOfPool = (list: string): ReadonlyArray<string> => [
  "Highs and lows in the files before 2007 hold prints that no other price supports: in 2003 to " +
    "2005 the range of SPY says twice the variance of its returns. Training starts after them.",
  `States are absolute levels of volatility over ${list}: funds are calm more often than stocks.`,
  "A symbol outside the pool (TWX) has no daily history here: its features are the mean of its " +
    "peers', so its forecast is a level of its peers, not its own."
]

const trainingOf = (
  before: string,
  series: ReadonlyArray<DailySeriesOf>,
  runs: ReadonlyArray<TrainingRun>
): ModelCard["training"] => {
  const dates = runs.flatMap((run) => run.dates).sort()
  const files = new Map(
    series.flatMap((each) =>
      each.files.map((file) => [relative(root, file.path), file.sha256] as const)
    )
  )
  return {
    symbols: series.map((each) => each.symbol),
    before,
    firstDate: dates[0]!,
    lastDate: dates.at(-1)!,
    bars: series.reduce((sum, each) => sum + each.bars.length, 0),
    implausibleBarsLeftOut: series.reduce((sum, each) => sum + each.rejected.length, 0),
    files: [...files].map(([path, sha256]) => ({ path, sha256 }))
  }
}

const round = (value: number): number => Math.round(value * 1e4) / 1e4

await main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : String(error))
  process.exitCode = 1
})
